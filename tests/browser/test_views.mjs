#!/usr/bin/env node
// Every view at both sizes and in both themes: shown, within its width, accessible, photographed;
// then used by mouse and by keyboard, and its figures read back against the document.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, end, fits, launch, makePage, open, same, scratch, settle, shot, SIZES } from './harness.mjs';
import { REFUSAL, synthetic } from './synthetic.mjs';
import { unpack } from '../../reports/viewer/pack.js';
import { bytesText, countText, duration, percent, signed } from '../../reports/viewer/units.js';

const VIEWS = ['overview', 'timeline', 'graph', 'table', 'treemap', 'memory', 'roofline', 'diff', 'numerics'];

const after = synthetic(60);
const before = synthetic(60, { seed: 9, faster: 0.8 });
before.configuration.delegate = 'cpu:old=1';
const plain = synthetic(60, { seed: 3, delegate: 'reference', bare: true });
const priced = synthetic(60, { numerics: true });
const large = synthetic(1000);
const huge = synthetic(3000);
const file = makePage('three', after, before, plain);
const pricedFile = makePage('priced', priced, plain);
const largeFile = makePage('large', large);
const hugeFile = makePage('huge', huge);

const rowsByTime = (document) => [...document.ops].sort((a, b) => b.self_median_ns - a.self_median_ns || a.index - b.index);
const hashOf = (page) => page.evaluate(() => new URLSearchParams(location.hash.slice(1)).toString());
const chosen = async (page) => new URLSearchParams(await hashOf(page)).get('sel');
const text = (page, selector) => page.locator(selector).first().innerText();
const panelTitle = (page) => text(page, '.panel h2');
const openView = async (page, view) => { await page.click(`#tab-${view}`); await settle(page); };

// Finds a place on the canvas where something can be clicked: where the pointer becomes a hand.
async function clickSomething(page, from = 0.05) {
  const box = await page.locator('.stage canvas').boundingBox();
  for (let y = 0.06; y < 0.95; y += 0.05) {
    for (let x = from; x < 0.98; x += 0.07) {
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
      if (await page.evaluate(() => document.querySelector('.stage canvas').style.cursor) === 'pointer') {
        await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
        await settle(page);
        if (await chosen(page)) return true;
      }
    }
  }
  return false;
}

async function looks() {
  for (const size of Object.keys(SIZES)) {
    for (const theme of ['light', 'dark']) {
      const { page, finish } = await open(file, { size, theme });
      for (const view of VIEWS) {
        const what = `${view}, ${size}, ${theme}`;
        await openView(page, view);
        same(`${what}: its tab is the chosen one`, await page.getAttribute(`#tab-${view}`, 'aria-selected'), 'true');
        check(`${what}: is shown`, await page.locator(`.${view}-view, .view.empty`).first().isVisible());
        await fits(page, what);
        await accessible(page, what);
        await shot(page, `${view}-${size}-${theme}`, view === 'overview');
      }
      await openView(page, 'table');
      await page.click('.grid-body .grid-row >> nth=2');
      await settle(page);
      await fits(page, `panel, ${size}, ${theme}`);
      await accessible(page, `panel, ${size}, ${theme}`);
      await shot(page, `panel-${size}-${theme}`);
      await finish(`all views, ${size}, ${theme}`);
    }
  }
}

async function overview() {
  const { page, finish } = await open(file);
  same('overview: the sentence', await text(page, '.verdict h1'), after.sentence);
  const parts = await page.locator('.budget-table tr[data-part] td[data-ns]').evaluateAll((cells) => cells.map((cell) => [Number(cell.dataset.ns), cell.textContent]));
  same('overview: the parts of the budget', parts, after.budget.parts.map((part) => [part.ns, duration(part.ns)]));
  const whole = await page.locator('.budget-table tr.sum td[data-ns]').evaluate((cell) => Number(cell.dataset.ns));
  same('overview: the parts add up', parts.reduce((sum, [ns]) => sum + ns, 0), whole);
  const costly = await page.locator('.costly b').allInnerTexts();
  same('overview: the five that cost most', costly, rowsByTime(after).filter((op) => op.kind !== 'kernel').slice(0, 5).map((op) => op.op));
  const absent = await text(page, '.overview-view');
  for (const reason of [after.counters.reason, after.memory.model_resident_bytes.reason, after.state.reason]) check('overview: what is absent has its reason', absent.includes(reason), reason);
  // By mouse, then by keyboard.
  await page.click('.costly li >> nth=1 >> button');
  same('overview: a click selects', await chosen(page), String(after.ops.indexOf(rowsByTime(after)[1])));
  await page.locator('.costly li >> nth=0 >> button').focus();
  await page.keyboard.press('Enter');
  same('overview: Enter selects', await chosen(page), String(after.ops.indexOf(rowsByTime(after)[0])));
  same('overview: the panel names it', await panelTitle(page), rowsByTime(after)[0].op);
  await finish('overview');
}

