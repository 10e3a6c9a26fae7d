// One inference on its threads: what ran when, nested as it was called. Perfetto's keys: W and S
// zoom, A and D pan; the arrows walk from event to event.
import { h, choice, button, announce, absent, toMarkdown } from './dom.js';
import { Stage, box, fitText, font } from './stage.js';
import { palette, inkOn, categoryColour, categoryIndex } from './colour.js';
import { duration, bytesText, roundTicks, roundText, plural } from './units.js';
import { change, stateOf } from './state.js';

const ROW = 24, GAP = 2, HEAD = 26, LEFT = 0, TRACK_HEAD = 22;

// Events in typed arrays, by lane: a lane is a depth of a thread, sorted by begin.
function readInference(timeline, inference, profile) {
  const column = Object.fromEntries(timeline.columns.map((name, i) => [name, i]));
  const lanes = new Map();
  const open = new Map();
  const events = inference.events.map((event) => {
    const begin = event[column.begin_ns], length = event[column.duration_ns], thread = event[column.thread] ?? 0;
    const stack = open.get(thread) ?? [];
    while (stack.length && stack[stack.length - 1] <= begin) stack.pop();
    const depth = stack.length;
    stack.push(begin + Math.max(length, 1e-9));
    open.set(thread, stack);
    const row = profile.rowOfIndex.get(event[column.op]);
    const one = { begin, length, thread, depth, kind: event[column.kind], row, subgraph: event[column.subgraph], bytes: event[column.bytes] };
    const key = `${thread}.${depth}`;
    if (!lanes.has(key)) lanes.set(key, { thread, depth, events: [] });
    lanes.get(key).events.push(one);
    return one;
  });
  const list = [...lanes.values()].sort((a, b) => a.thread - b.thread || a.depth - b.depth);
  return { events, lanes: list, threads: new Set(list.map((lane) => lane.thread)).size };
}

const eventTitle = (event) => event.row?.type ?? { invoke: 'inference', subgraph: `subgraph ${event.subgraph}` }[event.kind] ?? event.kind;

