// The profile part of the page: tabs, the panel of the selection, keys for the whole, what is
// dropped on it, and what is copied from it.
import { h, put, refill, button, choice, copyText, download, announce, absent } from './dom.js';
import { startState, state, change, onChange } from './state.js';
import { startTheme } from './colour.js';
import { duration, percent, plural } from './units.js';
import { readProfiles } from './data.js';
import { hideTip } from './stage.js';
import { startStatic } from './static.js';
import { describeSelection } from './panel.js';
import { makeOverview } from './overview.js';
import { makeTimeline } from './timeline.js';
import { makeGraph } from './graph.js';
import { makeTable } from './table.js';
import { makeTreemap } from './treemap.js';
import { makeMemory } from './memory.js';
import { makeRoofline } from './roofline.js';
import { makeDiff, readFile } from './diff.js';
import { makeNumerics } from './numerics.js';

const VIEWS = [
  ['overview', 'Overview', makeOverview], ['timeline', 'Timeline', makeTimeline], ['graph', 'Graph', makeGraph], ['table', 'Table', makeTable],
  ['treemap', 'Treemap', makeTreemap], ['memory', 'Memory', makeMemory], ['roofline', 'Roofline', makeRoofline], ['diff', 'Diff', makeDiff], ['numerics', 'Numerics', makeNumerics],
];

class App {
  constructor(profiles, results, speedFigure) {
    this.profiles = profiles;
    this.speedFigure = speedFigure; // a drawing of the whole run, made with the page; or null
    this.made = new Map();
    this.results = results; // a report's own part, shown as the first tab; null where there is none
    this.views = results ? [['results', 'Results', null], ...VIEWS] : VIEWS;
    this.tabs = this.views.map(([key, label], i) => h('button.tab', { type: 'button', role: 'tab', id: `tab-${key}`, 'aria-controls': 'view', tabindex: '-1', onclick: () => this.open(key), title: i < 9 ? `Key ${i + 1}` : undefined }, label));
    this.tabList = h('div.tabs', { role: 'tablist', 'aria-label': 'Views', onkeydown: (event) => this.tabKey(event) }, this.tabs);
    this.picker = profiles.length > 1 ? choice('Profile', profiles.map((one) => [String(one.number), profiles.every((other) => other.modelName === one.modelName) ? one.label : `${one.modelName}, ${one.label}`]), '0', (value) => change({ profile: value, sel: '' })) : null;
    this.copyBar = h('div.actions', null,
      this.markdownButton = button('Copy as Markdown', () => this.copy('markdown')), this.csvButton = button('Copy as CSV', () => this.copy('csv')), this.pngButton = button('Save as PNG', () => this.save()));
    this.host = h('div.view-host');
    this.panel = h('aside.panel', { 'aria-labelledby': 'panel-title', tabindex: '-1' });
    this.panel.hidden = true;
    this.help = this.makeHelp();
    this.main = h('div.work', { role: 'tabpanel', id: 'view', tabindex: '-1' }, this.host, this.panel);
    this.element = h('div.app', null, h('div.app-bar', null, this.tabList, h('div.app-tools', null, this.picker, this.copyBar, button('?', () => this.help.showModal(), { 'aria-label': 'Keys', class: 'round' }))), this.main, this.help);
    onChange((changed) => this.update(changed));
    document.addEventListener('keydown', (event) => this.key(event));
    this.takeDrops();
  }

  makeHelp() {
    const keys = [['1 to 9', 'views'], ['/', 'search'], ['Esc', 'clear the selection'], ['W S, + −', 'zoom in and out'], ['A D', 'pan'], ['F, 0', 'show all'], ['Arrows', 'walk through operators'], ['M', 'zoom to the selection (timeline)'], ['[ ]', 'inference before, after (timeline)'], ['Enter, Backspace', 'into a group and out'], ['?', 'this list']];
    const dialog = h('dialog.help', { 'aria-label': 'Keys' }, h('h2', null, 'Keys'), h('dl', null, keys.map(([key, what]) => h('div', null, h('dt', null, h('kbd', null, key)), h('dd', null, what)))), button('Close', () => dialog.close()));
    return dialog;
  }

