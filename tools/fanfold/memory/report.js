// Part of the Fanfold project, under the Apache License v2.0 with LLVM Exceptions. See LICENSE for
// license information. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the page knows: the object of `fanfold inspect --memory --format=json`, read into plans.
// Nothing here touches the document. Bytes and launches are numbers; a life includes both ends.

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** With so many digits; of two that are as near the even one, as the compiler's text has it. */
function fixed(value, digits) {
  const scaled = value * 10 ** digits;
  // A product may look like a tie that the number, which is a binary fraction, is not.
  const isTie = Number.isInteger(value * 2 ** (digits + 1)) && scaled % 1 === 0.5;
  return isTie ? (2 * Math.round(scaled / 2) / 10 ** digits).toFixed(digits) : value.toFixed(digits);
}

/** 12345678 as "11.8 MiB": as the compiler's text has it. */
function formatBytes(bytes, digits = 1) {
  let value = Math.abs(bytes), unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  return (bytes < 0 ? "−" : "") + (unit ? fixed(value, digits) : String(value)) + " " + units[unit];
}

const withCommas = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const percent = (part, whole, digits = 1) => (whole ? (100 * part) / whole : 0).toFixed(digits) + "%";
/** "examples/lenet.mlir:12:8" as "examples/lenet.mlir:12", and that without its folder. */
const lineOf = (location) => location.replace(/:\d+$/, "");
const shortLine = (line) => line.replace(/^.*\//, "");

/** One way to lay out the step. `source` has arena_bytes, lower_bound_bytes, peak_step, steps, buffers. */
class Plan {
  constructor(source, title) {
    Object.assign(this, {
      title, name: source.name, steps: source.steps, peak: source.peak_step,
      arena: source.arena_bytes, lowerBound: source.lower_bound_bytes,
    });
    this.buffers = source.buffers.map((buffer, index) => ({
      index, name: buffer.name, kind: buffer.kind, kernel: buffer.kernel || null, offset: buffer.offset,
      bytes: buffer.bytes, first: buffer.first_step, last: buffer.last_step, inPlaceOf: buffer.in_place_of,
      location: buffer.location || "", usedAt: buffer.used_at || [], over: null, under: null, shade: index & 1,
    }));
    const named = new Map(this.buffers.map((buffer) => [buffer.name, buffer]));
    for (const buffer of this.buffers)
      // What is overwritten stands before what overwrites it: chains of them end.
      if (named.has(buffer.inPlaceOf) && named.get(buffer.inPlaceOf).index < buffer.index) {
        buffer.over = named.get(buffer.inPlaceOf);
        buffer.over.under = buffer;
      }
    // In the order that changes colours least: drawing is quicker.
    this.byShade = [...this.buffers].sort((a, b) => a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.shade - b.shade);
    this.live = this.liveBytes();
    // Launches before the first gradient are the forward pass.
    const gradients = this.buffers.filter((buffer) => buffer.kind === "gradient");
    this.backward = gradients.reduce((least, buffer) => Math.min(least, buffer.first), this.steps.length);
  }

  /** A buffer that another one takes over at this very launch is that one's bytes now. */
  stands(buffer, step) {
    return buffer.first <= step && step <= buffer.last &&
           !(buffer.last === step && buffer.under && buffer.under.first === step);
  }

  /** Buffers that stand at a launch, largest first. */
  standingAt(step) {
    return this.buffers.filter((buffer) => this.stands(buffer, step)).sort((a, b) => b.bytes - a.bytes);
  }

  /** Bytes standing at each launch. */
  liveBytes() {
    const live = new Float64Array(this.steps.length + 1);
    for (const buffer of this.buffers) {
      const taken = buffer.under && buffer.under.first === buffer.last;
      live[buffer.first] += buffer.bytes;
      live[taken ? buffer.last : buffer.last + 1] -= buffer.bytes;
    }
    for (let step = 1; step < live.length; ++step)
      live[step] += live[step - 1];
    return live.subarray(0, this.steps.length);
  }

  /** The launch as a person says it: "launch 167, avg_pool2d_grad for mean.grad". */
  describeStep(step) {
    const launch = this.steps[step];
    return launch ? `launch ${step}, ${launch.kernel}${launch.layer ? " for " + launch.layer : ""}` : "no launch";
  }
}

/** How rows of the table are made: from a buffer, the key of its row. */
const groupings = {
  line: (buffer) => lineOf(buffer.location) || "(no line)",
  use: (buffer) => lineOf(buffer.usedAt.length ? buffer.usedAt[buffer.usedAt.length - 1] : buffer.location) || "(no line)",
  kind: (buffer) => buffer.kind,
  kernel: (buffer) => buffer.kernel || buffer.kind,
  buffer: (buffer) => buffer.name,
};

/** Buffers by `grouping`, largest group first: {key, bytes, buffers}. */
function group(buffers, grouping) {
  const groups = new Map();
  for (const buffer of buffers) {
    const key = groupings[grouping](buffer);
    if (!groups.has(key))
      groups.set(key, {key, bytes: 0, buffers: []});
    const entry = groups.get(key);
    entry.bytes += buffer.bytes;
    entry.buffers.push(buffer);
  }
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
}

/** Says what is wrong with a report, with its place; nothing if it can be drawn. */
function findMistake(report) {
  const object = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const show = (value) => (value === undefined ? "nothing" : JSON.stringify(value)).slice(0, 40);
  const count = (value) => Number.isSafeInteger(value) && value >= 0;
  const checkPlan = (plan, place) => {
    for (const key of ["arena_bytes", "lower_bound_bytes", "peak_step"])
      if (!count(plan[key]))
        return `${place}${key} is ${show(plan[key])}, expected a number of at least 0`;
    for (const key of ["steps", "buffers"])
      if (!Array.isArray(plan[key]))
        return `${place}${key} is ${show(plan[key])}, expected an array`;
    for (const [i, step] of plan.steps.entries())
      if (!object(step) || typeof step.kernel !== "string")
        return `${place}steps[${i}] is ${show(step)}, expected a launch with a kernel`;
    for (const [i, buffer] of plan.buffers.entries()) {
      const at = `${place}buffers[${i}]`;
      if (!object(buffer))
        return `${at} is ${show(buffer)}, expected an object`;
      for (const key of ["name", "kind"])
        if (typeof buffer[key] !== "string")
          return `${at}.${key} is ${show(buffer[key])}, expected a string`;
      for (const key of ["offset", "bytes", "first_step", "last_step"])
        if (!count(buffer[key]))
          return `${at}.${key} is ${show(buffer[key])}, expected a number of at least 0`;
      if (buffer.first_step > buffer.last_step || buffer.last_step >= Math.max(plan.steps.length, 1))
        return `${at} lives from ${buffer.first_step} to ${buffer.last_step}, expected launches in order, ` +
               `below ${plan.steps.length}`;
    }
    return "";
  };
  if (!object(report))
    return `found ${show(report)}, expected an object`;
  const own = checkPlan(report, "");
  if (own)
    return own;
  if (report.plans !== undefined && (!Array.isArray(report.plans) || !report.plans.every(object)))
    return `plans is ${show(report.plans)}, expected an array of objects`;
  for (const [i, plan] of (report.plans || []).entries()) {
    const wrong = checkPlan({...report, ...plan}, `plans[${i}].`);
    if (wrong)
      return wrong;
  }
  return report.compare === undefined ? "" : findMistake(report.compare).replace(/^(?=.)/, "compare: ");
}

/** The plans of a report, from the one without techniques to the chosen one. The last is the report itself. */
function plansOf(report) {
  const listed = report.plans && report.plans.length ? report.plans : [{name: "plan", title: "the plan"}];
  return listed.map((plan) => new Plan({...report, ...plan}, plan.title || plan.name));
}

/** The report's headline without its plan: "resnet50, batch 256, fp32, cpu". */
function headline(report) {
  return [report.model || "model", report.batch && `batch ${report.batch}`, report.precision, report.target]
      .filter(Boolean).join(", ");
}

/** One sentence on what lowers the peak of this plan, by what stands there. */
function advise(report, plan) {
  const standing = plan.standingAt(plan.peak);
  const total = standing.reduce((sum, buffer) => sum + buffer.bytes, 0);
  const sum = (test) => standing.filter(test).reduce((bytes, buffer) => bytes + buffer.bytes, 0);
  const kept = sum((buffer) => buffer.kind === "activation" && buffer.last > plan.peak);
  const persistent = sum((buffer) => ["parameter", "optimizer", "statistic", "constant", "scalar"].includes(buffer.kind));
  const workspace = sum((buffer) => buffer.kind === "workspace");
  const gibibytes = plan.arena / 2 ** 30;
  const size = (value) => gibibytes >= 4 ? `${Math.ceil(value / 2 ** 30)}G` : `${Math.ceil(value / 2 ** 20)}M`;
  const half = Math.floor((report.batch || 0) / 2);
  const halved = half ? `--batch=${half} needs about ${formatBytes(persistent + (plan.arena - persistent) / 2)}` : "";
  if (!total)
    return "Nothing stands at the peak.";
  if (workspace > total / 3)
    return `${percent(workspace, total, 0)} of the peak is one launch's workspace: a smaller batch shrinks it` +
           (halved && ` (${halved})`) + ", and so does a kernel that needs less.";
  if (persistent > total / 2)
    return `${percent(persistent, total, 0)} of the peak is parameters and what the optimizer keeps of them, which ` +
           "neither a smaller batch nor recomputation changes: shrink the largest layer, or take an optimizer with less state.";
  if (kept > total / 3)
    return `${percent(kept, total, 0)} of the peak is activations kept for the backward pass: ` +
           `--memory-budget=${size(plan.arena * 2 / 3)} recomputes cheap ones instead` +
           (halved && `, ${halved}`) + ".";
  return `No single kind decides this peak` + (halved ? `: a smaller batch helps, ${halved}.` : ".");
}
