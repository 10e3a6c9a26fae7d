// What ran, how fast, where the time goes, and how far the figures can be trusted.
import { h, absent, toMarkdown } from './dom.js';
import { duration, bytesText, countText, percent, withInterval, figureText, plural, quantileOf, roundTicks, roundText, whole } from './units.js';
import { known, why } from './data.js';
import { memoryFacts, phaseTable } from './memory.js';

const PARTS = {
  kernels: ['Interpreter kernels', 'p1'], control_flow: ['Control flow', 'p5'], steps: ['Delegate steps', 'p2'], delegate: ['Delegate, outside steps', 'p3'],
  copy: ['Copies', 'p4'], sync: ['Synchronisation', 'p6'], dispatch: ['Dispatch', 'p7'], unattributed: ['Unattributed', 'p0'],
};

const block = (title, ...content) => h('section.card', null, h('h2', null, title), content);
const row = (label, value) => h('div', null, h('dt', null, label), h('dd', null, value));

function lead(profile) {
  const { document, headline } = profile;
  const { configuration: c = {}, result = {}, device = {}, run = {} } = document;
  const when = known(run.started_unix_ms) ? `${new Date(run.started_unix_ms).toISOString().slice(0, 16).replace('T', ' ')} UTC` : null;
  const facts = [c.ran, device.name && `on ${device.name}`, document.environment?.start?.cpu_model, known(result.samples) ? plural(result.samples, 'sample') : null, when, result.check_verdict ? `outputs ${result.check_verdict}` : null].filter(Boolean);
  const big = headline.ns === undefined ? absent(headline.reason) : [duration(headline.ns), known(headline.low) ? h('small', null, withInterval(headline.ns, headline.low, headline.high).interval) : null];
  return h('section.verdict', null, h('p.subject', null, `${profile.modelName}, ${profile.label}`), h('h1', null, document.sentence || `${profile.modelName} with ${profile.label}`),
    h('p.headline', null, big), h('ul.facts', null, facts.map((fact) => h('li', null, fact))));
}

function budget(profile) {
  const { budget: b } = profile.document;
  if (!b || !known(b.end_to_end_ns)) return block('Where the time goes', h('p', null, absent(why(b, 'no process of this configuration was profiled'))));
  const parts = (b.parts ?? []).filter((part) => part.ns > 0);
  const within = known(b.unattributed_ns) && known(b.unattributed_limit_ns) ? b.unattributed_ns <= b.unattributed_limit_ns : null;
  return block('Where the time goes',
    h('p.note', null, `One inference of ${duration(b.end_to_end_ns)}, the median of the profiled process${known(b.node_events) ? `, ${plural(b.node_events, 'operator event')}` : ''}. The parts add up to it.`),
    h('div.budget', { role: 'img', 'aria-label': parts.map((part) => `${PARTS[part.part]?.[0] ?? part.part} ${percent(part.ns / b.end_to_end_ns)}`).join(', ') },
      parts.map((part) => h(`i.${PARTS[part.part]?.[1] ?? 'p0'}`, { style: { 'flex-grow': part.ns / b.end_to_end_ns }, title: `${PARTS[part.part]?.[0] ?? part.part}: ${duration(part.ns)}` }))),
    h('div.wide', { role: 'group', tabindex: '0', 'aria-label': 'Budget' }, h('table.plain.budget-table', null, h('tbody', null, (b.parts ?? []).map((part) => h('tr', { 'data-part': part.part },
      h('th', { scope: 'row' }, h('i', { class: `swatch ${PARTS[part.part]?.[1] ?? 'p0'}` }), PARTS[part.part]?.[0] ?? part.part, h('small', null, part.what ?? '')),
      h('td.n', { 'data-ns': part.ns }, duration(part.ns)), h('td.n', null, percent(part.ns / b.end_to_end_ns)))),
    h('tr.sum', null, h('th', { scope: 'row' }, 'End to end'), h('td.n', { 'data-ns': b.end_to_end_ns }, duration(b.end_to_end_ns)), h('td.n', null, '100 %'))))),
    within === null ? null : h('p.footnote', null, `Unattributed is ${within ? 'within' : 'above'} its limit of ${duration(b.unattributed_limit_ns)}.`));
}

// What could be done about a costly row, by what is known of it.
export function advice(profile, one) {
  const node = profile.nodesOf(one)[0];
  const reason = one.op.reason ?? node?.reason;
  if (reason) return `Left to the interpreter: ${reason}.`;
  const roof = one.op.roof;
  if (roof && known(roof.share)) {
    const gain = one.ns * (1 - Math.min(1, roof.share));
    if (roof.share < 0.5) return `Reaches ${percent(roof.share, 0)} of the ${roof.bound} roof: a better kernel could win up to ${duration(gain)}.`;
    return roof.bound === 'memory' ? `At ${percent(roof.share, 0)} of the memory roof: only moving fewer bytes helps (fusion, smaller types).` : `At ${percent(roof.share, 0)} of the compute roof: only less arithmetic helps (smaller types, a smaller layer).`;
  }
  if (known(one.op.flops_per_s)) return `Computes ${countText(one.op.flops_per_s)}FLOP/s; whether that is the machine's limit, tflbench doctor --roof tells.`;
  if (!one.delegate && profile.partitions.length) return 'Runs in the interpreter, outside every partition.';
  return '';
}

