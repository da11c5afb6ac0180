// Part of the Fanfold project, under the Apache License v2.0 with LLVM Exceptions. See LICENSE for
// license information. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is shown, in one object, and how the parts follow it.

class Page {
  constructor(report) {
    this.report = report;
    this.plans = plansOf(report);
    this.plan = this.plans[this.plans.length - 1];
    this.step = this.plan.peak;
    this.kinds = new Set();
    this.matches = [];
    this.match = -1;
    this.left = new Picture(byId("left"));
    this.right = new Picture(byId("right"));
    this.profile = new Profile(byId("profile"));
    this.right.report = this.left.report = report;
    this.table = new Table({choose: () => this.showTable(), select: (buffer) => this.goTo(buffer)});
    this.others = []; // Of other reports: {label, plan, report}.
    this.second = null;
    this.palette = new Palette();
    if (report.compare) {
      this.addReport(report.compare, report.compare.title || headline(report.compare));
      this.second = this.others[this.others.length - 1];
    }
    document.title = `Memory of ${headline(report)}`;
    byId("model").textContent = report.model || "Memory plan";
    showSweep(report.sweep);
    this.showPlans();
  }

  /** Puts the plans of another report among those to compare with. */
  addReport(report, label) {
    const plans = plansOf(report);
    for (const plan of plans)
      this.others.push({report, plan, label: plan === plans[plans.length - 1] ? label : `${label}: ${plan.title}`});
  }

  /** What can stand on the right. */
  get choices() {
    return [...this.plans.filter((plan) => plan !== this.plan)
                .map((plan) => ({report: this.report, plan, label: "this model, " + plan.title})),
            ...this.others];
  }

  choosePlan(index) {
    if (!this.plans[index] || this.plan === this.plans[index])
      return;
    const atPeak = this.step === this.plan.peak;
    this.plan = this.plans[index];
    this.step = atPeak ? this.plan.peak : Math.min(this.step, this.plan.steps.length - 1);
    if (this.second && this.second.plan === this.plan)
      this.second = null;
    this.showPlans();
  }

  compareWith(choice) {
    this.second = choice;
    this.showPlans();
  }

  /** After a change of plans: everything anew, the picture as a whole. */
  showPlans() {
    const again = this.left.selected && this.plan.buffers.find((buffer) => buffer.name === this.left.selected.name);
    this.left.plan = this.profile.plan = this.plan;
    this.left.hovered = this.right.hovered = this.right.selected = null;
    this.right.plan = this.second && this.second.plan;
    this.right.report = this.second && this.second.report;
    byId("right-figure").hidden = byId("left-caption").hidden = !this.second;
    byId("left-caption").textContent = `${this.report.model || "this model"}, ${this.plan.title}: ${formatBytes(this.plan.arena)}`;
    if (this.second) {
      const change = this.second.plan.arena - this.plan.arena;
      byId("right-caption").textContent = `${this.second.label}: ${formatBytes(this.second.plan.arena)} (` +
          (change ? `${change > 0 ? "+" : "−"}${formatBytes(Math.abs(change))}, ${percent(Math.abs(change), this.plan.arena)}` : "the same") + ")";
    }
    const {batch, precision, target} = this.report;
    byId("subtitle").textContent = [batch && `batch ${batch}`, precision, target, `${this.plan.steps.length} launches`,
                                    `${this.plan.buffers.length} buffers`].filter(Boolean).join(" · ");
    showTotals(this.plans, this.plan);
    showAnswer(this.report, this.plan, this.plans[this.plans.length - 1], (line) => {
      this.table.open = null;
      byId("grouping").value = "line";
      this.table.toggle(line);
    });
    showTechniques(this.plans, this.plan, (index) => this.choosePlan(index));
    showCompareChoices(this.choices, this.second && this.second.plan);
    this.left.selected = again || null;
    this.showSelected();
    this.search(byId("search").value);
    this.showLegend();
    this.showTable();
    this.showAll();
  }

  showLegend() {
    showLegend(this.plan, this.kinds, (kind) => {
      if (!this.kinds.delete(kind))
        this.kinds.add(kind);
      this.showLegend();
      this.mark();
    }, this.palette);
  }

  showTable() {
    const second = this.second && {plan: this.second.plan, step: this.step === this.plan.peak ? this.second.plan.peak
        : Math.min(this.step, this.second.plan.steps.length - 1)};
    this.table.show(this.report, this.plan, this.step, byId("grouping").value, second);
    byId("back-to-peak").hidden = this.step === this.plan.peak;
    const profile = byId("profile");
    profile.setAttribute("aria-valuemin", 0);
    profile.setAttribute("aria-valuemax", Math.max(0, this.plan.steps.length - 1));
    profile.setAttribute("aria-valuenow", this.step);
    profile.setAttribute("aria-valuetext", this.plan.describeStep(this.step));
    this.left.step = this.step;
    this.right.step = second ? second.step : 0;
    this.mark();
  }

  setStep(step) {
    this.step = Math.min(Math.max(step, 0), Math.max(0, this.plan.steps.length - 1));
    this.showTable();
  }

  /** Which buffers stand out: those that the search, the legend and the open group agree on. */
  mark() {
    const grouping = groupings[byId("grouping").value], open = this.table.open;
    const text = byId("search").value.trim().toLowerCase();
    for (const picture of [this.left, this.right]) {
      picture.marked = null;
      if (picture.plan && (text || this.kinds.size || open !== null))
        picture.marked = new Set(picture.plan.buffers.filter((buffer) =>
            (!text || this.isMatch(buffer, text)) && (!this.kinds.size || this.kinds.has(buffer.kind)) &&
            (open === null || (grouping(buffer) === open && picture.plan.stands(buffer, picture.step)))));
    }
    this.left.canvas.dataset.marked = this.left.marked ? this.left.marked.size : "";
    this.draw();
  }

