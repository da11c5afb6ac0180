// Part of the Fanfold project, under the Apache License v2.0 with LLVM Exceptions. See LICENSE for
// license information. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Draws one plan: launches across, addresses up. Knows nothing of the rest of the page.

const margin = {left: 66, right: 10, top: 16, bottom: 30};

/** Colours of the scheme in force, by the names of page.css. Kinds that it does not name take turns. */
class Palette {
  constructor() {
    const style = getComputedStyle(document.documentElement);
    this.read = (name) => style.getPropertyValue("--" + name).trim();
    for (const name of ["back", "text", "soft", "line", "grid", "accent", "focus", "empty"])
      this[name] = this.read(name);
    this.spare = ["bucket", "scalar", "input", "metric", "statistic"];
    this.kinds = new Map();
    this.dark = document.documentElement.dataset.scheme === "dark";
  }
  kind(name) {
    return this.shades(name)[0];
  }
  /** Two shades of a kind's colour, so that neighbours of one kind can be told apart. */
  shades(name) {
    if (!this.kinds.has(name)) {
      const sum = [...name].reduce((value, letter) => value + letter.charCodeAt(0), 0);
      const colour = (/^[a-z]+$/.test(name) && this.read(name)) || this.read(this.spare[sum % this.spare.length]);
      const paler = [1, 3, 5].map((at) => {
        const value = parseInt(colour.slice(at, at + 2), 16), back = parseInt(this.back.slice(at, at + 2), 16);
        return Math.round(value + (back - value) * .13).toString(16).padStart(2, "0");
      });
      this.kinds.set(name, [colour, "#" + paler.join("")]);
    }
    return this.kinds.get(name);
  }
}

/** The smallest of `steps`, times a power of `base`, that is at least `least`. */
function niceStep(least, base, steps) {
  let power = 1;
  while (power * base <= least)
    power *= base;
  for (const step of steps)
    if (step * power >= least)
      return step * power;
  return base * power;
}

/** Sets a canvas to the size it has on the screen, in device pixels; its context in CSS pixels. */
function fitCanvas(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, canvas.clientWidth), height = Math.max(1, canvas.clientHeight);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d", {alpha: false});
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.font = '11px system-ui, "DejaVu Sans", sans-serif';
  return {context, width, height};
}

class Picture {
  /** `view` is in launches (x0 to x1) and bytes (y0 to y1), and belongs to the caller. */
  constructor(canvas) {
    this.canvas = canvas;
    this.plan = null;
    this.view = {x0: 0, x1: 1, y0: 0, y1: 1};
    this.hovered = this.selected = this.box = null;
    this.marked = null; // A set of buffers; the others fade.
    this.step = 0;      // The launch that the table itemises.
    this.inner = {width: 1, height: 1}; // Of the margins, as last drawn: asking the canvas is slow.
  }

  x(step) { return margin.left + (step - this.view.x0) / (this.view.x1 - this.view.x0) * this.inner.width; }
  y(bytes) { return margin.top + (this.view.y1 - bytes) / (this.view.y1 - this.view.y0) * this.inner.height; }
  stepAt(x) { return this.view.x0 + (x - margin.left) / this.inner.width * (this.view.x1 - this.view.x0); }
  bytesAt(y) { return this.view.y1 - (y - margin.top) / this.inner.height * (this.view.y1 - this.view.y0); }

  /** Everything, with a little room above the arena for its label. */
  wholeView(plan = this.plan) {
    return {x0: 0, x1: Math.max(1, plan.steps.length), y0: 0, y1: Math.max(1, plan.arena) * 1.02};
  }

  /** The buffer under a point of the canvas: the latest drawn, of two on the same bytes the newer. */
  hit(x, y) {
    const {width, height} = this.inner;
    if (!this.plan || x < margin.left || y < margin.top || x > margin.left + width || y > margin.top + height)
      return null;
    const step = this.stepAt(x), bytes = this.bytesAt(y);
    // A buffer thinner than the pointer is hit within two pixels, if nothing is hit exactly.
    const slack = 2 / height * (this.view.y1 - this.view.y0);
    let near = null;
    for (let i = this.plan.buffers.length - 1; i >= 0; --i) {
      const buffer = this.plan.buffers[i];
      if (step < buffer.first || step >= this.end(buffer))
        continue;
      if (bytes >= buffer.offset && bytes < buffer.offset + buffer.bytes)
        return buffer;
      if (!near && bytes >= buffer.offset - slack && bytes < buffer.offset + buffer.bytes + slack)
        near = buffer;
    }
    return near;
  }

  /** Where a rectangle ends: behind its last launch, or at the launch that takes its bytes over. */
  end(buffer) {
    return buffer.under && buffer.under.first === buffer.last && buffer.last > buffer.first ? buffer.last : buffer.last + 1;
  }

