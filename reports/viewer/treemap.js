// Where the time (or the work) is, as nested areas: by name scope or by op, as a treemap or an
// icicle. A click goes to an operator, a double click or Enter into a group, Backspace out again.
import { h, switcher, choice, button, announce, absent, refill, toMarkdown } from './dom.js';
import { Stage, box, fillBox, fitText, font } from './stage.js';
import { palette, categoryColour, categoryIndex, inkOn } from './colour.js';
import { percent } from './units.js';
import { known, measures } from './data.js';
import { valueText } from './graph.js';
import { change, stateOf } from './state.js';

const HEADER = 20, LEAST_BAND = 28, MOST_BAND = 64;

function makeTree(profile, by, value) {
  const root = { name: 'model', path: '', children: new Map(), size: 0, rows: 0, parent: null };
  for (const row of profile.rows) {
    const size = value(row);
    if (!known(size) || size <= 0) continue;
    const path = by === 'type' ? [row.type] : by === 'delegate' ? [row.delegate || 'interpreter', row.type] : profile.scopes(row);
    let at = root;
    root.size += size;
    root.rows++;
    for (const name of path) {
      if (!at.children.has(name)) at.children.set(name, { name, path: at.path ? `${at.path}/${name}` : name, children: new Map(), size: 0, rows: 0, parent: at });
      at = at.children.get(name);
      at.size += size;
      at.rows++;
    }
    at.children.set(`\u0000${row.i}`, { name: row.type, path: `${at.path}#${row.i}`, row, children: new Map(), size, rows: 1, parent: at });
  }
  return root;
}

const childrenOf = (node) => (node.sorted ??= [...node.children.values()].sort((a, b) => b.size - a.size));

const depthOf = (node) => (node.deep ??= 1 + [...node.children.values()].reduce((most, child) => Math.max(most, depthOf(child)), 0));

// Squarified treemap (Bruls, Huizing, van Wijk 2000): rows whose worst proportion no longer improves
// are closed.
export function squarify(list, total, x, y, w, hgt) {
  const places = [];
  let at = 0, left = total;
  while (at < list.length && w > 0 && hgt > 0 && left > 0) {
    const side = Math.min(w, hgt), area = w * hgt / left;
    let sum = 0, worst = Infinity, end = at;
    while (end < list.length) {
      const next = sum + list[end].size;
      const most = list[at].size * area, least = list[end].size * area, strip = next * area;
      const ratio = Math.max((side * side * most) / (strip * strip), (strip * strip) / (side * side * least));
      if (ratio > worst) break;
      worst = ratio;
      sum = next;
      end++;
    }
    const thick = sum * area / side;
    let along = 0;
    for (; at < end; at++) {
      const length = list[at].size / sum * side;
      places.push(w >= hgt ? [list[at], x, y + along, thick, length] : [list[at], x + along, y, length, thick]);
      along += length;
    }
    if (w >= hgt) { x += thick; w -= thick; } else { y += thick; hgt -= thick; }
    left -= sum;
  }
  return places;
}