  isMatch(buffer, text) {
    return `${buffer.name} ${buffer.kind} ${buffer.kernel || ""} ${buffer.location} ${buffer.usedAt.join(" ")}`
        .toLowerCase().includes(text);
  }

  search(text) {
    const wanted = text.trim().toLowerCase();
    this.matches = wanted ? this.plan.buffers.filter((buffer) => this.isMatch(buffer, wanted)) : [];
    this.match = -1;
    byId("matches").textContent = !wanted ? "" : this.matches.length === 1 ? "1 match" : `${this.matches.length} matches`;
    this.mark();
  }

  /** Jumps to the next (1) or previous (-1) match. */
  jump(direction) {
    if (!this.matches.length)
      return;
    const start = this.match < 0 && direction < 0 ? 0 : this.match;
    this.match = (start + direction + this.matches.length) % this.matches.length;
    byId("matches").textContent = `${this.match + 1} of ${this.matches.length}`;
    this.goTo(this.matches[this.match]);
  }

  select(buffer) {
    this.left.selected = buffer;
    this.right.selected = buffer && this.second ? this.second.plan.buffers.find((other) => other.name === buffer.name) || null : null;
    this.showSelected();
    this.draw();
  }

  showSelected() {
    const buffer = this.left.selected;
    byId("selected").hidden = !buffer;
    byId("selected-card").replaceChildren(...(buffer ? [describeBuffer(this.report, this.plan, buffer, this.palette)] : []));
  }

  /** Selects a buffer and, where it cannot be seen well, shows its surroundings. */
  goTo(buffer) {
    this.select(buffer);
    const {view} = this.left, {height, width} = this.left.inner;
    const tall = buffer.bytes / (view.y1 - view.y0) * height, wide = (buffer.last + 1 - buffer.first) / (view.x1 - view.x0) * width;
    const inside = buffer.first >= view.x0 && buffer.last < view.x1 && buffer.offset >= view.y0 && buffer.offset + buffer.bytes <= view.y1;
    if (!inside || tall < 5 || wide < 5)
      this.zoomTo(buffer);
  }

  zoomTo(buffer) {
    const life = buffer.last + 1 - buffer.first;
    this.setView({x0: buffer.first - .3 * life - 1, x1: buffer.last + 1 + .3 * life + 1,
                  y0: buffer.offset - 3 * buffer.bytes, y1: buffer.offset + 4 * buffer.bytes});
  }

  showAll() {
    const view = this.left.wholeView();
    if (this.second)
      view.y1 = Math.max(view.y1, this.right.wholeView().y1);
    this.setView(view);
  }

  showPeak() {
    this.setStep(this.plan.peak);
    const whole = this.left.wholeView(), half = Math.max(3, this.plan.steps.length / 10);
    this.setView({...whole, x0: this.plan.peak + .5 - half, x1: this.plan.peak + .5 + half});
  }

  /** Keeps the view near the plan and not smaller than a launch and 64 bytes. */
  setView(view) {
    const whole = this.left.wholeView();
    if (this.second)
      whole.y1 = Math.max(whole.y1, this.right.wholeView().y1);
    const limit = (low, high, least, most) => {
      const span = Math.min(Math.max(high - low, least), most);
      const start = Math.min(Math.max((low + high - span) / 2, 0), most - span);
      return [start, start + span];
    };
    const [x0, x1] = limit(view.x0, view.x1, Math.min(1.5, whole.x1), whole.x1);
    const [y0, y1] = limit(view.y0, view.y1, Math.min(64, whole.y1), whole.y1);
    this.left.view = {x0, x1, y0, y1};
    if (this.second) {
      // Two plans share their addresses, and the part of the step that they show.
      const scale = Math.max(1, this.second.plan.steps.length) / whole.x1;
      this.right.view = {x0: x0 * scale, x1: x1 * scale, y0, y1};
    }
    this.draw();
  }

  /** Zooms by factors around a point of the picture, in parts of its width and height from the top left. */
  zoom(factorX, factorY, atX = .5, atY = .5) {
    const {x0, x1, y0, y1} = this.left.view, x = x0 + atX * (x1 - x0), y = y1 - atY * (y1 - y0);
    const span = this.left.wholeView();
    const fx = Math.min(factorX, span.x1 / (x1 - x0));
    this.setView({x0: x - (x - x0) * fx, x1: x + (x1 - x) * fx, y0: y - (y - y0) * factorY, y1: y + (y1 - y) * factorY});
  }

  /** Moves by parts of the width and height. */
  pan(dx, dy) {
    const {x0, x1, y0, y1} = this.left.view, x = dx * (x1 - x0), y = dy * (y1 - y0);
    this.setView({x0: x0 + x, x1: x1 + x, y0: y0 + y, y1: y1 + y});
  }

  /** Draws once before the next frame, however often it is asked to. */
  draw() {
    if (this.drawing)
      return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.left.draw(this.palette);
      if (this.second)
        this.right.draw(this.palette);
      this.profile.draw(this.palette, this.left.view, this.step);
      const plan = this.plan;
      this.left.canvas.setAttribute("aria-label", `${plan.title}: ${plan.buffers.length} buffers over ${plan.steps.length} ` +
          `launches, arena ${formatBytes(plan.arena)}, peak at ${plan.describeStep(plan.peak)}; the table has the same as text`);
    });
  }

  setScheme(name) {
    document.documentElement.dataset.scheme = name;
    this.palette = new Palette();
    this.showLegend();
    this.showSelected();
    this.draw();
  }
}
