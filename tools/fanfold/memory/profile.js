// Part of the Fanfold project, under the Apache License v2.0 with LLVM Exceptions. See LICENSE for
// license information. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The strip above the picture: live bytes at every launch, what part of time the picture shows,
// and the launch that the table itemises.

class Profile {
  constructor(canvas) {
    this.canvas = canvas;
    this.plan = null;
    this.width = 1; // Of the strip without margins, as last drawn.
  }

  x(step) { return margin.left + step / Math.max(1, this.plan.steps.length) * this.width; }
  stepAt(x) {
    const step = Math.floor((x - margin.left) / this.width * this.plan.steps.length);
    return Math.min(Math.max(step, 0), this.plan.steps.length - 1);
  }

  draw(palette, view, step) {
    const {context, width, height} = fitCanvas(this.canvas);
    context.fillStyle = palette.back;
    context.fillRect(0, 0, width, height);
    if (!this.plan || !this.plan.steps.length)
      return;
    this.width = Math.max(1, width - margin.left - margin.right);
    const plan = this.plan, bottom = height - 3, most = Math.max(1, plan.arena);
    const y = (bytes) => bottom - bytes / most * (height - 6);
    // The most of the launches in each column of pixels.
    context.beginPath();
    context.moveTo(margin.left, bottom);
    for (let column = 0; column < this.width; ++column) {
      const first = this.stepAt(margin.left + column), last = this.stepAt(margin.left + column + .999);
      let live = 0;
      for (let at = first; at <= last; ++at)
        live = Math.max(live, plan.live[at]);
      context.lineTo(margin.left + column, y(live));
      context.lineTo(margin.left + column + 1, y(live));
    }
    context.lineTo(margin.left + this.width, bottom);
    context.closePath();
    context.fillStyle = palette.line;
    context.fill();
    // What the picture does not show is veiled.
    context.globalAlpha = .65;
    context.fillStyle = palette.back;
    const left = Math.max(this.x(view.x0), margin.left), right = Math.min(this.x(view.x1), margin.left + this.width);
    context.fillRect(margin.left, 0, left - margin.left, height);
    context.fillRect(right, 0, margin.left + this.width - right, height);
    context.globalAlpha = 1;
    const mark = (at, colour, dash) => {
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(this.x(at + .5), 0);
      context.lineTo(this.x(at + .5), height);
      context.stroke();
      context.setLineDash([]);
    };
    mark(plan.peak, palette.accent, []);
    if (step !== plan.peak)
      mark(step, palette.focus, [3, 3]);
    context.fillStyle = palette.soft;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText("live bytes", margin.left - 6, height / 2);
  }
}
