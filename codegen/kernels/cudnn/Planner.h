//===- Planner.h - finds the plans of convolutions -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Asks cuDNN's heuristics which engines suit a problem and builds a plan for each.
// Works from a DeviceDescription, without GPU and driver, or on the device itself.
// Without a device, engines that are compiled when their plan is built cannot be
// tried; they are among the refused ones, with that reason.
//
// The first query of a process loads cuDNN's heuristics (0.2 to 1 s); after that one
// takes 1 to 5 ms. Answers are kept: asking again costs nothing.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_PLANNER_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_PLANNER_H

#include "codegen/kernels/cudnn/ConvProblem.h"
#include "codegen/kernels/cudnn/DeviceDescription.h"
#include "codegen/kernels/cudnn/Handle.h"
#include "codegen/kernels/cudnn/Plan.h"

namespace fanfold::cudnn {

struct PlanLimits {
  int64_t maxWorkspaceBytes = int64_t(1) << 30;
  bool deterministic = false; ///< Only plans that give equal bits in every run.
  /// Engines that are compiled on the device too, which takes about a second each;
  /// without a device there are none anyway.
  bool runtimeCompiled = true;

  bool operator==(const PlanLimits &other) const {
    return maxWorkspaceBytes == other.maxWorkspaceBytes && deterministic == other.deterministic &&
           runtimeCompiled == other.runtimeCompiled;
  }
};

/// An engine that cuDNN proposed and that is no plan.
struct Refusal {
  std::string engine;
  std::string reason;
};

struct Candidates {
  /// Fastest first, as cuDNN estimates. May be empty: a problem that no engine takes.
  std::vector<Plan> plans;
  std::vector<Refusal> refused;
};

/// One thread at a time.
class Planner {
public:
  /// For a device that need not be there. Fails if cuDNN does not know it or has not
  /// been installed completely.
  static Result<std::unique_ptr<Planner>> create(const DeviceDescription &device);
  /// For the handle's device, which outlives the planner.
  explicit Planner(Handle &handle);

  /// The plans that keep the limits and the problem's Math. Fails if the problem makes
  /// no sense; that there is no plan is no failure. The answer lives as long as the
  /// planner.
  Result<const Candidates *> candidates(const ConvProblem &problem, const PlanLimits &limits = {});

  /// The plan of an engine's text, such as a tuning database holds, whether it repeats to
  /// the bit or not. Fails if cuDNN refuses it or the problem's Math does. One of an engine
  /// that is compiled on the device, or that cuDNN does not know without one, is made there
  /// (builtAtStart): elsewhere neither its workspace nor, of the latter, anything it does to
  /// numbers is known, and its text is taken on trust.
  Result<Plan> build(const ConvProblem &problem, const std::string &engine);

private:
  struct Answer {
    PlanLimits limits;
    Candidates candidates;
  };

  Planner() = default;
  Descriptor queryHeuristics(const Descriptor &graph, cudnnBackendHeurMode_t mode) const;
  void addCandidates(const ConvProblem &problem, const PlanLimits &limits, const Descriptor &graph,
                     cudnnBackendHeurMode_t mode, Candidates &list) const;
  Plan finalizePlan(const ConvProblem &problem, const Descriptor &config) const;

  Handle *handle = nullptr;
  Descriptor device; ///< Empty with a handle.
  /// What plans without a device reserve where cuDNN would ask one: see finalizePlan.
  int64_t clusterWorkspaceBytes = 0;
  std::multimap<std::string, std::unique_ptr<Answer>> answers;
};

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_PLANNER_H
