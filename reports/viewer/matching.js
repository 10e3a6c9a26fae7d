// Two profiles side by side: sets of rows that are about the same nodes. Fusion differs between
// plans, so a set may hold one step here and three nodes there; it is compared as a whole.
import { medianInterval, medianOf } from './units.js';
import { known } from './data.js';

// What a node is called in both: its number where both run the same model, else its output's name.
function keysOf(profile, row, byNumber) {
  if (row.kind === 'kernel') return [`kernel of ${row.delegate || row.type}`];
  if (!row.covers.length) return [`${row.kind} ${row.type} ${row.name}`];
  if (byNumber) return row.covers.map((number) => `${row.subgraph}.${number}`);
  const names = row.covers.map((number) => profile.nodeAt(row.subgraph, number)).map((node) => node && profile.nameOf(node)).filter(Boolean);
  return names.length ? names.map((name) => `name ${name}`) : [`name ${row.name}`];
}

const sameModel = (a, b) => {
  const [one, other] = [a.document.model, b.document.model];
  if (one?.sha256 && other?.sha256) return one.sha256 === other.sha256;
  return a.modelName === b.modelName && a.nodes.length === b.nodes.length;
};

// Single inferences of all rows of a set together, or null where not all have the same number.
function sumSamples(rows) {
  const length = rows[0]?.op.samples_ns?.length ?? 0;
  if (length < 6 || rows.some((row) => row.op.samples_ns?.length !== length || row.kind === 'kernel')) return null;
  return Array.from({ length }, (_, i) => rows.reduce((sum, row) => sum + row.op.samples_ns[i], 0)).sort((x, y) => x - y);
}

function side(rows) {
  const timed = rows.filter((row) => known(row.ns));
  if (!timed.length) return { rows, ns: undefined };
  const samples = sumSamples(timed);
  // An interval is around the median of the sums; the figure is the sum of the medians, which adds up.
  const ns = timed.reduce((sum, row) => sum + row.ns, 0);
  const interval = samples && medianInterval(samples);
  const middle = samples && medianOf(samples);
  return { rows, ns, low: interval ? ns + Math.min(0, interval[0] - middle) : undefined, high: interval ? ns + Math.max(0, interval[1] - middle) : undefined };
}

// The interval of a difference from those of its two sides (MOVER, Zou and Donner 2008).
export function differenceInterval(a, b) {
  if (!known(a.low) || !known(b.low)) return null;
  const delta = b.ns - a.ns;
  return [delta - Math.hypot(b.ns - b.low, a.high - a.ns), delta + Math.hypot(b.high - b.ns, a.ns - a.low)];
}

// Waits for other threads are part of a set's time, and no other way to fuse it.
const countWork = (rows) => rows.filter((row) => row.kind !== 'sync' && row.kind !== 'copy').length;

export function matchProfiles(a, b) {
  const byNumber = sameModel(a, b);
  const parent = [];
  const find = (i) => { while (parent[i] !== i) i = parent[i] = parent[parent[i]]; return i; };
  const ofKey = new Map();
  const entries = [];
  for (const [profile, which] of [[a, 0], [b, 1]]) {
    for (const row of profile.rows) {
      const own = entries.length;
      entries.push({ row, which });
      parent.push(own);
      for (const key of keysOf(profile, row, byNumber)) {
        if (ofKey.has(key)) parent[find(own)] = find(ofKey.get(key));
        else ofKey.set(key, own);
      }
    }
  }
  const sets = new Map();
  entries.forEach(({ row, which }, i) => {
    const root = find(i);
    if (!sets.has(root)) sets.set(root, [[], []]);
    sets.get(root)[which].push(row);
  });
  const list = [];
  for (const [ra, rb] of sets.values()) {
    const [one, other] = [side(ra), side(rb)];
    if (!known(one.ns) && !known(other.ns)) continue;
    const interval = known(one.ns) && known(other.ns) ? differenceInterval(one, other) : null;
    const delta = (other.ns ?? 0) - (one.ns ?? 0);
    const kind = !ra.length ? 'appeared' : !rb.length ? 'vanished' : interval && interval[0] <= 0 && interval[1] >= 0 ? 'no difference seen' : delta < 0 ? 'faster' : delta > 0 ? 'slower' : 'no difference seen';
    const covers = new Set([...ra, ...rb].flatMap((row) => row.covers));
    list.push({ a: one, b: other, delta, interval, kind, covers: [...covers].sort((x, y) => x - y), fusion: countWork(ra) !== countWork(rb) && ra.length > 0 && rb.length > 0 });
  }
  return { sets: list.sort((x, y) => Math.abs(y.delta) - Math.abs(x.delta)), byNumber };
}
