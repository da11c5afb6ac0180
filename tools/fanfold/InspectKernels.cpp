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

std::string fanfold::kernelsText(ModuleOp plan) {
  std::string text;
  for (auto step : plan.getOps<plan::StepOp>()) {
    text += fmt::format("step {}\n{:>5}  {:<26}  {:<34}  {:<28}  {:>10}  {:>10}  {:>10}  {}\n",
                        step.getSymName().str(), "", "kernel", "layer", "implementation", "MFLOP",
                        "data", "workspace", "model line");
    int64_t index = 0;
    for (auto launch : step.getBody().getOps<plan::LaunchOp>())
      text += fmt::format("{:>5}  {:<26}  {:<34}  {:<28}  {:>10.2f}  {:>10}  {:>10}  {}\n", index++,
                          launch.getKernel().str(), launch.getLayer().value_or("").str(),
                          launch.getAlgorithm().value_or("own").str(),
                          launch.getFlops().convertToDouble() / 1e6, formatBytes(bytesOf(launch)),
                          formatBytes(workspaceOf(launch)), fullLocation(launch.getLoc()));
  }
  return text;
}

Json fanfold::kernelsJson(ModuleOp plan) {
  Json steps = Json::object();
  for (auto step : plan.getOps<plan::StepOp>()) {
    Json rows = Json::array();
    for (auto launch : step.getBody().getOps<plan::LaunchOp>())
      rows.push_back({{"index", rows.size()},
                      {"kernel", launch.getKernel().str()},
                      {"layer", launch.getLayer().value_or("").str()},
                      {"implementation", launch.getAlgorithm().value_or("own").str()},
                      {"flops", launch.getFlops().convertToDouble()},
                      {"bytes", bytesOf(launch)},
                      {"workspace_bytes", workspaceOf(launch)},
                      {"location", fullLocation(launch.getLoc())}});
    steps[step.getSymName().str()] = rows;
  }
  return steps;
}
