// The profile document (docs/formats.md) as the views want it: rows that take time, the graph's
// nodes with the rows that are about them, and lookups between the two. Nothing here invents a
// figure: what the document lacks stays undefined, and `why()` says for what reason.
import { unpack } from './pack.js';

const NO_SCOPE = '(no scope)';

// "a/b/c;d/e" is what a fused operator's output is called: the first name places it.
export function scopeOf(tensorName) {
  const name = String(tensorName ?? '').split(';')[0];
  const parts = name.split('/').filter(Boolean);
  return parts.length > 1 ? parts.slice(0, -1) : [NO_SCOPE];
}

export const known = (value) => value !== undefined && value !== null && typeof value !== 'object';

// A figure that is a number, or an object with the reason for its absence.
export const why = (value, otherwise) => value?.reason ?? otherwise;

const nodeKey = (subgraph, node) => subgraph * 1e7 + node;

function makeRow(op, i) {
  const ns = known(op.self_median_ns) ? op.self_median_ns : undefined;
  const covers = op.covers?.length ? op.covers : known(op.node) && op.kind === 'node' ? [op.node] : [];
  return {
    op, i, ns, covers,
    id: op.index,
    kind: op.kind ?? 'node',
    works: !op.kind || op.kind === 'node' || op.kind === 'step', // computes, and is not a kernel around such
    type: op.op ?? op.kind ?? 'unnamed',
    name: op.tensor ?? '',
    subgraph: op.subgraph ?? 0,
    delegate: op.delegate ?? '',
    partition: known(op.partition) ? op.partition : undefined,
    scopes: null,
  };
}

export class Profile {
  constructor(document, number) {
    this.document = document;
    this.number = number;
    const configuration = document.configuration ?? {};
    this.modelName = configuration.model ?? document.model?.name ?? 'unnamed model';
    this.delegate = configuration.delegate ?? 'reference';
    this.threads = configuration.threads;
    const parts = [this.delegate];
    if (known(this.threads)) parts.push(`${this.threads} thread${this.threads === 1 ? '' : 's'}`);
    if (configuration.engine && configuration.engine !== 'native') parts.push(configuration.engine);
    this.label = parts.join(', ');
    this.rows = (document.ops ?? []).map(makeRow);
    this.rowOfIndex = new Map(this.rows.map((row) => [row.id, row]));
    // A wait ends its step, though it was told before.
    for (const row of this.rows) row.order = row.kind === 'sync' && this.rowOfIndex.has(row.op.parent) ? this.rowOfIndex.get(row.op.parent).i + 0.5 : row.i;
    this.totalNs = this.rows.reduce((sum, row) => sum + (row.ns ?? 0), 0);
    this.slowestNs = this.rows.reduce((most, row) => Math.max(most, row.ns ?? 0), 0);
    this.subgraphs = document.model?.subgraphs ?? [];
    this.partitions = document.partitions ?? [];
    this.timed = this.rows.some((row) => row.ns !== undefined);
  }

  // ---- lookups, made when first asked for ----

  get nodes() {
    if (!this.nodeList) this.linkNodes();
    return this.nodeList;
  }

  linkNodes() {
    this.nodeList = [];
    this.nodeOfKey = new Map();
    for (const graph of this.subgraphs) {
      for (const node of graph.nodes ?? []) {
        if (node.kernel) continue;
        const own = { ...node, subgraph: graph.subgraph ?? 0, graph, rows: [], type: node.op, at: this.nodeList.length };
        this.nodeOfKey.set(nodeKey(own.subgraph, node.node), own);
        this.nodeList.push(own);
      }
    }
    for (const row of this.rows) {
      for (const number of row.covers) this.nodeOfKey.get(nodeKey(row.subgraph, number))?.rows.push(row);
    }
  }

  // The nodes whose outputs this one takes, and those that take its own.
  neighboursOf(node) {
    if (!this.producers) {
      this.producers = new Map();
      this.followers = new Map();
      for (const one of this.nodes) for (const tensor of one.outputs ?? []) this.producers.set(nodeKey(one.subgraph, tensor), one);
      for (const one of this.nodes) {
        for (const from of this.before(one)) {
          if (!this.followers.has(from)) this.followers.set(from, new Set());
          this.followers.get(from).add(one);
        }
      }
    }
    return { before: this.before(node), after: [...this.followers.get(node) ?? []] };
  }

  before(node) {
    const from = (node.inputs ?? []).map((tensor) => this.producers.get(nodeKey(node.subgraph, tensor)));
    return [...new Set(from.filter((one) => one && one !== node))];
  }

  nodeAt(subgraph, number) {
    if (!this.nodeList) this.linkNodes();
    return this.nodeOfKey.get(nodeKey(subgraph, number));
  }

  nodesOf(row) {
    return row.covers.map((number) => this.nodeAt(row.subgraph, number)).filter(Boolean);
  }

  // The row that tells most of a node: the most special one, a step before a kernel.
  rowOf(node) {
    return node.rows.find((row) => row.kind === 'step') ?? node.rows.find((row) => row.kind === 'node') ?? node.rows[0];
  }

