//===- Arena.cpp - one arena for all steps of a program -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/KernelToPlan/Arena.h"
#include "passes/packer/Packer.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace fanfold;

/// The packer's limit in placements tried, so that a plan depends on the model and not on
/// the machine's speed. Steps of real models reach the bound within a fraction of it.
static constexpr uint64_t packerNodes = 2'000'000;

namespace {
class Planner {
public:
  Planner(ModuleOp module, int64_t alignment, bool sharing)
      : module(module), alignment(alignment), sharing(sharing) {}

  FailureOr<Arena> run();

private:
  int64_t aligned(int64_t bytes) const {
    return static_cast<int64_t>(llvm::alignTo(bytes, alignment));
  }
  void placeFixed();
  std::vector<packer::Buffer> collect(bool inPlace);
  LogicalResult placeSteps();

  ModuleOp module;
  int64_t alignment;
  bool sharing;
  Arena arena;
  int64_t fixed = 0; ///< Bytes of variables and staging.
};
} // namespace

void Planner::placeFixed() {
  auto place = [&](Type type) {
    int64_t offset = fixed;
    fixed += aligned(kernel::byteSize(cast<RankedTensorType>(type)));
    return offset;
  };
  for (auto variable : module.getOps<cnn::VariableOp>())
    arena.variables[variable.getSymName()] = place(variable.getTensorType());
  // All steps read the same inputs.
  llvm::StringSet<> seen;
  for (auto step : module.getOps<cnn::StepOp>())
    for (auto input : step.getBody().getOps<cnn::InputOp>()) {
      if (!seen.insert(input.getSource()).second)
        continue;
      arena.batch = cast<RankedTensorType>(input.getType()).getDimSize(0);
      int64_t first = place(input.getType()), second = place(input.getType());
      arena.staging.push_back({input, {first, second}});
    }
}

/// The values of all steps as buffers over one line of time, step after step: storages,
/// then workspaces, in the order placeSteps() reads them back.
std::vector<packer::Buffer> Planner::collect(bool inPlace) {
  std::vector<packer::Buffer> buffers;
  int64_t begin = 0;
  auto add = [&](int64_t first, int64_t last, int64_t bytes) {
    packer::Buffer buffer;
    buffer.lower = begin + first;
    buffer.upper = begin + last + 1;
    buffer.size = aligned(bytes);
    buffer.alignment = alignment;
    buffers.push_back(std::move(buffer));
  };
  for (auto [index, step] : llvm::enumerate(module.getOps<cnn::StepOp>())) {
    StepLiveness liveness(step, inPlace);
    for (const Storage &storage : liveness.getStorages())
      if (storage.variable.empty())
        add(storage.first, storage.last, storage.bytes);
    for (auto [launch, op] : llvm::enumerate(liveness.getLaunches()))
      if (auto bytes = op->getAttrOfType<IntegerAttr>("workspace_bytes"))
        add(launch, launch, bytes.getInt());
    begin += static_cast<int64_t>(liveness.getLaunches().size()) + 1;
  }
  return buffers;
}

LogicalResult Planner::placeSteps() {
  std::vector<packer::Buffer> buffers = collect(/*inPlace=*/true);
  if (std::string wrong = packer::check(buffers); !wrong.empty())
    return module.emitError("cannot plan memory: ") << wrong;

  std::vector<packer::Buffer> separate = collect(/*inPlace=*/false);
  arena.noInPlace = fixed + packer::lowerBound(separate);
  for (const packer::Buffer &buffer : separate)
    arena.unshared += buffer.size;
  arena.unshared += fixed;

  std::vector<int64_t> offsets;
  int64_t height = 0;
  if (sharing) {
    packer::PackOptions options;
    options.nodeLimit = packerNodes;
    options.timeLimit = std::chrono::hours(1); // The node limit decides.
    packer::Packing packing = packer::pack(buffers, options);
    if (packing.outcome != packer::Outcome::placed)
      return module.emitError("cannot plan memory: ") << packing.message;
    offsets = packing.offsets;
    height = packing.height;
  } else {
    for (const packer::Buffer &buffer : buffers) {
      offsets.push_back(height);
      height += buffer.size;
    }
  }
  arena.lowerBound = fixed + packer::lowerBound(buffers);
  arena.bytes = fixed + height;

  size_t next = 0;
  for (cnn::StepOp step : module.getOps<cnn::StepOp>()) {
    ArenaStep &s = arena.steps.emplace_back();
    s.liveness = std::make_unique<StepLiveness>(step);
    for (const Storage &storage : s.liveness->getStorages())
      s.offsets.push_back(storage.variable.empty() ? fixed + offsets[next++] : -1);
    for (Operation *op : s.liveness->getLaunches())
      s.workspaces.push_back(op->hasAttr("workspace_bytes") ? fixed + offsets[next++] : -1);
  }
  assert(next == offsets.size() && "every buffer is somebody's");
  return success();
}

FailureOr<Arena> Planner::run() {
  placeFixed();
  if (failed(placeSteps()))
    return failure();
  auto live = arena.steps.front().liveness->liveBytes(alignment);
  if (!live.empty())
    arena.peakLaunch = std::max_element(live.begin(), live.end()) - live.begin();
  return std::move(arena);
}

FailureOr<Arena> fanfold::planArena(ModuleOp module, int64_t alignment, bool sharing) {
  return Planner(module, alignment, sharing).run();
}
