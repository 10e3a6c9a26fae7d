// Each operator as a point: how much it computes for a byte, and how fast; under the machine's
// measured roofs (Williams, Waterman, Patterson 2009). Points near a roof are done; those far below
// have time to win, the more the larger the point.
import { h, announce, absent, toMarkdown } from './dom.js';
import { Stage, font } from './stage.js';
import { palette, categoryColour, categoryIndex } from './colour.js';
import { duration, countText, bytesText, percent, roundText, plural } from './units.js';
import { known, why } from './data.js';

const MARGIN = { left: 58, right: 14, top: 14, bottom: 40 };

export function makeRoofline({ profile, select, selection }) {
  const points = profile.rows.filter((row) => known(row.op.intensity) && known(row.op.flops_per_s) && row.op.intensity > 0 && row.op.flops_per_s > 0);
  const document = profile.document;
  const roofs = (document.roofs?.rows ?? []).filter((roof) => known(roof.value));
  const own = roofs.some((roof) => roof.threads === profile.threads) ? roofs.filter((roof) => roof.threads === profile.threads) : roofs;
  const ceilings = own.filter((roof) => /^(flop|op)\/s$/.test(roof.unit));
  const slopes = own.filter((roof) => roof.unit === 'bytes/s');
  const reason = why(document.roofs, 'no roofs were measured (tflbench doctor does)');
  if (!points.length)
    return { element: h('div.view.empty', null, h('h2', null, 'Roofline'), absent(profile.timed ? 'no operator has both a time and known work' : 'no process of this configuration was profiled')), show() {}, update() {} };

  const categories = categoryIndex(profile.types);
  const xs = points.map((row) => row.op.intensity), ys = points.map((row) => row.op.flops_per_s);
  const least = (list) => list.reduce((a, b) => Math.min(a, b), Infinity), most = (list) => list.reduce((a, b) => Math.max(a, b), -Infinity);
  // The ridge belongs into the picture, where roofs are known.
  const ridge = ceilings.length && slopes.length ? ceilings[0].value / least(slopes.map((roof) => roof.value)) : 0;
  const xRange = [Math.log10(least(xs)) - 0.3, Math.log10(Math.max(most(xs), ridge)) + 0.35];
  const yRange = [Math.log10(least(ys)) - 0.3, Math.log10(Math.max(most(ys), ...ceilings.map((roof) => roof.value))) + 0.3];
  const bySize = [...points].sort((a, b) => b.ns - a.ns);

  const stage = new Stage({
    label: 'Roofline. Arrow keys go through the operators, those that take most time first.',
    zoom: '', draw, pick, hovers: true, tip: tipOf, choose: (row) => select(row), key, placed() {},
  });
  const used = [...categories.entries()].filter(([name, i]) => i < 7 && points.some((row) => row.type === name));
  const legend = h('div.scale-legend', null, used.map(([name]) => h('span.key', null, h('i', { 'data-category': name }), name)), h('span.hint', null, 'area: time'));
  const left = profile.rows.length - points.length;
  const notes = h('div.notes', null, own.length ? null : h('p.footnote', null, 'Roofs: ', absent(reason)),
    left ? h('p.footnote', null, `${plural(left, 'row has', 'rows have')} no point: ${left === 1 ? 'its work is not known, or it computes' : 'their work is not known, or they compute'} nothing.`) : null);
  const element = h('div.view.stage-view.roofline-view', null, stage.element, legend, notes);
  const paintLegend = () => { for (const mark of legend.querySelectorAll('[data-category]')) mark.style.background = categoryColour(categories.get(mark.dataset.category)); };

  const inner = (one) => [one.size[0] - MARGIN.left - MARGIN.right, one.size[1] - MARGIN.top - MARGIN.bottom];
  const xOf = (value, one) => MARGIN.left + (Math.log10(value) - xRange[0]) / (xRange[1] - xRange[0]) * inner(one)[0];
  const yOf = (value, one) => MARGIN.top + (1 - (Math.log10(value) - yRange[0]) / (yRange[1] - yRange[0])) * inner(one)[1];
  const radius = (row) => 3.5 + 16 * Math.sqrt(row.ns / Math.max(1, profile.slowestNs));

  function decades([low, high]) {
    const list = [];
    for (let p = Math.ceil(low); p <= Math.floor(high); p++) list.push(10 ** p);
    return list.length > 1 ? list : [10 ** ((low * 2 + high) / 3), 10 ** ((low + 2 * high) / 3)].map((v) => Number(v.toPrecision(1)));
  }

  function draw(ctx, one) {
    paintLegend();
    const set = palette();
    const [width, height] = one.size;
    const bottom = height - MARGIN.bottom, right = width - MARGIN.right;
    ctx.font = font(11.5);
    ctx.textBaseline = 'middle';
    ctx.strokeStyle = set.line;
    ctx.fillStyle = set.soft;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.textAlign = 'center';
    for (const tick of decades(xRange)) {
      const x = Math.round(xOf(tick, one)) + 0.5;
      ctx.moveTo(x, MARGIN.top);
      ctx.lineTo(x, bottom);
      ctx.fillText(String(Number(tick.toPrecision(3))), x, bottom + 12);
    }
    ctx.textAlign = 'right';
    for (const tick of decades(yRange)) {
      const y = Math.round(yOf(tick, one)) + 0.5;
      ctx.moveTo(MARGIN.left, y);
      ctx.lineTo(right, y);
      ctx.fillText(roundText(countText(tick)), MARGIN.left - 8, y);
    }
    ctx.stroke();
    ctx.textAlign = 'right';
    ctx.fillText('FLOPs a byte moved', right, bottom + 28);
    ctx.textAlign = 'left';
    ctx.fillText('FLOP/s', 6, MARGIN.top - 4);
    drawRoofs(ctx, one, set, right);
    const { row: chosen } = selection();
    for (const row of bySize) drawPoint(ctx, one, row, set, row === chosen || row === one.hover);
    if (chosen && points.includes(chosen)) drawPoint(ctx, one, chosen, set, true);
  }

  function drawRoofs(ctx, one, set, right) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(MARGIN.left, 0, right - MARGIN.left, one.size[1] - MARGIN.bottom);
    ctx.clip();
    ctx.lineWidth = 2;
    ctx.strokeStyle = ctx.fillStyle = set.ink;
    const top = ceilings.length ? most(ceilings.map((roof) => roof.value)) : 10 ** yRange[1];
    for (const roof of ceilings) {
      const y = yOf(roof.value, one);
      const start = slopes.length ? xOf(roof.value / most(slopes.map((slope) => slope.value)), one) : MARGIN.left;
      ctx.beginPath();
      ctx.moveTo(start, y);
      ctx.lineTo(right, y);
      ctx.stroke();
      ctx.textAlign = 'right';
      ctx.fillText(`${roof.name}  ${countText(roof.value)} ${roof.unit}`, right - 6, y - 9);
    }
    ctx.textAlign = 'left';
    for (const roof of slopes) {
      const x0 = 10 ** xRange[0], x1 = top / roof.value;
      const from = [xOf(x0, one), yOf(x0 * roof.value, one)], to = [xOf(x1, one), yOf(top, one)];
      ctx.globalAlpha = 0.8;
      ctx.beginPath();
      ctx.moveTo(...from);
      ctx.lineTo(...to);
      ctx.stroke();
      ctx.globalAlpha = 1;
      // The name runs along the slope, where the slope is in the picture.
      const at = (10 ** (yRange[0] + (yRange[1] - yRange[0]) * 0.72)) / roof.value;
      const px = xOf(Math.max(at, 10 ** (xRange[0] + 0.05)), one), py = yOf(Math.max(at, 10 ** (xRange[0] + 0.05)) * roof.value, one);
      ctx.save();
      ctx.translate(px, py);
      ctx.rotate(Math.atan2(to[1] - from[1], to[0] - from[0]));
      ctx.textAlign = 'center';
      ctx.fillText(`${roof.name}  ${bytesText(roof.value)}/s`, 0, -9);
      ctx.restore();
    }
    ctx.restore();
  }

  function drawPoint(ctx, one, row, set, marked) {
    const [x, y] = [xOf(row.op.intensity, one), yOf(row.op.flops_per_s, one)];
    ctx.beginPath();
    ctx.arc(x, y, radius(row), 0, 2 * Math.PI);
    ctx.fillStyle = categoryColour(categories.get(row.type));
    ctx.globalAlpha = marked ? 0.95 : 0.6;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.strokeStyle = marked ? set.ink : set.card;
    ctx.lineWidth = marked ? 2.5 : 1;
    ctx.stroke();
  }

  function pick(x, y, one) {
    let best = null;
    for (const row of bySize) if (Math.hypot(xOf(row.op.intensity, one) - x, yOf(row.op.flops_per_s, one) - y) <= radius(row) + 2) best = row;
    return best;
  }

  function tipOf(row) {
    return [`${row.type} ${row.covers.join(', ')}`, row.name, `${duration(row.ns)}, ${row.op.intensity.toFixed(2)} FLOPs a byte, ${countText(row.op.flops_per_s)} FLOP/s`,
    row.op.roof && known(row.op.roof.share) ? `${percent(row.op.roof.share, 0)} of the ${row.op.roof.bound} roof` : `share of a roof: not available: ${reason}`].filter(Boolean);
  }

  function key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return false;
    const at = bySize.indexOf(selection().row);
    const next = bySize[at < 0 ? 0 : Math.max(0, Math.min(bySize.length - 1, at + step))];
    select(next);
    announce(tipOf(next).join(', '));
    return true;
  }

  return {
    element,
    stage,
    show() { stage.resize(); },
    update() { stage.redraw(); },
    picture: () => stage.picture(),
    markdown: () => toMarkdown([['Op', 'Output', 'Time', 'FLOPs a byte', 'FLOP/s', 'Bound', 'Of roof'], ...bySize.map((row) => [row.type, row.name, duration(row.ns), row.op.intensity.toFixed(2), countText(row.op.flops_per_s), row.op.roof?.bound, known(row.op.roof?.share) ? percent(row.op.roof.share, 0) : ''])], [false, false, true, true, true]),
    close() { stage.close(); },
  };
}
