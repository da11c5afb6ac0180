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

/// What a problem's pass writes to.
std::vector<RepeatCheck::Output> outputsOf(const ConvProblem &problem, const OperandSizes &sizes,
                                           const ConvOperands &o) {
  const auto piece = [](const void *memory, size_t bytes) {
    return RepeatCheck::Output{const_cast<void *>(memory), bytes};
  };
  switch (problem.pass) {
  case Pass::dgrad:
    return {piece(o.x, sizes.x)};
  case Pass::wgrad:
    return {piece(o.w, sizes.w)};
  case Pass::forward:
    break;
  }
  const size_t sums = size_t(problem.shape.outChannels) * sizeof(float);
  std::vector<RepeatCheck::Output> outputs = {piece(o.y, sizes.y)};
  if (problem.epilogue == Epilogue::statistics)
    outputs.insert(outputs.end(), {piece(o.sum, sums), piece(o.sumOfSquares, sums)});
  return outputs;
}

/// Of one set. Its eight pieces and the workspace are aligned as ScratchMemory does.
/// Of one set of operands and the copy of its outputs, which are one tensor and sums at most.
int64_t setBytes(const OperandSizes &sizes) {
  constexpr int64_t pieces = 9, alignment = 256;
  const size_t outputs = std::max({sizes.x, sizes.w, sizes.y}) + 2 * sizes.perChannel;
  return int64_t(sizes.total() + 5 * sizes.perChannel) + pieces * alignment +
         int64_t(RepeatCheck::bytesFor(outputs, 3));
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
  std::vector<ConvOperands> sets(1);
  [[maybe_unused]] const bool fits = takeOperands(sizes, scratch, sets[0]) &&
                                     check.reserve(outputsOf(problem, sizes, sets[0]), scratch);
  assert(workspace && fits && "the workspace leaves room for a set");
  const size_t wanted = std::min(mostSets, rotatedBytes / std::max<size_t>(sizes.total(), 1) + 2);
  for (ConvOperands set; sets.size() < wanted && takeOperands(sizes, scratch, set);)
    sets.push_back(set);

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
    if (!time)
      continue;
    const Result<bool> repeats = check.repeats(timer.stream(), [&](void *stream) {
      convolutions.front().run(stream, sets.front(), workspace);
    });
    if (!repeats)
      return repeats.status();
    records.push_back({deviceName, libraryName(plan.version), problem.text(), plan.engine,
                       plan.workspaceBytes, *time, *repeats});
  }
  return records;
}