  tensorOf(subgraph, number) {
    this.tensors ??= new Map();
    if (!this.tensors.has(subgraph)) {
      const graph = this.subgraphs.find((one) => (one.subgraph ?? 0) === subgraph);
      this.tensors.set(subgraph, new Map((graph?.tensors ?? []).map((tensor) => [tensor.tensor, tensor])));
    }
    return this.tensors.get(subgraph).get(number);
  }

  scopes(row) {
    row.scopes ??= scopeOf(row.name);
    return row.scopes;
  }

  // A node's name is that of its first output.
  nameOf(node) {
    return this.tensorOf(node.subgraph, node.outputs?.[0])?.name ?? '';
  }

  partitionOf(index) {
    return this.partitions.find((one) => one.partition === index);
  }

  get types() {
    if (!this.typeWeights) {
      this.typeWeights = new Map();
      for (const row of this.rows) this.typeWeights.set(row.type, (this.typeWeights.get(row.type) ?? 0) + (row.ns ?? 0));
    }
    return this.typeWeights;
  }

  // ---- error of single operators, where the run has it ----

  get errors() {
    if (!this.errorOfKey) {
      this.errorOfKey = new Map();
      for (const row of this.document.numerics?.rows ?? []) this.errorOfKey.set(nodeKey(row.subgraph ?? 0, row.node), row);
    }
    return this.errorOfKey;
  }

  keyOf(subgraph, node) { return nodeKey(subgraph, node); }

  // Of the last node that a row covers and that was compared: what comes out of it.
  errorOf(row) {
    for (let i = row.covers.length - 1; i >= 0; i--) {
      const error = this.errors.get(nodeKey(row.subgraph, row.covers[i]));
      if (error) return error;
    }
    return undefined;
  }

  // ---- counters ----

  get counterNames() {
    this.counters ??= (this.document.counters?.rows ?? []).filter((row) => row.available !== false).map((row) => row.name);
    return this.counters;
  }

  // Counters that are missing, those with one reason (the kernel's) together.
  get counterGaps() {
    const { counters } = this.document;
    if (!counters || counters.reason) return [{ what: 'Counters', names: [], reason: counters?.reason ?? 'the profile has none' }];
    const missing = (counters.rows ?? []).filter((row) => row.available === false);
    return [...new Set(missing.map((row) => row.reason))].map((reason) => {
      const names = missing.filter((row) => row.reason === reason).map((row) => row.name.replaceAll('_', ' '));
      const hardware = (counters.rows ?? []).filter((row) => row.kind === 'hardware');
      const all = hardware.length === names.length && missing.every((row) => row.reason !== reason || row.kind === 'hardware');
      return { what: all ? 'Hardware counters' : names.join(', '), names, reason: reason ?? 'no reason was told' };
    });
  }

  // ---- numbers of the whole ----

  get headline() {
    const result = this.document.result ?? {};
    return known(result.median_ns)
      ? { ns: result.median_ns, low: result.median_low_ns, high: result.median_high_ns, samples: result.samples }
      : { reason: result.reason ?? 'no process without profiling ended well' };
  }
}

// Noise to signal as a share; where that is not known, the largest difference.
const noiseOf = (error) => (known(error?.snr_db) ? 10 ** (-error.snr_db / 20) : error?.max_abs);

// What can colour a node or a row: label, value (undefined: not known), text, scale.
export function measures(profile) {
  const list = [
    { key: 'time', label: 'Time', unit: 'ns', of: (row) => row.ns, has: profile.timed, reason: 'no process of this configuration was profiled' },
    { key: 'bytes', label: 'Bytes moved', unit: 'bytes', of: (row) => row.op.bytes },
    { key: 'flops', label: 'FLOPs', unit: 'count', of: (row) => row.op.flops },
    { key: 'rate', label: 'FLOP/s', unit: 'count', of: (row) => row.op.flops_per_s },
    { key: 'roof', label: 'Share of the roof', unit: 'ratio', of: (row) => row.op.roof?.share, reason: why(profile.document.roofs, 'no roofs were measured (tflbench doctor does)') },
    { key: 'memory', label: 'Output bytes', unit: 'bytes', of: (row) => row.op.mem_bytes },
    { key: 'error', label: 'Error', unit: '', of: (row) => noiseOf(profile.errorOf(row)), reason: why(profile.document.numerics, 'this run has no per-operator errors') },
  ];
  for (const name of profile.counterNames)
    list.push({ key: `counter:${name}`, label: name.replaceAll('_', ' '), unit: 'count', of: (row) => row.op.counters?.[name] });
  for (const one of list) {
    one.has ??= profile.rows.some((row) => known(one.of(row)));
    one.reason ??= 'the run has no such figures';
  }
  profile.counterGaps.forEach((gap, i) => list.push({ key: `counter:missing${i}`, label: gap.what, has: false, reason: gap.reason, of: () => undefined }));
  return list;
}

export function readProfiles(packed) {
  const document = unpack(packed);
  if (!document || typeof document !== 'object' || document.schema !== 'tflbench.profile')
    throw new Error('this is no profile: its "schema" is not "tflbench.profile"');
  if (document.version !== 1) throw new Error(`the profile has version ${document.version}; this page reads version 1`);
  return [document, ...(document.more ?? [])].map((one, i) => new Profile(one, i));
}
