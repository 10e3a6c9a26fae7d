#!/usr/bin/env node
// The modules that need no browser: figures, layout, grouping, matching.
import { duration, bytesText, medianInterval, roundTicks, signed, withInterval } from '../../reports/viewer/units.js';
import { foldColumns, layered } from '../../reports/viewer/layout.js';
import { matchProfiles } from '../../reports/viewer/matching.js';
import { Profile, readProfiles, scopeOf } from '../../reports/viewer/data.js';
import { buildGroups, openLargest, visibleItems } from '../../reports/viewer/grouping.js';
import { synthetic } from './synthetic.mjs';

let passed = 0, failed = 0;
function check(what, good, ...details) {
  if (good) passed++;
  else {
    failed++;
    console.log(`not ok - ${what} ${JSON.stringify(details)}`);
  }
}
const same = (what, is, should) => check(what, JSON.stringify(is) === JSON.stringify(should), is, should);

// The same texts as reports/units.c writes (tests/unit/reports/test_words.c).
for (const [ns, text] of [[0, '0 ns'], [7, '7 ns'], [999, '999 ns'], [1234, '1.23 µs'], [999999, '1.00 ms'], [4211000, '4.21 ms'], [61.5, '61.5 ns'], [1.5e10, '15.0 s']]) same(`duration of ${ns}`, duration(ns), text);
same('bytes', [bytesText(0), bytesText(512), bytesText(1412480)], ['0 B', '512 B', '1.41 MB']);
same('an interval', withInterval(4211000, 4100000, 4330000), { middle: '4.21 ms', interval: '[4.10–4.33]' });
same('a narrow interval has the digits to show it', withInterval(4211000, 4210000, 4212000), { middle: '4.211 ms', interval: '[4.210–4.212]' });
same('a minus is a minus', signed(-1500, duration), '−1.50 µs');
same('ticks are round', roundTicks(0, 3.2e6, 5), [0, 1e6, 2e6, 3e6]);
same('too few samples have no interval', medianInterval([1, 2, 3]), null);
same('the interval of a hundred', medianInterval(Array.from({ length: 100 }, (_, i) => i)), [39, 60]);

same('scopes', [scopeOf('a/b/c;d/e'), scopeOf('plain'), scopeOf('')], [['a', 'b'], ['(no scope)'], ['(no scope)']]);

// ---- layout ----

function checkLayout(what, nodes, edges, placed) {
  const acyclic = edges.every(([a, b]) => placed.nodes[a].rank < placed.nodes[b].rank);
  check(`${what}: edges go down`, acyclic);
  const byRank = new Map();
  placed.nodes.forEach((node, v) => byRank.set(node.rank, [...(byRank.get(node.rank) ?? []), [node.x, nodes[v].width]]));
  let apart = true;
  for (const list of byRank.values()) {
    list.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < list.length; i++) if (list[i][0] - list[i][1] / 2 < list[i - 1][0] + list[i - 1][1] / 2 - 1e-6) apart = false;
  }
  check(`${what}: no two boxes overlap`, apart);
  check(`${what}: all in the drawing`, placed.nodes.every((node, v) => node.x >= nodes[v].width / 2 - 1e-6 && node.x <= placed.width - nodes[v].width / 2 + 1e-6));
  check(`${what}: edges begin and end at their nodes`, edges.every(([a, b], e) => placed.edges[e][0][0] === placed.nodes[a].x && placed.edges[e].at(-1)[0] === placed.nodes[b].x));
}

const boxes = (n) => Array.from({ length: n }, () => ({ width: 100, height: 40 }));
checkLayout('a diamond', boxes(4), [[0, 1], [0, 2], [1, 3], [2, 3]], layered(boxes(4), [[0, 1], [0, 2], [1, 3], [2, 3]]));
const ladder = [];
for (let i = 0; i + 1 < 60; i++) { ladder.push([i, i + 1]); if (i % 3 === 0 && i + 4 < 60) ladder.push([i, i + 4]); if (i % 7 === 0 && i + 12 < 60) ladder.push([i, i + 12]); }
checkLayout('a ladder with long edges', boxes(60), ladder, layered(boxes(60), ladder));
const crossed = layered(boxes(6), [[0, 5], [1, 4], [2, 3]]);
const order = (a, b) => Math.sign(crossed.nodes[a].x - crossed.nodes[b].x);
check('crossings that need not be are undone', order(0, 1) === order(5, 4) && order(1, 2) === order(4, 3) && order(0, 2) === order(5, 3));
const straight = layered(boxes(5), [[0, 1], [1, 2], [2, 3], [3, 4]]);
check('a chain is straight', new Set(straight.nodes.map((node) => node.x)).size === 1);
const cyclic = layered(boxes(3), [[0, 1], [1, 2], [2, 0]]);
check('a cycle is drawn too', cyclic.nodes.length === 3 && cyclic.edges.every((path) => path.length >= 2));
same('nothing is nothing', layered([], []), { nodes: [], edges: [], width: 0, height: 0 });
const alone = layered(boxes(3), []);
check('nodes without edges stand beside each other', new Set(alone.nodes.map((node) => node.x)).size === 3);

