#!/usr/bin/env node
// How a page of 20,000 nodes compares with one of 1,000: opening, and in each view sorting, zooming
// and selecting, from the action to the frame that shows it. Both pages take turns; medians and their
// ratio are printed, and the exit status is 1 where a ratio is above its bound. Never part of `check`.
//
//   node bench_page.mjs [ROUNDS]
import { statSync } from 'node:fs';
import { end, launch, makePage, open } from './harness.mjs';
import { synthetic } from './synthetic.mjs';

const ROUNDS = Number(process.argv[2] ?? 9);
const SIZES = [1000, 20000];
const BOUNDS = { open: 12, other: 3 };

const pages = new Map(SIZES.map((count) => [count, makePage(`nodes-${count}`, synthetic(count))]));
const times = new Map();
const note = (what, count, ms) => {
  if (!times.has(what)) times.set(what, new Map(SIZES.map((one) => [one, []])));
  times.get(what).get(count).push(ms);
};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

// Runs an action in the page and waits for the frame after it: milliseconds.
const timed = (page, action, ...values) => page.evaluate(async ([source, args]) => {
  const shown = () => new Promise((done) => { requestAnimationFrame(() => { setTimeout(done, 0); }); });
  await shown();
  const start = performance.now();
  (0, eval)(`(${source})`)(...args);
  await shown();
  return performance.now() - start;
}, [action.toString(), values]);

const press = (page, key) => timed(page, (name) => document.querySelector('.stage canvas').dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true })), key);
const click = (page, selector) => timed(page, (name) => document.querySelector(name).click(), selector);

async function round(count) {
  const { page, finish } = await open('/dev/null', { bypassCSP: true });
  const start = performance.now();
  await page.goto(`file://${pages.get(count)}`, { waitUntil: 'commit' });
  await page.waitForSelector('[data-ready]', { state: 'attached' });
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => setTimeout(done, 0)); }));
  note('open', count, performance.now() - start);
  note('open: graph', count, await click(page, '#tab-graph'));
  note('open: timeline', count, await click(page, '#tab-timeline'));
  note('open: treemap', count, await click(page, '#tab-treemap'));
  note('open: memory', count, await click(page, '#tab-memory'));
  note('open: table', count, await click(page, '#tab-table'));
  for (const key of ['type', 'name', 'share', 'position']) note(`table: sort by ${key}`, count, await click(page, `.grid-head [data-key=${key}]`));
  note('table: select', count, await click(page, '.grid-body .grid-row:nth-child(3)'));
  await click(page, '#tab-timeline');
  note('timeline: zoom in', count, await press(page, 'w'));
  note('timeline: zoom to all', count, await press(page, 'f'));
  note('timeline: select', count, await press(page, 'ArrowRight'));
  await click(page, '#tab-graph');
  note('graph: zoom in', count, await press(page, '+'));
  note('graph: zoom to all', count, await press(page, 'f'));
  await press(page, 'Home');
  note('graph: select', count, await press(page, 'ArrowDown'));
  await click(page, '#tab-treemap');
  note('treemap: select', count, await press(page, 'ArrowRight'));
  await click(page, '#tab-memory');
  note('memory: zoom in', count, await press(page, 'w'));
  note('memory: select', count, await press(page, 'ArrowRight'));
  await finish(`${count} nodes`);
}

await launch();
for (let i = 0; i < ROUNDS; i++) for (const count of i % 2 ? [...SIZES].reverse() : SIZES) await round(count);

console.log(`${ROUNDS} rounds; pages of ${SIZES.map((count) => `${(statSync(pages.get(count)).size / 1e6).toFixed(1)} MB`).join(' and ')}`);
console.log(`${'median ms'.padEnd(26)}${SIZES.map((count) => String(count).padStart(9)).join('')}    ratio  bound`);
let above = 0;
for (const [what, both] of times) {
  const [small, large] = SIZES.map((count) => median(both.get(count)));
  // What a tab opens is part of opening; what a reader does again and again has the other bound.
  const bound = what.startsWith('open') ? BOUNDS.open : BOUNDS.other;
  const ratio = large / small;
  if (ratio > bound) above++;
  console.log(`${what.padEnd(26)}${small.toFixed(1).padStart(9)}${large.toFixed(1).padStart(9)}${ratio.toFixed(2).padStart(9)}${String(bound).padStart(7)}${ratio > bound ? '  above' : ''}`);
}
await end();
process.exitCode = above ? 1 : 0;