async function timeline() {
  const { page, finish } = await open(file, { hash: 'view=timeline' });
  await settle(page);
  const median = after.timeline.inferences.find((one) => one.label === 'median');
  const seen = await text(page, '.timeline-view .counted');
  check('timeline: the whole inference is in view', seen.startsWith(duration(median.duration_ns)), seen);
  check('timeline: all its events', seen.includes(`${median.events.length} events`), seen);
  await page.locator('.stage canvas').focus();
  await page.keyboard.press('Home');
  const first = median.events.find((event) => event[4] >= 0);
  same('timeline: Home selects the first event', await chosen(page), String(first[4]));
  await page.keyboard.press('ArrowRight');
  const second = median.events.filter((event) => event[4] >= 0 && event[3] !== 'work')[1];
  same('timeline: the arrow goes to the next', await chosen(page), String(second[4]));
  check('timeline: the panel shows its time', (await text(page, '.panel .big')).startsWith(duration(after.ops[second[4]].self_median_ns)));
  await page.keyboard.press('w');
  await settle(page);
  check('timeline: W zooms in', (await hashOf(page)).includes('timeline.range'));
  const zoomed = await hashOf(page);
  await page.keyboard.press('d');
  await settle(page);
  check('timeline: D pans', (await hashOf(page)) !== zoomed);
  await page.keyboard.press('f');
  await settle(page);
  check('timeline: F shows all', !(await hashOf(page)).includes('timeline.range'));
  await page.keyboard.press(']');
  await settle(page);
  check('timeline: ] goes to the next inference', (await text(page, '.timeline-view .counted')).startsWith(duration(after.timeline.inferences[2].duration_ns)));
  const box = await page.locator('.stage canvas').boundingBox();
  await page.mouse.move(box.x + 300, box.y + 60);
  await page.mouse.wheel(0, -400);
  await settle(page);
  const wheel = await hashOf(page);
  check('timeline: the wheel zooms', wheel.includes('timeline.range'));
  await page.mouse.down();
  await page.mouse.move(box.x + 180, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await settle(page);
  check('timeline: dragging pans', (await hashOf(page)) !== wheel);
  await page.keyboard.press('Escape');
  check('timeline: a click selects an event', await clickSomething(page));
  await finish('timeline');
}

async function graph() {
  const { page, finish } = await open(file, { hash: 'view=graph' });
  await settle(page);
  await page.locator('.stage canvas').focus();
  await page.keyboard.press('Home');
  same('graph: Home selects the first node', await chosen(page), 'n0.0');
  same('graph: the panel names it', await panelTitle(page), after.model.subgraphs[0].nodes[0].op);
  await page.keyboard.press('ArrowDown');
  same('graph: the arrow follows the edge', await chosen(page), 'n0.1');
  check('graph: the panel tells what it takes', (await text(page, '.panel')).includes(after.model.subgraphs[0].tensors[after.model.subgraphs[0].nodes[1].outputs[0]].name));
  await page.selectOption('.graph-view .choice >> nth=0 >> select', 'bytes');
  await settle(page);
  const most = Math.max(...after.ops.filter((op) => op.kind !== 'kernel').map((op) => op.bytes ?? 0));
  check('graph: colour by bytes has its scale', (await text(page, '.scale-legend')).includes(bytesText(most)), await text(page, '.scale-legend'));
  await shot(page, 'graph-bytes-desktop-light');
  await page.selectOption('.graph-view .choice >> nth=0 >> select', 'delegate');
  await settle(page);
  check('graph: colour by delegate has its key', (await text(page, '.scale-legend')).includes('partition 0'));
  const without = page.locator('.graph-view option[value=error]');
  check('graph: what is absent cannot be chosen, and says why', (await without.getAttribute('disabled')) !== null && (await without.innerText()).includes('this run compared no tensors'), await without.innerText());
  await page.keyboard.press('Escape');
  check('graph: a click selects a node', await clickSomething(page));
  const left = after.model.subgraphs[0].nodes.find((node) => node.reason);
  await page.goto('about:blank');
  await page.goto(`file://${file}#view=graph&sel=n0.${left.node}`);
  await settle(page);
  check('graph: the panel says why a node was left', (await text(page, '.panel')).includes(left.reason));
  await finish('graph');
}

async function groups() {
  const { page, finish } = await open(hugeFile, { hash: 'view=graph' });
  await settle(page);
  const counted = await text(page, '.graph-view .counted');
  check('groups: above 2,000 nodes the graph is grouped', /3000 nodes in \d+ boxes|3 000 nodes in \d+ boxes/.test(counted), counted);
  await shot(page, 'graph-grouped-desktop-light');
  await page.locator('.stage canvas').focus();
  await page.keyboard.press('Home');
  check('groups: a group is selected', (await chosen(page)).startsWith('g'));
  await page.keyboard.press('Enter');
  await settle(page);
  check('groups: Enter opens it', (await hashOf(page)).includes('graph.open'));
  await page.keyboard.press('Home');
  await page.keyboard.press('Backspace');
  await settle(page);
  same('groups: Backspace closes it', await text(page, '.graph-view .counted'), counted);
  await page.selectOption('.graph-view .choice >> nth=1 >> select', 'partition');
  await settle(page);
  check('groups: by partition', /boxes/.test(await text(page, '.graph-view .counted')));
  await finish('groups');
}

async function table() {
  const { page, finish } = await open(file, { hash: 'view=table' });
  await settle(page);
  const cells = (n) => page.locator('.grid-body .grid-row').nth(n).locator('[role=gridcell]').allInnerTexts();
  const slowest = rowsByTime(after)[0];
  const first = await cells(0);
  same('table: the slowest row comes first', [first[0], first[1], first[2]], [slowest.covers.join(', '), slowest.op, duration(slowest.self_median_ns)]);
  same('table: all rows are counted', (await text(page, '.table-view .counted')).split(',')[0], `${after.ops.length} rows`);
  for (const [key, value] of [['type', (op) => op.op], ['name', (op) => op.tensor ?? '']]) {
    await page.click(`.grid-head [data-key=${key}]`);
    await settle(page);
    const should = after.ops.map((op) => [value(op), op.index]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]))[0][0];
    same(`table: sorted by ${key}`, (await cells(0))[key === 'type' ? 1 : 5] || '', should || '–');
  }
  await page.click('.grid-head [data-key=time]');
  await page.fill('#filter', 'depthwise');
  await settle(page);
  const matching = after.ops.filter((op) => `${op.op} ${op.tensor ?? ''} ${op.kernel ?? ''}`.toLowerCase().includes('depthwise'));
  same('table: filtered', (await text(page, '.table-view .counted')).split(',')[0], `${matching.length} rows`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await settle(page);
  await page.selectOption('.table-view .choice >> nth=1 >> select', 'type');
  await settle(page);
  const sums = new Map();
  for (const op of after.ops) sums.set(op.op, (sums.get(op.op) ?? 0) + op.self_median_ns);
  const [heaviest] = [...sums.entries()].sort((a, b) => b[1] - a[1]);
  const group = await text(page, '.grid-group');
  check('table: grouped, with sums', group.includes(heaviest[0]) && group.includes(duration(heaviest[1])), group);
  await shot(page, 'table-grouped-desktop-light');
  await page.click('.grid-group >> nth=0');
  await settle(page);
  same('table: a group folds', await page.getAttribute('.grid-group', 'aria-expanded'), 'false');
  await page.selectOption('.table-view .choice >> nth=1 >> select', '');
  await page.selectOption('.table-view .choice >> nth=0 >> select', 'work');
  await settle(page);
  check('table: other columns', (await text(page, '.grid-head')).includes('FLOP/byte'));
  await page.selectOption('.table-view .choice >> nth=0 >> select', 'time');
  await page.click('.grid-head [data-key=position]');
  await settle(page);
  const waits = after.ops.find((op) => op.kind === 'sync'), step = after.ops.find((op) => op.index === waits.parent);
  const order = await page.locator('.grid-body .grid-row').evaluateAll((rows) => rows.map((row) => row.id));
  same('table: a wait comes right after its step', order.indexOf(`row-${after.ops.indexOf(waits)}`), order.indexOf(`row-${after.ops.indexOf(step)}`) + 1);
  await page.click(`#row-${after.ops.indexOf(step)}`);
  check('table: the panel says how long the step waits', (await text(page, '.panel')).replace(/\s+/g, ' ').includes(`Waits for threads ${duration(waits.self_median_ns)}`));
  await page.click('.grid-head [data-key=time]');
  await page.locator('.grid').focus();
  await page.keyboard.press('ArrowDown');
  const one = await chosen(page);
  await page.keyboard.press('ArrowDown');
  check('table: arrows walk', one !== null && (await chosen(page)) !== one);
  await page.keyboard.press('End');
  await settle(page);
  check('table: End shows the last row', await page.locator('.grid-row.chosen').isVisible());
  await page.evaluate(() => { navigator.clipboard.writeText = async (value) => { window.copied = value; }; });
  await page.click('text=Copy as CSV');
  const csv = await page.evaluate(() => window.copied);
  same('table: CSV has every row', csv.trim().split('\n').length, after.ops.length + 1);
  same('table: CSV has plain nanoseconds', csv.split('\n')[1].includes(`,${slowest.self_median_ns},`), true);
  await page.click('text=Copy as Markdown');
  check('table: Markdown', (await page.evaluate(() => window.copied)).startsWith('| Node |'));
  await finish('table');
}

