// The error of each operator against the reference engine above, the time it takes below: whether
// what is slow is also what is wrong.
import { h, switcher, announce, absent, toMarkdown, toCsv } from './dom.js';
import { Stage, fitText, font } from './stage.js';
import { palette, categoryColour, categoryIndex } from './colour.js';
import { duration, scientific, roundText, plural, signed } from './units.js';
import { known, why } from './data.js';
import { matchProfiles } from './matching.js';
import { change, stateOf } from './state.js';

const LEFT = 68, TOP = 26, MIDDLE = 34, BOTTOM = 28, SHOWN = 15;
const decibels = (value) => `${value.toFixed(1)} dB`;
// What says how far off a node is: which end is bad, and whether it spans decades.
const KINDS = {
  snr_db: { label: 'Signal to noise', text: decibels, lowIsBad: true },
  max_abs: { label: 'Largest difference', text: scientific, decades: true },
  rmse: { label: 'Root mean square', text: scientific, decades: true },
  steps: { label: 'Quantised steps', text: scientific, decades: true },
};

// The profile in which no node of the same model was delegated: its times say what delegating saves.
function plainOf(profile, profiles) {
  const same = profiles.filter((one) => one !== profile && one.modelName === profile.modelName && one.timed && one.rows.every((row) => row.kind !== 'kernel'));
  return same.find((one) => one.threads === profile.threads) ?? same[0];
}

const working = (side) => side.rows.filter((row) => row.works);

// What each delegated row saves, and how much signal to noise its nodes lose against what they read.
export function costsOf(profile, profiles) {
  const plain = plainOf(profile, profiles);
  const setOf = new Map();
  if (plain) for (const set of matchProfiles(plain, profile).sets) for (const row of set.b.rows) setOf.set(row, set);
  const errorAt = (node) => profile.errors.get(profile.keyOf(node.subgraph, node.node));
  const list = [];
  for (const row of profile.rows) {
    if (!row.delegate || !row.works || !row.covers.length) continue;
    const error = profile.errorOf(row);
    if (!error) continue;
    const inside = new Set(profile.nodesOf(row));
    const read = [...inside].flatMap((node) => profile.neighboursOf(node).before).filter((node) => !inside.has(node)).map(errorAt);
    const levels = read.map((one) => one?.snr_db).filter(known);
    const set = setOf.get(row);
    // A set of several rows saves as a whole; it is told with the first of them.
    const told = set && working(set.b)[0] === row && set.a.rows.length > 0;
    list.push({ row, error, saved: told ? -set.delta : undefined, interval: told && set.interval ? [-set.interval[1], -set.interval[0]] : null,
      shared: set && working(set.b).length > 1 ? set.covers : null,
      lost: known(error.snr_db) && levels.length ? Math.max(0, Math.min(...levels) - error.snr_db) : undefined,
      first: known(error.snr_db) && !levels.length });
  }
  const worth = (one) => (one.first ? 1e9 - one.error.snr_db : one.lost ?? -1);
  return { plain, list: list.sort((a, b) => worth(b) - worth(a) || (b.saved ?? 0) - (a.saved ?? 0)) };
}

export function costSentence({ row, error, saved, lost, first }) {
  const nodes = `${row.covers.length > 1 ? 'nodes' : 'node'} ${row.covers.join(', ')}`;
  const time = saved === undefined ? `Delegating ${nodes}` : `Delegating ${nodes} ${saved < 0 ? 'loses' : 'saves'} ${duration(Math.abs(saved))} and`;
  if (!known(error.snr_db)) return `${time} costs nothing: ${error.reason ?? 'no difference'}`;
  if (first || lost === undefined) return `${time} leaves ${decibels(error.snr_db)}`;
  return `${time} costs ${decibels(lost)}: ${decibels(error.snr_db)} are left`;
}

