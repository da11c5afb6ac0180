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

static std::string reasonOf(plan::LaunchOp launch) {
  auto reason = launch->getAttrOfType<StringAttr>("reason");
  return reason ? reason.str() : "";
}

/// cuBLASLt's algorithms are 128 digits, which say nothing to a person.
static std::string shortened(const std::string &implementation) {
  constexpr size_t most = 60;
  return implementation.size() > most ? implementation.substr(0, most - 3) + "..." : implementation;
}

std::string fanfold::kernelsText(ModuleOp plan) {
  std::string text;
  for (auto step : plan.getOps<plan::StepOp>()) {
    text +=
        fmt::format("step {}\n{:>5}  {:<26}  {:<34}  {:<28}  {:<34}  {:>10}  {:>10}  {:>10}  {}\n",
                    step.getSymName().str(), "", "kernel", "layer", "implementation", "reason",
                    "MFLOP", "data", "workspace", "model line");
    int64_t index = 0;
    for (auto launch : step.getBody().getOps<plan::LaunchOp>())
      text += fmt::format("{:>5}  {:<26}  {:<34}  {:<28}  {:<34}  {:>10.2f}  {:>10}  {:>10}  {}\n",
                          index++, launch.getKernel().str(), launch.getLayer().value_or("").str(),
                          shortened(launch.getAlgorithm().value_or("own").str()), reasonOf(launch),
                          launch.getFlops().convertToDouble() / 1e6, formatBytes(bytesOf(launch)),
                          formatBytes(workspaceOf(launch)), fullLocation(launch.getLoc()));
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

Json fanfold::kernelsJson(ModuleOp plan, const ProgramTarget &target) {
  Json steps = Json::object();
  for (auto step : plan.getOps<plan::StepOp>()) {
    Json rows = Json::array();
    for (auto launch : step.getBody().getOps<plan::LaunchOp>())
      rows.push_back({{"index", rows.size()},
                      {"kernel", launch.getKernel().str()},
                      {"layer", launch.getLayer().value_or("").str()},
                      {"implementation", launch.getAlgorithm().value_or("own").str()},
                      {"reason", reasonOf(launch)},
                      {"candidates", candidatesJson(target.candidates(launch))},
                      {"flops", launch.getFlops().convertToDouble()},
                      {"bytes", bytesOf(launch)},
                      {"workspace_bytes", workspaceOf(launch)},
                      {"location", fullLocation(launch.getLoc())}});
    steps[step.getSymName().str()] = rows;
  }
  return steps;
}