  get profile() { return this.profiles[Number(state.profile)] ?? this.profiles[0]; }
  get viewKey() { return this.views.some(([key]) => key === state.view) ? state.view : this.views[0][0]; }

  // What is selected: a row, and a node where one was chosen by itself; or a group of the graph.
  selection() {
    const text = state.sel;
    if (!text) return {};
    if (text[0] === 'g') return { group: text };
    if (text[0] === 'n') {
      const [subgraph, number] = text.slice(1).split('.').map(Number);
      const node = this.profile.nodeAt(subgraph, number);
      return node ? { node, row: this.profile.rowOf(node) } : {};
    }
    const row = this.profile.rows[Number(text)];
    return row ? { row } : {};
  }

  select(thing) {
    hideTip();
    if (!thing) change({ sel: '' });
    else if (thing.group) change({ sel: thing.group });
    else if (thing.op && typeof thing.op === 'object') change({ sel: String(thing.i) });
    else change({ sel: `n${thing.subgraph}.${thing.node}` });
  }

  start() {
    this.showView();
    this.showPanel();
  }

  view(key) {
    const id = `${this.profile.number}.${key}`;
    if (!this.made.has(id)) {
      const make = this.views.find(([name]) => name === key)[2];
      this.made.set(id, make ? make({ profile: this.profile, profiles: this.profiles, speedFigure: this.speedFigure, select: (thing) => this.select(thing), selection: () => this.selection() })
        : { element: this.results, show() {}, update() {} });
    }
    return this.made.get(id);
  }

  open(key) { change({ view: key === this.views[0][0] ? '' : key }); }

  showView() {
    const key = this.viewKey;
    const view = this.view(key);
    if (this.shown !== view) {
      this.shown = view;
      this.host.replaceChildren(view.element);
    }
    this.element.dataset.view = key;
    document.documentElement.dataset.view = key;
    this.tabs.forEach((tab, i) => {
      const current = this.views[i][0] === key;
      tab.setAttribute('aria-selected', String(current));
      tab.tabIndex = current ? 0 : -1;
      if (current) tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
    this.main.setAttribute('aria-labelledby', `tab-${key}`);
    this.markdownButton.hidden = !view.markdown;
    this.csvButton.hidden = !view.csv;
    this.pngButton.hidden = !view.picture;
    view.show();
  }

  showPanel() {
    const { row, node, group } = this.selection();
    const described = group ? this.view('graph').describeGroup?.(group) : null;
    const was = this.panel.hidden;
    if ((!row && !node && !described) || this.viewKey === 'results') {
      this.panel.hidden = true;
      refill(this.panel);
    } else {
      const close = button('×', () => { this.select(null); this.shown.stage?.focus(); }, { class: 'round close', 'aria-label': 'Close the panel' });
      const go = h('div.panel-links', null, [['timeline', 'Timeline'], ['graph', 'Graph'], ['table', 'Table']].filter(([key]) => key !== this.viewKey).map(([key, label]) => button(`In the ${label.toLowerCase()}`, () => this.open(key), { class: 'link' })));
      refill(this.panel, close, described ? this.groupPanel(described) : describeSelection(this.profile, { row, node }, (thing) => this.select(thing)), described ? null : go);
      this.panel.hidden = false;
      this.panel.scrollTop = 0;
    }
    if (was !== this.panel.hidden) this.shown.stage?.resize();
  }

  groupPanel(group) {
    const slow = [...group.rows].filter((row) => row.ns !== undefined).sort((a, b) => b.ns - a.ns).slice(0, 8);
    return [h('header', null, h('p.kicker', null, plural(group.nodes.length, 'node')), h('h2', { id: 'panel-title' }, group.title), h('p.panel-name', null, group.path)),
      this.profile.timed ? h('p.big', null, duration(group.ns), h('small', null, this.profile.totalNs ? `${percent(group.ns / this.profile.totalNs)} of all operators` : '')) : absent('no process of this configuration was profiled'),
      button('Open the group', group.open),
      slow.length ? h('section', null, h('h3', null, 'Slowest in it'), h('ul.tensors', null, slow.map((row) => h('li', null, button(`${row.type} ${row.covers.slice(0, 3).join(', ')}`, () => this.select(row), { class: 'link' }), h('small', null, duration(row.ns)))))) : null];
  }

  update(changed) {
    if (changed.has('profile') && this.picker) this.picker.querySelector('select').value = String(this.profile.number);
    if (changed.has('view') || changed.has('profile')) {
      this.showView();
      this.showPanel();
      if (changed.size === 1) return;
    }
    if (changed.has('sel') && !changed.has('view')) this.showPanel();
    this.shown.update(changed);
  }

  tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -100, End: 100 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.views.findIndex(([key]) => key === this.viewKey);
    const last = this.views.length - 1;
    const next = Math.abs(step) > 1 ? (step < 0 ? 0 : last) : (at + step + last + 1) % (last + 1);
    this.open(this.views[next][0]);
    this.tabs[next].focus();
  }

  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== 'file';
    if (event.key === 'Escape') {
      hideTip();
      if (typing) event.target.blur();
      else if (state.sel) this.select(null);
      else if (state.q) change({ q: '' });
      return;
    }
    if (typing || this.help.open) return;
    const number = Number(event.key);
    if (number >= 1 && number <= this.views.length) {
      event.preventDefault();
      this.open(this.views[number - 1][0]);
      (this.shown.stage ?? { focus() {} }).focus();
    } else if (event.key === '/') {
      event.preventDefault();
      if (!this.shown.focusSearch) this.open('table');
      this.shown.focusSearch?.();
    } else if (event.key === '?') this.help.showModal();
  }

