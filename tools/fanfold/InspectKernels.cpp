//===- InspectKernels.cpp - inspect --kernels -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Locations.h"
#include "ir/Plan/PlanDialect.h"
#include "tools/fanfold/Inspect.h"
#include "tools/fanfold/Options.h"

using namespace mlir;
using namespace fanfold;

static int64_t bytesOf(plan::LaunchOp launch) {
  int64_t bytes = 0;
  for (Value buffer : launch.getInputs())
    bytes += kernel::byteSize(cast<MemRefType>(buffer.getType()));
  for (Value buffer : launch.getOutputs())
    bytes += kernel::byteSize(cast<MemRefType>(buffer.getType()));
  return bytes;
}

static int64_t workspaceOf(plan::LaunchOp launch) {
  return launch.getWorkspace() ? kernel::byteSize(cast<MemRefType>(launch.getWorkspace().getType()))
                               : 0;
}

/// "reason" or "form"; empty if the launch has none.
static std::string noteOf(plan::LaunchOp launch, StringRef name) {
  auto note = launch->getAttrOfType<StringAttr>(name);
  return note ? note.str() : "";
}

static std::string reasonOf(plan::LaunchOp launch) {
  const std::string reason = noteOf(launch, "reason"), form = noteOf(launch, "form");
  return reason.empty() || form.empty() ? reason + form : reason + "; " + form;
}

/// The end of long names says the least: cuBLASLt's algorithms are 128 digits. JSON has
/// them whole.
static std::string shortened(const std::string &text) {
  constexpr size_t most = 40;
  return text.size() > most ? text.substr(0, most - 3) + "..." : text;
}

/// Of a launch that many lines of the model asked for, the first.
static std::string modelLine(plan::LaunchOp launch) {
  const std::string lines = fullLocation(launch.getLoc());
  const size_t others = StringRef(lines).count("; ");
  return others == 0 ? lines
                     : fmt::format("{} and {} more", lines.substr(0, lines.find("; ")), others);
}

using Row = std::vector<std::string>;

/// Columns as wide as what stands in them, with numbers at their right end.
static std::string table(const std::vector<Row> &rows) {
  const std::string alignments = "><<<><<>>><";
  std::vector<size_t> widths(alignments.size());
  for (const Row &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row &row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += alignments[i] == '<' ? fmt::format("{:<{}}  ", row[i], widths[i])
                                   : fmt::format("{:>{}}  ", row[i], widths[i]);
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string fanfold::kernelsText(ModuleOp plan, const ProgramTarget &target) {
  std::string text;
  for (auto step : plan.getOps<plan::StepOp>()) {
    std::vector<Row> rows = {{"", "kernel", "layer", "implementation", "of", "reason", "repeats",
                              "MFLOP", "data", "workspace", "model line"}};
    for (auto launch : step.getBody().getOps<plan::LaunchOp>()) {
      const size_t candidates = target.candidates(launch).size();
      const Repeatability repeats = target.repeats(launch);
      rows.push_back({std::to_string(rows.size() - 1), launch.getKernel().str(),
                      shortened(launch.getLayer().value_or("").str()),
                      shortened(launch.getAlgorithm().value_or("own").str()),
                      candidates ? std::to_string(candidates) : "", reasonOf(launch),
                      fmt::format("{}: {}", repeats.repeats ? "yes" : "no", repeats.by),
                      fmt::format("{:.2f}", launch.getFlops().convertToDouble() / 1e6),
                      formatBytes(bytesOf(launch)), formatBytes(workspaceOf(launch)),
                      modelLine(launch)});
    }
    text += fmt::format("step {}\n{}", step.getSymName().str(), table(rows));
  }
  return text;
}

static Json candidatesJson(const std::vector<Candidate> &candidates) {
  Json rows = Json::array();
  for (const Candidate &candidate : candidates) {
    Json row = {{"implementation", candidate.implementation}};
    row["workspace_bytes"] = candidate.workspaceBytes ? Json(*candidate.workspaceBytes) : Json();
    row["rank"] = candidate.rank ? Json(*candidate.rank) : Json();
    row["microseconds"] = candidate.microseconds ? Json(*candidate.microseconds) : Json();
    row["refused"] = candidate.refused.empty() ? Json() : Json(candidate.refused);
    rows.push_back(row);
  }
  return rows;
}

/// What the launch's form was chosen over: problems of libraries, with the fastest that was
/// measured.
static Json alternativesJson(plan::LaunchOp launch, const ProgramTarget &target) {
  Json rows = Json::array();
  if (auto alternatives = launch->getAttrOfType<ArrayAttr>("alternatives"))
    for (auto problem : alternatives.getAsRange<StringAttr>()) {
      std::optional<double> microseconds = target.fastest(problem.str());
      rows.push_back({{"problem", problem.str()},
                      {"microseconds", microseconds ? Json(*microseconds) : Json()},
                      {"candidates", candidatesJson(target.candidates(problem.str()))}});
    }
  return rows;
}

Json fanfold::kernelsJson(ModuleOp plan, const ProgramTarget &target) {
  Json steps = Json::object();
  for (auto step : plan.getOps<plan::StepOp>()) {
    Json rows = Json::array();
    for (auto launch : step.getBody().getOps<plan::LaunchOp>()) {
      const Repeatability repeats = target.repeats(launch);
      rows.push_back({{"index", rows.size()},
                      {"kernel", launch.getKernel().str()},
                      {"layer", launch.getLayer().value_or("").str()},
                      {"implementation", launch.getAlgorithm().value_or("own").str()},
                      {"repeats", repeats.repeats},
                      {"repeats_by", repeats.by},
                      {"reason", noteOf(launch, "reason")},
                      {"form", noteOf(launch, "form")},
                      {"alternatives", alternativesJson(launch, target)},
                      {"candidates", candidatesJson(target.candidates(launch))},
                      {"flops", launch.getFlops().convertToDouble()},
                      {"bytes", bytesOf(launch)},
                      {"workspace_bytes", workspaceOf(launch)},
                      {"location", fullLocation(launch.getLoc())}});
    }
    steps[step.getSymName().str()] = rows;
  }
  return steps;
}
