#!/usr/bin/env node
// Pages of real runs: what they show is what the database holds, and a report carries the profiles
// of its results.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, end, fits, launch, open, same, scratch, settle, shot, tflbench } from './harness.mjs';
import { bytesText, duration } from '../../reports/viewer/units.js';

const db = join(scratch, 'runs.sqlite');
const query = (sql) => JSON.parse(execFileSync('sqlite3', ['-json', '-readonly', db, sql], { encoding: 'utf8', maxBuffer: 1 << 27 }) || '[]');
const median = (list) => { const s = [...list].sort((a, b) => a - b); return s.length % 2 ? s[s.length >> 1] : (s[s.length / 2 - 1] + s[s.length / 2]) / 2; };

tflbench('zoo', 'ds_cnn', '-o', scratch);
const models = ['float32', 'int8'].map((type) => execFileSync('ls', [scratch], { encoding: 'utf8' }).split('\n').find((name) => name.includes(type) && name.endsWith('.tflite')));
const page = join(scratch, 'profile.html'), report = join(scratch, 'report.html');
const quick = ['--min-seconds', '0.2', '--max-seconds', '2', '--warmup-seconds', '0.05', '--db', db, '-q'];
tflbench('profile', join(scratch, models[0]), '--delegate', 'cpu,reference', ...quick, '-o', page);
tflbench('report', '--db', db, '-o', report);

const processes = query('SELECT p.id, p.profiled, c.delegate, c.threads FROM process p JOIN configuration c ON c.id = p.configuration_id WHERE p.status = \'ok\'');
const of = (delegate, profiled) => processes.filter((one) => one.delegate === delegate && one.profiled === profiled).map((one) => one.id);

async function profilePage(delegate, index) {
  const { page: tab, finish } = await open(page, { hash: `profile=${index}` });
  const what = `profile of ${delegate}`;
  const samples = query(`SELECT latency_ns FROM sample WHERE process_id IN (${of(delegate, 0)})`).map((one) => one.latency_ns);
  const headline = await tab.locator('.headline').innerText();
  check(`${what}: the headline is the median of the stored samples`, headline.startsWith(duration(median(samples))), { headline, samples: samples.length });
  const facts = (await tab.locator('.verdict .facts').innerText()).replace(/\s/g, '');
  check(`${what}: the samples are counted`, facts.includes(`${samples.length}sample`), facts);
  const budget = await tab.locator('.budget-table td[data-ns]').evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.ns)));
  same(`${what}: the parts of the budget add up`, budget.slice(0, -1).reduce((a, b) => a + b, 0), budget.at(-1));

  await tab.click('#tab-table');
  await tab.selectOption('.table-view .choice >> nth=0 >> select', 'tflite');
  await tab.click('.grid-head [data-key=position]');
  await settle(tab);
  const [process] = of(delegate, 1);
  const times = query(`SELECT o.idx, o.op, t.first_ns, t.min_ns, t.max_ns FROM op_time t JOIN process p ON p.id = t.process_id JOIN op o ON o.plan_id = p.plan_id AND o.idx = t.op_idx WHERE t.process_id = ${process} ORDER BY o.idx`);
  check(`${what}: there are times in the database`, times.length > 5, times.length);
  const rows = await tab.locator('.grid-body .grid-row').evaluateAll((list) => list.map((row) => [...row.cells ?? row.children].map((cell) => cell.textContent)));
  same(`${what}: a row for each op that was timed`, await tab.getAttribute('.grid', 'aria-rowcount'), String(times.length + 1));
  const asShown = ({ first_ns: first, min_ns: min, max_ns: max }) => [duration(first), duration(min), duration(max)];
  same(`${what}: first, least and most of each op`, rows.map((row) => [row[2], row[4], row[5]]), times.slice(0, rows.length).map(asShown));
  await tab.click('#tab-memory');
  const [arena] = query(`SELECT value FROM figure WHERE metric = 'arena_bytes' AND process_id = ${of(delegate, 0)[0]} LIMIT 1`);
  check(`${what}: the arena`, (await tab.locator('.memory-view').innerText()).includes(bytesText(arena.value)));
  await shot(tab, `real-memory-${delegate}`);
  for (const view of ['timeline', 'graph', 'treemap', 'roofline']) {
    await tab.click(`#tab-${view}`);
    await settle(tab);
    await fits(tab, `${what}, ${view}`);
    await shot(tab, `real-${view}-${delegate}`);
  }
  await finish(what);
}

async function wholeReport() {
  for (const [size, theme] of [['desktop', 'light'], ['phone', 'dark']]) {
    const { page: tab, finish } = await open(report, { size, theme });
    const what = `report, ${size}, ${theme}`;
    same(`${what}: its own part comes first`, await tab.getAttribute('#tab-results', 'aria-selected'), 'true');
    check(`${what}: the sentence`, await tab.locator('.lead h1').isVisible());
    await fits(tab, what);
    await accessible(tab, what);
    await shot(tab, `report-results-${size}-${theme}`, true);
    await tab.evaluate(() => { for (const part of document.querySelectorAll('details')) part.open = true; });
    const links = tab.locator('a', { hasText: 'Where the time goes' });
    same(`${what}: every profiled result leads to its profile`, await links.count(), 2);
    await links.nth(1).click();
    await settle(tab);
    const subject = await tab.locator('.verdict .subject').innerText();
    check(`${what}: the link shows that profile`, subject.includes(await tab.locator('.app-tools select option:checked').innerText()), subject);
    await accessible(tab, `${what}, profile`);
    await shot(tab, `report-profile-${size}-${theme}`);
    await finish(what);
  }
  const noScripts = await open(report, { javaScriptEnabled: false });
  check('report without scripts: reads as before', await noScripts.page.locator('.lead h1').isVisible());
  await noScripts.finish('report without scripts');
}

await launch();
check('the page of a small model is small', statSync(page).size < 1e6, statSync(page).size);
// As many nodes, inferences and figures as the full-sized one, in less time.
tflbench('zoo', 'mobilenet_v1', '--precision', 'float32', '--width', '0.25', '--resolution', '96', '-o', scratch);
const mobilenet = readdirSync(scratch).find((name) => name.startsWith('mobilenet'));
tflbench('profile', join(scratch, mobilenet), '--delegate', 'cpu,reference', '--min-seconds', '1', '--max-seconds', '4', '--warmup-seconds', '0.05', '--db', join(scratch, 'mobilenet.sqlite'), '-q', '-o', join(scratch, 'mobilenet.html'));
check('the page of MobileNet is at most 1.5 MB', statSync(join(scratch, 'mobilenet.html')).size <= 1.5e6, statSync(join(scratch, 'mobilenet.html')).size);
const order = (await (async () => { const { page: tab, finish } = await open(page); const labels = await tab.locator('.app-tools option').allInnerTexts(); await finish('profiles'); return labels; })()).map((label) => label.split(',')[0]);
same('both configurations are on the page', [...order].sort(), ['cpu', 'reference']);
for (const part of [...order.map((delegate, index) => () => profilePage(delegate, index)), wholeReport]) {
  try {
    await part();
  } catch (error) {
    check('a part ran to its end', false, String(error.stack ?? error).slice(0, 900));
  }
}
await end();