async function areas() {
  const { page, finish } = await open(file, { hash: 'view=treemap' });
  await settle(page);
  const total = after.ops.reduce((sum, op) => sum + op.self_median_ns, 0);
  check('treemap: the whole is the sum', (await text(page, '.crumbs')).includes(duration(total)));
  await page.locator('.stage canvas').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await settle(page);
  check('treemap: Enter goes in', /^model\s*\/\s*net/.test(await text(page, '.crumbs')), await text(page, '.crumbs'));
  await page.keyboard.press('Backspace');
  await settle(page);
  check('treemap: Backspace goes out', !(await hashOf(page)).includes('at='));
  await page.click('text=Icicle');
  await settle(page);
  await shot(page, 'icicle-desktop-light');
  check('treemap: icicle', (await hashOf(page)).includes('map.shape=icicle'));
  await page.click('text=Treemap >> nth=-1');
  await page.selectOption('.treemap-view .choice >> nth=0 >> select', 'type');
  await settle(page);
  check('treemap: a click selects', await clickSomething(page));
  await finish('treemap');
}

async function memory() {
  const { page, finish } = await open(file, { hash: 'view=memory' });
  await settle(page);
  const tensors = after.model.subgraphs[0].tensors.filter((tensor) => tensor.arena);
  const counted = await text(page, '.memory-view .counted');
  check('memory: tensors and arena', counted.startsWith(`${tensors.length} tensors in ${bytesText(after.memory.arena_bytes)}`), counted);
  const used = new Map();
  for (const { arena } of tensors) for (let s = arena.first; s <= arena.last; s++) used.set(s, (used.get(s) ?? 0) + arena.bytes);
  const [step, most] = [...used.entries()].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
  check('memory: the high-water step', counted.includes(`most in use, ${bytesText(most)}, at step ${step}`), counted);
  await page.locator('.stage canvas').focus();
  await page.keyboard.press('ArrowRight');
  check('memory: arrows select', (await chosen(page))?.startsWith('n0.'));
  check('memory: the panel has its place', (await text(page, '.panel')).includes('0x'));
  await page.keyboard.press('Escape');
  check('memory: a click selects', await clickSomething(page, 0.12));
  check('memory: phases', (await text(page, '.memory-facts')).includes('first invoke'));
  await finish('memory');
}

