//===- InspectMemory.cpp - inspect --memory -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/Inspect.h"
#include "tools/fanfold/Options.h"

#include "llvm/Support/MemoryBuffer.h"

#include <map>

using namespace fanfold;

static double percent(int64_t part, int64_t whole) {
  return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

/// The text of the model lines that buffers were made for, by "file:line". A file that is
/// gone, or shorter than it was, leaves its lines out.
static std::map<std::string, std::string> modelLines(const MemoryReport &report) {
  std::map<std::string, std::vector<std::string>> files;
  std::map<std::string, std::string> lines;
  auto add = [&](const std::string &location) {
    std::string line = lineOf(location);
    size_t colon = line.rfind(':');
    if (colon == std::string::npos || lines.count(line))
      return;
    auto [file, isNew] = files.try_emplace(line.substr(0, colon));
    if (isNew)
      if (auto buffer = llvm::MemoryBuffer::getFile(file->first, /*IsText=*/true)) {
        llvm::SmallVector<llvm::StringRef> split;
        (*buffer)->getBuffer().split(split, '\n');
        file->second.assign(split.begin(), split.end());
      }
    size_t number = 0;
    if (!llvm::StringRef(line).drop_front(colon + 1).getAsInteger(10, number) && number >= 1 &&
        number <= file->second.size())
      lines[line] = llvm::StringRef(file->second[number - 1]).trim().str();
  };
  for (const MemoryReport::Buffer &buffer : report.buffers) {
    add(buffer.location);
    for (const std::string &use : buffer.usedAt)
      add(use);
  }
  return lines;
}

/// What each technique saved of the arena of the plan before it.
static std::string savingsText(const std::vector<TechniquePlan> &plans) {
  std::string text;
  for (size_t i = 1; i < plans.size(); ++i) {
    int64_t before = plans[i - 1].report.arenaBytes, saved = before - plans[i].report.arenaBytes;
    text += fmt::format("  {:<18} {} ({:.1f}%) of {}\n", plans[i].name + " saved",
                        saved < 0 ? "-" + formatBytes(-saved) : formatBytes(saved),
                        percent(saved, before), formatBytes(before));
  }
  return text;
}

static std::string peakText(const MemoryReport &report) {
  if (report.steps.empty())
    return "\nthe training step has no launches\n";
  std::vector<const MemoryReport::Buffer *> standing = report.atPeak();
  int64_t total = 0;
  for (const MemoryReport::Buffer *buffer : standing)
    total += buffer->bytes;
  const MemoryReport::Step &peak = report.steps[static_cast<size_t>(report.peakStep)];
  std::string text = fmt::format(
      "\npeak: launch {} of {}, {}{} ({}), {}\n", report.peakStep, report.steps.size(), peak.kernel,
      peak.layer.empty() ? "" : " for " + peak.layer, peak.location, formatBytes(total));
  for (const auto &[kind, bytes] : report.peakByKind())
    text +=
        fmt::format("  {:>10}  {:5.1f}%  {}\n", formatBytes(bytes), percent(bytes, total), kind);

  text += "\nmodel lines at the peak\n";
  std::map<std::string, std::string> lines = modelLines(report);
  size_t count = 0;
  for (const auto &[line, bytes] : report.peakByLine()) {
    if (++count > 10)
      break;
    auto source = lines.find(line);
    text += fmt::format("  {:>10}  {:5.1f}%  {}{}\n", formatBytes(bytes), percent(bytes, total),
                        line.empty() ? "(no line)" : line,
                        source == lines.end() ? "" : "  " + source->second);
  }

  text += "\nlargest buffers at the peak\n";
  text += fmt::format("  {:>10}  {:<12}  {:<36}  {:>11}  {}\n", "size", "kind", "name", "launches",
                      "model line");
  for (const MemoryReport::Buffer *buffer : llvm::ArrayRef(standing).take_front(20))
    text += fmt::format(
        "  {:>10}  {:<12}  {:<36}  {:>11}  {}\n", formatBytes(buffer->bytes), buffer->kind,
        buffer->name, fmt::format("{}-{}", buffer->firstStep, buffer->lastStep), buffer->location);
  return text;
}

std::string fanfold::memoryText(const std::vector<TechniquePlan> &plans) {
  const MemoryReport &report = plans.back().report;
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
  if (report.recomputation)
    text +=
        fmt::format("  recomputation      {} launches run again, estimated +{:.1f}% of a step of "
                    "{:.2f} ms\n",
                    report.recomputation->launches, report.recomputation->percent(),
                    1e3 * report.recomputation->seconds);
  return text + savingsText(plans) + peakText(report);
}

std::string fanfold::sweepText(const std::vector<SweepPoint> &points) {
  if (points.empty())
    return "\nthe training step has no launches\n";
  std::string text = "\nstep time against memory budget, as modelled\n";
  text += fmt::format("  {:>10}  {:>15}  {:>10}  {:>8}\n", "budget", "bytes", "step", "slowdown");
  const double fastest = points.front().seconds;
  for (const SweepPoint &point : points)
    text +=
        fmt::format("  {:>10}  {:>15}  {:>7.2f} ms  {:>+7.1f}%\n", formatBytes(point.budgetBytes),
                    withCommas(point.budgetBytes), 1e3 * point.seconds,
                    fastest > 0 ? 100 * (point.seconds / fastest - 1) : 0.0);
  return text;
}

Json fanfold::sweepJson(const std::vector<SweepPoint> &points) {
  Json list = Json::array();
  for (const SweepPoint &point : points)
    list.push_back({{"budget_bytes", point.budgetBytes}, {"step_ms", 1e3 * point.seconds}});
  return list;
}

/// The part of the JSON that differs between plans of one model.
static Json planJson(const MemoryReport &report) {
  Json steps = Json::array(), buffers = Json::array();
  for (const MemoryReport::Step &step : report.steps)
    steps.push_back({{"index", steps.size()},
                     {"kernel", step.kernel},
                     {"layer", step.layer},
                     {"location", step.location}});
  for (const MemoryReport::Buffer &buffer : report.buffers)
    buffers.push_back({{"name", buffer.name},
                       {"kind", buffer.kind},
                       {"kernel", buffer.kernel ? Json(*buffer.kernel) : Json()},
                       {"offset", buffer.offset},
                       {"bytes", buffer.bytes},
                       {"first_step", buffer.firstStep},
                       {"last_step", buffer.lastStep},
                       {"in_place_of", buffer.inPlaceOf ? Json(*buffer.inPlaceOf) : Json()},
                       {"location", buffer.location},
                       {"used_at", buffer.usedAt}});
  return {{"arena_bytes", report.arenaBytes},
          {"lower_bound_bytes", report.lowerBoundBytes},
          {"peak_step", report.peakStep},
          {"steps", std::move(steps)},
          {"buffers", std::move(buffers)}};
}

Json fanfold::memoryJson(const std::vector<TechniquePlan> &plans) {
  const MemoryReport &report = plans.back().report;
  Json json = {{"model", report.model},
               {"batch", report.batch},
               {"target", report.target},
               {"precision", report.precision}};
  json.update(planJson(report));
  Json list = Json::array();
  for (const TechniquePlan &plan : plans) {
    Json entry = {{"name", plan.name}};
    if (&plan != &plans.back())
      entry.update(planJson(plan.report));
    list.push_back(std::move(entry));
  }
  json["plans"] = std::move(list);
  if (report.recomputation)
    json["recomputation"] = {{"launches", report.recomputation->launches},
                             {"step_ms", 1e3 * report.recomputation->seconds},
                             {"extra_ms", 1e3 * report.recomputation->extraSeconds}};
  json["lines"] = modelLines(report);
  return json;
}
