// A synthetic profile document (docs/formats.md, "Profile") of about `count` nodes: residual blocks
// of convolutions with an occasional wide split, partly delegated, with steps that cover several
// nodes, a memory plan, timelines and samples. The same seed gives the same document.
//
//   node synthetic.mjs COUNT [SEED] > profile.json

function generator(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const KERNELS = { CONV_2D: 'f32_igemm_12x32__avx512', DEPTHWISE_CONV_2D: 'f32_dw_3x3__avx512', ADD: 'f32_add__avx2' };

class Builder {
  constructor(random) {
    this.random = random;
    this.nodes = [];
    this.tensors = [];
  }

  tensor(name, shape, role) {
    const bytes = shape.reduce((a, b) => a * b, 4);
    this.tensors.push({ tensor: this.tensors.length, name, type: 'FLOAT32', shape, bytes, role });
    return this.tensors.length - 1;
  }

  node(op, name, inputs, shape, weights) {
    const takes = [...inputs];
    if (weights) takes.push(this.tensor(`${name}/weights`, weights, 'constant'));
    const output = this.tensor(name, shape, 'intermediate');
    const size = shape.reduce((a, b) => a * b, 1);
    const macs = weights ? size * weights.slice(1).reduce((a, b) => a * b, 1) : 0;
    const bytes = [...takes, output].reduce((sum, t) => sum + this.tensors[t].bytes, 0);
    this.nodes.push({ node: this.nodes.length, op, inputs: takes, outputs: [output], flops: macs ? 2 * macs : size, macs, bytes });
    return output;
  }
}

function buildGraph(builder, count) {
  let at = builder.tensor('input', [1, 56, 56, 16], 'input');
  const input = at;
  let block = 0;
  while (builder.nodes.length < count - 2) {
    const scope = `net/stage_${Math.floor(block / 8)}/block_${block}`;
    const side = Math.max(7, 56 >> Math.floor((block % 32) / 8));
    const channels = 16 << Math.floor((block % 32) / 8);
    const shape = [1, side, side, channels];
    if (block % 5 === 4 && builder.nodes.length + 6 < count) {
      const arms = [0, 1, 2].map((arm) =>
        builder.node('CONV_2D', `${scope}/arm_${arm}/conv`, [at], [1, side, side, channels], [channels, 1, 1, channels]));
      at = builder.node('CONCATENATION', `${scope}/concat`, arms, [1, side, side, 3 * channels]);
      at = builder.node('CONV_2D', `${scope}/mix`, [at], shape, [channels, 1, 1, 3 * channels]);
    } else {
      const before = at;
      at = builder.node('CONV_2D', `${scope}/expand/Relu6;${scope}/expand/BatchNorm`, [at], [1, side, side, 2 * channels], [2 * channels, 1, 1, channels]);
      if (builder.nodes.length < count - 2) at = builder.node('DEPTHWISE_CONV_2D', `${scope}/depthwise`, [at], [1, side, side, 2 * channels], [1, 3, 3, 1]);
      if (builder.nodes.length < count - 2) at = builder.node('CONV_2D', `${scope}/project`, [at], shape, [channels, 1, 1, 2 * channels]);
      if (builder.nodes.length < count - 2) at = builder.node('ADD', `${scope}/add`, [at, before], shape);
      if (block % 11 === 7 && builder.nodes.length < count - 2) at = builder.node('HARD_SWISH', `${scope}/swish`, [at], shape);
    }
    block++;
  }
  at = builder.node('FULLY_CONNECTED', 'net/logits', [at], [1, 1000], [1000, 1, 1, 128]);
  at = builder.node('SOFTMAX', 'net/probabilities', [at], [1, 1000]);
  builder.tensors[at].role = 'output';
  return { input, output: at };
}

// Greedy placement in the order of the nodes: real lifetimes, and gaps as real plans have them.
function placeTensors(builder) {
  const last = new Map(), first = new Map();
  builder.nodes.forEach((node, step) => {
    for (const t of node.inputs) last.set(t, step);
    for (const t of node.outputs) first.set(t, step);
  });
  const living = [];
  let arena = 0;
  for (const tensor of builder.tensors) {
    if (tensor.role === 'constant') continue;
    const from = first.get(tensor.tensor) ?? 0;
    const to = last.get(tensor.tensor) ?? builder.nodes.length - 1;
    for (let i = living.length - 1; i >= 0; i--) if (living[i].to < from) living.splice(i, 1);
    let offset = 0;
    for (const other of living.sort((a, b) => a.offset - b.offset)) {
      if (other.offset - offset >= tensor.bytes) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    tensor.arena = { offset, bytes: tensor.bytes, first: from, last: to };
    living.push({ offset, bytes: tensor.bytes, to });
    arena = Math.max(arena, offset + tensor.bytes);
  }
  return arena;
}

const round = (value) => Math.round(value);

function makeOps(builder, random, partitions, sampleCount, numbersOf) {
  const ops = [];
  const ofNode = new Map();
  const push = (op) => { op.index = ops.length; ops.push(op); return op; };
  const cost = (nodes) => nodes.reduce((sum, n) => sum + 300 + (n.flops ?? 0) / 60 + n.bytes / 25, 0);
  const fill = (op, nodes, self) => {
    const spread = 0.01 + 0.05 * random();
    const samples = Array.from({ length: sampleCount }, () => round(self * (1 + spread * (random() + random() - 0.6)) + (random() < 0.03 ? self * random() : 0)));
    const sorted = [...samples].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1];
    const flops = nodes.reduce((s, n) => s + n.flops, 0), bytes = nodes.reduce((s, n) => s + n.bytes, 0);
    const final = nodes[nodes.length - 1];
    const tensor = final && builder.tensors[final.outputs[0]];
    Object.assign(op, {
      op: op.op ?? (nodes.map((n) => n.op).join(' + ') || 'DELEGATE'), tensor: tensor?.name, shape: tensor && `float32[${tensor.shape.join(',')}]`,
      covers: nodes.map((n) => n.node), flops, macs: nodes.reduce((s, n) => s + n.macs, 0), bytes,
      calls: numbersOf.inferences, inferences: numbersOf.inferences, first_ns: round(median * 3.1),
      avg_ns: samples.reduce((a, b) => a + b, 0) / samples.length, median_ns: median,
      median_low_ns: sorted[Math.max(0, (sorted.length >> 1) - 4)], median_high_ns: sorted[Math.min(sorted.length - 1, (sorted.length >> 1) + 4)],
      min_ns: sorted[0], max_ns: sorted[sorted.length - 1], std_ns: median * spread,
      self_ns: median, self_avg_ns: median, self_median_ns: median, samples_ns: samples,
      mem_bytes: tensor?.bytes, intensity: bytes ? flops / bytes : undefined,
      flops_per_s: flops / median * 1e9, bytes_per_s: bytes / median * 1e9,
    });
    const allowed = Math.min(1.6e11, (flops / Math.max(1, bytes)) * 2.4e10);
    op.roof = { bound: allowed < 1.6e11 ? 'memory' : 'compute', flops_per_s: allowed, share: Math.min(0.99, op.flops_per_s / allowed) };
    return op;
  };
  // The end of a loop that two threads share: the step waits for the other.
  const wait = (step, covered) => {
    const ns = round(step.self_median_ns * (0.01 + 0.05 * random()));
    push({ kind: 'sync', subgraph: 0, op: 'wait for threads', tensor: step.tensor, shape: step.shape, delegate: 'cpu', partition: step.partition, parent: step.index, covers: covered.map((n) => n.node),
      calls: numbersOf.inferences, inferences: numbersOf.inferences, first_ns: 3 * ns, avg_ns: ns, median_ns: ns, min_ns: ns >> 1, max_ns: 4 * ns, self_ns: ns, self_avg_ns: ns, self_median_ns: ns });
    step.wait_ns = ns;
    return ns;
  };
  for (let i = 0; i < builder.nodes.length;) {
    const node = builder.nodes[i];
    if (node.partition === undefined) {
      const op = fill(push({ kind: 'node', subgraph: 0, node: node.node, reason: node.reason, kernel: 'portable' }), [node], cost([node]) * 2.2);
      ofNode.set(node.node, op.index);
      i++;
      continue;
    }
    const partition = partitions[node.partition];
    const kernel = push({ kind: 'kernel', subgraph: 0, node: partition.kernel_node, op: 'TfLiteCpuDelegate', delegate: 'cpu', partition: node.partition, covers: partition.nodes });
    let inside = 0;
    for (; i < builder.nodes.length && builder.nodes[i].partition === node.partition;) {
      const covered = [builder.nodes[i++]];
      while (i < builder.nodes.length && builder.nodes[i].partition === node.partition && covered.length < 2 && builder.nodes[i].op === 'ADD') covered.push(builder.nodes[i++]);
      const op = fill(push({ kind: 'step', subgraph: 0, delegate: 'cpu', partition: node.partition, parent: kernel.index, kernel: KERNELS[covered[0].op] }), covered, cost(covered));
      for (const one of covered) ofNode.set(one.node, op.index);
      inside += op.self_median_ns;
      if (op.self_median_ns > 90000) inside += wait(op, covered);
    }
    const self = 400 + round(random() * 200);
    Object.assign(kernel, { calls: numbersOf.inferences, inferences: numbersOf.inferences, self_ns: self, self_avg_ns: self, self_median_ns: self,
      median_ns: inside + self, avg_ns: inside + self, min_ns: inside, max_ns: inside + 3 * self, first_ns: inside * 3 });
  }
  const total = ops.reduce((sum, op) => sum + op.self_median_ns, 0);
  for (const op of ops) op.share = op.self_median_ns / total;
  return { ops, total };
}

function makeTimeline(ops, random) {
  const columns = ['begin_ns', 'duration_ns', 'thread', 'kind', 'op', 'subgraph', 'bytes'];
  const one = (label, inference, factor) => {
    const events = [];
    let clock = 180;
    const invoke = [0, 0, 0, 'invoke', -1, -1, 0];
    const graph = [90, 0, 0, 'subgraph', -1, 0, 0];
    events.push(invoke, graph);
    let kernel = null;
    const close = () => { if (kernel) { kernel[1] = clock - kernel[0] + 60; clock += 120; kernel = null; } };
    for (const op of ops) {
      if (op.kind === 'kernel') {
        close();
        kernel = [round(clock), 0, 0, 'node', op.index, 0, 0];
        events.push(kernel);
        clock += op.self_median_ns / 2;
        continue;
      }
      if (op.kind === 'node') close();
      if (op.kind === 'sync') continue;
      const length = round(((op.wait_ns ?? 0) + op.self_median_ns) * factor * (0.97 + 0.06 * random()));
      events.push([round(clock), length, 0, op.kind, op.index, 0, op.bytes]);
      const waits = op.wait_ns && ops.find((other) => other.parent === op.index);
      if (waits) events.push([round(clock + length - Math.min(op.wait_ns, length / 2)), round(Math.min(op.wait_ns, length / 2)), 0, 'sync', waits.index, 0, 0]);
      if (op.kind === 'step' && length > 3000) events.push([round(clock + 300), length - 500, 1, 'work', op.index, 0, 0]);
      clock += length + 40;
    }
    close();
    graph[1] = round(clock - 90);
    invoke[1] = round(clock + 120);
    events.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    return { inference, label, start_ns: inference * 1e6, duration_ns: invoke[1], dropped: 0, events };
  };
  return { columns, inferences: [one('fastest', 17, 0.96), one('median', 41, 1), one('slowest', 3, 1.31)] };
}

// counted: '' for none at all, 'software' where the kernel refuses the hardware's, 'all'.
export const REFUSAL = 'No such file or directory: the kernel has no such counter here';
function countersOf(counted, ops, random) {
  if (!counted) return { reason: 'perf_event_open: no hardware counters on this virtual machine (ENOENT)' };
  const kinds = { instructions: 'hardware', cycles: 'hardware', cache_references: 'hardware', cache_misses: 'hardware', branch_misses: 'hardware', page_faults: 'software', context_switches: 'software' };
  const has = (name) => counted === 'all' || kinds[name] === 'software';
  const names = Object.keys(kinds).filter(has);
  const share = { instructions: 2.1, cycles: 3, cache_references: 0.05, cache_misses: 0.004, branch_misses: 0.002, page_faults: 0, context_switches: 1e-6 };
  for (const op of ops) op.counters = Object.fromEntries(names.map((name) => [name, round(op.self_median_ns * share[name] * (0.7 + 0.6 * random()))]));
  return {
    inferences: 10, threads: 2, read_ns: 1100, dropped: 0, columns: ['op', ...names], ops: ops.map((op) => [op.index, ...names.map((name) => op.counters[name])]),
    rows: Object.entries(kinds).map(([name, kind]) => (has(name) ? { name, kind, available: true, total: ops.reduce((sum, op) => sum + op.counters[name], 0), scaled: kind === 'hardware' ? 0.8 : 1 } : { name, kind, available: false, reason: REFUSAL })),
  };
}

export function synthetic(count, { seed = 7, delegate = 'cpu', faster = 1, bare = false, numerics = false, counted = '' } = {}) {
  const random = generator(seed);
  const builder = new Builder(random);
  const { input, output } = buildGraph(builder, count);
  const partitions = [];
  let open = null;
  for (const node of builder.nodes) {
    const left = node.op === 'HARD_SWISH' || node.op === 'SOFTMAX' || bare;
    if (left) {
      if (!bare) node.reason = `the cpu delegate has no kernel for ${node.op} of float32`;
      open = null;
      continue;
    }
    if (!open) {
      open = { partition: partitions.length, subgraph: 0, kernel_node: count + partitions.length, name: 'TfLiteCpuDelegate', delegate: 'cpu', nodes: [], plan: 'igemm, depthwise and add, packed weights' };
      partitions.push(open);
    }
    node.partition = open.partition;
    open.nodes.push(node.node);
  }
  const arena = placeTensors(builder);
  const sampleCount = Math.max(8, Math.min(200, Math.floor(400000 / count)));
  const { ops, total } = makeOps(builder, random, partitions, sampleCount, { inferences: 812 });
  const timeline = makeTimeline(ops, random);
  const median = timeline.inferences[1].duration_ns;
  const byPart = (kinds) => ops.filter((op) => kinds.includes(op.kind)).reduce((sum, op) => sum + op.self_median_ns, 0);
  const parts = [
    { part: 'kernels', ns: byPart(['node']), what: "the model's nodes in the interpreter's own kernels" },
    { part: 'steps', ns: byPart(['step']), what: 'inside delegates' },
    { part: 'delegate', ns: byPart(['kernel']), what: "a delegate's node outside its steps" },
    { part: 'sync', ns: byPart(['sync']), what: 'waiting for a device or for other threads' },
    { part: 'dispatch', ns: 40 * ops.length, what: 'between the nodes of a subgraph' },
  ];
  const seen = parts.reduce((sum, part) => sum + part.ns, 0);
  const end = Math.max(median, seen + 210);
  parts.push({ part: 'unattributed', ns: end - seen, what: 'entry and return of the call' });
  const headline = round(end * 0.985);
  const latency = Array.from({ length: Math.min(2000, 400 + count) }, () => round(headline * (0.985 + 0.03 * (random() + random()) / 2 + (random() < 0.04 ? 0.2 * random() : 0))));
  const sorted = [...latency].sort((a, b) => a - b);
  const quantile = (p) => sorted[Math.floor(p * (sorted.length - 1))];
  const result = {
    run: 3, model: `synthetic_${count}`, delegate, threads: 2, engine: 'native', status: 'ok', samples: latency.length,
    processes: 3, processes_ok: 2, median_ns: quantile(0.5), median_low_ns: quantile(0.49), median_high_ns: quantile(0.51), mean_ns: latency.reduce((a, b) => a + b) / latency.length,
    stddev_ns: headline * 0.02, mad_ns: headline * 0.007, min_ns: sorted[0], p90_ns: quantile(0.9), p95_ns: quantile(0.95), p99_ns: quantile(0.99), max_ns: sorted[sorted.length - 1],
    outliers: 12, check_verdict: 'ok', nodes_total: builder.nodes.length, nodes_delegated: builder.nodes.filter((n) => n.partition !== undefined).length,
  };
  if (faster !== 1) for (const op of ops) if (op.op.startsWith('CONV')) for (const key of Object.keys(op)) if (/_ns$/.test(key) && typeof op[key] === 'number') op[key] = round(op[key] / faster); else if (key === 'samples_ns') op[key] = op[key].map((v) => round(v / faster));
  const weights = builder.tensors.filter((t) => t.role === 'constant').reduce((sum, t) => sum + t.bytes, 0);
  return {
    schema: 'tflbench.profile', version: 1,
    sentence: `synthetic_${count} takes ${(result.median_ns / 1e6).toFixed(2)} ms with ${delegate} on 2 threads`,
    run: { run: 3, started_unix_ms: 1767225600000, command: 'profile', command_line: `tflbench profile synthetic_${count}.tflite`, tool_version: '0.1.0' },
    device: { kind: 'local', name: 'bench', arch: 'x86_64' }, build: { engine: 'native', compiler: 'gcc 12.2.0', arch: 'x86_64' },
    environment: { start: { os: 'Debian 12', cpu_model: 'Example CPU 9000', cpu_count: 2, governor: null, load_1m: 0.4, hypervisor: 'kvm' }, end: { load_1m: 1.1 } },
    configuration: { model: `synthetic_${count}`, engine: 'native', engine_version: '0.1.0', delegate, threads: 2, options: '', ran: `${delegate} ${result.nodes_delegated}/${result.nodes_total} nodes, ${partitions.length} partitions` },
    result, results: [result], latency_ns: latency,
    processes: [{ id: 1, profiled: 0, status: 'ok', samples: latency.length }, { id: 2, profiled: 1, status: 'ok', samples: 812 }],
    warnings: [{ kind: 'virtual_machine', severity: 'note', message: 'This is a virtual machine: neighbours can take time from it.' },
      { kind: 'governor', severity: 'warning', message: 'The frequency governor cannot be read: no cpufreq in this kernel.' }],
    phases: [
      { phase: 'load', duration_ns: 120000 + 90 * count, rss_bytes: 8.2e6, owned: [{ metric: 'mapped_bytes', owner: 'weights', value: weights, unit: 'bytes' }] },
      { phase: 'delegate', duration_ns: 800000 + 310 * count, rss_bytes: 14.1e6, owned: [] },
      { phase: 'allocate', duration_ns: 90000 + 60 * count, rss_bytes: 14.3e6, owned: [] },
      { phase: 'first_invoke', duration_ns: round(end * 2.4), rss_bytes: 14.3e6 + arena, owned: [] },
      { phase: 'warmup', duration_ns: 250e6, rss_bytes: 14.3e6 + arena, owned: [] },
      { phase: 'steady', duration_ns: 1.04e9, rss_bytes: 14.3e6 + arena, pss_bytes: 12.9e6 + arena, uss_bytes: 12.2e6 + arena, owned: [{ metric: 'energy_uj', owner: '', value: null, unit: 'uj', reason: 'no powercap zone' }] },
    ],
    budget: { end_to_end_ns: end, inference: 41, parts, unattributed_ns: end - seen, unattributed_limit_ns: Math.max(end / 100, 200 + 50 * ops.length), node_events: ops.length,
      mean: { end_to_end_ns: end * 1.01, parts } },
    overhead: { events: ops.length * 2, event_ns: 22, share: (ops.length * 44) / end, plain_median_ns: result.median_ns, profiled_median_ns: end, ratio: end / result.median_ns },
    model: { name: `synthetic_${count}`, path: `synthetic_${count}.tflite`, size_bytes: weights + 20000, description: 'made by tests/browser/synthetic.mjs',
      subgraphs: [{ subgraph: 0, name: 'main', inputs: [input], outputs: [output], order: builder.nodes.map((n) => n.node), nodes: builder.nodes, tensors: builder.tensors }] },
    ops, partitions,
    fallbacks: ['HARD_SWISH', 'SOFTMAX'].map((op) => ({ op, reason: `the cpu delegate has no kernel for ${op} of float32`, nodes: builder.nodes.filter((n) => n.op === op).map((n) => [0, n.node]) })).filter((f) => f.nodes.length),
    timeline,
    roofs: { run: 2, measured_unix_ms: 1767225000000, rows: [{ name: 'f32_fma', threads: 2, value: 1.6e11, unit: 'flop/s' }, { name: 'f32_fma', threads: 1, value: 8.1e10, unit: 'flop/s' }, { name: 'l2_read', threads: 2, value: 1.5e11, unit: 'bytes/s' }, { name: 'dram_read', threads: 2, value: 2.4e10, unit: 'bytes/s' }] },
    counters: countersOf(counted, ops, random),
    numerics: numerics || count > 500 ? { reference: 'reference', run: 4, input: 'seed', output_snr_db: 80.3, rows: builder.nodes.map((n) => (n.node === 0 ? { subgraph: 0, node: 0, max_abs: 0, rmse: 0, reason: 'no difference' }
      : { subgraph: 0, node: n.node, max_abs: 1e-7 * (1 + n.node / 50) * (0.5 + random()), rmse: 2e-8 * (1 + n.node / 50), snr_db: 140 - 60 * n.node / count - (n.node === 17 ? 21 : 0) - 2 * random(), cosine: 1 - 1e-9 * (1 + n.node) })) }
      : { reason: 'this run compared no tensors (tflbench profile --numerics does)' },
    state: { columns: [{ name: 'cpu_khz', unit: 'khz' }, { name: 'temperature_celsius', reason: 'no thermal zone' }], samples: Array.from({ length: 30 }, (_, i) => [i * 3e7, 3.2e6 + round(2e5 * random())]), reason: 'no powercap zone: energy cannot be read' },
    memory: { arena_bytes: arena, lower_bound_bytes: round(arena * 0.97), peak_node: Math.min(3, builder.nodes.length - 1), variable_bytes: 0, allocations_per_inference: 0, weights_bytes: weights, model_resident_bytes: { reason: 'mincore is not permitted here' }, dmabuf_bytes: 0, gpu_bytes: { reason: 'no GPU driver that tells it has this process for a client' } },
    total,
  };
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const document = synthetic(Number(process.argv[2] ?? 10), { seed: Number(process.argv[3] ?? 7) });
  process.stdout.write(JSON.stringify(document));
}
