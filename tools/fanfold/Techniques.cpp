//===- Techniques.cpp - what each technique saves -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/Techniques.h"
#include "passes/Passes.h"
#include "tools/fanfold/Session.h"

#include "mlir/Pass/PassManager.h"

#include <algorithm>

using namespace fanfold;

namespace {
struct Technique {
  const char *name;
  bool (*isOn)(const CompileOptions &options);
  void (*leaveOut)(CompileOptions &options);
};
} // namespace

/// In the order in which their savings are told: each makes sense with those before it.
static constexpr Technique techniques[] = {
    {"sharing", [](const CompileOptions &options) { return options.pipeline.sharing; },
     [](CompileOptions &options) { options.pipeline.sharing = false; }},
    {"in-place", [](const CompileOptions &options) { return options.pipeline.inPlace; },
     [](CompileOptions &options) { options.pipeline.inPlace = false; }},
    {"schedule", [](const CompileOptions &options) { return options.pipeline.schedule; },
     [](CompileOptions &options) { options.pipeline.schedule = false; }},
    {"recomputation", [](const CompileOptions &options) { return !options.memoryBudget.empty(); },
     [](CompileOptions &options) { options.memoryBudget.clear(); }},
};

Result<std::vector<TechniquePlan>> fanfold::planTechniques(const CompileOptions &options) {
  std::vector<Technique> on;
  for (const Technique &technique : techniques)
    if (technique.isOn(options))
      on.push_back(technique);

  // The full plan first: what is wrong with the model is said about that one.
  std::vector<TechniquePlan> plans;
  CompileOptions chosen = options;
  while (true) {
    Session session(chosen);
    FANFOLD_RETURN_IF_ERROR(session.lower(Level::plan));
    bool fixed = session.givenLevel() == Level::plan;
    plans.push_back({fixed        ? "plan"
                     : on.empty() ? "none"
                                  : on.back().name,
                     MemoryReport(session.module())});
    if (fixed || on.empty())
      break;
    on.back().leaveOut(chosen);
    on.pop_back();
    // What is planned with fewer techniques is no phase of the full one.
    chosen.dumpPhases.clear();
  }
  std::reverse(plans.begin(), plans.end());
  return plans;
}

Result<std::vector<SweepPoint>> fanfold::sweepModel(const CompileOptions &options) {
  CompileOptions chosen = options;
  chosen.memoryBudget.clear();
  chosen.dumpPhases.clear();
  Session session(chosen);
  FANFOLD_RETURN_IF_ERROR(session.lower(Level::kernel));
  if (session.givenLevel() == Level::plan)
    return Status::error("the plan in {} is made already: --sweep takes a file of the level cnn or "
                         "kernel",
                         options.model);
  mlir::PassManager manager(session.module().getContext());
  if (chosen.pipeline.schedule)
    manager.addNestedPass<cnn::StepOp>(createSchedule());
  llvm::FailureOr<std::vector<SweepPoint>> points = mlir::failure();
  if (succeeded(manager.run(session.module())))
    points = sweepBudgets(session.module(), session.target(), chosen.pipeline.inPlace);
  if (failed(points))
    return Status::error("cannot plan the model {}", options.model);
  return std::move(*points);
}
