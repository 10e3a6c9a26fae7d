// A canvas that views draw on: sharp at any pixel ratio, redrawn once a frame, with pan and zoom by
// mouse, wheel, touch and keys where a view wants them, tool tips, and a picture to save. World
// coordinates times `scale` plus `offset` are pixels; a stage with zoom 'x' leaves y alone.
import { h } from './dom.js';
import { onTheme, palette } from './colour.js';

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif';
export const font = (size, weight = 400) => `${weight} ${size}px ${FONT}`;

let tipBox = null;
export function showTip(lines, x, y) {
  if (!tipBox) {
    tipBox = h('div.tip', { 'aria-hidden': 'true' });
    document.body.append(tipBox);
  }
  tipBox.replaceChildren(...lines.map((line, i) => h(i ? 'div' : 'b', null, line)));
  tipBox.hidden = false;
  const { width, height } = tipBox.getBoundingClientRect();
  tipBox.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
  tipBox.style.top = `${y + height + 22 > innerHeight ? Math.max(8, y - height - 12) : y + 16}px`;
}
export const hideTip = () => { if (tipBox) tipBox.hidden = true; };

// Cuts a text to a width with "…"; widths are remembered, as measuring is what costs.
const widthCache = new Map();
function textWidth(ctx, text) {
  const key = `${ctx.font}\u0000${text}`;
  let width = widthCache.get(key);
  if (width === undefined) {
    if (widthCache.size > 20000) widthCache.clear();
    width = ctx.measureText(text).width;
    widthCache.set(key, width);
  }
  return width;
}

