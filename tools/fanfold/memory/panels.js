// Part of the Fanfold project, under the Apache License v2.0 with LLVM Exceptions. See LICENSE for
// license information. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of the page that are text: each function fills one of them from plans. Everything that
// comes from a report enters the document as text, never as markup.

const byId = (id) => document.getElementById(id);

/** make("td", {className: "number"}, "1", other): an element with properties and children; "" and false are none. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== "" && child !== false));
  return element;
}

/** A size for people; the exact number of bytes on hovering and in data-bytes. */
function bytesElement(tag, bytes, properties = {}) {
  const element = make(tag, {title: withCommas(bytes) + " bytes", ...properties}, formatBytes(bytes));
  element.dataset.bytes = bytes;
  return element;
}

function showTotals(plans, plan) {
  const entry = (id, term, description) => {
    description.id = id;
    return make("div", {}, make("dt", {}, term), description);
  };
  const gap = plan.arena - plan.lowerBound;
  const bound = bytesElement("dd", plan.lowerBound, {className: gap ? "" : "reached"});
  bound.append(make("small", {}, gap ? ` +${percent(gap, plan.lowerBound, 3)}` : " reached"));
  const entries = [entry("arena", "arena", bytesElement("dd", plan.arena)), entry("lower-bound", "lower bound", bound)];
  if (plans.length > 1 && plan !== plans[0]) {
    const saved = bytesElement("dd", plans[0].arena - plan.arena);
    saved.append(make("small", {}, ` ${percent(plans[0].arena - plan.arena, plans[0].arena)}`));
    entries.push(entry("saved", "saved", saved));
  }
  byId("totals").replaceChildren(...entries);
}

/** The text of a model line, or nothing if the report has none. */
const textOf = (report, line) => (report.lines && report.lines[line]) || "";

/**
 * The three model lines that hold the most at the peak of `plan`; `choose` gets a line when it is clicked.
 * The advice is about `chosen`, the plan that a program would have.
 */
function showAnswer(report, plan, chosen, choose) {
  const standing = plan.standingAt(plan.peak);
  const total = standing.reduce((sum, buffer) => sum + buffer.bytes, 0);
  const top = group(standing, "line").slice(0, 3);
  const held = top.reduce((sum, entry) => sum + entry.bytes, 0);
  const count = ["No model line holds", "One model line holds", "Two model lines hold", "Three model lines hold"][top.length];
  byId("answer-title").textContent =
      `${count} ${percent(held, total, 0)} of the peak: ${formatBytes(held)} of ${formatBytes(total)} ` +
      `at ${plan.describeStep(plan.peak)}`;
  byId("top-lines").replaceChildren(...top.map((entry) => {
    const uses = group(entry.buffers, "use"), largest = uses[0];
    const count = entry.buffers.length === 1 ? entry.buffers[0].name : `${entry.buffers.length} buffers`;
    const place = shortLine(largest.key).replace(shortLine(entry.key).replace(/\d+$/, ""), "line ");
    const where = uses.length > 1 ? `, ${percent(largest.bytes, entry.bytes, 0)} used at ${place}` : "";
    const button = make("button", {type: "button", title: textOf(report, entry.key) || entry.key},
        make("span", {className: "share"}, percent(entry.bytes, total, 0)),
        make("code", {}, textOf(report, entry.key) || shortLine(entry.key)),
        make("small", {}, `${shortLine(entry.key)} · `, bytesElement("span", entry.bytes, {className: "bytes"}), ` · ${count}${where}`));
    button.dataset.line = entry.key;
    button.addEventListener("click", () => choose(entry.key));
    return make("li", {}, button);
  }));
  byId("advice").textContent = advise(report, chosen);
}

/** One radio button a plan, with what it saved over the one before; `choose` gets its index. */
function showTechniques(plans, current, choose) {
  const most = Math.max(1, ...plans.map((plan) => plan.arena));
  const rows = plans.map((plan, i) => {
    const input = make("input", {type: "radio", name: "technique", value: plan.name, checked: plan === current});
    input.addEventListener("change", () => choose(i));
    const bar = make("i");
    bar.style.width = percent(plan.arena, most, 2);
    const before = i ? plans[i - 1].arena : 0, saved = before - plan.arena;
    const savedText = i ? bytesElement("span", saved, {className: "saved"}) : make("span");
    if (i)
      savedText.textContent = saved > 0 ? `−${formatBytes(saved)} (${percent(saved, before)})`
                                        : saved < 0 ? `+${formatBytes(-saved)}` : "saves nothing";
    return make("label", {}, input, make("span", {}, (i > 1 ? "+ " : "") + plan.title),
                make("span", {className: "bar"}, bar), bytesElement("span", plan.arena, {className: "bytes"}), savedText);
  });
  byId("techniques").replaceChildren(byId("techniques").firstElementChild, ...rows);
}

/** `choices` are {label, plan}; `current` one of their plans or null. */
function showCompareChoices(choices, current) {
  byId("compare").replaceChildren(make("option", {value: "", selected: !current}, "nothing"),
      ...choices.map(({label, plan}, i) => make("option", {value: i, selected: plan === current}, label)));
}

