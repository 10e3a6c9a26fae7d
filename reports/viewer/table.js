// Every row of the profile as a table: sorted, filtered, grouped, with sparklines, and copied. Only
// the rows in view exist in the document, so that 20,000 scroll and sort as 1,000 do.
import { h, refill, choice, toCsv, toMarkdown, announce } from './dom.js';
import { duration, bytesText, countText, percent, plural } from './units.js';
import { known } from './data.js';
import { change, stateOf } from './state.js';

const ROW_HEIGHT = 30;
const narrowPage = matchMedia('(max-width: 44rem)');

const nodeText = (row) => (row.covers.length ? row.covers.slice(0, 3).join(', ') + (row.covers.length > 3 ? ` +${row.covers.length - 3}` : '') : known(row.op.node) ? String(row.op.node) : '');
const number = (key, format) => ({ value: (row) => row.op[key], text: (row) => (known(row.op[key]) ? format(row.op[key]) : '') });

// key, heading, width, what it sorts by and shows; `number` is right-aligned and sorts from the largest.
const COLUMNS = {
  position: { label: 'Node', width: '4.5rem', narrow: '3.5rem', number: true, value: (row) => row.order, text: nodeText, plain: nodeText },
  type: { label: 'Op', width: 'minmax(9.5rem, 1.1fr)', narrow: '8rem', value: (row) => row.type, text: (row) => row.type },
  time: { label: 'Time', width: '5.5rem', narrow: '5rem', number: true, value: (row) => row.ns, text: (row) => (known(row.ns) ? duration(row.ns) : ''), plain: (row) => row.ns },
  share: { label: 'Share', width: '9rem', narrow: '6rem', number: true, bar: true, value: (row) => row.ns, text: (row, profile) => (known(row.ns) && profile.totalNs ? percent(row.ns / profile.totalNs) : ''), plain: (row, profile) => (known(row.ns) ? row.ns / profile.totalNs : undefined) },
  spark: { label: 'Inferences', width: '7rem', spark: true, value: (row) => (known(row.op.std_ns) && row.op.avg_ns ? row.op.std_ns / row.op.avg_ns : undefined), text: () => '', plain: (row) => row.op.std_ns },
  name: { label: 'Output', width: 'minmax(10rem, 2fr)', value: (row) => row.name, text: (row) => row.name },
  place: { label: 'Runs on', width: 'minmax(7rem, .8fr)', value: (row) => row.delegate || 'interpreter', text: (row) => (row.delegate ? (row.partition === undefined ? row.delegate : `${row.delegate} · ${row.partition}`) : 'interpreter') },
  kernel: { label: 'Kernel', width: 'minmax(8rem, 1fr)', value: (row) => row.op.kernel ?? '', text: (row) => row.op.kernel ?? '' },
  shape: { label: 'Shape', width: 'minmax(8rem, 1fr)', value: (row) => row.op.shape ?? '', text: (row) => row.op.shape ?? '' },
  first: { label: 'First', width: '5.5rem', number: true, ...number('first_ns', duration) },
  avg: { label: 'Average', width: '5.5rem', number: true, ...number('avg_ns', duration) },
  min: { label: 'Least', width: '5.5rem', number: true, ...number('min_ns', duration) },
  max: { label: 'Most', width: '5.5rem', number: true, ...number('max_ns', duration) },
  calls: { label: 'Calls', width: '5rem', number: true, value: (row) => (row.op.inferences ? row.op.calls / row.op.inferences : undefined), text: (row) => (row.op.inferences ? countText(row.op.calls / row.op.inferences) : '') },
  mem: { label: 'Output size', width: '6rem', number: true, ...number('mem_bytes', bytesText) },
  flops: { label: 'FLOP', width: '5rem', number: true, ...number('flops', countText) },
  bytes: { label: 'Bytes', width: '5.5rem', number: true, ...number('bytes', bytesText) },
  intensity: { label: 'FLOP/byte', width: '5.5rem', number: true, ...number('intensity', (v) => v.toFixed(v < 10 ? 2 : 1)) },
  rate: { label: 'FLOP/s', width: '5.5rem', number: true, ...number('flops_per_s', countText) },
  stream: { label: 'Bytes/s', width: '5.5rem', number: true, ...number('bytes_per_s', bytesText) },
  roof: { label: 'Of roof', width: '5rem', number: true, value: (row) => row.op.roof?.share, text: (row) => (known(row.op.roof?.share) ? percent(row.op.roof.share, 0) : '') },
};