function costly(profile, select) {
  const rows = profile.rows.filter((one) => known(one.ns)).sort((a, b) => b.ns - a.ns).slice(0, 5);
  if (!rows.length) return null;
  const sum = rows.reduce((total, one) => total + one.ns, 0);
  return block('The operators that cost most',
    h('p.note', null, `${rows.length === profile.rows.length ? 'All of them' : `These ${rows.length} of ${whole(profile.rows.length)}`} take ${percent(sum / profile.totalNs, 0)} of all operators' time.`),
    h('ol.costly', null, rows.map((one) => h('li', null, h('button', { type: 'button', onclick: () => select(one), 'data-row': one.i },
      h('span.costly-head', null, h('b', null, one.type), h('span.n', null, duration(one.ns), ' ', h('small', null, percent(one.ns / profile.totalNs)))),
      h('span.meter', null, h('i', { style: { '--part': one.ns / profile.slowestNs } })),
      h('small', null, [one.covers.length && one.kind !== 'kernel' ? `node ${one.covers.slice(0, 4).join(', ')} · ` : '', one.name]), h('span.advice', null, advice(profile, one)))))),
    rows.some((one) => one.op.roof) ? null : h('p.footnote', null, `Shares of the machine's roof: not available: ${why(profile.document.roofs, 'none was measured (tflbench doctor does)')}.`));
}

function fallbacks(profile) {
  const list = profile.document.fallbacks ?? [];
  if (!list.length) return null;
  const total = list.reduce((sum, one) => sum + (one.nodes?.length ?? 0), 0);
  return block(`${plural(total, 'node')} stayed in the interpreter`, h('ul.reasons', null, list.map((one) => {
    const ns = (one.nodes ?? []).reduce((sum, [subgraph, number]) => sum + (profile.rowOf(profile.nodeAt(subgraph, number) ?? { rows: [] })?.ns ?? 0), 0);
    return h('li', null, h('b', null, `${plural(one.nodes?.length ?? 0, 'node')} ${one.op ?? ''}`), profile.timed ? h('span.n', null, duration(ns)) : null, h('span', null, one.reason));
  })));
}

// A histogram of the headline samples: the bulk, with what lies beyond it counted at its end.
function distribution(profile) {
  const samples = profile.document.latency_ns ?? [];
  if (samples.length < 3) return block('Latency', h('p', null, absent(profile.headline.reason ?? 'fewer than three samples')));
  const sorted = [...samples].sort((a, b) => a - b);
  const low = sorted[0], high = quantileOf(sorted, 0.99), width = 480, height = 120;
  const bins = new Array(48).fill(0);
  let beyond = 0;
  for (const v of samples) {
    const bin = Math.floor((v - low) / Math.max(1, high - low) * 48);
    if (bin > 48) beyond++; else bins[Math.min(47, bin)]++;
  }
  const most = Math.max(...bins);
  const result = profile.document.result ?? {};
  const x = (v) => (v - low) / Math.max(1, high - low) * width;
  const mark = known(result.median_ns) ? h('path.median', { d: `M${x(result.median_ns).toFixed(1)} 0V${height}` }) : null;
  const band = known(result.median_low_ns) ? h('rect.interval', { x: x(result.median_low_ns), y: 0, width: Math.max(1.5, x(result.median_high_ns) - x(result.median_low_ns)), height }) : null;
  const ticks = roundTicks(low, high, 4);
  const quantiles = [['Least', result.min_ns], ['Median', result.median_ns], ['p90', result.p90_ns], ['p95', result.p95_ns], ['p99', result.p99_ns], ['Most', result.max_ns]];
  return block('Latency', h('p.note', null, `${plural(samples.length, 'inference')} without profiling${beyond ? `; ${beyond} beyond the right end` : ''}.`),
    h('div.histogram', { role: 'img', 'aria-label': `Distribution of latency: ${quantiles.filter(([, v]) => known(v)).map(([label, v]) => `${label} ${duration(v)}`).join(', ')}` },
      h('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' }, bins.map((n, i) => h('rect', { x: i * 10 + 0.5, y: height - n / most * (height - 4), width: 9, height: n / most * (height - 4) })), band, mark),
      h('div.axis', { 'aria-hidden': 'true' }, ticks.map((tick) => h('span', { style: { left: `${x(tick) / width * 100}%` } }, roundText(duration(tick)))))),
    h('dl.figures', null, quantiles.map(([label, v]) => row(label, known(v) ? duration(v) : absent(label.startsWith('p') ? 'too few samples' : why(v, 'no samples'))))));
}