export function makeTreemap({ profile, select, selection }) {
  const sizes = measures(profile).filter((one) => ['time', 'bytes', 'flops', 'memory'].includes(one.key) || one.key.startsWith('counter:'));
  const usable = sizes.filter((one) => one.has);
  if (!usable.length)
    return { element: h('div.view.empty', null, h('h2', null, 'Treemap'), absent(sizes[0]?.reason ?? 'nothing to measure by')), show() {}, update() {} };
  const categories = categoryIndex(profile.types);
  const by = () => stateOf('map.by') || 'scope';
  const shape = () => stateOf('map.shape') || 'treemap';
  const measure = () => usable.find((one) => one.key === stateOf('map.size')) ?? usable[0];
  let tree = null, places = [], focus = null, band = LEAST_BAND;

  const crumbs = h('nav.crumbs', { 'aria-label': 'Path' });
  const bar = h('div.controls', null,
    switcher('Shape', [['treemap', 'Treemap'], ['icicle', 'Icicle']], shape(), (value) => change({ 'map.shape': value === 'treemap' ? '' : value })),
    choice('Nested', [['scope', 'By name scope'], ['type', 'By op'], ['delegate', 'By delegate']], by(), (value) => change({ 'map.by': value === 'scope' ? '' : value, at: '' })),
    choice('Size', sizes.map((one) => [one.key, one.has ? one.label : `${one.label}: not available, ${one.reason}`, !one.has]), measure().key, (value) => change({ 'map.size': value })), crumbs);
  const stage = new Stage({
    label: 'Treemap. Arrow keys go from area to area, Enter goes into a group, Backspace out of it.',
    zoom: '', placed: arrange, draw, mark, pick, hovers: true, tip: tipOf, choose, open: (place) => place && enter(place.node), key,
  });
  const element = h('div.view.stage-view.treemap-view', null, bar, stage.element);

  function rebuild() {
    tree = makeTree(profile, by(), measure().of);
    focus = null;
    arrange();
  }

  function root() {
    let at = tree;
    for (const name of stateOf('at').split('/').filter(Boolean)) {
      const next = at.children.get(name);
      if (!next || next.row) break;
      at = next;
    }
    return at;
  }

  function arrange() {
    if (!tree || !stage.size[0]) return;
    const top = root();
    const [w, hgt] = stage.size;
    places = [];
    if (shape() === 'treemap') placeAreas(top, 0, 0, w, hgt, 0);
    else {
      band = Math.max(LEAST_BAND, Math.min(MOST_BAND, Math.floor(hgt / depthOf(top)) - 1));
      placeBands(top, 0, w, 0);
    }
    const path = [];
    for (let at = top; at; at = at.parent) path.unshift(at);
    refill(crumbs, path.map((at, i) => [i ? ' / ' : '', at === top ? h('b', null, at.name) : button(at.name, () => change({ at: at.path }), { class: 'link' })]), h('span.counted', null, ` ${valueText(measure(), top.size)}`));
    stage.redraw();
  }

  function placeAreas(node, x, y, w, hgt, depth) {
    for (const [child, cx, cy, cw, ch] of squarify(childrenOf(node), node.size, x, y, w, hgt)) {
      if (cw < 0.7 || ch < 0.7) continue;
      const place = { node: child, x: cx, y: cy, w: cw, h: ch, depth };
      places.push(place);
      if (child.row || cw < 14 || ch < 14) continue;
      const head = ch > 44 && cw > 50 ? HEADER : 2;
      placeAreas(child, cx + 2, cy + head, cw - 4, ch - head - 2, depth + 1);
      place.head = head;
    }
  }

  function placeBands(node, x, w, depth) {
    const y = depth * (band + 1);
    places.push({ node, x, y, w, h: band, depth, head: band });
    let at = x;
    for (const child of childrenOf(node)) {
      const cw = w * child.size / node.size;
      if (cw >= 0.7 && y < stage.size[1]) placeBands(child, at, cw, depth + 1);
      at += cw;
    }
  }

  // The colour of a group in an icicle is that of the op that weighs most in it.
  function mainType(node) {
    if (node.row) return node.row.type;
    if (node.main === undefined) {
      const weights = new Map();
      const walk = (one) => { if (one.row) weights.set(one.row.type, (weights.get(one.row.type) ?? 0) + one.size); else for (const child of one.children.values()) walk(child); };
      walk(node);
      node.main = [...weights.entries()].sort((a, b) => b[1] - a[1])[0]?.[0];
    }
    return node.main;
  }

  function mark(ctx, one) {
    const set = palette();
    const { row: chosen } = selection();
    for (const place of places) {
      const { node, x, y, w, h: hgt } = place;
      const isChosen = node.row && node.row === chosen;
      if (!isChosen && node !== focus && place !== one.hover) continue;
      ctx.strokeStyle = isChosen ? set.ink : set.accent;
      ctx.lineWidth = isChosen ? 3 : 2;
      box(ctx, x + 0.5, y + 0.5, Math.max(0.5, w - 1), Math.max(0.5, hgt - 1), w > 12 && hgt > 12 ? 3 : 0);
      ctx.stroke();
    }
  }

  function draw(ctx) {
    const set = palette();
    ctx.textBaseline = 'middle';
    for (const place of places) {
      const { node, x, y, w, h: hgt } = place;
      const area = shape() === 'treemap';
      const group = !node.row;
      const colour = group ? (area ? (place.depth % 2 ? set.wash : set.card) : mainType(node) ? categoryColour(categories.get(mainType(node))) : set.none) : categoryColour(categories.get(node.row.type));
      ctx.globalAlpha = group && !area ? 0.35 : 1;
      ctx.fillStyle = colour;
      fillBox(ctx, x + 0.5, y + 0.5, Math.max(0.5, w - 1), Math.max(0.5, hgt - 1), 3);
      ctx.globalAlpha = 1;
      if (group && area && w > 3 && hgt > 3) {
        ctx.strokeStyle = set.line;
        ctx.lineWidth = 1;
        ctx.strokeRect(x + 0.5, y + 0.5, w - 1, hgt - 1);
      }
      if (w < 34 || hgt < (area && !group ? 17 : 13)) continue;
      ctx.fillStyle = group ? set.ink : inkOn(colour);
      ctx.font = font(12, group ? 600 : 500);
      const line = group && area ? (place.head ?? 0) >= HEADER ? y + HEADER / 2 + 1 : 0 : area ? y + Math.min(13, hgt / 2) : y + hgt / 2;
      if (!line) continue;
      const total = root().size;
      const share = percent(node.size / total, node.size / total < 0.01 ? 2 : 1);
      const text = group ? `${node.name}  ${w > 120 ? share : ''}` : node.name;
      ctx.fillText(fitText(ctx, text, w - 12), x + 6, line);
      if (!group && area && hgt > 36) {
        ctx.font = font(11.5);
        ctx.fillText(fitText(ctx, valueText(measure(), node.size), w - 12), x + 6, y + 29);
      }
    }
  }

  function pick(x, y) {
    for (let i = places.length - 1; i >= 0; i--) {
      const place = places[i];
      if (x >= place.x && x < place.x + place.w && y >= place.y && y < place.y + place.h) return place;
    }
    return null;
  }

  function tipOf({ node }) {
    return [node.row ? node.row.type : node.path || 'model', node.row?.name ?? `${node.rows} rows`, `${valueText(measure(), node.size)}, ${percent(node.size / tree.size)} of all`].filter(Boolean);
  }

  function choose(place) {
    focus = place?.node ?? null;
    if (place?.node.row) select(place.node.row);
    stage.remark();
  }

  function enter(node) {
    const group = node.row ? node.parent : node;
    if (group && group !== root()) change({ at: group.path });
  }

  function key(event) {
    const top = root();
    if (event.key === 'Backspace') { if (top.parent) change({ at: top.parent.path }); return true; }
    const current = focus ?? places.find((place) => place.node.row && place.node.row === selection().row)?.node ?? null;
    if (event.key === 'Enter') { if (current) enter(current); return true; }
    if (!event.key.startsWith('Arrow')) return false;
    let next;
    if (!current || !places.some((place) => place.node === current)) [next] = childrenOf(top);
    else {
      const siblings = childrenOf(current.parent ?? top);
      const at = siblings.indexOf(current);
      next = { ArrowRight: siblings[at + 1], ArrowLeft: siblings[at - 1], ArrowDown: childrenOf(current)[0], ArrowUp: current.parent === top ? undefined : current.parent }[event.key];
    }
    if (!next) return true;
    focus = next;
    if (next.row) select(next.row);
    announce(tipOf({ node: next }).join(', '));
    stage.remark();
    return true;
  }

  return {
    element,
    stage,
    show() { if (!tree) rebuild(); stage.resize(); arrange(); },
    update(changed) {
      if (['map.by', 'map.size'].some((one) => changed.has(one))) rebuild();
      else if (changed.has('map.shape') || changed.has('at')) { focus = null; arrange(); }
      else stage.remark();
    },
    picture: () => stage.picture(),
    markdown: () => toMarkdown([['Group', 'Rows', measure().label, 'Share'], ...childrenOf(root()).map((node) => [node.row ? `${node.row.type} ${node.row.name}` : node.path, node.rows, valueText(measure(), node.size), percent(node.size / root().size)])], [false, true, true, true]),
    close() { stage.close(); },
  };
}
