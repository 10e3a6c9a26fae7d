// What the reader has chosen. It lives in the URL's fragment, so that a link or a reload shows the
// same; views listen and redraw. Keys whose value is the default are left out of the fragment.
const defaults = { view: '', profile: '0', sel: '', color: 'time', sort: '', q: '', group: '', at: '' };
const values = { ...defaults };
const listeners = new Set();
let pending = false;

export const state = new Proxy(values, {
  set() { throw new Error('use change()'); },
});

// View state that has no place among the common keys: "graph.scope".
export const stateOf = (key, otherwise = '') => values[key] ?? otherwise;

function readFragment() {
  const next = { ...defaults };
  for (const part of location.hash.slice(1).split('&')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    try {
      next[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1));
    } catch { /* not ours */ }
  }
  return next;
}

function writeFragment() {
  pending = false;
  const parts = Object.entries(values)
    .filter(([key, value]) => value !== (defaults[key] ?? ''))
    .map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2F', '/')}`);
  const target = parts.length ? `#${parts.join('&')}` : location.pathname + location.search;
  try {
    history.replaceState(null, '', target);
  } catch { /* a sandboxed frame may forbid it: the page works without */ }
}

export function change(changes) {
  const changed = new Set();
  for (const [key, value] of Object.entries(changes)) {
    const text = String(value ?? '');
    if ((values[key] ?? '') === text) continue;
    values[key] = text;
    changed.add(key);
  }
  if (!changed.size) return;
  if (!pending) {
    pending = true;
    queueMicrotask(writeFragment);
  }
  for (const listener of [...listeners]) listener(changed);
}

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// Where the fragment speaks of nothing of ours (a plain #anchor), nothing changes.
export function startState() {
  Object.assign(values, readFragment());
  addEventListener('hashchange', () => {
    if (location.hash.length > 1 && !location.hash.includes('=')) return;
    const next = readFragment();
    for (const key of Object.keys(values)) if (!(key in next)) next[key] = '';
    change(next);
  });
}
