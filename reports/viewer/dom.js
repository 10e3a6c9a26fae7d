// Making elements. Texts only ever become text nodes and attributes, never markup.
const SVG_NAMES = new Set(['svg', 'path', 'rect', 'line', 'circle', 'g', 'text', 'title', 'polyline']);

// h('button.quiet', { type: 'button', onclick: f }, 'Fit', icon)
export function h(what, attributes, ...children) {
  const [name, ...classes] = what.split('.');
  const svg = SVG_NAMES.has(name);
  const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  if (classes.length) element.setAttribute('class', classes.join(' '));
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'style') for (const [property, v] of Object.entries(value)) element.style.setProperty(property, v);
    else if (key === 'value' || key === 'checked' || key === 'selected') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  put(element, children);
  return element;
}

export function put(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

export function refill(element, ...children) {
  element.replaceChildren();
  return put(element, children);
}

// What is not known, with its reason: never a zero, never just a gap.
export const absent = (reason) => h('span.absent', { title: reason }, 'not available', h('small', null, reason));
export const nothing = (...words) => h('p.nothing', null, words);

// A labelled choice.
export function choice(label, options, value, onchange) {
  const select = h('select', { onchange: () => onchange(select.value) },
    options.map(([key, text, disabled]) => h('option', { value: key, disabled }, text)));
  select.value = value;
  return h('label.choice', null, h('span', null, label), select);
}

export function button(text, onclick, attributes) {
  return h('button', { type: 'button', onclick, ...attributes }, text);
}

// Two or three exclusive choices side by side.
export function switcher(label, options, value, onchange) {
  const buttons = options.map(([key, text]) => button(text, () => {
    for (const [i, one] of buttons.entries()) one.setAttribute('aria-pressed', options[i][0] === key);
    onchange(key);
  }, { 'aria-pressed': String(key === value) }));
  return h('div.switcher', { role: 'group', 'aria-label': label }, buttons);
}

const live = h('div.hidden', { 'aria-live': 'polite', id: 'live' });

// Says it to who listens rather than looks.
export function announce(text) {
  if (!live.isConnected) document.body.append(live);
  live.textContent = text;
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A local file may not be allowed to use the clipboard's interface.
    const area = h('textarea', { style: { position: 'fixed', top: '-99rem' }, value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function download(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = h('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

const csvCell = (value) => {
  let text = value === null || value === undefined ? '' : String(value);
  // No spreadsheet shall run a cell; numbers stay numbers.
  if (typeof value === 'string' && /^[=+\-@]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const toCsv = (rows) => rows.map((row) => row.map(csvCell).join(',')).join('\n') + '\n';

const markdownCell = (value) =>
  value === null || value === undefined ? '' : String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');

export function toMarkdown([head, ...rows], right = []) {
  const line = (cells) => `| ${cells.map(markdownCell).join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (right[i] ? '---:' : '---'))), ...rows.map(line)].join('\n') + '\n';
}