async function roofline() {
  const { page, finish } = await open(file, { hash: 'view=roofline' });
  await settle(page);
  await page.locator('.stage canvas').focus();
  await page.keyboard.press('ArrowRight');
  const slowest = rowsByTime(after).find((op) => op.kind !== 'kernel');
  same('roofline: the first is the slowest', await chosen(page), String(after.ops.indexOf(slowest)));
  check('roofline: its share of the roof', (await text(page, '.panel')).includes(`${percent(slowest.roof.share, 0)} of the ${slowest.roof.bound} roof`));
  check('roofline: and its rate', (await text(page, '.panel')).includes(countText(slowest.flops_per_s)));
  await page.keyboard.press('Escape');
  check('roofline: a click selects', await clickSomething(page));
  await finish('roofline');
}

async function diff() {
  const { page, finish } = await open(file, { hash: 'view=diff' });
  await settle(page);
  const lead = await text(page, '.diff-lead');
  check('diff: end to end', lead.includes(`${duration(before.result.median_ns)} → ${duration(after.result.median_ns)}`), lead);
  const [row] = await page.locator('.diff-table tbody tr').evaluateAll((rows) => rows.map((one) => [...one.cells].map((cell) => cell.innerText)));
  const nodes = row[0].split(', ').map(Number);
  const sum = (document) => document.ops.filter((op) => op.kind !== 'kernel' && op.covers.some((n) => nodes.includes(n))).reduce((total, op) => total + op.self_median_ns, 0);
  same('diff: the largest contribution', [row[2], row[3], row[4]], [duration(sum(before)), duration(sum(after)), signed(sum(after) - sum(before), duration)]);
  await page.selectOption('.diff-view .choice >> nth=0 >> select', { label: 'reference, 2 threads' });
  await settle(page);
  const fused = await page.locator('.diff-table tbody tr', { hasText: 'fused differently' }).count();
  const steps = after.ops.filter((op) => op.kind === 'step' && op.covers.length > 1).length;
  same('diff: a fused step is one row for several nodes', fused, steps);
  check('diff: what appeared is said', (await page.locator('.outcome.appeared').count()) > 0);
  await page.locator('.diff-table button.link >> nth=0').focus();
  await page.keyboard.press('Enter');
  check('diff: Enter selects', (await chosen(page)) !== null);
  const other = join(scratch, 'dropped.json');
  writeFileSync(other, JSON.stringify(synthetic(60, { seed: 11 })));
  await page.setInputFiles('#other-file', other);
  await page.waitForFunction(() => document.querySelector('.diff-body').innerText.includes('dropped.json'));
  await page.setInputFiles('#other-file', largeFile);
  await page.waitForFunction(() => document.querySelector('.diff-body').innerText.includes('synthetic_1000'));
  check('diff: other models match by name', (await text(page, '.diff-body')).includes('by output name'));
  writeFileSync(other, '{"schema":"something"}');
  await page.setInputFiles('#other-file', other);
  await page.waitForSelector('.error:not(:empty)');
  check('diff: what is no profile is refused', (await text(page, '.error')).includes('tflbench.profile'));
  // Dropped onto another view.
  await openView(page, 'table');
  const content = readFileSync(join(scratch, 'three-1.json'), 'utf8');
  await page.evaluate((json) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([json], 'fallen.json', { type: 'application/json' }));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, content);
  await page.waitForFunction(() => document.querySelector('.diff-body')?.innerText.includes('fallen.json'));
  check('diff: a file can be dropped', true);
  await finish('diff');
}