  takeDrops() {
    addEventListener('dragover', (event) => { if ([...event.dataTransfer.types].includes('Files')) { event.preventDefault(); document.documentElement.classList.add('dropping'); } });
    addEventListener('dragleave', (event) => { if (!event.relatedTarget) document.documentElement.classList.remove('dropping'); });
    addEventListener('drop', async (event) => {
      document.documentElement.classList.remove('dropping');
      const [file] = event.dataTransfer.files;
      if (!file) return;
      event.preventDefault();
      this.open('diff');
      await this.shown.load(file);
    });
  }

  async copy(kind) {
    const done = await copyText(this.shown[kind]());
    const which = kind === 'csv' ? this.csvButton : this.markdownButton;
    const text = which.textContent;
    which.textContent = done ? 'Copied' : 'Not allowed here';
    announce(which.textContent);
    setTimeout(() => { which.textContent = text; }, 1500);
  }

  async save() {
    const name = `${this.profile.modelName}-${this.viewKey}.png`.replace(/[^\w.-]+/g, '_');
    download(name, await this.shown.picture());
  }
}

function mountProfiles() {
  const data = document.getElementById('tflbench-profile');
  const place = document.getElementById('app');
  if (!data || !place) return;
  let profiles;
  try {
    profiles = readProfiles(JSON.parse(data.textContent));
  } catch (error) {
    put(place, [h('p.nothing', null, `The profile in this page cannot be shown: ${error.message}.`)]);
    return;
  }
  startState();
  // A profile's page has its overview in plain HTML for readers without scripts; here it is drawn
  // from the data. A report keeps its own part as the first tab.
  const fallback = document.getElementById('plain');
  const speedFigure = fallback.dataset.keep === undefined ? fallback.querySelector('#speed') : null;
  const app = new App(profiles, fallback.dataset.keep === undefined ? null : fallback, speedFigure);
  if (fallback.dataset.keep === undefined) fallback.remove();
  document.documentElement.dataset.app = '';
  place.replaceChildren(app.element);
  app.start();
  document.documentElement.dataset.ready = '';
}

document.documentElement.classList.add('js');
startTheme(document.getElementById('theme'));
startStatic();
mountProfiles();