  draw(palette) {
    const {context, width, height} = fitCanvas(this.canvas);
    this.context = context;
    this.palette = palette;
    context.fillStyle = palette.back;
    context.fillRect(0, 0, width, height);
    if (!this.plan)
      return;
    const inner = this.inner = {width: Math.max(1, width - margin.left - margin.right),
                                height: Math.max(1, height - margin.top - margin.bottom)};
    context.fillStyle = palette.empty;
    context.fillRect(margin.left, margin.top, inner.width, inner.height);
    this.drawGrid(inner);
    context.save();
    context.beginPath();
    context.rect(margin.left, margin.top, inner.width, inner.height);
    context.clip();
    this.drawElsewhere();
    this.drawBuffers(inner);
    this.drawMarks(inner);
    context.restore();
    this.drawLabels(inner);
    // Where things are, for those who read the page by program.
    const view = this.view;
    this.canvas.dataset.view = JSON.stringify([view.x0, view.x1, view.y0, view.y1]);
    this.canvas.dataset.plot = JSON.stringify([margin.left, margin.top, inner.width, inner.height]);
  }

  drawGrid(inner) {
    const {context, palette, view} = this;
    context.strokeStyle = palette.grid;
    context.fillStyle = palette.soft;
    context.lineWidth = 1;
    context.beginPath();
    context.textBaseline = "middle";
    context.textAlign = "right";
    const bytes = niceStep((view.y1 - view.y0) * 36 / inner.height, 2, [1]);
    for (let at = Math.max(0, Math.ceil(view.y0 / bytes)) * bytes; at <= view.y1; at += bytes) {
      const y = Math.round(this.y(at)) + .5;
      context.moveTo(margin.left - 3, y);
      context.lineTo(margin.left + inner.width, y);
      context.fillText(formatBytes(at, 2).replace(/\.00 /, " ").replace(/(\.\d)0 /, "$1 "), margin.left - 6, y);
    }
    context.textBaseline = "top";
    context.textAlign = "center";
    const steps = niceStep(Math.max(1, (view.x1 - view.x0) * 60 / inner.width), 10, [1, 2, 5]);
    for (let at = Math.max(0, Math.ceil(view.x0 / steps)) * steps; at <= view.x1; at += steps) {
      const x = Math.round(this.x(at)) + .5;
      context.moveTo(x, margin.top);
      context.lineTo(x, margin.top + inner.height + 3);
      context.fillText(String(at), x, margin.top + inner.height + 4);
    }
    context.stroke();
  }

  /** Bytes that no buffer of the training step ever uses, if there are any: another step's. */
  drawElsewhere() {
    const {context, palette, plan} = this;
    const top = plan.buffers.reduce((most, buffer) => Math.max(most, buffer.offset + buffer.bytes), 0);
    const y0 = this.y(plan.arena), y1 = this.y(top);
    if (y1 - y0 < 14)
      return;
    context.fillStyle = palette.grid;
    context.fillRect(this.x(0), y0, this.x(plan.steps.length) - this.x(0), y1 - y0);
    context.fillStyle = palette.soft;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(`${formatBytes(plan.arena - top)} for the evaluation step, which runs at another time`,
                     margin.left + this.inner.width / 2, (y0 + y1) / 2);
  }

  drawBuffers(inner) {
    const {context, palette, plan, marked} = this;
    const right = margin.left + inner.width, bottom = margin.top + inner.height;
    const {x0: left, y1: top} = this.view;
    const perStep = inner.width / (this.view.x1 - left), perByte = inner.height / (top - this.view.y0);
    const labels = [];
    let colour = null, alpha = 1;
    for (const buffer of plan.byShade) {
      const x0 = margin.left + (buffer.first - left) * perStep, x1 = margin.left + (this.end(buffer) - left) * perStep;
      const y1 = margin.top + (top - buffer.offset) * perByte, y0 = y1 - buffer.bytes * perByte;
      if (x1 < margin.left || x0 > right || y1 < margin.top || y0 > bottom)
        continue;
      const wanted = palette.shades(buffer.kind)[buffer.shade], shown = !marked || marked.has(buffer) ? 1 : .14;
      if (wanted !== colour)
        context.fillStyle = colour = wanted;
      if (shown !== alpha)
        context.globalAlpha = alpha = shown;
      // A seam of one pixel between neighbours, where there is room for it. What is thinner than
      // a pixel colours as much as it covers, unless it is looked for.
      const least = marked && shown === 1 ? 1.5 : 0;
      const w = x1 - x0 > 4 ? x1 - x0 - 1 : Math.max(least, x1 - x0);
      const h = y1 - y0 > 4 ? y1 - y0 - 1 : Math.max(least, y1 - y0);
      context.fillRect(x0, y1 - h, w, h);
      if (w > 56 && h > 9 && shown === 1)
        labels.push([buffer, Math.max(x0, margin.left), Math.min(x1, right), Math.max(y0, margin.top), Math.min(y1, bottom)]);
    }
    context.globalAlpha = 1;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = palette.dark ? "#0b0d10" : "#ffffff";
    for (const [buffer, x0, x1, y0, y1] of labels) {
      const letters = Math.floor((x1 - x0 - 8) / 6.4); // Of the font's average width.
      if (letters < 7 || y1 - y0 < 10)
        continue;
      const full = `${buffer.name}  ${formatBytes(buffer.bytes)}`;
      const text = full.length <= letters ? full : buffer.name.length <= letters ? buffer.name
                                                : buffer.name.slice(0, letters - 1) + "…";
      context.fillText(text, x0 + 4, (y0 + y1) / 2);
    }
  }