async function numerics() {
  const absent = await open(file, { hash: 'view=numerics' });
  check('numerics: absent with its reason', (await text(absent.page, '.view.empty')).includes(after.numerics.reason));
  await absent.finish('numerics without data');
  for (const theme of ['light', 'dark']) {
    const { page, finish } = await open(largeFile, { hash: 'view=numerics', theme });
    await settle(page);
    const error = new Map(large.numerics.rows.map((one) => [one.node, one]));
    const bySize = (key, sign) => large.ops.filter((op) => op.kind !== 'kernel' && error.get(op.covers.at(-1))[key] !== undefined).map((op) => [sign * error.get(op.covers.at(-1))[key], op]).sort((a, b) => b[0] - a[0])[0][1].covers.join(', ');
    const first = () => page.locator('[aria-label="Largest errors"] tbody tr >> nth=0 >> td').first().innerText();
    same('numerics: the least signal to noise comes first', await first(), bySize('snr_db', -1));
    await page.click('.numerics-view >> text=Largest difference >> nth=0');
    await settle(page);
    same('numerics: the largest difference comes first', await first(), bySize('max_abs', 1));
    check('numerics: without a plain profile the time saved has its reason', (await text(page, '.cost')).includes('no profile of the same model without a delegate'));
    await page.locator('.stage canvas').focus();
    await page.keyboard.press('ArrowRight');
    check('numerics: arrows select', (await chosen(page)) !== null);
    await page.keyboard.press('Escape');
    check('numerics: a click selects', await clickSomething(page, 0.2));
    await accessible(page, `numerics, ${theme}`);
    await shot(page, `numerics-1000-desktop-${theme}`);
    await finish(`numerics, ${theme}`);
  }
}

// The picture of the first screen: every configuration of the run, by its speed and how right it is.
async function speed() {
  const run = synthetic(60, { numerics: true });
  const [fast, slow] = [run.result, { ...plain.result, model: run.result.model }];
  run.results = [fast, slow];
  const labelled = synthetic(60);
  labelled.results = [['cpu', 1.1e6, 0.61, 'ok'], ['gpu', 0.4e6, 0.58, 'ok'], ['gpu:precision=fp16', 0.3e6, 0.2, 'wrong'], ['nnapi', 2e6, 0.6, 'ok'], ['hexagon', 0.5e6, null, 'ok']].map(([delegate, ns, accuracy, verdict]) => ({
    ...labelled.result, delegate, median_ns: ns, median_low_ns: 0.98 * ns, median_high_ns: 1.03 * ns, accuracy, accuracy_low: accuracy && accuracy - 0.02, accuracy_high: accuracy && accuracy + 0.02, accuracy_metric: accuracy ? 'top1' : null, check_verdict: verdict }));
  for (const [name, file_] of [['numerics', makePage('speed', run, plain)], ['labels', makePage('labels', labelled)]]) {
    for (const [size, theme, scripts] of [['desktop', 'light', true], ['desktop', 'dark', false], ['phone', 'light', false], ['phone', 'dark', true]]) {
      const { page, finish } = await open(file_, { size, theme, javaScriptEnabled: scripts });
      const what = `speed, ${name}, ${size}, ${scripts ? '' : 'no '}scripts`;
      const rows = await page.locator('.speed tbody tr').evaluateAll((list) => list.map((row) => [row.className, ...[...row.cells].map((cell) => cell.innerText.replace(/\s+/g, ' ').trim())]));
      if (name === 'numerics') {
        same(`${what}: a row each`, rows.map((row) => [row[0], row[1], row[3]]), [['best', '1cpu, 2 threads none is faster and as right', '80.3 dB'], ['', '2reference, 2 threads the reference', 'exact']]);
      } else {
        same(`${what}: what none beats is told`, rows.map((row) => row[0]), ['best', 'best', '', '', '']);
        same(`${what}: what is wrong is told`, [rows[2][1], rows[0][3], rows[4][3]], ['3gpu:precision=fp16, 2 threads wrong', '61.0 %', 'not compared']);
        const places = await page.locator('.speed-field .mark').evaluateAll((list) => list.map((mark) => [mark.innerText, mark.getBoundingClientRect().left, mark.getBoundingClientRect().top]));
        const of = Object.fromEntries(places.map(([number, x, y]) => [number, { x, y }]));
        check(`${what}: faster is farther left, more right farther up`, of[2].x < of[1].x && of[1].x < of[4].x && of[1].y < of[2].y && of[2].y < of[3].y, places);
      }
      await fits(page, what);
      await shot(page, `speed-${name}-${size}-${theme}`);
      if (scripts) await accessible(page, what);
      await finish(what);
    }
  }
}

