// Colours of data. Categories follow Okabe and Ito's order of hues, which people with any common
// colour blindness tell apart; ramps change their lightness steadily, so that they also read in
// grey. Both come in a light and a dark set. Text on them is chosen by contrast.
const SETS = {
  light: {
    categories: ['#0b66a8', '#c25700', '#007a5a', '#a8437f', '#8a6d00', '#3f88c5', '#6b4ba1', '#5b6672'],
    ramp: ['#f3ede2', '#f6d9a0', '#efb055', '#dc7a2c', '#b5441d', '#7c1d12'],
    less: '#0b66a8', more: '#c25700', none: '#e6e2db',
    ink: '#1b1f24', soft: '#5a626c', line: '#e0dcd5', paper: '#fbfaf8', card: '#ffffff', wash: '#f1efeb', accent: '#1f5fbf',
  },
  dark: {
    categories: ['#63b3f2', '#f29544', '#3ccfa0', '#e58cc0', '#e0c341', '#9ccbf5', '#b39ae8', '#a3adb8'],
    ramp: ['#23282d', '#4a2f22', '#86431f', '#c9682a', '#f0a04b', '#ffe0a3'],
    less: '#63b3f2', more: '#f29544', none: '#2d3238',
    ink: '#e8e6e1', soft: '#a0a8b1', line: '#33393f', paper: '#131619', card: '#1a1e22', wash: '#22272c', accent: '#8db8ff',
  },
};

const darkQuery = matchMedia('(prefers-color-scheme: dark)');
const rootElement = document.documentElement;
const themeListeners = new Set();
let printing = false;

// Asked for every rectangle of a drawing: found once after each change.
let themeNow = null;
export const theme = () => (themeNow ??= printing ? 'light' : rootElement.dataset.theme ?? (darkQuery.matches ? 'dark' : 'light'));
export const palette = () => SETS[theme()];
export const onTheme = (listener) => themeListeners.add(listener);
const tellTheme = () => { themeNow = null; for (const listener of themeListeners) listener(); };
darkQuery.addEventListener('change', tellTheme);
// Paper is light.
addEventListener('beforeprint', () => { printing = true; tellTheme(); });
addEventListener('afterprint', () => { printing = false; tellTheme(); });

// A browser may forbid storage to local files: the choice then lasts as long as the page.
export function startTheme(toggle) {
  try {
    const kept = localStorage.getItem('tflbench-theme');
    if (kept) rootElement.dataset.theme = kept;
  } catch { /* not kept */ }
  themeNow = null;
  toggle.addEventListener('click', () => {
    rootElement.dataset.theme = theme() === 'dark' ? 'light' : 'dark';
    try { localStorage.setItem('tflbench-theme', rootElement.dataset.theme); } catch { /* not kept */ }
    tellTheme();
  });
}

const parseHex = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function mix(a, b, t) {
  const [x, y] = [parseHex(a), parseHex(b)];
  return `#${x.map((v, i) => Math.round(v + (y[i] - v) * t).toString(16).padStart(2, '0')).join('')}`;
}

// 64 steps are more than the eye tells apart, and need no parsing while drawing.
const rampCache = new Map();
function rampSteps(stops) {
  const key = stops.join();
  if (!rampCache.has(key)) {
    rampCache.set(key, Array.from({ length: 64 }, (_, i) => {
      const at = (i / 63) * (stops.length - 1);
      const low = Math.min(Math.floor(at), stops.length - 2);
      return mix(stops[low], stops[low + 1], at - low);
    }));
  }
  return rampCache.get(key);
}

export const rampColour = (t) => rampSteps(palette().ramp)[Math.max(0, Math.min(63, Math.round(t * 63)))];

// From "less" over nothing to "more": t from -1 to 1.
export function divergingColour(t) {
  const set = palette();
  const middle = theme() === 'dark' ? '#3a4046' : '#ebe7df';
  return mix(middle, t < 0 ? set.less : set.more, Math.min(1, Math.abs(t)));
}

function luminance(hex) {
  const [r, g, b] = parseHex(hex).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const inkCache = new Map();
export function inkOn(hex) {
  if (!inkCache.has(hex)) inkCache.set(hex, luminance(hex) > 0.22 ? '#14181c' : '#ffffff');
  return inkCache.get(hex);
}

// Names get the palette's colours by weight, the heaviest first; all beyond the palette share the last.
export function categoryIndex(weights) {
  const names = [...weights.entries()].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return new Map(names.map(([name], i) => [name, Math.min(i, 7)]));
}

export const categoryColour = (index) => palette().categories[index ?? 7];
