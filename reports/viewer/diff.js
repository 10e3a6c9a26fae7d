// This profile beside another: the difference of the whole, then of each set of matched rows, the
// largest contribution first. The other comes from this page, or from a file dropped on it.
import { h, choice, refill, absent, toMarkdown, toCsv, nothing, button } from './dom.js';
import { duration, percent, ratioText, signed, withInterval, plural } from './units.js';
import { known, readProfiles } from './data.js';
import { matchProfiles, differenceInterval } from './matching.js';
import { change, stateOf } from './state.js';

const STEP = 200;
const dropped = [];

// A profile from a file: the JSON document, or a page that carries one.
export async function readFile(file) {
  const text = await file.text();
  const source = text.trimStart().startsWith('<')
    ? new DOMParser().parseFromString(text, 'text/html').getElementById('tflbench-profile')?.textContent
    : text;
  if (!source) throw new Error(`${file.name} carries no profile`);
  const profiles = readProfiles(JSON.parse(source));
  for (const profile of profiles) {
    profile.label = `${file.name}: ${profile.label}`;
    dropped.push(profile);
  }
  return profiles;
}

export function makeDiff({ profile, profiles, select, selection }) {
  const others = () => [...profiles.filter((one) => one !== profile).map((one) => [String(one.number), one]), ...dropped.map((one, i) => [`f${i}`, one])];
  const input = h('input.hidden', { type: 'file', accept: '.json,.html', id: 'other-file', 'aria-label': 'Profile to compare with', onchange: () => load(input.files[0]) });
  const message = h('p.error', { role: 'alert' });
  const body = h('div.diff-body');
  const bar = h('div.controls');
  const element = h('div.view.diff-view', null, bar, message, body);
  let limit = STEP, result = null;

  async function load(file) {
    if (!file) return;
    message.textContent = '';
    try {
      await readFile(file);
      change({ diff: `f${dropped.length - 1}` });
      refresh();
    } catch (error) {
      message.textContent = `Cannot compare: ${error.message}`;
    }
  }

  const chosen = () => { const list = others(); return (list.find(([key]) => key === stateOf('diff')) ?? list[0])?.[1]; };

  function refresh() {
    const list = others();
    const other = chosen();
    const key = list.find(([, one]) => one === other)?.[0] ?? '';
    refill(bar, list.length ? choice('Compared with', list.map(([k, one]) => [k, one.modelName === profile.modelName ? one.label : `${one.modelName}, ${one.label}`]), key, (value) => { change({ diff: value }); }) : null,
      button('Open a profile…', () => input.click()), input, h('span.counted', null, 'or drop one on this page: JSON or HTML'));
    if (!other) {
      result = null;
      refill(body, h('div.empty', null, h('h2', null, 'Diff'), nothing('This page holds one profile. Open a second one, made with ', h('code', null, 'tflbench profile MODEL --json FILE'), ' or ', h('code', null, '-o page.html'), ', to see what changed from it to this one.')));
      return;
    }
    result = { ...matchProfiles(other, profile), other };
    drawResult();
  }

  function headline(other) {
    const [a, b] = [other.headline, profile.headline];
    if (!known(a.ns) || !known(b.ns)) return h('p.nothing', null, 'End to end: ', absent(a.reason ?? b.reason));
    const interval = known(a.low) && known(b.low) ? differenceInterval(a, b) : null;
    const part = (value) => signed(value / a.ns, (v) => percent(v));
    return h('p.diff-lead', null, h('b', null, `${duration(a.ns)} → ${duration(b.ns)}`), h('span', { class: b.ns < a.ns ? 'less' : 'more' }, ` ${part(b.ns - a.ns)}`),
      h('small', null, `${interval ? ` 95 % interval ${part(interval[0])} to ${part(interval[1])}, ` : ' '}${ratioText(a.ns / b.ns)} as fast, from processes without profiling`));
  }

  function drawResult() {
    const { sets, other } = result;
    const most = sets.reduce((m, set) => Math.max(m, Math.abs(set.delta)), 0) || 1;
    const sum = sets.reduce((total, set) => total + set.delta, 0);
    const count = (kind) => sets.filter((set) => set.kind === kind).length;
    const rows = sets.slice(0, limit).map((set) => rowOf(set, most));
    refill(body, h('p.kicker', null, `From ${other.modelName}, ${other.label}`, ' to ', `${profile.modelName}, ${profile.label}`), headline(other),
      h('p.footnote', null, `${plural(sets.length, 'set')} of operators matched ${result.byNumber ? 'by node' : 'by output name'}; together ${signed(sum, duration)}. ${plural(count('faster'), 'is', 'are')} faster, ${count('slower')} slower, ${count('appeared')} appeared, ${count('vanished')} vanished. The time of a set is that of all its operators; a share of it for one node of a fused step would be modelled.`),
      h('div.wide', { role: 'group', tabindex: '0', 'aria-label': 'Differences' }, h('table.plain.diff-table', null,
        h('thead', null, h('tr', null, ['Nodes', 'Op', 'Before', 'After', 'Difference', '95 % interval', 'Contribution', ''].map((text, i) => h(`th${i === 0 || (i >= 2 && i <= 5) ? '.n' : ''}`, { scope: 'col' }, text || h('span.hidden', null, 'What happened'))))),
        h('tbody', null, rows))),
      sets.length > limit ? button(`Show ${Math.min(STEP, sets.length - limit)} more of ${sets.length}`, () => { limit += STEP; drawResult(); }) : null);
    mark();
  }

  const names = (rows) => {
    const working = rows.filter((row) => row.works);
    return [...new Set((working.length ? working : rows).map((row) => row.type))].join(' + ');
  };

  function rowOf(set, most) {
    const [a, b] = [names(set.a.rows), names(set.b.rows)];
    const first = set.b.rows.find((row) => row.works) ?? set.b.rows[0];
    const title = a === b || !b ? a || b : a ? `${a} → ${b}` : b;
    const covers = set.covers.length > 4 ? `${set.covers.slice(0, 3).join(', ')} +${set.covers.length - 3}` : set.covers.join(', ');
    const interval = set.interval;
    return h('tr', { 'data-row': first?.i, class: first ? 'pickable' : undefined, onclick: () => first && select(first) },
      h('td.n', null, covers),
      h('th.op', { scope: 'row' }, first ? h('button.link', { type: 'button' }, title) : title, set.fusion ? h('small', null, ' fused differently') : null),
      h('td.n', null, known(set.a.ns) ? duration(set.a.ns) : '–'), h('td.n', null, known(set.b.ns) ? duration(set.b.ns) : '–'),
      h(`td.n.${set.delta < 0 ? 'less' : 'more'}`, null, signed(set.delta, duration)),
      h('td.n', null, interval ? h('small', null, `${signed(interval[0], duration)} to ${signed(interval[1], duration)}`) : h('small', { title: 'single inferences are not there for all operators of the set' }, '–')),
      h('td.contribution', null, h('i', { class: set.delta < 0 ? 'less' : 'more', style: { '--part': Math.abs(set.delta) / most } })),
      h('td', null, h('span', { class: `outcome ${set.kind.replaceAll(' ', '-')}` }, set.kind)));
  }

  function mark() {
    const { row } = selection();
    for (const one of body.querySelectorAll('tr.chosen')) one.classList.remove('chosen');
    if (row) body.querySelector(`tr[data-row="${row.i}"]`)?.classList.add('chosen');
  }

  const cells = () => [['Nodes', 'Before', 'After', 'Difference', 'Low', 'High', 'What'], ...(result?.sets ?? []).map((set) => [set.covers.join(' '), set.a.ns, set.b.ns, set.delta, set.interval?.[0], set.interval?.[1], set.kind])];

  return {
    element,
    show: refresh,
    update(changed) {
      if (changed.has('diff')) refresh();
      else mark();
    },
    load,
    csv: () => toCsv(cells()),
    markdown: () => toMarkdown([['Op', 'Before', 'After', 'Difference', 'What'], ...(result?.sets ?? []).slice(0, limit).map((set) => [`${names(set.b.rows.length ? set.b.rows : set.a.rows)} ${set.covers.join(', ')}`, known(set.a.ns) ? duration(set.a.ns) : '', known(set.b.ns) ? duration(set.b.ns) : '', signed(set.delta, duration), set.kind])], [false, true, true, true]),
  };
}