async function costs() {
  const error = new Map(priced.numerics.rows.map((one) => [one.node, one.snr_db]));
  const nodes = priced.model.subgraphs[0].nodes;
  const producer = new Map(nodes.flatMap((node) => node.outputs.map((tensor) => [tensor, node.node])));
  const lostBy = (op) => Math.min(...op.covers.flatMap((n) => nodes[n].inputs.map((tensor) => producer.get(tensor))).filter((n) => n !== undefined && !op.covers.includes(n)).map((n) => error.get(n) ?? Infinity)) - error.get(op.covers.at(-1));
  const seventeen = priced.ops.find((op) => op.kind === 'step' && op.covers.includes(17));
  const saved = plain.ops.filter((op) => seventeen.covers.includes(op.node)).reduce((sum, op) => sum + op.self_median_ns, 0) - seventeen.self_median_ns;
  const { page, finish } = await open(pricedFile, { hash: 'view=numerics' });
  await settle(page);
  const row = page.locator(`.cost-table tr[data-row="${priced.ops.indexOf(seventeen)}"]`);
  const cells = await row.locator('td').allInnerTexts();
  check('costs: the time that delegating saves', cells[1].startsWith(signed(saved, duration)), cells, signed(saved, duration));
  same('costs: the signal to noise that it costs', cells[2], `${lostBy(seventeen).toFixed(1)} dB`);
  same('costs: and what is left', cells[3], `${error.get(seventeen.covers.at(-1)).toFixed(1)} dB`);
  same('costs: as a sentence', await row.getAttribute('title'), `Delegating ${seventeen.covers.length > 1 ? 'nodes' : 'node'} ${seventeen.covers.join(', ')} saves ${duration(saved)} and costs ${cells[2]}: ${cells[3]} are left`);
  await row.locator('button').focus();
  await page.keyboard.press('Enter');
  same('costs: Enter selects', await chosen(page), String(priced.ops.indexOf(seventeen)));
  check('costs: the panel knows it', (await text(page, '.panel')).includes(`${error.get(seventeen.covers.at(-1)).toFixed(1)} dB`));
  await page.evaluate(() => { navigator.clipboard.writeText = async (value) => { window.copied = value; }; });
  await page.click('text=Copy as Markdown');
  check('costs: Markdown has the sentences', (await page.evaluate(() => window.copied)).includes(`saves ${duration(saved)} and costs ${cells[2]}`));
  await shot(page, 'costs-desktop-light', true);
  await finish('costs');
  for (const [size, theme] of [['desktop', 'dark'], ['phone', 'light'], ['phone', 'dark']]) {
    const one = await open(pricedFile, { hash: 'view=numerics', size, theme });
    await settle(one.page);
    await fits(one.page, `costs, ${size}, ${theme}`);
    await accessible(one.page, `costs, ${size}, ${theme}`);
    await shot(one.page, `costs-${size}-${theme}`, true);
    await one.finish(`costs, ${size}, ${theme}`);
  }
}

// What the kernel does not count is said, with its reason, wherever it would stand; never a zero.
async function counters() {
  const [none, some, all] = ['', 'software', 'all'].map((counted) => synthetic(60, { counted }));
  for (const [name, document] of [['none', none], ['software', some], ['all', all]]) {
    const { page, finish } = await open(makePage(`counters-${name}`, document), { hash: 'view=table&table.set=counters' });
    await settle(page);
    const reason = name === 'none' ? document.counters.reason : REFUSAL;
    const what = `counters, ${name}`;
    const heads = await page.locator('.grid-head').innerText();
    const cells = await page.locator('.grid-body .grid-row >> nth=0').locator('[role=gridcell]').allInnerTexts();
    const slowest = rowsByTime(document)[0];
    for (const row of document.counters.rows ?? []) {
      if (row.available) check(`${what}: the table has ${row.name}`, heads.includes(row.name.replaceAll('_', ' ')) && cells.includes(countText(slowest.counters[row.name])), cells);
    }
    const absent = name !== 'all';
    same(`${what}: a column says why others are missing`, cells.includes(`not available: ${reason}`), absent);
    same(`${what}: so does a note below the table`, (await text(page, '.table-view')).includes(`${name === 'none' ? 'Counters' : 'Hardware counters'}: not available: ${reason}.`), absent);
    check(`${what}: no missing counter is a zero`, !absent || !cells.slice(3).includes('0') || name === 'software');
    await shot(page, `counters-${name}-desktop-light`);
    await page.click('.grid-body .grid-row >> nth=0');
    same(`${what}: the panel says why`, (await text(page, '.panel')).includes(reason), absent);
    for (const view of ['graph', 'treemap']) {
      await openView(page, view);
      const options = await page.locator(`.${view}-view option`).evaluateAll((list) => list.map((one) => [one.textContent, one.disabled]));
      same(`${what}: the ${view} offers what there is`, options.some(([label, off]) => label === 'instructions' && !off), !absent);
      same(`${what}: the ${view} says why it offers no more`, options.some(([label, off]) => label.includes(reason) && off), absent);
    }
    await openView(page, 'overview');
    same(`${what}: the overview says why`, (await text(page, '.overview-view')).includes(reason), absent);
    if (!absent) check(`${what}: a total that was scaled says so`, (await text(page, '.overview-view')).includes('counted 80 % of the time'));
    await finish(what);
  }
}