export function makeTimeline({ profile, select, selection, follow }) {
  const timeline = profile.document.timeline;
  if (!timeline?.inferences?.length)
    return { element: h('div.view.empty', null, h('h2', null, 'Timeline'), absent(timeline?.reason ?? 'no single events were kept: only a profiled process keeps them')), show() {}, update() {} };

  const inferences = timeline.inferences;
  const median = Math.max(0, inferences.findIndex((one) => one.label === 'median'));
  const categories = categoryIndex(profile.types);
  const read = new Map();
  const current = () => {
    const asked = Number(stateOf('timeline.inference') || median);
    const index = inferences[asked] ? asked : median;
    if (!read.has(index)) read.set(index, readInference(timeline, inferences[index], profile));
    return { index, about: inferences[index], ...read.get(index) };
  };

  const pickInference = choice('Inference', inferences.map((one, i) => [String(i), `${one.label ?? `number ${one.inference}`} · ${duration(one.duration_ns)}`]), String(current().index), (value) => change({ 'timeline.inference': value === String(median) ? '' : value }));
  const told = h('span.counted');
  const stage = new Stage({
    label: 'Timeline. W and S zoom, A and D pan, arrow keys walk through the events, F shows all.',
    zoom: 'x', inset: LEFT, deepest: 40, world: () => [current().about.duration_ns, height()],
    placed: (one) => restore(one), moved: remember, draw, pick, hovers: true,
    tip: tipOf, choose: (event) => select(event?.row ?? null), open: (event) => event && zoomTo(event), key,
  });
  const bar = h('div.controls', null, pickInference,
    h('div.buttons', null, button('−', () => stage.zoomAt(1 / 1.6), { 'aria-label': 'Zoom out' }), button('+', () => stage.zoomAt(1.6), { 'aria-label': 'Zoom in' }), button('Fit', () => stage.fit(), { 'aria-label': 'Show the whole inference' }),
      button('Selection', () => { const event = chosenEvent(); if (event) zoomTo(event); }, { 'aria-label': 'Zoom to the selection' })), told);
  const used = [...categories.entries()].filter(([, i]) => i < 7);
  const legend = h('div.scale-legend', null, used.map(([name]) => h('span.key', null, h('i', { 'data-category': name }), name)), categories.size > 7 ? h('span.key', null, h('i', { 'data-category': '' }), 'others') : null, h('span.hint', null, 'pale: another thread\'s part'));
  const element = h('div.view.stage-view.timeline-view', null, bar, stage.element, legend);

  function tops() {
    let y = HEAD, thread = null;
    return current().lanes.map((lane) => {
      if (lane.thread !== thread) {
        y += TRACK_HEAD;
        thread = lane.thread;
      }
      const top = y;
      y += ROW + GAP;
      return top;
    });
  }

  function height() {
    const all = tops();
    return all.length ? all[all.length - 1] + ROW + 12 : HEAD;
  }

  // As tall as its tracks, within what the window gives.
  function setHeight() {
    stage.element.style.setProperty('--tracks', `${Math.max(height() + 2, 120)}px`);
  }

  function restore(one) {
    const [left, right] = stateOf('timeline.range').split('-').map(Number);
    if (right > left) {
      one.scale = one.size[0] / (right - left);
      one.offset = [-left * one.scale, 0];
      one.clamp();
    } else one.fit();
  }

  function remember(one) {
    const left = Math.max(0, -one.offset[0] / one.scale);
    const right = (one.size[0] - one.offset[0]) / one.scale;
    const all = right - left >= current().about.duration_ns * 0.999;
    change({ 'timeline.range': all ? '' : `${Math.round(left)}-${Math.round(right)}` });
  }

  function colourOf(event) {
    if (event.row) return categoryColour(categories.get(event.row.type));
    return palette().none;
  }

  function draw(ctx, one) {
    for (const mark of legend.querySelectorAll('[data-category]')) mark.style.background = categoryColour(categories.get(mark.dataset.category));
    const { lanes, about } = current();
    const set = palette();
    const [width, hgt] = one.size;
    const places = tops();
    const { row: chosen } = selection();
    let thread = null;
    ctx.font = font(12);
    ctx.textBaseline = 'middle';
    // The grid first, under everything.
    const left = -one.offset[0] / one.scale, right = left + width / one.scale;
    const ticks = roundTicks(Math.max(0, left), Math.min(about.duration_ns, right), Math.max(2, Math.floor(width / 110)));
    ctx.strokeStyle = set.line;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const tick of ticks) {
      const x = Math.round(tick * one.scale + one.offset[0]) + 0.5;
      ctx.moveTo(x, HEAD);
      ctx.lineTo(x, hgt);
    }
    ctx.stroke();
    let drawn = 0;
    lanes.forEach((lane, i) => {
      const y = places[i] + one.offset[1];
      if (lane.thread !== thread) {
        thread = lane.thread;
        ctx.fillStyle = set.soft;
        ctx.font = font(12, 600);
        ctx.fillText(thread === 0 ? 'Invoking thread' : `Pool thread ${thread}`, 6, y - TRACK_HEAD / 2 + 1);
        ctx.font = font(12);
      }
      if (y > hgt || y + ROW < HEAD) return;
      drawn += drawLane(ctx, one, lane, y, width, chosen);
    });
    // The ruler stays on top while tracks scroll.
    ctx.fillStyle = set.card;
    ctx.fillRect(0, 0, width, HEAD);
    ctx.fillStyle = set.soft;
    ctx.font = font(11.5);
    for (const tick of ticks) {
      const x = tick * one.scale + one.offset[0];
      const text = tick === 0 ? '0' : roundText(duration(tick));
      ctx.textAlign = x < 30 ? 'left' : x > width - 30 ? 'right' : 'center';
      ctx.fillText(text, Math.max(4, Math.min(width - 4, x)), HEAD / 2);
    }
    ctx.textAlign = 'left';
    ctx.fillStyle = set.line;
    ctx.fillRect(0, HEAD - 1, width, 1);
    told.textContent = `${duration(Math.min(about.duration_ns, right) - Math.max(0, left))} in view, ${plural(drawn, 'event')}${about.dropped ? `, ${plural(about.dropped, 'event')} did not fit` : ''}`;
  }

  // What is narrower than a pixel joins its neighbours in one mark: 20,000 events cost as few fills
  // as there are pixels.
  function drawLane(ctx, one, lane, y, width, chosen) {
    const set = palette();
    const { scale, offset: [ox] } = one;
    const from = firstAt(lane.events, -ox / scale);
    const end = (width - ox) / scale;
    let drawn = 0, joinedTo = -1;
    for (let i = from; i < lane.events.length; i++) {
      const event = lane.events[i];
      if (event.begin > end) break;
      drawn++;
      const x = event.begin * scale + ox, w = event.length * scale;
      const isChosen = chosen && event.row === chosen;
      if (w < 1.2 && !isChosen) {
        if (x + w <= joinedTo) continue;
        ctx.fillStyle = colourOf(event);
        ctx.fillRect(Math.max(x, joinedTo), y, 1, ROW);
        joinedTo = Math.max(x, joinedTo) + 1;
        continue;
      }
      const shownX = Math.max(-4, x), shownW = Math.min(width + 4, x + w) - shownX;
      const colour = colourOf(event);
      ctx.globalAlpha = event.kind === 'work' ? 0.55 : 1;
      ctx.fillStyle = colour;
      box(ctx, shownX, y, Math.max(1, shownW - (w > 3 ? 1 : 0)), ROW, w > 8 ? 3 : 0);
      ctx.fill();
      ctx.globalAlpha = 1;
      if (event === one.hover || isChosen) {
        ctx.strokeStyle = set.ink;
        ctx.lineWidth = isChosen ? 2 : 1;
        box(ctx, shownX + 0.5, y + 0.5, Math.max(1, shownW - 2), ROW - 1, 3);
        ctx.stroke();
      }
      if (shownW > 34) {
        const title = eventTitle(event);
        const text = fitText(ctx, shownW > 150 ? `${title}  ${duration(event.length)}` : title, shownW - 12);
        ctx.fillStyle = event.kind === 'work' ? set.ink : inkOn(colour);
        ctx.fillText(text, Math.max(0, shownX) + 6, y + ROW / 2 + 0.5);
      }
    }
    return drawn;
  }

  function firstAt(events, begin) {
    let low = 0, high = events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (events[middle].begin + events[middle].length < begin) low = middle + 1; else high = middle;
    }
    return low;
  }

  function pick(x, y, one) {
    const places = tops();
    const { lanes } = current();
    const lane = lanes[places.findIndex((top) => y >= top + one.offset[1] && y < top + one.offset[1] + ROW)];
    if (!lane || y < HEAD) return null;
    const at = (x - one.offset[0]) / one.scale, near = 2 / one.scale;
    for (let i = firstAt(lane.events, at - near); i < lane.events.length; i++) {
      const event = lane.events[i];
      if (event.begin > at + near) break;
      if (event.begin + event.length >= at - near) return event;
    }
    return null;
  }

  function tipOf(event) {
    return [`${eventTitle(event)}${event.kind === 'work' ? ' (another thread\'s part)' : ''}`, event.row?.name ?? '', `${duration(event.length)}, from ${duration(event.begin)}`, event.bytes ? `${bytesText(event.bytes)} moved` : ''].filter(Boolean);
  }

  const rows = () => current().events.filter((event) => event.row && event.kind !== 'work');
  const chosenEvent = () => { const { row } = selection(); return row && rows().find((event) => event.row === row); };

  function zoomTo(event) {
    stage.scale = Math.min(stage.limits()[1], Math.max(stage.limits()[0], stage.size[0] * 0.4 / Math.max(1, event.length)));
    stage.offset[0] = stage.size[0] / 2 - (event.begin + event.length / 2) * stage.scale;
    stage.moved();
  }

  function key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === 'm') { const one = chosenEvent(); if (one) zoomTo(one); return true; }
    if (event.key === '[' || event.key === ']') {
      const next = (current().index + (event.key === ']' ? 1 : inferences.length - 1)) % inferences.length;
      change({ 'timeline.inference': next === median ? '' : String(next) });
      return true;
    }
    if (!step) return false;
    const list = rows();
    const at = list.indexOf(chosenEvent());
    const next = step === -Infinity ? 0 : step === Infinity ? list.length - 1 : at < 0 ? 0 : Math.max(0, Math.min(list.length - 1, at + step));
    const one = list[next];
    if (!one) return true;
    select(one.row);
    stage.reveal(one.begin, 0, one.length, ROW);
    announce(`${eventTitle(one)} ${one.row.name}, ${duration(one.length)}`);
    return true;
  }

  follow?.(stage);
  return {
    element,
    stage,
    show() {
      setHeight();
      stage.resize();
      const event = chosenEvent();
      if (event && stage.touched) stage.reveal(event.begin, 0, event.length, ROW);
    },
    update(changed) {
      if (changed.has('timeline.inference')) {
        setHeight();
        pickInference.querySelector('select').value = String(current().index);
        stage.fit();
      }
      if (changed.has('sel')) {
        const event = chosenEvent();
        if (event) stage.reveal(event.begin, 0, event.length, ROW);
        stage.redraw();
      }
    },
    picture: () => stage.picture(),
    markdown: () => toMarkdown([['Begin', 'Duration', 'Thread', 'Kind', 'Op', 'Output'], ...rows().map((event) => [duration(event.begin), duration(event.length), event.thread, event.kind, eventTitle(event), event.row.name])], [true, true, true]),
    close() { stage.close(); },
  };
}