const long = Array.from({ length: 99 }, (_, i) => [i, i + 1]);
const tall = layered(boxes(100), long);
const folded = foldColumns(tall, boxes(100), long, [1500, 900]);
check('a long chain is folded', folded.height <= 1000 && folded.width <= 1500 && folded.folded.filter(Boolean).length >= 5, folded.height, folded.width);
check('folded, no two boxes share a place', new Set(folded.nodes.map((node) => `${node.x},${node.y}`)).size === 100);
check('what fits stays as it is', foldColumns(straight, boxes(5), [], [500, 900]).height === straight.height);

// ---- documents ----

const profile = new Profile(synthetic(200), 0);
check('each covered node has its row', profile.nodes.every((node) => profile.rowOf(node)));
same('before and after', profile.neighboursOf(profile.nodeAt(0, 1)).before.map((node) => node.node), [0]);
for (const bad of [null, 3, [], { schema: 'x' }, { schema: 'tflbench.profile', version: 2 }]) {
  let refused = false;
  try { readProfiles(bad); } catch { refused = true; }
  check('what is no profile is refused', refused, bad);
}
const bare = readProfiles({ schema: 'tflbench.profile', version: 1 })[0];
same('a profile of nothing', [bare.rows.length, bare.nodes.length, bare.timed, Boolean(bare.headline.reason), bare.counterGaps], [0, 0, false, true, [{ what: 'Counters', names: [], reason: 'the profile has none' }]]);

// ---- groups ----

const many = new Profile(synthetic(3000), 0);
for (const by of ['scope', 'partition']) {
  const root = buildGroups(many, many.nodes, by);
  same(`groups by ${by} hold every node`, root.count, many.nodes.length);
  const open = openLargest(root, 140);
  const items = visibleItems(root, open);
  check(`groups by ${by}: few boxes`, items.length > 3 && items.length <= 200, items.length);
  same(`groups by ${by}: every node once`, new Set(items.flatMap((item) => item.nodes)).size, many.nodes.length);
}

// ---- matching ----

const steps = (list, samples) => ({ schema: 'tflbench.profile', version: 1, configuration: { model: 'm' }, model: { sha256: 'x', subgraphs: [{ subgraph: 0, nodes: [0, 1, 2, 3].map((node) => ({ node, op: 'ADD', inputs: [], outputs: [node] })), tensors: [] }] },
  ops: list.map(([covers, ns], index) => ({ index, kind: 'step', subgraph: 0, op: 'ADD', covers, self_median_ns: ns, median_ns: ns, samples_ns: samples ? Array.from({ length: 50 }, (_, i) => ns + (i % 5) - 2) : undefined })) });
const one = new Profile(steps([[[0, 1], 100], [[2], 50], [[3], 12]], true), 0);
const other = new Profile(steps([[[0], 70], [[1, 2], 90]], true), 1);
const { sets, byNumber } = matchProfiles(one, other);
check('the same model matches by number', byNumber);
same('overlapping steps are one set', sets.map((set) => [set.covers, set.a.ns, set.b.ns, set.kind]), [[[3], 12, undefined, 'vanished'], [[0, 1, 2], 150, 160, 'slower']]);
const unsure = matchProfiles(new Profile(steps([[[0], 100]], true), 0), new Profile(steps([[[0], 100]], true), 1)).sets[0];
same('no difference is not called one', [unsure.kind, unsure.delta], ['no difference seen', 0]);
const waiting = new Profile(steps([[[0], 100]], true), 1);
waiting.document.ops.push({ index: 1, kind: 'sync', op: 'wait for threads', parent: 0, subgraph: 0, covers: [0], self_median_ns: 7 });
const [joined] = matchProfiles(new Profile(steps([[[0], 100]], true), 0), new Profile(waiting.document, 1)).sets;
same('a wait is part of its step, not another fusion', [joined.b.ns, joined.b.rows.length, joined.fusion], [107, 2, false]);
check('without samples there is no interval', matchProfiles(new Profile(steps([[[0], 100]]), 0), new Profile(steps([[[0], 120]]), 1)).sets[0].interval === null);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