// Perfetto's keys on every drawing, what can be taken from each view, and a second profile: each by
// mouse and by keyboard.
async function hands() {
  const { page, finish } = await open(pricedFile, { acceptDownloads: true });
  const drawn = () => page.evaluate(() => document.querySelector('.stage canvas').toDataURL());
  for (const view of ['timeline', 'graph', 'memory', 'numerics']) {
    await openView(page, view);
    await page.locator('.stage canvas').focus();
    await page.keyboard.press('f');
    await settle(page);
    const all = await drawn();
    await page.keyboard.press('w');
    await page.keyboard.press('w');
    await settle(page);
    const near = await drawn();
    check(`keys: W zooms the ${view} in`, near !== all);
    await page.keyboard.press('d');
    await settle(page);
    const right = await drawn();
    check(`keys: D pans the ${view}`, right !== near);
    await page.keyboard.press('a');
    await settle(page);
    check(`keys: A pans the ${view} back`, (await drawn()) !== right);
    await page.keyboard.press('s');
    await page.keyboard.press('s');
    await page.keyboard.press('s');
    await page.keyboard.press('f');
    await settle(page);
    same(`keys: S and F bring the whole ${view} back`, (await drawn()) === all, true);
    await page.keyboard.press('/');
    check(`keys: / leaves the ${view} for a search`, await page.evaluate(() => document.activeElement.type === 'search'));
    await page.keyboard.press('Escape');
  }
  await page.evaluate(() => { navigator.clipboard.writeText = async (value) => { window.copied = value; }; });
  const taken = async (press) => { await page.evaluate(() => { window.copied = ''; }); await press(); await page.waitForFunction(() => window.copied !== ''); return page.evaluate(() => window.copied); };
  for (const view of VIEWS) {
    await openView(page, view);
    const markdown = page.locator('.actions button', { hasText: /Markdown|Copied/ });
    const byMouse = await taken(() => markdown.click());
    await page.waitForTimeout(1600); // until the button has its name back
    const byKey = await taken(async () => { await markdown.focus(); await page.keyboard.press('Enter'); });
    check(`copied: the ${view} as a table of Markdown`, /\| ?-{3}/.test(byMouse), byMouse.slice(0, 80));
    same(`copied: the same of the ${view} by keyboard`, byKey, byMouse);
    const png = page.locator('.actions button', { hasText: 'Save as PNG' });
    if (!(await png.isVisible())) continue;
    for (const [how, press] of [['mouse', () => png.click()], ['keyboard', async () => { await png.focus(); await page.keyboard.press('Enter'); }]]) {
      const [download] = await Promise.all([page.waitForEvent('download'), press()]);
      const bytes = readFileSync(await download.path());
      const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
      check(`saved: the ${view} as PNG by ${how}`, bytes.subarray(1, 4).toString() === 'PNG' && width > 300 && height > 100 && download.suggestedFilename() === `synthetic_60-${view}.png`, width, height, download.suggestedFilename());
    }
  }
  // A second profile: opened by keyboard here, dropped in diff().
  await openView(page, 'diff');
  const other = join(scratch, 'by-key.json');
  writeFileSync(other, JSON.stringify(synthetic(60, { seed: 5 })));
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), (async () => { await page.locator('text=Open a profile…').focus(); await page.keyboard.press('Enter'); })()]);
  await chooser.setFiles(other);
  await page.waitForFunction(() => document.querySelector('.diff-body').innerText.includes('by-key.json'));
  check('diff: a profile is opened by keyboard', true);
  // A page is as good as its document.
  await page.setInputFiles('#other-file', largeFile);
  await page.waitForFunction(() => document.querySelector('.diff-body').innerText.includes('synthetic_1000'));
  check('diff: another page is read', true);
  await finish('hands');
}