const SETS = {
  time: ['Time', ['position', 'type', 'time', 'share', 'spark', 'name', 'place']],
  tflite: ['First, average, calls', ['position', 'type', 'first', 'avg', 'min', 'max', 'calls', 'mem', 'name']],
  work: ['Work and roof', ['position', 'type', 'time', 'flops', 'bytes', 'intensity', 'rate', 'stream', 'roof', 'name']],
  plan: ['Where it runs', ['position', 'type', 'time', 'place', 'kernel', 'shape', 'name']],
};

const GROUPS = {
  type: ['By op', (row) => row.type],
  place: ['By delegate', (row) => row.delegate || 'interpreter'],
  partition: ['By partition', (row) => (row.partition === undefined ? 'interpreter' : `partition ${row.partition}`)],
  scope: ['By name prefix', (row, profile) => profile.scopes(row).slice(0, 2).join('/')],
};

export function sparkline(samples, width = 96, height = 18) {
  if (!samples || samples.length < 2) return null;
  const points = Math.min(samples.length, 48);
  // A point is the slowest of those it stands for: what is unusual is never hidden.
  const tops = Array.from({ length: points }, (_, p) => {
    let most = 0;
    for (let i = Math.floor(p * samples.length / points); i < Math.floor((p + 1) * samples.length / points); i++) most = Math.max(most, samples[i]);
    return most;
  });
  const low = Math.min(...tops), range = Math.max(...tops) - low || 1;
  const path = tops.map((v, p) => `${p ? 'L' : 'M'}${(p * width / (points - 1)).toFixed(1)} ${(height - 2 - (v - low) / range * (height - 4)).toFixed(1)}`).join('');
  return h('svg.spark', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, h('path', { d: path }));
}

export function counterColumns(profile) {
  return profile.counterNames.map((name) => [`c:${name}`, {
    label: name.replaceAll('_', ' '), width: `${Math.max(5.5, 2 + 0.5 * name.length)}rem`, number: true,
    value: (row) => row.op.counters?.[name], text: (row) => (known(row.op.counters?.[name]) ? countText(row.op.counters[name]) : ''),
  }]);
}

// What cannot be counted has a column that says why: a gap would read as a zero.
const gapColumns = (profile) => profile.counterGaps.map((gap, i) => [`gap${i}`, {
  label: gap.what, width: 'minmax(12rem, 1.2fr)', value: () => undefined, text: () => `not available: ${gap.reason}`, gap: true,
}]);

