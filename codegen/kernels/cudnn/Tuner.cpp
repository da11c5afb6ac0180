//===- Tuner.cpp - times the plans of convolutions on the card -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/Tuner.h"

#include "codegen/kernels/cudnn/Convolution.h"
#include "codegen/kernels/cudnn/OperationGraph.h"

#include <cassert>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

/// So many bytes of operands that no cache keeps them from one use to the next.
constexpr size_t rotatedBytes = size_t(256) << 20;
constexpr size_t mostSets = 8;

size_t pixels(int64_t n, int64_t h, int64_t w, int64_t channels, int64_t pitch) {
  return size_t(n) * h * w * std::max(channels, pitch);
}

/// Bytes of a set of operands, each rounded up as ScratchMemory does.
struct OperandSizes {
  size_t x, w, y, perChannel;

  explicit OperandSizes(const ConvProblem &p) {
    const Conv2dShape &s = p.shape;
    x = pixels(s.batch, s.inHeight, s.inWidth, s.inChannels, p.xPitch) * byteSize(p.xType);
    y = pixels(s.batch, s.outHeight, s.outWidth, s.outChannels, p.yPitch) * byteSize(p.yType);
    w = size_t(s.filterSize()) * byteSize(p.wType);
    perChannel = size_t(std::max(s.inChannels, s.outChannels)) * sizeof(float);
  }
  size_t total() const { return x + w + y; }
};

/// Of one set. Its eight pieces and the workspace are aligned as ScratchMemory does.
int64_t setBytes(const OperandSizes &sizes) {
  constexpr int64_t pieces = 9, alignment = 256;
  return int64_t(sizes.total() + 5 * sizes.perChannel) + pieces * alignment;
}

bool takeOperands(const OperandSizes &sizes, ScratchMemory &scratch, ConvOperands &o) {
  o.x = scratch.take(sizes.x);
  o.w = scratch.take(sizes.w);
  o.y = scratch.take(sizes.y);
  o.bias = scratch.take(sizes.perChannel);
  o.scale = scratch.take(sizes.perChannel);
  o.shift = scratch.take(sizes.perChannel);
  o.sum = static_cast<const float *>(scratch.take(sizes.perChannel));
  o.sumOfSquares = static_cast<const float *>(scratch.take(sizes.perChannel));
  return o.sumOfSquares;
}

} // namespace

std::string fanfold::cudnn::libraryName(size_t version) { return "cudnn " + versionText(version); }

Result<Plan> fanfold::cudnn::planOf(const TuningRecord &record, Planner &planner) {
  Result<ConvProblem> problem = ConvProblem::parse(record.problem);
  if (!problem)
    return problem.status();
  Result<Plan> plan = planner.build(*problem, record.choice);
  if (!plan)
    return plan.status();
  // An engine that is compiled on the device tells its workspace only there.
  if (!plan->finalized)
    plan->workspaceBytes = record.workspaceBytes;
  return plan;
}

Result<std::vector<TuningRecord>> Tuner::measure(const ConvProblem &problem, PlanLimits limits) {
  FANFOLD_RETURN_IF_ERROR(problem.verify());
  scratch.reset();
  const OperandSizes sizes(problem);
  const int64_t room = int64_t(scratch.available()) - setBytes(sizes);
  if (room < 0)
    return Status::error("tuning takes {} bytes for one set of its tensors, and there are {} to "
                         "tune in",
                         setBytes(sizes), scratch.available());
  limits.maxWorkspaceBytes = std::min(limits.maxWorkspaceBytes, room);
  Result<const Candidates *> found = planner.candidates(problem, limits);
  if (!found)
    return found.status();
  int64_t workspaceBytes = 0;
  for (const Plan &plan : (*found)->plans)
    workspaceBytes = std::max(workspaceBytes, plan.workspaceBytes);

  void *workspace = scratch.take(size_t(workspaceBytes));
  std::vector<ConvOperands> sets;
  const size_t wanted = std::min(mostSets, rotatedBytes / std::max<size_t>(sizes.total(), 1) + 2);
  for (ConvOperands set; workspace && sets.size() < wanted && takeOperands(sizes, scratch, set);)
    sets.push_back(set);
  assert(!sets.empty() && "the workspace leaves room for a set");

  // Every time, because the last problem's results may have grown from problem to
  // problem.
  FANFOLD_RETURN_IF_ERROR(scratch.fillRandomly(problem.xType));

  std::vector<TuningRecord> records;
  for (const Plan &plan : (*found)->plans) {
    // A Convolution for each set, because each keeps its pointers.
    std::vector<Convolution> convolutions;
    for (size_t i = 0; i < sets.size(); ++i)
      convolutions.emplace_back(handle, problem, plan);
    Result<double> time = timer.time([&](void *stream, int i) {
      const size_t set = size_t(i) % sets.size();
      convolutions[set].run(stream, sets[set], workspace);
    });
    if (time)
      records.push_back({deviceName, libraryName(plan.version), problem.text(), plan.engine,
                         plan.workspaceBytes, *time});
  }
  return records;
}