  outline(buffer, colour, width, dash = []) {
    const {context} = this;
    const x = this.x(buffer.first), y = this.y(buffer.offset + buffer.bytes);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.strokeRect(x, y, Math.max(2, this.x(this.end(buffer)) - x), Math.max(2, this.y(buffer.offset) - y));
    context.setLineDash([]);
  }

  drawMarks(inner) {
    const {context, palette, plan} = this;
    const line = (x0, y0, x1, y1, colour, width, dash) => {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.stroke();
      context.setLineDash([]);
    };
    const right = margin.left + inner.width, bottom = margin.top + inner.height;
    line(margin.left, this.y(plan.arena), right, this.y(plan.arena), palette.text, 1.5, []);
    if (plan.arena > plan.lowerBound)
      line(margin.left, this.y(plan.lowerBound), right, this.y(plan.lowerBound), palette.accent, 1, [6, 4]);
    const peak = this.x(plan.peak + .5);
    line(peak, margin.top, peak, bottom, palette.accent, 1.5, []);
    if (this.step !== plan.peak)
      line(this.x(this.step + .5), margin.top, this.x(this.step + .5), bottom, palette.focus, 1.5, [3, 3]);
    for (const buffer of [this.hovered, this.selected])
      if (buffer) {
        // The chain of buffers that hand their bytes on.
        for (let other = buffer.over; other; other = other.over)
          this.outline(other, palette.text, 1, [3, 3]);
        for (let other = buffer.under; other; other = other.under)
          this.outline(other, palette.text, 1, [3, 3]);
        this.outline(buffer, palette.text, buffer === this.selected ? 2.5 : 1.5);
      }
    if (this.box) {
      context.strokeStyle = palette.focus;
      context.lineWidth = 1;
      context.strokeRect(this.box.x0, this.box.y0, this.box.x1 - this.box.x0, this.box.y1 - this.box.y0);
    }
  }

  drawLabels(inner) {
    const {context, palette, plan} = this;
    const right = margin.left + inner.width;
    const label = (text, x, y, colour, align) => {
      context.textAlign = align;
      const width = context.measureText(text).width + 8;
      const left = align === "center" ? x - width / 2 : align === "right" ? x - width : x;
      context.fillStyle = palette.back;
      context.fillRect(left, y, width, 14);
      context.fillStyle = colour;
      context.fillText(text, align === "center" ? x : align === "right" ? x - 4 : x + 4, y + 7);
    };
    context.textBaseline = "middle";
    const bottom = margin.top + inner.height + 16;
    if (plan.backward > 0 && plan.backward < plan.steps.length) {
      const border = this.x(plan.backward);
      context.strokeStyle = palette.soft;
      context.lineWidth = 1;
      if (border > margin.left && border < right) {
        context.beginPath();
        context.moveTo(border, margin.top + inner.height);
        context.lineTo(border, bottom + 12);
        context.stroke();
      }
      if (border - margin.left > 60)
        label("← forward", Math.min(border, right) - 2, bottom, palette.soft, "right");
      if (right - border > 120)
        label("backward →", Math.max(border, margin.left) + 2, bottom, palette.soft, "left");
    }
    label("launches", right, bottom, palette.soft, "right");
    const peak = this.x(plan.peak + .5);
    if (peak >= margin.left && peak <= right) {
      const text = `peak: launch ${plan.peak}, ${formatBytes(plan.live[plan.peak] || 0)}`;
      const half = context.measureText(text).width / 2 + 4;
      label(text, Math.min(Math.max(peak, margin.left + half), right - half), 1, palette.accent, "center");
    }
    const arena = this.y(plan.arena);
    if (arena >= margin.top && arena <= margin.top + inner.height)
      label(`arena ${formatBytes(plan.arena)}`, right, Math.max(1, arena - 15), palette.text, "right");
  }
}
