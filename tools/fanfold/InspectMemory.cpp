//===- InspectMemory.cpp - inspect --memory -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/Inspect.h"
#include "tools/fanfold/Options.h"

using namespace mlir;
using namespace fanfold;

static double percent(int64_t part, int64_t whole) {
  return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

std::string fanfold::memoryText(const MemoryReport &report) {
  auto saved = [&](int64_t before, int64_t after) {
    return fmt::format("{} ({:.1f}%)", formatBytes(before - after),
                       percent(before - after, before));
  };
  std::string text = fmt::format("memory plan of {}, batch {}, {}, target {}\n", report.model,
                                 report.batch, report.precision, report.target);
  text += fmt::format("  arena              {} ({} bytes)\n", formatBytes(report.arenaBytes),
                      withCommas(report.arenaBytes));
  int64_t gap = report.arenaBytes - report.lowerBoundBytes;
  text +=
      fmt::format("  lower bound        {} ({} bytes): {}\n", formatBytes(report.lowerBoundBytes),
                  withCommas(report.lowerBoundBytes),
                  gap == 0 ? "reached"
                           : fmt::format("{} bytes ({:.3f}%) above it; the packer found no "
                                         "tighter placement within its limit",
                                         withCommas(gap), percent(gap, report.lowerBoundBytes)));
  text += fmt::format("  sharing saved      {} of {}\n",
                      saved(report.unsharedBytes, report.noInPlaceBytes),
                      formatBytes(report.unsharedBytes));
  text += fmt::format("  in-place saved     {} of {}\n",
                      saved(report.noInPlaceBytes, report.arenaBytes),
                      formatBytes(report.noInPlaceBytes));

  const MemoryReport::Step &peak = report.steps[static_cast<size_t>(report.peakStep)];
  text += fmt::format("\npeak: launch {} of {}, {} for {} ({})\n", report.peakStep,
                      report.steps.size(), peak.kernel, peak.layer, peak.location);
  for (const auto &[kind, bytes] : report.peakByKind())
    text += fmt::format("  {:>10}  {:5.1f}%  {}\n", formatBytes(bytes),
                        percent(bytes, report.lowerBoundBytes), kind);
  text += "\nlargest buffers at the peak\n";
  text += fmt::format("  {:>10}  {:<12}  {:<36}  {:>11}  {}\n", "size", "kind", "name", "launches",
                      "model line");
  size_t count = 0;
  for (const MemoryReport::Buffer *buffer : report.atPeak()) {
    if (++count > 20)
      break;
    text += fmt::format(
        "  {:>10}  {:<12}  {:<36}  {:>11}  {}\n", formatBytes(buffer->bytes), buffer->kind,
        buffer->name, fmt::format("{}-{}", buffer->firstStep, buffer->lastStep), buffer->location);
  }
  return text;
}

Json fanfold::memoryJson(const MemoryReport &report) {
  Json steps = Json::array(), buffers = Json::array();
  for (const MemoryReport::Step &step : report.steps)
    steps.push_back({{"index", steps.size()},
                     {"kernel", step.kernel},
                     {"layer", step.layer},
                     {"location", step.location}});
  for (const MemoryReport::Buffer &buffer : report.buffers)
    buffers.push_back({{"name", buffer.name},
                       {"kind", buffer.kind},
                       {"offset", buffer.offset},
                       {"bytes", buffer.bytes},
                       {"first_step", buffer.firstStep},
                       {"last_step", buffer.lastStep},
                       {"in_place_of", buffer.inPlaceOf ? Json(*buffer.inPlaceOf) : Json()},
                       {"location", buffer.location}});
  return {{"model", report.model},
          {"batch", report.batch},
          {"target", report.target},
          {"precision", report.precision},
          {"arena_bytes", report.arenaBytes},
          {"lower_bound_bytes", report.lowerBoundBytes},
          {"unshared_bytes", report.unsharedBytes},
          {"no_in_place_bytes", report.noInPlaceBytes},
          {"peak_step", report.peakStep},
          {"steps", steps},
          {"buffers", buffers}};
}