export function makeTable({ profile, select, selection }) {
  const counters = [...counterColumns(profile), ...gapColumns(profile)];
  const columns = { ...COLUMNS, ...Object.fromEntries(counters) };
  const sets = { ...SETS, counters: ['Counters', ['position', 'type', 'time', ...counters.map(([key]) => key), 'name']] };
  const closed = new Set();
  let items = [];

  const filter = h('input', { type: 'search', placeholder: 'Filter: op, name, kernel…', 'aria-label': 'Filter rows', id: 'filter', value: stateOf('q'), oninput: () => change({ q: filter.value }) });
  const counted = h('span.counted', { 'aria-live': 'polite' });
  const setChoice = choice('Columns', Object.entries(sets).map(([key, [label]]) => [key, label]), setKey(), (value) => change({ 'table.set': value === 'time' ? '' : value, sort: '' }));
  const groupChoice = choice('Group', [['', 'None'], ...Object.entries(GROUPS).map(([key, [label]]) => [key, label])], stateOf('group'), (value) => change({ group: value }));
  const bar = h('div.controls', null, h('label.field', null, h('span.hidden', null, 'Filter'), filter), setChoice, groupChoice, counted);

  const head = h('div.grid-row.grid-head', { role: 'row' });
  const body = h('div.grid-body', { role: 'rowgroup' });
  const grid = h('div.grid', { role: 'grid', tabindex: '0', 'aria-label': 'Operators', onkeydown: onKey },
    h('div.grid-top', { role: 'rowgroup' }, head), body);
  const note = profile.counterGaps.map((gap) => h('p.footnote', null, `${gap.what}: not available: ${gap.reason}.`));
  const element = h('div.view.table-view', null, bar, grid, note);
  grid.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(draw).observe(grid);

  function setKey() {
    const key = stateOf('table.set') || 'time';
    return sets[key] ? key : 'time';
  }

  const shown = () => sets[setKey()][1].map((key) => [key, columns[key]]);

  function sorting() {
    const [, key, down] = /^(.+?)(-?)$/.exec(stateOf('sort') || 'time-');
    const column = columns[key] ? key : 'time';
    return { key: column, down: Boolean(down) };
  }

  function compute() {
    const words = stateOf('q').toLowerCase().split(/\s+/).filter(Boolean);
    let rows = profile.rows;
    if (words.length) {
      rows = rows.filter((row) => {
        row.haystack ??= `${row.type} ${row.name} ${row.op.kernel ?? ''} ${row.delegate || 'interpreter'} ${row.op.reason ?? ''} ${row.covers.join(' ')}`.toLowerCase();
        return words.every((word) => row.haystack.includes(word));
      });
    }
    const { key, down } = sorting();
    const value = columns[key].value;
    const direction = down ? -1 : 1;
    const keyed = rows.map((row) => [value(row), row]);
    const text = typeof (keyed.find(([v]) => known(v)) ?? [0])[0] === 'string';
    keyed.sort(([a, ra], [b, rb]) => {
      // What has no value goes last either way.
      if (!known(a) || !known(b)) return known(b) - known(a) || ra.i - rb.i;
      const order = text ? (a < b ? -1 : a > b ? 1 : 0) : a - b;
      return direction * order || ra.i - rb.i;
    });
    const ordered = keyed.map(([, row]) => row);
    items = grouped(ordered);
    const ns = rows.reduce((sum, row) => sum + (row.ns ?? 0), 0);
    counted.textContent = `${plural(rows.length, 'row')}${profile.timed ? `, ${duration(ns)}${profile.totalNs ? ` (${percent(ns / profile.totalNs)})` : ''}` : ''}`;
  }

  function grouped(rows) {
    const by = GROUPS[stateOf('group')];
    if (!by) return rows.map((row) => ({ row }));
    const groups = new Map();
    for (const row of rows) {
      const name = by[1](row, profile);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(row);
    }
    const { key, down } = sorting();
    const list = [...groups.entries()].map(([name, members]) => ({ group: name, members, ns: members.reduce((sum, row) => sum + (row.ns ?? 0), 0) }));
    if (key === 'time' || key === 'share') list.sort((a, b) => (down ? b.ns - a.ns : a.ns - b.ns));
    return list.flatMap((one) => [one, ...(closed.has(one.group) ? [] : one.members.map((row) => ({ row })))]);
  }

  function drawHead() {
    const { key: sorted, down } = sorting();
    grid.style.setProperty('--columns', shown().map(([, column]) => (narrowPage.matches && column.narrow) || column.width).join(' '));
    refill(head, shown().map(([key, column]) => h(`div${column.number ? '.n' : ''}`, {
      role: 'columnheader', 'aria-sort': key === sorted ? (down ? 'descending' : 'ascending') : undefined,
    }, h('button', { type: 'button', 'data-key': key, onclick: () => sortBy(key) }, column.label))));
  }

  function sortBy(key) {
    const { key: sorted, down } = sorting();
    const next = key === sorted ? !down : Boolean(columns[key].number || columns[key].spark) && key !== 'position';
    change({ sort: `${key}${next ? '-' : ''}` === 'time-' ? '' : `${key}${next ? '-' : ''}` });
  }

  const rowId = (item) => (item.row ? `row-${item.row.i}` : undefined);

  function makeCell([key, column], row) {
    const cell = h(`div${column.number ? '.n' : ''}`, { role: 'gridcell' });
    if (column.bar) {
      cell.classList.add('share');
      if (known(row.ns)) cell.append(h('i', { style: { '--part': profile.slowestNs ? row.ns / profile.slowestNs : 0 } }));
    }
    if (column.spark) {
      const line = sparkline(row.op.samples_ns);
      if (line) cell.append(line);
    }
    const text = column.text(row, profile);
    if (text) cell.append(column.bar ? h('span', null, text) : text);
    else if (!column.spark) cell.append(h('span.none', null, '–'));
    if (key === 'name' || key === 'kernel' || key === 'type' || column.gap) cell.title = text;
    if (column.gap) cell.classList.add('absent');
    return cell;
  }

  function makeItem(item, index) {
    const top = `${index * ROW_HEIGHT}px`;
    if (item.group !== undefined) {
      const open = !closed.has(item.group);
      return h('div.grid-row.grid-group', { role: 'row', style: { top }, 'aria-rowindex': index + 2, 'aria-expanded': String(open), onclick: () => toggle(item.group) },
        h('div', { role: 'gridcell' }, h('b', null, `${open ? '▾' : '▸'} ${item.group}`), h('span', null, plural(item.members.length, 'row')),
          profile.timed ? h('span', null, `${duration(item.ns)}${profile.totalNs ? ` · ${percent(item.ns / profile.totalNs)}` : ''}`) : null));
    }
    const chosen = selection().row === item.row;
    return h(`div.grid-row${chosen ? '.chosen' : ''}`, {
      role: 'row', id: rowId(item), style: { top }, 'aria-rowindex': index + 2, 'aria-selected': String(chosen), onclick: () => select(item.row),
    }, shown().map((column) => makeCell(column, item.row)));
  }

  let drawnFor = '';
  function draw() {
    if (!grid.clientHeight) return;
    const headHeight = head.parentElement.offsetHeight;
    const first = Math.max(0, Math.floor((grid.scrollTop - headHeight) / ROW_HEIGHT) - 4);
    const last = Math.min(items.length, Math.ceil((grid.scrollTop + grid.clientHeight) / ROW_HEIGHT) + 4);
    const key = `${first}-${last}`;
    if (key === drawnFor) return;
    drawnFor = key;
    body.replaceChildren(...items.slice(first, last).map((item, i) => makeItem(item, first + i)));
  }

  function refresh() {
    compute();
    drawHead();
    body.style.height = `${items.length * ROW_HEIGHT}px`;
    grid.setAttribute('aria-rowcount', items.length + 1);
    mark();
    drawnFor = '';
    draw();
  }

  function mark() {
    const { row } = selection();
    if (row) grid.setAttribute('aria-activedescendant', `row-${row.i}`);
    else grid.removeAttribute('aria-activedescendant');
  }

  function toggle(name) {
    if (closed.has(name)) closed.delete(name); else closed.add(name);
    refresh();
  }

  function scrollTo(index) {
    const headHeight = head.parentElement.offsetHeight;
    const top = index * ROW_HEIGHT;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + ROW_HEIGHT + headHeight > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + ROW_HEIGHT + headHeight - grid.clientHeight;
  }

  function onKey(event) {
    if (event.target !== grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const { row } = selection();
    const at = items.findIndex((item) => item.row && item.row === row);
    const page = Math.max(1, Math.floor(grid.clientHeight / ROW_HEIGHT) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const step = steps[event.key];
    let next = step === -Infinity ? 0 : step === Infinity ? items.length - 1 : at < 0 ? 0 : Math.max(0, Math.min(items.length - 1, at + step));
    while (items[next] && !items[next].row) next += step > 0 || next === 0 ? 1 : -1;
    const item = items[next];
    if (!item?.row) return;
    scrollTo(next);
    select(item.row);
    announce(`${item.row.type} ${item.row.name}${known(item.row.ns) ? `, ${duration(item.row.ns)}` : ''}`);
  }

  function rowsForCopy() {
    const list = shown().filter(([key]) => key !== 'share' || profile.timed);
    return [list.map(([, column]) => column.label), ...items.filter((item) => item.row).map(({ row }) =>
      list.map(([, column]) => (column.plain ? column.plain(row, profile) : column.value(row))))];
  }

  return {
    element,
    show() { refresh(); reveal(); },
    update(changed) {
      if (['q', 'sort', 'group', 'table.set'].some((key) => changed.has(key))) {
        if (filter.value !== stateOf('q')) filter.value = stateOf('q');
        setChoice.querySelector('select').value = setKey();
        groupChoice.querySelector('select').value = stateOf('group');
        refresh();
        grid.scrollTop = 0;
      } else if (changed.has('sel')) {
        mark();
        drawnFor = '';
        draw();
      }
    },
    focusSearch() { filter.focus(); },
    csv: () => toCsv(rowsForCopy()),
    markdown: () => {
      const list = shown().filter(([, column]) => !column.spark);
      return toMarkdown([list.map(([, column]) => column.label), ...items.filter((item) => item.row).map(({ row }) => list.map(([, column]) => column.text(row, profile)))], list.map(([, column]) => column.number));
    },
  };

  function reveal() {
    const index = items.findIndex((item) => item.row && item.row === selection().row);
    if (index >= 0) scrollTo(index);
    drawnFor = '';
    draw();
  }
}
