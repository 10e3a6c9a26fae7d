// Tensors over time in the arena: across, the steps of the plan; down, where each lies. What no
// tensor uses while others live above it is a gap. Beside it, memory by phase.
import { h, button, announce, absent, toMarkdown } from './dom.js';
import { Stage, box, fillBox, fitText, font } from './stage.js';
import { palette, categoryColour, categoryIndex, inkOn } from './colour.js';
import { duration, bytesText, percent, plural, roundTicks, roundText, figureText } from './units.js';
import { known, why } from './data.js';

const LEFT = 64, TOP = 12, BOTTOM = 26;

const figure = (label, value, format = bytesText) => h('div', null, h('dt', null, label), h('dd', null, known(value) ? format(value) : absent(why(value, 'not in this profile'))));

export function memoryFacts(profile) {
  const memory = profile.document.memory ?? {};
  const result = profile.document.result ?? {};
  return h('dl.figures', null,
    figure('Arena', memory.arena_bytes), figure('Lower bound of any plan', memory.lower_bound_bytes),
    figure('Weights', memory.weights_bytes), figure('Model file resident', memory.model_resident_bytes),
    figure('Variables', memory.variable_bytes), figure('Resident set, steady', result.rss_bytes), figure('Resident set, peak', result.peak_rss_bytes),
    figure('Shared with devices (dma-buf)', memory.dmabuf_bytes), figure('Held by the GPU\'s driver', memory.gpu_bytes),
    figure('Allocations an inference, warmed up', memory.allocations_per_inference, (v) => figureText(v, '')));
}

export function phaseTable(profile) {
  const figures = ['duration_ns', 'rss_bytes', 'pss_bytes', 'uss_bytes'];
  const phases = (profile.document.phases ?? []).filter((phase) => figures.some((key) => known(phase[key])));
  const columns = [['duration_ns', 'Time', duration], ['rss_bytes', 'RSS', bytesText], ['pss_bytes', 'PSS', bytesText], ['uss_bytes', 'USS', bytesText]].filter(([key]) => phases.some((phase) => phase[key] !== undefined));
  if (!phases.length) return absent('no phase was stored');
  return h('div.wide', { role: 'group', tabindex: '0', 'aria-label': 'Phases' }, h('table.plain', null,
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Phase'), columns.map(([, label]) => h('th.n', { scope: 'col' }, label)))),
    h('tbody', null, phases.map((phase) => h('tr', null, h('th', { scope: 'row' }, String(phase.phase).replaceAll('_', ' ')),
      columns.map(([key, , format]) => h('td.n', null, known(phase[key]) ? format(phase[key]) : h('span.none', { title: why(phase[key], 'not measured in this phase') }, '–'))))))));
}

