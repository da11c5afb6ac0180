//===- Convolution.cpp - convolutions of compiled programs ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/Convolution.h"

#include "codegen/kernels/cudnn/OperationGraph.h"
#include "codegen/kernels/cudnn/Planner.h"

#include <cassert>

using namespace fanfold;
using namespace fanfold::cudnn;

Convolution::Convolution(Handle &handle, const std::string &problemText,
                         const std::string &planText)
    : handle(handle) {
  Result<ConvProblem> parsed = ConvProblem::parse(problemText);
  if (!parsed)
    throw std::invalid_argument(parsed.status().message());
  problem = *parsed;
  Result<Plan> embedded = parsePlan(planText);
  if (!embedded)
    throw std::invalid_argument(problemText + ": " + embedded.status().message());
  bytes = embedded->workspaceBytes;

  const std::string key = problemText + planText;
  plan = handle.findPlan(key);
  if (!plan) {
    load(*embedded);
    handle.keepPlan(key, plan);
  }
}

Convolution::Convolution(Handle &handle, const ConvProblem &problem, const Plan &plan)
    : handle(handle), problem(problem), plan(plan.finalized), bytes(plan.workspaceBytes) {
  assert(plan.finalized && "a plan that is only text cannot be run");
}

Convolution::~Convolution() = default;
Convolution::Convolution(Convolution &&other) noexcept = default;

/// Makes the embedded plan one that runs.
void Convolution::load(const Plan &embedded) {
  const size_t version = cudnnGetVersion();
  if (embedded.version != version) {
    handle.sayOnce(fmt::format("the program was compiled with cuDNN {} and runs with cuDNN {}; "
                               "choosing its convolutions again",
                               versionText(embedded.version), versionText(version)));
    return rebuild(embedded);
  }
  if (embedded.builtAtStart) {
    Result<Plan> built = Planner(handle).build(problem, embedded.engine);
    if (built && built->workspaceBytes <= bytes) {
      plan = built->finalized;
      return;
    }
    handle.sayOnce(fmt::format("cuDNN does not take an engine that was chosen for {}; choosing "
                               "others",
                               problem.text()));
    return rebuild(embedded);
  }
  try {
    Descriptor loaded(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    loaded.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle.get())
        .set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, embedded.serialized)
        .finalize("the embedded plan");
    const auto needed = loaded.get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
    if (needed > bytes) {
      handle.sayOnce(fmt::format("{}: the plan takes a workspace of {} bytes on this GPU, the "
                                 "compiler reserved {}; choosing others",
                                 problem.text(), needed, bytes));
      return rebuild(embedded);
    }
    plan = std::make_shared<const Descriptor>(std::move(loaded));
  } catch (const Error &error) {
    handle.sayOnce(fmt::format("cuDNN does not take a plan that the compiler chose ({}); choosing "
                               "others",
                               error.what()));
    rebuild(embedded);
  }
}

/// Chooses with the loaded cuDNN, within the reserved workspace.
void Convolution::rebuild(const Plan &embedded) {
  PlanLimits limits;
  limits.maxWorkspaceBytes = embedded.workspaceBytes;
  // What took the place of something that repeats must do so too.
  limits.deterministic = embedded.repeats.value_or(false);
  Planner planner(handle);
  const Candidates *list = nullptr;
  // Compiling engines here takes seconds, so it is for what no other engine has.
  for (bool runtimeCompiled : {false, true}) {
    limits.runtimeCompiled = runtimeCompiled;
    Result<const Candidates *> found = planner.candidates(problem, limits);
    if (!found)
      throw std::invalid_argument(found.status().message());
    list = *found;
    if (!list->plans.empty())
      break;
  }
  if (list->plans.empty())
    throw std::runtime_error(fmt::format(
        "{}: cuDNN {} has no plan within the {} bytes of workspace that the compiler reserved "
        "with cuDNN {}; compile the program again with the cuDNN of this machine",
        problem.text(), versionText(cudnnGetVersion()), embedded.workspaceBytes,
        versionText(embedded.version)));
  plan = list->plans.front().finalized;
}

static const void *pointerOf(const ConvOperands &operands, int64_t tensor) {
  switch (tensor) {
  case tensorX:
    return operands.x;
  case tensorW:
    return operands.w;
  case tensorY:
    return operands.y;
  case tensorBias:
    return operands.bias;
  case tensorScale:
    return operands.scale;
  case tensorShift:
    return operands.shift;
  case tensorSum:
    return operands.sum;
  default:
    return operands.sumOfSquares;
  }
}

/// Tells cuDNN the pointers, unless it has them from the last run: in a program every
/// run of a launch has the same.
void Convolution::bind(const ConvOperands &operands, void *workspace) {
  const std::vector<int64_t> ids = tensorsOf(problem);
  std::vector<void *> pointers;
  for (int64_t id : ids)
    pointers.push_back(const_cast<void *>(pointerOf(operands, id)));
  pointers.push_back(workspace);
  if (pack && pointers == packedPointers)
    return;
  for (size_t i = 0; i < ids.size(); ++i) {
    const int64_t alignment = alignmentOf(problem, static_cast<TensorId>(ids[i]));
    if (!pointers[i] || reinterpret_cast<uintptr_t>(pointers[i]) % alignment)
      throw std::invalid_argument(fmt::format("{}: tensor {} lies at {}, expected a multiple of {}",
                                              problem.text(), ids[i], pointers[i], alignment));
  }
  packedPointers = pointers;
  pointers.pop_back();
  pack = Descriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids)
      .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, pointers)
      .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace)
      .finalize("the pointers");
}

void Convolution::run(void *stream, const ConvOperands &operands, void *workspace) {
  bind(operands, workspace);
  handle.setStream(stream);
  if (cudnnStatus_t status = cudnnBackendExecute(handle.get(), plan->get(), pack.get());
      status != CUDNN_STATUS_SUCCESS)
    throw Error(problem.text(), status);
}