export function fitText(ctx, text, width) {
  if (width < 8) return '';
  if (textWidth(ctx, text) <= width) return text;
  let low = 0, high = Math.min(text.length - 1, Math.ceil(width / 3));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(ctx, `${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  // Two letters and an ellipsis tell nothing.
  return low > 3 ? `${text.slice(0, low)}…` : '';
}

export class Stage {
  // spec: { label, draw(ctx, stage), pick(x, y) -> thing or null, tip(thing) -> lines,
  //   mark(ctx, stage): what changes with selection and pointer, drawn over draw(),
  //   choose(thing), key(event) -> true where used, zoom: 'xy' | 'x' | '', world() -> [w, h],
  //   deepest: largest scale, moved() }
  constructor(spec) {
    this.spec = spec;
    this.scale = 1;
    this.offset = [0, 0];
    this.size = [0, 0];
    this.pointers = new Map();
    this.canvas = h('canvas', {
      tabindex: '0', role: 'application', 'aria-label': spec.label, 'aria-describedby': spec.describedBy,
    });
    this.element = h('div.stage', null, this.canvas);
    this.context = this.canvas.getContext('2d');
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.element);
    onTheme(() => this.redraw());
    this.listen();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    const [before, above] = this.size;
    if (before === width && above === height) { this.paint(); return; }
    this.size = [width, height];
    // As long as nobody has moved it, a view finds its own place for the size it has.
    if (this.spec.placed && !this.touched) this.spec.placed(this);
    else this.clamp();
    this.paint();
  }

  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.paint(); });
  }

  paint() {
    const [width, height] = this.size;
    if (!width || !this.element.isConnected) return;
    const ratio = Math.min(3, Math.max(1, devicePixelRatio || 1));
    const [w, hgt] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== hgt) {
      this.canvas.width = w;
      this.canvas.height = hgt;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.spec.draw(this.context, this);
    if (this.spec.mark) {
      this.ground ??= document.createElement('canvas');
      Object.assign(this.ground, { width: w, height: hgt });
      this.ground.getContext('2d').drawImage(this.canvas, 0, 0);
      this.spec.mark(this.context, this);
    }
  }

  // Only what is marked has changed: the drawing under it is kept, where a view draws its marks apart.
  remark() {
    if (!this.spec.mark || !this.ground || this.frame || this.ground.width !== this.canvas.width) {
      this.redraw();
      return;
    }
    if (this.markFrame) return;
    this.markFrame = requestAnimationFrame(() => {
      this.markFrame = 0;
      if (this.frame || !this.element.isConnected) return;
      const { context } = this;
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      context.drawImage(this.ground, 0, 0);
      context.restore();
      this.spec.mark(context, this);
    });
  }

  toWorld(x, y) {
    return [(x - this.offset[0]) / this.scale, this.spec.zoom === 'xy' ? (y - this.offset[1]) / this.scale : y - this.offset[1]];
  }

  clamp() {
    const { zoom, world } = this.spec;
    if (!zoom) return;
    const [w, hgt] = world();
    const [width, height] = this.size;
    const inner = this.spec.inset ?? 0;
    const bound = (offset, extent, room) => {
      // What fits is kept in view; what does not fit keeps at least a part of itself there.
      if (zoom === 'x') return Math.min(inner, Math.max(room - extent, offset));
      const keep = Math.min(extent, room) * 0.5;
      return Math.max(keep - extent, Math.min(room - keep, offset));
    };
    this.offset[0] = bound(this.offset[0], w * this.scale, width);
    if (zoom === 'xy') this.offset[1] = bound(this.offset[1], hgt * this.scale, height);
    else this.offset[1] = Math.min(0, Math.max(Math.min(0, height - hgt), this.offset[1]));
  }

  limits() {
    const [w, hgt] = this.spec.world();
    const inner = this.spec.inset ?? 0;
    const least = this.spec.zoom === 'x' ? (this.size[0] - inner) / w
      : Math.min(1, (this.size[0] - 32) / w, (this.size[1] - 32) / hgt);
    return [least, Math.max(least, this.spec.deepest ?? 4)];
  }

  zoomAt(factor, x = this.size[0] / 2, y = this.size[1] / 2) {
    this.touched = true;
    const [least, most] = this.limits();
    const next = Math.max(least, Math.min(most, this.scale * factor));
    const real = next / this.scale;
    this.offset[0] = x - (x - this.offset[0]) * real;
    if (this.spec.zoom === 'xy') this.offset[1] = y - (y - this.offset[1]) * real;
    this.scale = next;
    this.moved();
  }

  pan(dx, dy) {
    this.touched = true;
    this.offset[0] += dx;
    this.offset[1] += dy;
    this.moved();
  }

  moved() {
    this.clamp();
    this.spec.moved?.(this);
    this.redraw();
  }

  // The whole world in view.
  fit() {
    this.touched = false;
    [this.scale] = this.limits();
    const [w, hgt] = this.spec.world();
    this.offset = this.spec.zoom === 'x' ? [this.spec.inset ?? 0, 0]
      : [(this.size[0] - w * this.scale) / 2, (this.size[1] - hgt * this.scale) / 2];
    this.moved();
  }

  // A world rectangle in view: at the present scale where it fits, else smaller.
  reveal(x, y, w, hgt, scale) {
    this.touched = true;
    const [least, most] = this.limits();
    const was = [this.scale, ...this.offset];
    if (scale) this.scale = Math.max(least, Math.min(most, scale));
    const [left, top] = [x * this.scale + this.offset[0], (this.spec.zoom === 'xy' ? y * this.scale : y) + this.offset[1]];
    const [right, bottom] = [left + w * this.scale, top + hgt * (this.spec.zoom === 'xy' ? this.scale : 1)];
    // Moved no farther than it takes, with some of what lies around it.
    const into = (from, to, low, high) => {
      const margin = Math.max(8, Math.min(96, (high - low - (to - from)) / 3));
      if (from < low + 8) return low + margin - from;
      return to > high - 8 ? high - margin - to : 0;
    };
    const [width, height] = this.size;
    this.offset[0] += into(left, right, this.spec.inset ?? 0, width);
    this.offset[1] += into(top, bottom, 0, height);
    // A jump shows no more of the empty ground than it must.
    if (this.spec.zoom === 'xy') {
      const [wide, tall] = this.spec.world();
      const filled = (offset, extent, room) => (extent > room ? Math.min(32, Math.max(room - extent - 32, offset)) : Math.max(0, Math.min(room - extent, offset)));
      this.offset = [filled(this.offset[0], wide * this.scale, width), filled(this.offset[1], tall * this.scale, height)];
    }
    this.clamp();
    const moved = was.some((value, i) => value !== [this.scale, ...this.offset][i]);
    if (moved) this.moved();
    else this.remark();
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  listen() {
    const { canvas, spec } = this;
    let start = null, dragged = false;
    canvas.addEventListener('pointerdown', (event) => {
      this.pointers.set(event.pointerId, this.at(event));
      if (event.isPrimary) {
        start = this.at(event);
        dragged = false;
      }
    });
    canvas.addEventListener('pointermove', (event) => {
      const now = this.at(event);
      const before = this.pointers.get(event.pointerId);
      if (before) {
        if (!dragged && start && Math.hypot(now[0] - start[0], now[1] - start[1]) > 4) {
          dragged = true;
          canvas.setPointerCapture(event.pointerId);
          hideTip();
        }
        if (dragged && spec.zoom) {
          if (this.pointers.size === 2) {
            const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)[1];
            const factor = Math.hypot(now[0] - other[0], now[1] - other[1])
              / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
            this.zoomAt(factor, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
          } else {
            this.pan(now[0] - before[0], now[1] - before[1]);
          }
        }
        this.pointers.set(event.pointerId, now);
        return;
      }
      const thing = spec.pick?.(...now, this) ?? null;
      canvas.style.cursor = thing !== null ? 'pointer' : '';
      if (thing !== null && spec.tip) showTip(spec.tip(thing), event.clientX, event.clientY);
      else hideTip();
      if (thing !== this.hover) {
        this.hover = thing;
        if (spec.hovers) this.remark();
      }
    });
    const end = (event) => {
      this.pointers.delete(event.pointerId);
      if (event.type === 'pointerup' && event.isPrimary && !dragged && start) {
        const thing = spec.pick?.(...this.at(event), this) ?? null;
        spec.choose?.(thing, event);
      }
      if (event.isPrimary) start = null;
    };
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
    canvas.addEventListener('pointerleave', () => { hideTip(); this.hover = null; if (spec.hovers) this.remark(); });
    canvas.addEventListener('dblclick', (event) => spec.open?.(spec.pick?.(...this.at(event), this) ?? null));
    if (spec.zoom) {
      canvas.addEventListener('wheel', (event) => {
        event.preventDefault();
        hideTip();
        const unit = event.deltaMode === 1 ? 16 : 1;
        if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(-(event.deltaX || event.deltaY) * unit, 0);
        else this.zoomAt(Math.exp(-event.deltaY * unit * 0.0016), ...this.at(event));
      }, { passive: false });
    }
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (spec.key?.(event) || this.zoomKey(event)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }

  zoomKey(event) {
    if (!this.spec.zoom) return false;
    const step = Math.max(40, this.size[0] / 8);
    const actions = {
      w: () => this.zoomAt(1.5), s: () => this.zoomAt(1 / 1.5), '+': () => this.zoomAt(1.5), '=': () => this.zoomAt(1.5),
      '-': () => this.zoomAt(1 / 1.5), a: () => this.pan(step, 0), d: () => this.pan(-step, 0),
      0: () => this.fit(), f: () => this.fit(),
      PageUp: () => this.pan(0, this.size[1] * 0.8), PageDown: () => this.pan(0, -this.size[1] * 0.8),
    };
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    action?.();
    return Boolean(action);
  }

  // On the ground that the page has under it: a picture without one is black or white elsewhere.
  picture() {
    const { width, height } = this.canvas;
    const copy = Object.assign(document.createElement('canvas'), { width, height });
    const context = copy.getContext('2d');
    context.fillStyle = palette().card;
    context.fillRect(0, 0, width, height);
    context.drawImage(this.canvas, 0, 0);
    return new Promise((resolve) => { copy.toBlob(resolve, 'image/png'); });
  }

  focus() { this.canvas.focus({ preventScroll: true }); }

  close() {
    this.observer.disconnect();
    hideTip();
  }
}

// Fills one; what is small has no corners to see, and a plain rectangle is many times as quick.
export function fillBox(ctx, x, y, w, hgt, radius) {
  if (w <= 4 * radius || hgt <= 4 * radius) {
    ctx.fillRect(x, y, w, hgt);
    return;
  }
  box(ctx, x, y, w, hgt, radius);
  ctx.fill();
}

// A rectangle with round corners where it is large enough to show them.
export function box(ctx, x, y, w, hgt, radius) {
  ctx.beginPath();
  if (w > 2 * radius && hgt > 2 * radius) ctx.roundRect(x, y, w, hgt, radius);
  else ctx.rect(x, y, w, hgt);
}