async function whole() {
  const { page, finish } = await open(file);
  for (const [i, view] of VIEWS.entries()) {
    await page.keyboard.press(String(i + 1));
    same(`keys: ${i + 1} is ${view}`, await page.getAttribute(`#tab-${view}`, 'aria-selected'), 'true');
  }
  await page.keyboard.press('/');
  same('keys: / goes to the filter', await page.evaluate(() => document.activeElement.id), 'filter');
  await page.keyboard.type('softmax');
  await page.keyboard.press('Escape');
  await settle(page);
  await page.click('.grid-body .grid-row');
  check('keys: something is selected', (await chosen(page)) !== null);
  await page.locator('.grid').focus();
  await page.keyboard.press('Escape');
  same('keys: Escape clears the selection', await chosen(page), null);
  await page.keyboard.press('?');
  check('keys: ? lists the keys', await page.locator('dialog.help').isVisible());
  await accessible(page, 'list of keys');
  await shot(page, 'keys-desktop-light');
  await page.keyboard.press('Escape');
  await page.locator('#tab-table').focus();
  await page.keyboard.press('ArrowRight');
  same('keys: arrows walk through the tabs', await page.evaluate(() => document.activeElement.id), 'tab-treemap');
  // A selection goes with the reader from view to view, and with the address.
  await openView(page, 'table');
  await page.fill('#filter', '');
  await page.keyboard.press('Escape');
  await page.click('.grid-body .grid-row >> nth=3');
  const title = await panelTitle(page);
  for (const view of ['timeline', 'graph', 'treemap', 'roofline']) {
    await openView(page, view);
    same(`selection: ${view} keeps it`, await panelTitle(page), title);
  }
  const hash = await page.evaluate(() => location.hash.slice(1));
  const again = await open(file, { hash });
  await settle(again.page);
  same('address: it brings back the view', await again.page.getAttribute('#tab-roofline', 'aria-selected'), 'true');
  same('address: and the selection', await panelTitle(again.page), title);
  await again.finish('address');
  await page.selectOption('.app-tools select', { label: 'reference, 2 threads' });
  await openView(page, 'overview');
  same('profiles: another is shown', await text(page, '.verdict .subject'), 'synthetic_60, reference, 2 threads');
  await page.click('#theme');
  same('theme: chosen by hand', await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await page.emulateMedia({ media: 'print' });
  await settle(page);
  check('print: no tools on paper', !(await page.locator('.app-tools').isVisible()));
  await shot(page, 'print-overview', true);
  await finish('whole');
}

async function withoutScripts() {
  const { page, finish } = await open(file, { javaScriptEnabled: false });
  check('no scripts: the sentence', (await text(page, 'h1')).includes(after.sentence));
  check('no scripts: the picture of the budget', await page.locator('#plain .budget i').count() >= after.budget.parts.filter((part) => part.ns > 0).length);
  check('no scripts: why speed is not held against accuracy', (await text(page, '#speed')).includes('--accuracy'));
  const body = await text(page, '#plain');
  check('no scripts: the budget', body.includes('End to end') && body.includes(duration(after.budget.end_to_end_ns)));
  check('no scripts: what costs most', body.includes(duration(rowsByTime(after)[0].self_median_ns)));
  check('no scripts: why nodes stayed', body.includes(after.fallbacks[0].reason));
  await shot(page, 'no-scripts-desktop-light', true);
  await finish('no scripts');
}

// The same but for digits that nobody reads; null and absent are one.
function alike(a, b) {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a === 'number') return Number.isInteger(a) ? a === b : Math.abs(a - b) <= 6e-5 * Math.abs(a);
  if (typeof a !== 'object') return a === b;
  return Array.isArray(a) === Array.isArray(b) && [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => alike(a[key], b[key]));
}

// Before the first slow part: a page without a browser.
function packed() {
  const carried = (name) => JSON.parse(readFileSync(name, 'utf8').split('id="tflbench-profile">')[1].split('</script>')[0]);
  for (const [name, document] of [[largeFile, large], [file, { ...after, more: [before, plain] }]]) {
    const was = JSON.parse(JSON.stringify(document)), is = unpack(carried(name));
    for (const key of Object.keys(was)) check(`packed: ${key} comes back`, alike(was[key], is[key]));
  }
  const damaged = (change) => { const one = carried(largeFile); change(one); try { unpack(one); return 'taken'; } catch (error) { return error.message; } };
  check('packed: a column that is too short is refused', damaged((one) => { one.document.ops.of.index.$steps.pop(); }).includes('damaged'));
  check('packed: no room is made for rows that are not there', damaged((one) => { one.document.ops.$rows = 1e12; }).includes('damaged'));
  check('packed: another form is refused', damaged((one) => { one.packed = 2; }).includes('form 2'));
  const most = makePage('most', synthetic(20000, { counted: 'all' }));
  check('size: 20,000 nodes of 200 inferences fit into 15 MB', statSync(most).size <= 15e6, statSync(most).size);
}

await launch();
for (const part of [packed, looks, overview, timeline, graph, groups, table, areas, memory, roofline, diff, numerics, speed, costs, counters, hands, whole, withoutScripts]) {
  try {
    await part();
  } catch (error) {
    check(`${part.name}: ran to its end`, false, String(error.stack ?? error).slice(0, 900));
  }
}
await end();