function trust(profile) {
  const warnings = profile.document.warnings ?? [];
  return block('How far to trust it', warnings.length
    ? h('ul.warnings', null, warnings.map((one) => h('li', { class: one.severity === 'error' ? 'bad' : one.severity === 'note' ? 'note' : undefined }, h('b', null, String(one.kind).replaceAll('_', ' ')), ' ', one.message)))
    : h('p.note', null, 'Nothing was found that limits trust in these figures.'),
  overhead(profile));
}

function overhead(profile) {
  const { overhead: o } = profile.document;
  if (!o || o.reason) return h('p.footnote', null, "The profiler's own cost: ", absent(why(o, 'not measured in this run')));
  return h('dl.figures', null, known(o.share) ? row("The profiler's own cost", `${percent(o.share, 2)} of an inference`) : null, known(o.event_ns) ? row('An event', duration(o.event_ns)) : null,
    known(o.events) ? row('Events an inference', whole(Math.round(o.events))) : null, known(o.ratio) ? row('Profiled against plain', `${o.ratio.toFixed(3)}×`) : null);
}

function stateOfMachine(profile) {
  const { state } = profile.document;
  const columns = state?.columns ?? [];
  const readable = columns.filter((column) => !column.reason);
  const graph = (column) => {
    const at = readable.indexOf(column) + 1;
    const values = (state.samples ?? []).map((sample) => sample[at]).filter(known);
    if (!values.length) return absent('no sample was taken');
    const low = Math.min(...values), high = Math.max(...values), range = high - low || 1;
    const path = values.map((v, i) => `${i ? 'L' : 'M'}${(i * 200 / Math.max(1, values.length - 1)).toFixed(1)} ${(34 - (v - low) / range * 30).toFixed(1)}`).join('');
    return [h('svg.spark.long', { viewBox: '0 0 200 38', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, h('path', { d: path })), h('span', null, low === high ? figureText(low, column.unit) : `${figureText(low, column.unit)} to ${figureText(high, column.unit)}`)];
  };
  const counters = profile.document.counters;
  return block('Machine beside the run', h('dl.figures.single', null,
    columns.map((column) => row(column.name.replaceAll('_', ' '), column.reason ? absent(column.reason) : graph(column))),
    row('Energy an inference', known(state?.energy_uj_per_inference) ? figureText(state.energy_uj_per_inference, 'uj') : absent(why(state?.energy_uj_per_inference, why(state, 'not read in this run')))),
    (counters?.rows ?? []).filter((one) => one.available !== false).map((one) => row(one.name.replaceAll('_', ' '), [known(one.total) ? countText(one.total) : absent(why(one.total, 'not counted')), known(one.scaled) && one.scaled < 1 ? h('small', null, ` counted ${percent(one.scaled, 0)} of the time`) : null])),
    profile.counterGaps.map((gap) => row(gap.what, absent(gap.reason)))));
}

function environment(profile) {
  const { environment: e, build, device } = profile.document;
  const facts = { ...device, ...e?.start, ...build };
  const rows = Object.entries(facts).filter(([key, value]) => known(value) && value !== '' && !['flags', 'sha256', 'serial', 'id', 'fingerprint'].includes(key));
  if (!rows.length) return null;
  return h('details.card', null, h('summary', null, 'Device, build and environment'), h('dl.figures.wide-names', null, rows.map(([key, value]) => row(key.replace(/_(bytes|khz|celsius)$/, '').replaceAll('_', ' '), /_bytes$/.test(key) ? bytesText(value) : /_khz$/.test(key) ? figureText(value, 'khz') : /_unix_ms$/.test(key) ? new Date(value).toISOString() : String(value)))));
}

// Made when the page was, of all configurations of the run: also for readers without scripts.
const speed = (speedFigure) => {
  const copy = speedFigure?.cloneNode(true);
  copy?.removeAttribute('id');
  return copy ?? '';
};

export function makeOverview({ profile, select, speedFigure }) {
  const element = h('div.view.overview-view');
  let made = false;
  return {
    element,
    show() {
      if (made) return;
      made = true;
      const memory = block('Memory', memoryFacts(profile));
      const phases = block('From load to steady state', phaseTable(profile));
      element.append(lead(profile), speed(speedFigure), h('div.columns', null, h('div', null, budget(profile), distribution(profile), phases), h('div', null, costly(profile, select), fallbacks(profile), trust(profile), memory, stateOfMachine(profile))));
      const machine = environment(profile);
      if (machine) element.append(machine);
    },
    update() {},
    markdown: () => {
      const b = profile.document.budget;
      const { headline } = profile;
      return [`**${profile.document.sentence ?? profile.label}**\n`, headline.ns ? `Median ${duration(headline.ns)}\n` : `No median: ${headline.reason}\n`,
        b?.parts ? toMarkdown([['Part', 'Time', 'Share'], ...b.parts.map((part) => [PARTS[part.part]?.[0] ?? part.part, duration(part.ns), percent(part.ns / b.end_to_end_ns)]), ['End to end', duration(b.end_to_end_ns), '100 %']], [false, true, true]) : ''].join('\n');
    },
  };
}
