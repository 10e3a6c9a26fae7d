// Figures as people read them: the same rules as reports/units.c, so that page and terminal agree.
const UNIT_STEPS = {
  ns: [[1, 'ns'], [1e3, 'µs'], [1e6, 'ms'], [1e9, 's']],
  bytes: [[1, 'B'], [1e3, 'kB'], [1e6, 'MB'], [1e9, 'GB'], [1e12, 'TB']],
  count: [[1, ''], [1e3, 'k'], [1e6, 'M'], [1e9, 'G'], [1e12, 'T']],
  khz: [[1, 'kHz'], [1e3, 'MHz'], [1e6, 'GHz']],
  uj: [[1e-3, 'nJ'], [1, 'µJ'], [1e3, 'mJ'], [1e6, 'J']],
};

// Decimals that show `digits` significant digits of a value.
function decimalsFor(value, digits) {
  const size = Math.abs(value);
  const slack = 1 - 0.5 * 10 ** -digits; // what rounds up to the next power of ten
  let decimals = digits - 1;
  for (let edge = 10; decimals > 0 && size >= edge * slack; edge *= 10) decimals--;
  for (let edge = 1; size > 0 && size < edge * slack && decimals < 12; edge /= 10) decimals++;
  return decimals;
}

// The largest step that leaves at least 1 after rounding to three digits.
function stepFor(steps, value) {
  let chosen = steps[0];
  for (const step of steps) if (Math.abs(value) >= step[0] * 0.9995) chosen = step;
  return chosen;
}

function formatSteps(steps, value) {
  const [size, name] = stepFor(steps, value);
  const scaled = value / size;
  const decimals = scaled === Math.floor(scaled) && size <= 1 ? 0 : decimalsFor(scaled, 3);
  return `${scaled.toFixed(decimals)}${name ? ' ' : ''}${name}`;
}

export const duration = (ns) => formatSteps(UNIT_STEPS.ns, ns);
export const bytesText = (bytes) => formatSteps(UNIT_STEPS.bytes, bytes);
export const countText = (count) => formatSteps(UNIT_STEPS.count, count);
export const percent = (part, digits = 1) => `${(100 * part).toFixed(digits)} %`;
export const ratioText = (ratio) => `${ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0)}×`;
export const whole = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
export const plural = (n, word, words = `${word}s`) => `${whole(n)} ${n === 1 ? word : words}`;

// "4.21 ms [4.10–4.33]": both ends in the unit and with the digits of the middle, or more where
// the interval would seem empty.
export function withInterval(ns, low, high) {
  const [size, name] = stepFor(UNIT_STEPS.ns, ns);
  const scaled = ns / size;
  let decimals = size <= 1 && scaled === Math.floor(scaled) ? 0 : decimalsFor(scaled, 3);
  const most = decimalsFor(scaled, 5);
  const width = (high - low) / size;
  while (decimals < most && width > 0 && width * 10 ** decimals < 1) decimals++;
  const fixed = (value) => (value / size).toFixed(decimals);
  return { middle: `${fixed(ns)} ${name}`, interval: `[${fixed(low)}–${fixed(high)}]` };
}

// A change: always signed, with a true minus.
export function signed(value, format) {
  if (value === 0) return format(0);
  return `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;
}

// A figure by the unit its record names.
export function figureText(value, unit) {
  if (UNIT_STEPS[unit]) return formatSteps(UNIT_STEPS[unit], value);
  if (unit === 'celsius') return `${value.toFixed(1)} °C`;
  if (unit === 'ratio') return percent(value);
  const plain = Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(2) : String(Number(value.toPrecision(6)));
  return unit ? `${plain} ${unit}` : plain;
}

export const scientific = (value) => {
  if (value === 0) return '0';
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4
    ? String(Number(value.toPrecision(3))) : value.toExponential(1).replace('-', '−');
};

// At most `most` round values from low to high, for an axis.
export function roundTicks(low, high, most) {
  if (!(high > low)) return [low];
  const raw = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((k) => k * power >= raw) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

// A tick is round: "5.00 ms" is "5 ms".
export const roundText = (text) => text.replace(/\.0+(?= |$)/, '').replace(/(\.\d*?[1-9])0+(?= |$)/, '$1');

export function medianOf(sorted) {
  const n = sorted.length;
  return n % 2 ? sorted[n >> 1] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

export function quantileOf(sorted, p) {
  const at = p * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

// The 95 % interval of a median from order statistics; null where there are too few samples.
export function medianInterval(sorted) {
  const n = sorted.length;
  if (n < 6) return null;
  const half = 0.98 * Math.sqrt(n);
  const low = Math.max(0, Math.floor(n / 2 - half) - 1);
  const high = Math.min(n - 1, Math.ceil(n / 2 + half));
  return [sorted[low], sorted[high]];
}
