// The model as a layered graph. Up to 2,000 nodes all are drawn; above, groups by name scope or
// partition, which open and close. Colour tells time, bytes, error, ...; partitions are outlined.
import { h, choice, button, announce, absent, toMarkdown, refill } from './dom.js';
import { Stage, box, fitText, font } from './stage.js';
import { palette, rampColour, categoryColour, categoryIndex, inkOn } from './colour.js';
import { duration, bytesText, countText, percent, plural, figureText, scientific } from './units.js';
import { known, measures } from './data.js';
import { layered, foldColumns } from './layout.js';
import { buildGroups, openLargest, visibleItems } from './grouping.js';
import { change, stateOf } from './state.js';

const ALL_NODES = 2000;
const READABLE = 0.72; // the scale at which labels can just be read
const NODE = { width: 148, height: 42 }, GROUP = { width: 172, height: 52 };

export function valueText(measure, value) {
  if (!known(value)) return '';
  if (measure.unit === 'ns') return duration(value);
  if (measure.unit === 'bytes') return bytesText(value);
  if (measure.unit === 'ratio') return percent(value, 0);
  if (measure.unit === 'count') return countText(value);
  return measure.key === 'error' ? scientific(value) : figureText(value, measure.unit);
}

export function makeGraph({ profile, select, selection }) {
  if (!profile.subgraphs.length || !profile.nodes.length)
    return { element: h('div.view.empty', null, h('h2', null, 'Graph'), absent('the profile does not carry the graph of the model')), show() {}, update() {} };

  const all = measures(profile);
  const categories = categoryIndex(profile.types);
  let scene = null;
  let items = [], edges = [], drawing = null, hits = new Map(), shapes = new Map(), groups = null, open = null;

  // ---- controls ----

  const subgraph = () => Number(stateOf('graph.subgraph') || 0);
  const nodesHere = () => profile.nodes.filter((node) => node.subgraph === subgraph());
  const grouping = () => stateOf('graph.by') || (nodesHere().length > ALL_NODES ? 'scope' : 'none');
  const measureKey = () => { const key = stateOf('color') || 'time'; return key === 'delegate' || key === 'type' || all.some((m) => m.key === key && m.has) ? key : 'delegate'; };
  const measure = () => all.find((one) => one.key === measureKey());

  const colourChoice = choice('Colour', [...all.map((one) => [one.key, one.has ? one.label : `${one.label}: not available, ${one.reason}`, !one.has]), ['delegate', 'Delegate'], ['type', 'Op']], measureKey(), (value) => change({ color: value }));
  const groupChoice = choice('Groups', [...(nodesHere().length <= ALL_NODES ? [['none', 'None']] : []), ['scope', 'By name scope'], ['partition', 'By partition']], grouping(), (value) => change({ 'graph.by': value, 'graph.open': '' }));
  const subgraphChoice = profile.subgraphs.length > 1 ? choice('Subgraph', profile.subgraphs.map((graph) => [String(graph.subgraph ?? 0), graph.name || `subgraph ${graph.subgraph}`]), String(subgraph()), (value) => change({ 'graph.subgraph': value, 'graph.open': '' })) : null;
  const legend = h('div.scale-legend', { 'aria-hidden': 'true' });
  const stage = new Stage({
    label: 'Graph of the model. Arrow keys go from node to node, Enter opens a group, Backspace closes it, plus and minus zoom, F shows all.',
    zoom: 'xy', deepest: 2.5, world: () => [drawing?.width ?? 1, (drawing?.height ?? 1)],
    placed: () => { build(); start(); }, draw, pick, hovers: true,
    tip: tipOf, choose: (item) => choose(item), open: (item) => item?.group && toggle(item.group.key), key,
  });
  const openButton = button('Open group', () => { const item = chosenItem(); if (item?.group) toggle(item.group.key); }, { title: 'Enter' });
  const closeButton = button('Close group', () => closeGroup(), { title: 'Backspace' });
  const missing = h('span.counted');
  const bar = h('div.controls', null, colourChoice, groupChoice, subgraphChoice,
    h('div.buttons', null, button('−', () => stage.zoomAt(1 / 1.4), { 'aria-label': 'Zoom out' }), button('+', () => stage.zoomAt(1.4), { 'aria-label': 'Zoom in' }), button('Fit', () => stage.fit(), { 'aria-label': 'Show the whole graph' }), openButton, closeButton), missing);
  const element = h('div.view.stage-view.graph-view', null, bar, stage.element, legend);

  // ---- scene ----

  function build() {
    const key = [subgraph(), grouping(), stateOf('graph.open')].join('|');
    if (scene === key) return false;
    const here = nodesHere();
    const by = grouping();
    if (by === 'none') {
      groups = null;
      items = here.map((node) => ({ key: `n${node.subgraph}.${node.node}`, node, nodes: [node] }));
    } else {
      const base = `${subgraph()}|${by}`;
      if (groups?.base !== base) groups = Object.assign(buildGroups(profile, here, by), { base });
      open = stateOf('graph.open') ? new Set(stateOf('graph.open').split('|').map((one) => (one === '.' ? '' : one))) : openLargest(groups, 140);
      items = visibleItems(groups, open);
    }
    const itemOf = new Map();
    items.forEach((item, i) => { for (const node of item.nodes) itemOf.set(node, i); });
    const pairs = new Map();
    for (const node of here) {
      const to = itemOf.get(node);
      for (const from of profile.neighboursOf(node).before) {
        const a = itemOf.get(from);
        if (a !== undefined && a !== to) pairs.set(a * items.length + to, [a, to]);
      }
    }
    edges = [...pairs.values()];
    const sizes = items.map((item) => (item.group ? GROUP : NODE));
    const plain = layered(sizes, edges, { gap: 22, rankGap: 30 });
    const [width, height] = stage.size;
    drawing = foldColumns(plain, sizes, edges, [(width - 48) / READABLE, (height - 56) / READABLE]);
    items.forEach((item, i) => {
      Object.assign(item, { ...sizes[i], x: drawing.nodes[i].x, y: drawing.nodes[i].y, index: i });
      item.rows = [...new Set(item.nodes.flatMap((node) => { const row = profile.rowOf(node); return row ? [row] : []; }))];
      item.ns = item.rows.reduce((sum, row) => sum + (row.ns ?? 0), 0);
      const partitions = new Set(item.nodes.map((node) => node.partition));
      item.partition = partitions.size === 1 ? [...partitions][0] : undefined;
      item.mixed = partitions.size > 1;
    });
    hits = itemOf;
    shapes = new Map();
    const shapeOf = (partition) => {
      if (!shapes.has(partition)) shapes.set(partition, { items: [], paths: [] });
      return shapes.get(partition);
    };
    for (const item of items) if (item.partition !== undefined) shapeOf(item.partition).items.push(item);
    edges.forEach(([a, b], e) => {
      const { partition } = items[a];
      if (partition !== undefined && partition === items[b].partition && !drawing.folded[e]) shapeOf(partition).paths.push(drawing.edges[e]);
    });
    scene = key;
    recolour();
    return true;
  }

  function valueOf(item) {
    const by = measure();
    if (!by) return undefined;
    const values = item.rows.map((row) => by.of(row)).filter(known);
    if (!values.length) return undefined;
    if (by.unit === 'ratio' || by.key === 'error' || by.key === 'rate') return Math.max(...values);
    return values.reduce((a, b) => a + b, 0);
  }

  let scaleMax = 0;
  function recolour() {
    for (const item of items) item.value = valueOf(item);
    scaleMax = items.reduce((most, item) => Math.max(most, item.value ?? 0), 0);
    if (measure()?.unit === 'ratio') scaleMax = Math.max(scaleMax, 1);
    drawLegend();
    openButton.hidden = closeButton.hidden = !groups;
    const count = items.length;
    missing.textContent = groups ? `${plural(nodesHere().length, 'node')} in ${plural(count, 'box', 'boxes')}` : plural(count, 'node');
  }

  function colourOf(item) {
    const key = measureKey();
    if (key === 'type') return item.node ? categoryColour(categories.get(item.rows[0]?.type ?? item.node.type)) : palette().none;
    if (key === 'delegate') return item.mixed ? palette().none : item.partition === undefined ? palette().categories[7] : palette().categories[item.partition % 5];
    if (!known(item.value)) return palette().none;
    // Areas and times span orders of magnitude: the root keeps the small ones apart.
    return rampColour(scaleMax > 0 ? Math.sqrt(item.value / scaleMax) : 0);
  }

  function drawLegend() {
    const by = measure();
    const key = measureKey();
    if (by) {
      const steps = [0, 0.25, 0.5, 0.75, 1].map((t) => h('i', { style: { background: rampColour(t) } }));
      refill(legend, h('span', null, by.label), h('span.n', null, '0'), h('span.ramp', null, steps), h('span.n', null, valueText(by, scaleMax)));
    } else if (key === 'delegate') {
      const used = [...new Set(items.map((item) => item.partition))].filter((p) => p !== undefined).slice(0, 5);
      refill(legend, used.map((p) => h('span.key', null, h('i', { style: { background: palette().categories[p % 5] } }), `partition ${p}`)), h('span.key', null, h('i', { style: { background: palette().categories[7] } }), 'interpreter'));
    } else {
      const names = [...categories.entries()].filter(([, i]) => i < 7);
      refill(legend, names.map(([name, i]) => h('span.key', null, h('i', { style: { background: categoryColour(i) } }), name)));
    }
  }

  // At first: all of it where that can be read, else its beginning at a readable size.
  function start() {
    const chosen = chosenItem();
    if (chosen && stateOf('view') === 'graph') {
      stage.scale = 1;
      stage.offset = [stage.size[0] / 2 - chosen.x, stage.size[1] / 2 - chosen.y];
      stage.moved();
      return;
    }
    const fit = Math.min((stage.size[0] - 48) / drawing.width, (stage.size[1] - 64) / drawing.height);
    stage.scale = Math.max(Math.min(1, fit), READABLE);
    const first = items.reduce((best, item) => (item.y - item.x * 1e-3 < best.y - best.x * 1e-3 ? item : best), items[0]);
    const [width, height] = [drawing.width * stage.scale, drawing.height * stage.scale];
    stage.offset = [
      width <= stage.size[0] - 24 ? (stage.size[0] - width) / 2 : Math.min(24, Math.max(stage.size[0] - 24 - width, stage.size[0] / 2 - first.x * stage.scale)),
      height <= stage.size[1] - 24 ? (stage.size[1] - height) / 2 : 28];
    stage.moved();
  }

  function matches() {
    const words = stateOf('q').toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    return (item) => item.nodes.some((node) => {
      const text = `${node.type} ${profile.nameOf(node)} ${node.reason ?? ''} ${node.node}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  const chosenItem = () => {
    const { row, node, group } = selection();
    if (group) return items.find((item) => item.key === group);
    const one = node ?? (row && row.kind !== 'kernel' ? profile.nodesOf(row)[0] : undefined);
    const index = one && hits.get(one);
    return index === undefined ? undefined : items[index];
  };

  function chosenAll() {
    const { row } = selection();
    const first = chosenItem();
    const set = new Set(first ? [first] : []);
    if (row && !selection().node) for (const node of profile.nodesOf(row)) { const i = hits.get(node); if (i !== undefined) set.add(items[i]); }
    return set;
  }

  // ---- drawing ----

  function trace(ctx, path) {
    ctx.moveTo(...path[0]);
    if (path.length === 2) {
      const [[ax, ay], [bx, by]] = path;
      const bend = Math.min(40, Math.abs(by - ay) / 2);
      ctx.bezierCurveTo(ax, ay + bend, bx, by - bend, bx, by);
      return;
    }
    for (let i = 1; i < path.length - 1; i++) {
      const [x, y] = path[i];
      const [nx, ny] = i + 1 === path.length - 1 ? path[i + 1] : [(x + path[i + 1][0]) / 2, (y + path[i + 1][1]) / 2];
      ctx.quadraticCurveTo(x, y, nx, ny);
    }
  }

  function inView(stageNow, x, y, margin) {
    const sx = x * stageNow.scale + stageNow.offset[0], sy = y * stageNow.scale + stageNow.offset[1];
    return sx > -margin && sx < stageNow.size[0] + margin && sy > -margin && sy < stageNow.size[1] + margin;
  }

  // A partition is one shape: its boxes widened, joined along its inner edges.
  function drawPartitions(ctx, one) {
    const set = palette();
    for (const [partition, { items: list, paths }] of shapes) {
      if (list.length < 400 && !list.some((item) => inView(one, item.x, item.y, 300))) continue;
      const colour = set.categories[partition % 5];
      const shape = (grow) => {
        ctx.lineWidth = 2 * grow + 18;
        ctx.beginPath();
        for (const path of paths) trace(ctx, path);
        ctx.stroke();
        for (const item of list) {
          box(ctx, item.x - item.width / 2 - grow, item.y - item.height / 2 - grow, item.width + 2 * grow, item.height + 2 * grow, 6 + grow);
          ctx.fill();
        }
      };
      ctx.lineCap = 'round';
      ctx.lineJoin = 'round';
      ctx.fillStyle = ctx.strokeStyle = colour;
      ctx.globalAlpha = 1;
      shape(8.5);
      ctx.fillStyle = ctx.strokeStyle = set.card;
      shape(7);
      ctx.globalAlpha = 0.1;
      ctx.fillStyle = ctx.strokeStyle = colour;
      for (const item of list) {
        box(ctx, item.x - item.width / 2 - 7, item.y - item.height / 2 - 7, item.width + 14, item.height + 14, 12);
        ctx.fill();
      }
      ctx.globalAlpha = 1;
    }
  }

  function draw(ctx, one) {
    if (!drawing) return;
    const set = palette();
    const match = matches();
    const chosen = chosenAll();
    ctx.save();
    ctx.translate(...one.offset);
    ctx.scale(one.scale, one.scale);
    drawPartitions(ctx, one);
    ctx.lineWidth = Math.max(1, 0.8 / one.scale);
    ctx.strokeStyle = set.soft;
    ctx.globalAlpha = 0.55;
    ctx.beginPath();
    for (const path of drawing.edges) {
      const [a, b] = [path[0], path[path.length - 1]];
      if (path.length > 2 || inView(one, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, 400)) trace(ctx, path);
    }
    ctx.stroke();
    ctx.globalAlpha = 1;
    if (one.scale > 0.4) drawHeads(ctx, one, set);
    for (const item of items) if (inView(one, item.x, item.y, 200)) drawItem(ctx, one, item, { set, dim: match && !match(item), chosen: chosen.has(item) });
    ctx.restore();
  }

  function drawHeads(ctx, one, set) {
    ctx.fillStyle = set.soft;
    ctx.beginPath();
    for (const path of drawing.edges) {
      const [x, y] = path[path.length - 1];
      if (!inView(one, x, y, 20)) continue;
      ctx.moveTo(x, y);
      ctx.lineTo(x - 3.5, y - 6.5);
      ctx.lineTo(x + 3.5, y - 6.5);
    }
    ctx.fill();
  }

  function drawItem(ctx, one, item, { set, dim, chosen }) {
    const [left, top] = [item.x - item.width / 2, item.y - item.height / 2];
    const colour = colourOf(item);
    ctx.globalAlpha = dim ? 0.25 : 1;
    if (item.group) {
      // A pile: there is more below.
      ctx.fillStyle = set.card;
      ctx.strokeStyle = set.soft;
      ctx.lineWidth = 1;
      for (const shift of [6, 3]) {
        box(ctx, left + shift, top + shift, item.width, item.height, 8);
        ctx.fill();
        ctx.stroke();
      }
    }
    ctx.fillStyle = colour;
    box(ctx, left, top, item.width, item.height, 8);
    ctx.fill();
    ctx.strokeStyle = chosen ? set.accent : item === one.hover ? set.ink : set.soft;
    ctx.lineWidth = chosen ? Math.max(3, 2.5 / one.scale) : 1;
    if (!chosen && item !== one.hover) ctx.globalAlpha *= 0.5;
    ctx.stroke();
    ctx.globalAlpha = dim ? 0.25 : 1;
    if (one.scale < 0.42) { ctx.globalAlpha = 1; return; }
    ctx.fillStyle = inkOn(colour);
    ctx.textBaseline = 'middle';
    ctx.font = font(12.5, 600);
    const title = item.group ? item.group.label : item.node.type;
    ctx.fillText(fitText(ctx, title, item.width - 20), left + 10, item.y - 8);
    ctx.font = font(11.5);
    const value = measure() ? valueText(measure(), item.value) : known(item.ns) && item.rows.length ? duration(item.ns) : '';
    const valueWidth = value ? ctx.measureText(value).width + 8 : 0;
    const fused = item.node && item.rows[0]?.covers.length > 1 && item.rows[0].kind === 'step';
    const below = item.group ? plural(item.nodes.length, 'node') : fused ? `${item.node.node} · fused` : String(item.node.node);
    ctx.fillText(fitText(ctx, below, item.width - 20 - valueWidth), left + 10, item.y + 10);
    ctx.textAlign = 'right';
    ctx.fillText(value, left + item.width - 10, item.y + 10);
    ctx.textAlign = 'left';
    ctx.globalAlpha = 1;
  }

  function pick(x, y, one) {
    const [wx, wy] = one.toWorld(x, y);
    return items.find((item) => Math.abs(wx - item.x) <= item.width / 2 && Math.abs(wy - item.y) <= item.height / 2) ?? null;
  }

  function tipOf(item) {
    const by = measure();
    const value = by && known(item.value) ? `${by.label}: ${valueText(by, item.value)}` : '';
    if (item.group) return [item.group.key.slice(1), plural(item.nodes.length, 'node'), value, 'Double-click or Enter opens it'].filter(Boolean);
    return [`${item.node.node} ${item.node.type}`, profile.nameOf(item.node), value, item.node.reason ? `Not delegated: ${item.node.reason}` : ''].filter(Boolean);
  }

  function choose(item) {
    if (!item) select(null);
    else if (item.group) select({ group: item.key });
    else select(item.node);
  }

  function toggle(key) {
    const next = new Set(open);
    if (next.has(key)) next.delete(key); else next.add(key);
    change({ 'graph.open': [...next].map((one) => one || '.').join('|'), sel: '' });
  }

  function closeGroup() {
    const item = chosenItem();
    const key = item?.parent?.key ?? item?.group?.parent?.key;
    if (key) toggle(key);
  }

  function key(event) {
    const item = chosenItem();
    if (event.key === 'Enter' && item?.group) { toggle(item.group.key); return true; }
    if (event.key === 'Backspace' && groups) { closeGroup(); return true; }
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!way && event.key !== 'Home' && event.key !== 'End') return false;
    const next = !item || event.key === 'Home' ? items[0] : event.key === 'End' ? items[items.length - 1] : towards(item, way);
    if (!next) return true;
    choose(next);
    show(next);
    announce(tipOf(next).join(', '));
    return true;
  }

  // Down and up follow an edge where there is one; else, and sideways, the nearest box that way.
  function towards(item, [dx, dy]) {
    if (dy) {
      const linked = edges.filter(([a, b]) => (dy > 0 ? a : b) === item.index).map(([a, b]) => items[dy > 0 ? b : a]);
      if (linked.length) return linked.sort((a, b) => Math.abs(a.x - item.x) - Math.abs(b.x - item.x))[0];
    }
    let best, least = Infinity;
    for (const other of items) {
      const [ox, oy] = [other.x - item.x, other.y - item.y];
      const along = ox * dx + oy * dy, across = Math.abs(ox * dy) + Math.abs(oy * dx);
      if (along <= 1) continue;
      const distance = along + 3 * across;
      if (distance < least) { least = distance; best = other; }
    }
    return best;
  }

  function show(item) {
    stage.reveal(item.x - item.width / 2, item.y - item.height / 2, item.width, item.height, Math.max(stage.scale, 0.6));
  }

  return {
    element,
    stage,
    show() {
      stage.resize();
      const item = drawing && chosenItem();
      if (item) show(item);
    },
    update(changed) {
      if (['graph.by', 'graph.open', 'graph.subgraph'].some((one) => changed.has(one))) {
        groupChoice.querySelector('select').value = grouping();
        if (build()) start();
        return;
      }
      if (changed.has('color')) {
        colourChoice.querySelector('select').value = measureKey();
        recolour();
        if (!measure()) drawLegend();
      }
      if (changed.has('sel')) {
        const item = chosenItem();
        if (item) show(item);
      }
      stage.redraw();
    },
    describeGroup(key) {
      const item = items.find((one) => one.key === key);
      return item?.group ? { title: item.group.label, path: item.group.key.slice(1), nodes: item.nodes, rows: item.rows, ns: item.ns, open: () => toggle(item.group.key) } : null;
    },
    picture: () => stage.picture(),
    markdown: () => toMarkdown([['Box', 'Nodes', measure()?.label ?? 'Time'], ...items.map((item) => [item.group?.key.slice(1) ?? `${item.node.node} ${item.node.type}`, item.nodes.length, measure() ? valueText(measure(), item.value) : duration(item.ns)])], [false, true, true]),
    close() { stage.close(); },
  };
}