export function makeMemory({ profile, select, selection }) {
  const graph = profile.subgraphs[0];
  const tensors = (graph?.tensors ?? []).filter((tensor) => tensor.arena);
  const facts = [memoryFacts(profile), h('h3', null, 'By phase'), phaseTable(profile)];
  if (!tensors.length) {
    return { element: h('div.view.memory-view', null, h('div.stacked', null, absent(graph ? 'no tensor of this model lies in the arena' : 'the profile does not carry the graph of the model'), facts)), show() {}, update() {} };
  }
  const memory = profile.document.memory ?? {};
  const arena = known(memory.arena_bytes) && memory.arena_bytes > 0 ? memory.arena_bytes : Math.max(...tensors.map((t) => t.arena.offset + t.arena.bytes));
  const order = graph.order ?? [];
  const steps = Math.max(order.length, ...tensors.map((t) => t.arena.last + 1));
  const producer = new Map();
  for (const node of profile.nodes) if (node.subgraph === (graph.subgraph ?? 0)) for (const t of node.outputs ?? []) producer.set(t, node);
  // In use at each step, from lifetimes.
  const change = new Float64Array(steps + 1);
  for (const { arena: { bytes, first, last } } of tensors) {
    change[Math.max(0, first)] += bytes;
    change[Math.min(steps, last + 1)] -= bytes;
  }
  const used = new Float64Array(steps);
  for (let i = 0, sum = 0; i < steps; i++) used[i] = sum += change[i];
  const peak = used.indexOf(Math.max(...used));
  const categories = categoryIndex(profile.types);
  const categoryOf = new Map(tensors.map((tensor) => {
    const node = producer.get(tensor.tensor);
    const row = node && profile.rowOf(node);
    return [tensor, row ? categories.get(row.type) : 7];
  }));
  const byFirst = [...tensors].sort((a, b) => a.arena.first - b.arena.first);

  let tops = null; // the highest end alive at each step
  let written = null; // those that a node writes

  const stage = new Stage({
    label: 'Tensors in the arena over the steps of the plan. Arrow keys go from tensor to tensor, W and S zoom, A and D pan.',
    zoom: 'x', inset: LEFT, deepest: 120, world: () => [steps, stage.size[1]], placed: (one) => one.fit(), draw, mark, pick, hovers: true, tip: tipOf,
    choose: (tensor) => select(tensor ? producer.get(tensor.tensor) ?? null : null), key,
  });
  const bar = h('div.controls', null, h('div.buttons', null, button('−', () => stage.zoomAt(1 / 1.6), { 'aria-label': 'Zoom out' }), button('+', () => stage.zoomAt(1.6), { 'aria-label': 'Zoom in' }), button('Fit', () => stage.fit(), { 'aria-label': 'Show all steps' })),
    h('span.counted', null, `${plural(tensors.length, 'tensor')} in ${bytesText(arena)}; most in use, ${bytesText(used[peak])}, at step ${peak}${nodeAt(peak) ? ` (${nodeAt(peak).type})` : ''}. Coloured by the op that writes it.`));
  const element = h('div.view.memory-view', null, bar, stage.element, h('div.memory-facts', null, h('div', null, h('h3', null, 'Arena and process'), facts[0]), h('div', null, facts.slice(1))));

  function nodeAt(step) { return profile.nodeAt(graph.subgraph ?? 0, order[step]); }

  const yOf = (offset, one) => TOP + (1 - offset / arena) * (one.size[1] - TOP - BOTTOM);

  function place(tensor, one) {
    const { offset, bytes, first, last } = tensor.arena;
    const x = first * one.scale + one.offset[0];
    const top = yOf(offset + bytes, one);
    return [x, top, (last + 1 - first) * one.scale, Math.max(0.75, yOf(offset, one) - top)];
  }

  function chosenTensors() {
    const { row, node } = selection();
    const nodes = node ? [node] : row ? profile.nodesOf(row) : [];
    return new Set(nodes.flatMap((one) => one.outputs ?? []));
  }

  function draw(ctx, one) {
    const set = palette();
    const [width, height] = one.size;
    const bottom = height - BOTTOM;
    ctx.font = font(11.5);
    ctx.textBaseline = 'middle';
    ctx.save();
    ctx.beginPath();
    ctx.rect(LEFT, 0, width - LEFT, height);
    ctx.clip();
    // Free space below the highest tensor alive: the plan's gaps.
    drawGaps(ctx, one, set);
    for (const tensor of byFirst) {
      const [x, y, w, hgt] = place(tensor, one);
      if (x > width || x + w < LEFT) continue;
      const colour = categoryColour(categoryOf.get(tensor));
      ctx.fillStyle = colour;
      fillBox(ctx, x + 0.25, y + 0.25, Math.max(0.75, w - 0.5), Math.max(0.5, hgt - 0.5), 3);
      if (w > 46 && hgt > 14) {
        ctx.fillStyle = inkOn(colour);
        ctx.fillText(fitText(ctx, `${bytesText(tensor.arena.bytes)}  ${tensor.name || tensor.role || ''}`, w - 10), x + 5, y + Math.min(hgt / 2, 12));
      }
    }
    drawPeak(ctx, one, set, bottom);
    ctx.restore();
    drawAxes(ctx, one, set, bottom);
  }

  function mark(ctx, one) {
    const chosen = chosenTensors();
    ctx.save();
    ctx.beginPath();
    ctx.rect(LEFT, 0, one.size[0] - LEFT, one.size[1]);
    ctx.clip();
    ctx.strokeStyle = palette().ink;
    for (const tensor of byFirst) {
      if (!chosen.has(tensor.tensor) && tensor !== one.hover) continue;
      const [x, y, w, hgt] = place(tensor, one);
      ctx.lineWidth = chosen.has(tensor.tensor) ? 2.5 : 1.5;
      box(ctx, x + 0.25, y + 0.25, Math.max(0.75, w - 0.5), Math.max(0.5, hgt - 0.5), w > 10 && hgt > 10 ? 3 : 0);
      ctx.stroke();
    }
    ctx.restore();
  }

  function drawGaps(ctx, one, set) {
    const { scale, offset: [ox] } = one;
    const from = Math.max(0, Math.floor((LEFT - ox) / scale)), to = Math.min(steps, Math.ceil((one.size[0] - ox) / scale));
    if (!tops) {
      tops = new Float64Array(steps);
      for (const { arena: { offset, bytes, first, last } } of tensors)
        for (let s = Math.max(first, 0); s <= last; s++) tops[s] = Math.max(tops[s], offset + bytes);
    }
    ctx.fillStyle = set.wash;
    const every = Math.max(1, Math.floor(1 / scale));
    for (let s = from; s < to; s += every) {
      const x = s * scale + ox;
      const y = yOf(tops[s], one);
      ctx.fillRect(Math.floor(x), y, Math.ceil(Math.max(1, scale * every)), yOf(0, one) - y);
    }
  }

  function drawPeak(ctx, one, set, bottom) {
    const x = (peak + 0.5) * one.scale + one.offset[0];
    ctx.strokeStyle = set.more;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    ctx.moveTo(x, TOP - 6);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    if (known(memory.lower_bound_bytes)) {
      const y = yOf(memory.lower_bound_bytes, one);
      ctx.strokeStyle = set.soft;
      ctx.beginPath();
      ctx.moveTo(LEFT, y);
      ctx.lineTo(one.size[0], y);
      ctx.stroke();
      ctx.fillStyle = set.soft;
      ctx.textAlign = 'right';
      ctx.fillText('lower bound', one.size[0] - 6, y + (y > 24 ? -8 : 9));
      ctx.textAlign = 'left';
    }
    ctx.setLineDash([]);
  }

  function drawAxes(ctx, one, set, bottom) {
    const [width] = one.size;
    ctx.fillStyle = set.soft;
    ctx.textAlign = 'right';
    for (const tick of roundTicks(0, arena, 5)) ctx.fillText(tick === 0 ? '0' : roundText(bytesText(tick)), LEFT - 8, yOf(tick, one));
    ctx.textAlign = 'center';
    const left = Math.max(0, (LEFT - one.offset[0]) / one.scale), right = Math.min(steps, (width - one.offset[0]) / one.scale);
    for (const tick of roundTicks(left, right, Math.max(2, Math.floor(width / 120)))) {
      const x = (tick + 0.5) * one.scale + one.offset[0];
      if (tick % 1 === 0 && x > LEFT + 12 && x < width - 30) ctx.fillText(String(tick), x, bottom + 14);
    }
    ctx.textAlign = 'left';
    ctx.fillText('step', width - 28, bottom + 14);
    ctx.fillStyle = set.line;
    ctx.fillRect(LEFT, bottom, width - LEFT, 1);
    ctx.fillRect(LEFT - 1, TOP - 6, 1, bottom - TOP + 6);
  }

  function pick(x, y, one) {
    if (x < LEFT) return null;
    let best = null;
    for (const tensor of byFirst) {
      const [left, top, w, hgt] = place(tensor, one);
      if (x >= left && x < left + Math.max(2, w) && y >= top && y < top + Math.max(2, hgt)) best = tensor;
    }
    return best;
  }

  function tipOf(tensor) {
    const { offset, bytes, first, last } = tensor.arena;
    return [tensor.name || `${tensor.role === 'temporary' ? 'temporary ' : ''}tensor ${tensor.tensor}`, `${bytesText(bytes)} at ${bytesText(offset)}, ${percent(bytes / arena)} of the arena`, `steps ${first} to ${last}`, tensor.role !== 'intermediate' ? tensor.role : ''].filter(Boolean);
  }

  function key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return false;
    const list = (written ??= byFirst.filter((tensor) => producer.has(tensor.tensor)));
    const chosen = chosenTensors();
    const at = list.findIndex((tensor) => chosen.has(tensor.tensor));
    const next = list[at < 0 ? 0 : Math.max(0, Math.min(list.length - 1, at + step))];
    if (!next) return true;
    select(producer.get(next.tensor));
    stage.reveal(next.arena.first, 0, next.arena.last - next.arena.first + 1, 1);
    announce(tipOf(next).join(', '));
    return true;
  }

  return {
    element,
    stage,
    show() { stage.resize(); },
    update() { stage.remark(); },
    picture: () => stage.picture(),
    markdown: () => toMarkdown([['Tensor', 'Bytes', 'Offset', 'First step', 'Last step'], ...[...tensors].sort((a, b) => b.arena.bytes - a.arena.bytes).map((t) => [t.name, t.arena.bytes, t.arena.offset, t.arena.first, t.arena.last])], [false, true, true, true, true]),
    close() { stage.close(); },
  };
}