function showLegend(plan, pressed, toggle, palette) {
  // By what they hold at the peak; then those that hold nothing there.
  const order = new Set([...group(plan.standingAt(plan.peak), "kind"), ...group(plan.buffers, "kind")].map((entry) => entry.key));
  byId("legend").replaceChildren(...[...order].map((kind) => {
    const swatch = make("span", {className: "swatch"});
    swatch.style.background = palette.kind(kind);
    const button = make("button", {type: "button", title: `Show ${kind} buffers alone`}, swatch, kind);
    button.setAttribute("aria-pressed", pressed.has(kind));
    button.dataset.kind = kind;
    button.addEventListener("click", () => toggle(kind));
    return button;
  }));
}

/** All there is to say about a buffer, as a list of terms. */
function describeBuffer(report, plan, buffer, palette) {
  const swatch = make("span", {className: "swatch"});
  swatch.style.background = palette.kind(buffer.kind);
  const list = make("dl", {className: "details"}, make("dd", {className: "name"}, swatch, buffer.name));
  const add = (term, ...description) => list.append(make("dt", {}, term), make("dd", {}, ...description));
  const launches = plan.steps.length, life = buffer.last - buffer.first + 1;
  add("size", `${formatBytes(buffer.bytes)} (${withCommas(buffer.bytes)} bytes), ${buffer.kind}`);
  if (buffer.kernel)
    add("made by", `launch ${buffer.first}, ${buffer.kernel}${plan.steps[buffer.first].layer ? " for " + plan.steps[buffer.first].layer : ""}`);
  add("life", life === launches ? "the whole step"
              : `launches ${buffer.first}–${buffer.last}, ${percent(life, launches, 0)} of the step`);
  if (buffer.kernel && buffer.last > buffer.first)
    add("last read", plan.describeStep(buffer.last));
  if (buffer.location) {
    const line = lineOf(buffer.location), text = textOf(report, line);
    add("model line", make("code", {}, shortLine(buffer.location)), text && " ", text && make("code", {}, text));
    if (buffer.usedAt.length)
      add("used at", make("code", {}, buffer.usedAt.map(shortLine).join(" ← ")));
  }
  if (buffer.inPlaceOf)
    add("in place of", buffer.inPlaceOf);
  if (buffer.under)
    add("taken by", `${buffer.under.name}, in place`);
  add("address", `${withCommas(buffer.offset)} to ${withCommas(buffer.offset + buffer.bytes)}`);
  const peak = plan.stands(buffer, plan.peak);
  add("at the peak", peak ? `yes, ${percent(buffer.bytes, plan.live[plan.peak])} of it` : "no");
  return list;
}

/** A curve of step time against budget from {budget_bytes, step_ms} points, with a tooltip each. */
function showSweep(points) {
  const good = Array.isArray(points) ? points.filter((point) => point && point.budget_bytes > 0 && point.step_ms > 0) : [];
  byId("sweep").hidden = good.length < 2;
  if (good.length < 2)
    return;
  good.sort((a, b) => a.budget_bytes - b.budget_bytes);
  const svgMake = (tag, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes))
      element.setAttribute(name, value);
    element.textContent = text || "";
    return element;
  };
  const width = 372, height = 170, left = 52, bottom = 140, right = width - 8, top = 10;
  const fastest = Math.min(...good.map((point) => point.step_ms)), slowest = Math.max(...good.map((point) => point.step_ms));
  const least = good[0].budget_bytes, most = good[good.length - 1].budget_bytes;
  const x = (bytes) => left + (bytes - least) / Math.max(1, most - least) * (right - left);
  const y = (ms) => bottom - (ms - fastest) / Math.max(1e-9, slowest - fastest) * (bottom - top);
  const svg = svgMake("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
                              "aria-label": "step time against memory budget"});
  svg.append(svgMake("path", {class: "axis", fill: "none", d: `M${left} ${top}V${bottom}H${right}`}),
             svgMake("polyline", {class: "curve", points: good.map((p) => `${x(p.budget_bytes)},${y(p.step_ms)}`).join(" ")}),
             svgMake("text", {x: left - 4, y: top + 4, "text-anchor": "end"}, `${slowest.toPrecision(4)} ms`),
             svgMake("text", {x: left - 4, y: bottom, "text-anchor": "end"}, `${fastest.toPrecision(4)} ms`),
             svgMake("text", {x: left, y: bottom + 14}, formatBytes(least)),
             svgMake("text", {x: right, y: bottom + 14, "text-anchor": "end"}, formatBytes(most)),
             svgMake("text", {x: (left + right) / 2, y: bottom + 27, "text-anchor": "middle"}, "memory budget"));
  for (const point of good) {
    const dot = svgMake("circle", {cx: x(point.budget_bytes), cy: y(point.step_ms), r: 4, tabindex: 0});
    dot.append(svgMake("title", {}, `${formatBytes(point.budget_bytes)}: ${point.step_ms.toPrecision(4)} ms, ` +
                                    `+${percent(point.step_ms - fastest, fastest)} over the fastest`));
    svg.append(dot);
  }
  byId("sweep-curve").replaceChildren(svg);
}