export function makeNumerics({ profile, profiles, select, selection }) {
  const { numerics } = profile.document;
  const rows = profile.rows.filter((row) => row.works && profile.errorOf(row));
  if (!rows.length)
    return { element: h('div.view.empty', null, h('h2', null, 'Numerics'), absent(why(numerics, 'this run did not compare tensors with the reference engine'))), show() {}, update() {} };
  const has = (key) => rows.some((row) => known(profile.errorOf(row)[key]));
  const kinds = Object.keys(KINDS).filter((key) => has(key) || (key === 'snr_db' && numerics.run));
  const chosenKind = () => (kinds.includes(stateOf('numerics.kind')) ? stateOf('numerics.kind') : kinds[0]);
  const valueOf = (row) => profile.errorOf(row)[chosenKind()];
  const show = (key, error) => (known(error[key]) ? KINDS[key].text(error[key]) : key === 'snr_db' && error.max_abs === 0 ? '∞' : '–');
  const categories = categoryIndex(profile.types);
  const worstFirst = () => {
    const down = KINDS[chosenKind()].lowIsBad ? -1 : 1;
    return rows.filter((row) => known(valueOf(row))).sort((a, b) => down * (valueOf(b) - valueOf(a)));
  };
  let costs = null;

  const stage = new Stage({
    label: 'Error and time of each operator in order. Arrow keys go from operator to operator, W and S zoom, A and D pan.',
    zoom: 'x', inset: LEFT, deepest: 60, world: () => [rows.length, 1], placed: (one) => one.fit(), draw, pick, hovers: true, tip: tipOf, choose: (row) => select(row), key,
  });
  const bar = h('div.controls', null, switcher('Error', kinds.map((key) => [key, KINDS[key].label]), chosenKind(), (value) => change({ 'numerics.kind': value })),
    h('span.counted', null, `${plural(rows.length, 'row')} against ${numerics.reference ?? 'the reference engine'}${numerics.run ? `, run ${numerics.run}` : ''}`));
  const cost = h('section.cost');
  const worst = h('div.wide', { role: 'group', tabindex: '0', 'aria-label': 'Largest errors' });
  const note = numerics.reason ? h('p.footnote', null, `Intermediate tensors: not available: ${numerics.reason}.`) : null;
  const element = h('div.view.stage-view.numerics-view', null, bar, stage.element, note, cost, h('h3', null, 'Farthest off'), worst);

  const opButton = (row) => h('button.link', { type: 'button' }, row.type);

  function drawWorst() {
    worst.replaceChildren(h('table.plain', null, h('thead', null, h('tr', null, h('th.n', { scope: 'col' }, 'Node'), h('th', { scope: 'col' }, 'Op'), kinds.map((key) => h('th.n', { scope: 'col' }, KINDS[key].label)), h('th.n', { scope: 'col' }, 'Time'), h('th', { scope: 'col' }, 'Output'))),
      h('tbody', null, worstFirst().slice(0, SHOWN).map((row) => h('tr.pickable', { onclick: () => select(row) }, h('td.n', null, row.covers.join(', ')), h('th', { scope: 'row' }, opButton(row)),
        kinds.map((key) => h('td.n', null, show(key, profile.errorOf(row)))), h('td.n', null, known(row.ns) ? duration(row.ns) : '–'), h('td.tensor', null, row.name))))));
  }

  function costRow(one) {
    const { row, error, saved, interval, lost, first, shared } = one;
    return h('tr.pickable', { onclick: () => select(row), 'data-row': row.i, title: costSentence(one) },
      h('td.n', null, row.covers.join(', ')), h('th', { scope: 'row' }, opButton(row), shared ? h('small', null, `time of nodes ${shared.join(', ')} together`) : null),
      h(`td.n${saved === undefined ? '' : saved < 0 ? '.more' : '.less'}`, null, saved === undefined ? '–' : signed(saved, duration), interval ? h('small', null, `${signed(interval[0], duration)} to ${signed(interval[1], duration)}`) : null),
      h('td.n', null, !known(error.snr_db) ? 'none' : first ? h('span', null, 'all of it', h('small', null, 'what it reads is exact')) : lost === undefined ? '–' : decibels(lost)),
      h('td.n', null, show('snr_db', error)), h('td.n', null, show('max_abs', error)));
  }

  function drawCosts() {
    costs ??= costsOf(profile, profiles);
    const { plain, list } = costs;
    if (!list.length || !has('snr_db')) { cost.replaceChildren(); return; }
    const head = ['Node', 'Op', 'Saves', 'Costs', 'Left', 'Largest difference'];
    const told = list.find((one) => one.saved !== undefined && one.lost > 0) ?? list[0];
    cost.replaceChildren(h('h3', null, 'What delegating saves, and what it costs'), h('p.note', null, `${costSentence(told)}. Saved: against the same node without a delegate. Costs: signal to noise that is lost between what a node reads and what it gives.`),
      plain ? '' : h('p.footnote', null, 'Time saved: ', absent('this page has no profile of the same model without a delegate; --delegate cpu,reference adds one')),
      h('div.wide', { role: 'group', tabindex: '0', 'aria-label': 'What delegating saves and costs' }, h('table.plain.cost-table', null, h('thead', null, h('tr', null, head.map((text, i) => h(`th${i === 1 ? '' : '.n'}`, { scope: 'col' }, text)))),
        h('tbody', null, list.slice(0, SHOWN).map(costRow)))));
  }

  function range() {
    const { decades } = KINDS[chosenKind()];
    const values = rows.map(valueOf).filter((v) => known(v) && (!decades || v > 0)).map((v) => (decades ? Math.log10(v) : v));
    if (!values.length) return decades ? [-9, 0] : [0, 100];
    const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
    return decades ? [Math.floor(low - 0.2), Math.ceil(high + 0.1)] : [Math.floor(low / 10 - 0.2) * 10, Math.ceil(high / 10 + 0.2) * 10];
  }

  function draw(ctx, one) {
    const set = palette();
    const [width, height] = one.size;
    const middle = Math.round((height - BOTTOM) * 0.58);
    const [low, high] = range();
    const { decades, label, text } = KINDS[chosenKind()];
    const yOf = (v) => TOP + (1 - ((decades ? Math.log10(v) : v) - low) / (high - low)) * (middle - MIDDLE - TOP);
    const floor = height - BOTTOM;
    ctx.font = font(11.5);
    ctx.textBaseline = 'middle';
    ctx.fillStyle = set.soft;
    ctx.strokeStyle = set.line;
    ctx.lineWidth = 1;
    ctx.textAlign = 'left';
    ctx.fillText(label, 4, 9);
    ctx.fillText('Time', 4, middle - 12);
    ctx.textAlign = 'right';
    ctx.beginPath();
    const every = decades ? Math.max(1, Math.ceil((high - low) / 6)) : Math.max(10, Math.ceil((high - low) / 60) * 10);
    for (let p = low; p <= high; p += every) {
      const value = decades ? 10 ** p : p;
      const y = Math.round(yOf(value)) + 0.5;
      ctx.moveTo(LEFT, y);
      ctx.lineTo(width, y);
      ctx.fillText(roundText(text(value)), LEFT - 8, y);
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
      if (known(value) && (!decades || value > 0)) {
        ctx.beginPath();
        ctx.arc(x, yOf(value), marked ? size + 2 : size, 0, 2 * Math.PI);
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
    const exact = rows.filter((row) => !known(valueOf(row)) || (decades && valueOf(row) === 0)).length;
    const order = `operators in the order they run${exact ? `; ${plural(exact, 'row')} without a difference` : ''}`;
    ctx.fillText(fitText(ctx, order, width - LEFT - 4), LEFT, height - 12);
  }

  function pick(x, y, one) {
    if (x < LEFT) return null;
    return rows[Math.floor((x - one.offset[0]) / one.scale)] ?? null;
  }

  function tipOf(row) {
    return [`${row.type} ${row.covers.join(', ')}`, row.name, ...kinds.map((key) => `${KINDS[key].label}: ${show(key, profile.errorOf(row))}`), known(row.ns) ? duration(row.ns) : ''].filter(Boolean);
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

  const numbers = () => [['node', 'op', 'output', ...kinds, 'cosine', 'time_ns', 'saved_ns', 'lost_db'], ...rows.map((row) => {
    const error = profile.errorOf(row), one = (costs ??= costsOf(profile, profiles)).list.find((entry) => entry.row === row);
    return [row.covers.join(' '), row.type, row.name, ...kinds.map((k) => error[k]), error.cosine, row.ns, one?.saved, one?.lost];
  })];

  return {
    element,
    stage,
    show() { drawWorst(); drawCosts(); stage.resize(); },
    update(changed) { if (changed.has('numerics.kind')) drawWorst(); stage.redraw(); },
    picture: () => stage.picture(),
    csv: () => toCsv(numbers()),
    markdown: () => {
      const { list } = (costs ??= costsOf(profile, profiles));
      const table = toMarkdown([['Node', 'Op', ...kinds.map((k) => KINDS[k].label), 'Time'], ...worstFirst().map((row) => [row.covers.join(' '), row.type, ...kinds.map((k) => show(k, profile.errorOf(row))), known(row.ns) ? duration(row.ns) : ''])], [true, false, ...kinds.map(() => true), true]);
      return has('snr_db') && list.length ? `${list.slice(0, SHOWN).map((one) => `- ${costSentence(one)}`).join('\n')}\n\n${table}` : table;
    },
    close() { stage.close(); },
  };
}
