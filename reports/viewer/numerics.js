// The error of each operator against the reference engine above, the time it takes below: whether
// what is slow is also what is wrong.
import { h, switcher, announce, absent, toMarkdown } from './dom.js';
import { Stage, font } from './stage.js';
import { palette, categoryColour, categoryIndex } from './colour.js';
import { duration, scientific, roundText, plural } from './units.js';
import { known, why } from './data.js';
import { change, stateOf } from './state.js';

const LEFT = 68, TOP = 26, MIDDLE = 34, BOTTOM = 28;
const KINDS = { max_abs: 'Largest difference', rmse: 'Root mean square', steps: 'Quantised steps', snr_db: 'Signal to noise, dB' };

export function makeNumerics({ profile, select, selection }) {
  const { numerics } = profile.document;
  const rows = profile.rows.filter((row) => row.kind !== 'kernel' && profile.errorOf(row));
  if (!rows.length)
    return { element: h('div.view.empty', null, h('h2', null, 'Numerics'), absent(why(numerics, 'this run did not compare tensors with the reference engine'))), show() {}, update() {} };
  const kinds = Object.entries(KINDS).filter(([key]) => rows.some((row) => known(profile.errorOf(row)[key])));
  const kind = () => (kinds.some(([key]) => key === stateOf('numerics.kind')) ? stateOf('numerics.kind') : kinds[0][0]);
  const valueOf = (row) => profile.errorOf(row)[kind()];
  const categories = categoryIndex(profile.types);
  const byError = () => [...rows].filter((row) => known(valueOf(row))).sort((a, b) => valueOf(b) - valueOf(a));

  const stage = new Stage({
    label: 'Error and time of each operator in order. Arrow keys go from operator to operator, W and S zoom, A and D pan.',
    zoom: 'x', inset: LEFT, deepest: 60, world: () => [rows.length, 1], placed: (one) => one.fit(), draw, pick, hovers: true, tip: tipOf, choose: (row) => select(row), key,
  });
  const bar = h('div.controls', null, switcher('Error', kinds, kind(), (value) => change({ 'numerics.kind': value })),
    h('span.counted', null, `${plural(rows.length, 'row')} against ${numerics.reference ?? 'the reference engine'}`));
  const worst = h('div.wide', { role: 'group', tabindex: '0', 'aria-label': 'Largest errors' });
  const element = h('div.view.stage-view.numerics-view', null, bar, stage.element, h('h3', null, 'Largest errors'), worst);

  function drawWorst() {
    worst.replaceChildren(h('table.plain', null, h('thead', null, h('tr', null, h('th.n', { scope: 'col' }, 'Node'), h('th', { scope: 'col' }, 'Op'), kinds.map(([, label]) => h('th.n', { scope: 'col' }, label)), h('th.n', { scope: 'col' }, 'Time'), h('th', { scope: 'col' }, 'Output'))),
      h('tbody', null, byError().slice(0, 10).map((row) => h('tr.pickable', { onclick: () => select(row) }, h('td.n', null, row.covers.join(', ')), h('th', { scope: 'row' }, h('button.link', { type: 'button' }, row.type)),
        kinds.map(([key]) => h('td.n', null, known(profile.errorOf(row)[key]) ? scientific(profile.errorOf(row)[key]) : '–')), h('td.n', null, known(row.ns) ? duration(row.ns) : '–'), h('td.tensor', null, row.name))))));
  }

  function range() {
    const values = rows.map(valueOf).filter((v) => known(v) && v > 0).map(Math.log10);
    if (!values.length) return [-9, 0];
    const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
    return [Math.floor(low - 0.2), Math.ceil(high + 0.1)];
  }

  function draw(ctx, one) {
    const set = palette();
    const [width, height] = one.size;
    const middle = Math.round((height - BOTTOM) * 0.58);
    const [low, high] = range();
    const yError = (v) => TOP + (1 - (Math.log10(v) - low) / (high - low)) * (middle - MIDDLE - TOP);
    const floor = height - BOTTOM;
    ctx.font = font(11.5);
    ctx.textBaseline = 'middle';
    ctx.fillStyle = set.soft;
    ctx.strokeStyle = set.line;
    ctx.lineWidth = 1;
    ctx.textAlign = 'left';
    ctx.fillText(KINDS[kind()], 4, 9);
    ctx.fillText('Time', 4, middle - 12);
    ctx.textAlign = 'right';
    ctx.beginPath();
    const every = Math.max(1, Math.ceil((high - low) / 6));
    for (let p = low; p <= high; p += every) {
      const y = Math.round(yError(10 ** p)) + 0.5;
      ctx.moveTo(LEFT, y);
      ctx.lineTo(width, y);
      ctx.fillText(scientific(10 ** p), LEFT - 8, y);
    }
    for (const y of [middle + 4, floor]) { ctx.moveTo(LEFT, y + 0.5); ctx.lineTo(width, y + 0.5); }
    ctx.stroke();
    if (profile.slowestNs) {
      ctx.fillText(roundText(duration(profile.slowestNs)), LEFT - 8, middle + 6);
      ctx.fillText('0', LEFT - 8, floor - 4);
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(LEFT, 0, width - LEFT, height);
    ctx.clip();
    const { row: chosen } = selection();
    const from = Math.max(0, Math.floor((LEFT - one.offset[0]) / one.scale)), to = Math.min(rows.length, Math.ceil((width - one.offset[0]) / one.scale));
    const size = Math.max(1.5, Math.min(5, one.scale / 2.5));
    for (let i = from; i < to; i++) {
      const row = rows[i], x = (i + 0.5) * one.scale + one.offset[0];
      const value = valueOf(row);
      const marked = row === chosen || row === one.hover;
      ctx.fillStyle = marked ? set.ink : categoryColour(categories.get(row.type));
      if (known(value) && value > 0) {
        ctx.beginPath();
        ctx.arc(x, yError(value), marked ? size + 2 : size, 0, 2 * Math.PI);
        ctx.fill();
      }
      if (known(row.ns)) {
        const tall = Math.max(0.75, row.ns / profile.slowestNs * (floor - middle - 6));
        ctx.fillRect(x - Math.max(0.5, one.scale * 0.4), floor - tall, Math.max(1, one.scale * 0.8), tall);
      }
    }
    ctx.restore();
    ctx.fillStyle = set.soft;
    ctx.textAlign = 'left';
    ctx.fillText('operators in the order they run', LEFT, height - 12);
  }

  function pick(x, y, one) {
    if (x < LEFT) return null;
    return rows[Math.floor((x - one.offset[0]) / one.scale)] ?? null;
  }

  function tipOf(row) {
    return [`${row.type} ${row.covers.join(', ')}`, row.name, ...kinds.map(([key, label]) => (known(profile.errorOf(row)[key]) ? `${label}: ${scientific(profile.errorOf(row)[key])}` : '')), known(row.ns) ? duration(row.ns) : ''].filter(Boolean);
  }

  function key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return false;
    const at = rows.indexOf(selection().row);
    const index = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
    select(rows[index]);
    stage.reveal(index, 0, 1, 1);
    announce(tipOf(rows[index]).join(', '));
    return true;
  }

  return {
    element,
    stage,
    show() { drawWorst(); stage.resize(); },
    update(changed) { if (changed.has('numerics.kind')) drawWorst(); stage.redraw(); },
    picture: () => stage.picture(),
    markdown: () => toMarkdown([['Node', 'Op', ...kinds.map(([, label]) => label), 'Time'], ...byError().map((row) => [row.covers.join(' '), row.type, ...kinds.map(([k]) => scientific(profile.errorOf(row)[k] ?? NaN)), known(row.ns) ? duration(row.ns) : ''])], [true, false, true, true]),
    close() { stage.close(); },
  };
}
