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
/// the machine's speed. A placement takes longer the more there is to place: this is about
/// a second for a thousand buffers. Steps of real models mostly need none of it.
static uint64_t packerNodes(size_t buffers) {
  return 1000 + 4'000'000'000 / (buffers * buffers + 1);
}

static int64_t alignedBytes(Type type, int64_t alignment) {
  return static_cast<int64_t>(
      llvm::alignTo(kernel::byteSize(cast<RankedTensorType>(type)), alignment));
}

/// Variables and staging slots, from the bottom. Returns where they end.
static int64_t placeFixed(ModuleOp module, int64_t alignment, Arena &arena) {
  int64_t end = 0;
  auto place = [&](Type type) {
    int64_t offset = end;
    end += alignedBytes(type, alignment);
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
  return end;
}

int64_t fanfold::fixedBytes(ModuleOp module, int64_t alignment) {
  Arena arena;
  return placeFixed(module, alignment, arena);
}

/// The values of a step: storages, then workspaces, in the order placeStep() reads them
/// back.
static std::vector<packer::Buffer> collect(const StepLiveness &liveness, int64_t alignment) {
  std::vector<packer::Buffer> buffers;
  auto add = [&](int64_t first, int64_t last, int64_t bytes) {
    packer::Buffer buffer;
    buffer.lower = first;
    buffer.upper = last + 1;
    buffer.size = static_cast<int64_t>(llvm::alignTo(bytes, alignment));
    buffer.alignment = alignment;
    buffers.push_back(std::move(buffer));
  };
  for (const Storage &storage : liveness.getStorages())
    if (storage.variable.empty())
      add(storage.first, storage.last, storage.bytes);
  for (auto [launch, op] : llvm::enumerate(liveness.getLaunches()))
    if (auto bytes = op->getAttrOfType<IntegerAttr>("workspace_bytes"))
      add(launch, launch, bytes.getInt());
  return buffers;
}

/// Packs the values of a step. Steps are packed one by one, so that what one needs does
/// not depend on the others.
static FailureOr<packer::Packing>
packStep(cnn::StepOp step, const std::vector<packer::Buffer> &buffers, bool sharing) {
  packer::Packing packing;
  if (std::string wrong = packer::check(buffers); !wrong.empty())
    return step.emitError("cannot plan memory: ") << wrong;
  if (sharing) {
    packer::PackOptions options;
    options.nodeLimit = packerNodes(buffers.size());
    options.timeLimit = std::chrono::hours(1); // The node limit decides.
    packing = packer::pack(buffers, options);
    if (packing.outcome != packer::Outcome::placed)
      return step.emitError("cannot plan memory: ") << packing.message;
  } else {
    for (const packer::Buffer &buffer : buffers) {
      packing.offsets.push_back(packing.height);
      packing.height += buffer.size;
    }
  }
  // The largest live sum, even where the packer has proved more.
  packing.lowerBound = packer::lowerBound(buffers);
  return packing;
}

FailureOr<int64_t> fanfold::stepBytes(cnn::StepOp step, int64_t alignment, int64_t most) {
  std::vector<packer::Buffer> buffers = collect(StepLiveness(step), alignment);
  if (packer::check(buffers).empty())
    if (int64_t live = packer::lowerBound(buffers); live > most)
      return live;
  FailureOr<packer::Packing> packing = packStep(step, buffers, /*sharing=*/true);
  if (failed(packing))
    return failure();
  return packing->height;
}

FailureOr<Arena> fanfold::planArena(ModuleOp module, int64_t alignment, bool sharing) {
  Arena arena;
  const int64_t fixed = placeFixed(module, alignment, arena);
  arena.bytes = arena.lowerBound = fixed;
  for (cnn::StepOp step : module.getOps<cnn::StepOp>()) {
    ArenaStep &s = arena.steps.emplace_back();
    s.liveness = std::make_unique<StepLiveness>(step);
    FailureOr<packer::Packing> packing = packStep(step, collect(*s.liveness, alignment), sharing);
    if (failed(packing))
      return failure();
    arena.lowerBound = std::max(arena.lowerBound, fixed + packing->lowerBound);

    // Only one step runs at a time: steps share their memory, if anything does.
    const int64_t begin = sharing ? fixed : arena.bytes;
    arena.bytes = std::max(arena.bytes, begin + packing->height);
    size_t next = 0;
    for (const Storage &storage : s.liveness->getStorages())
      s.offsets.push_back(storage.variable.empty() ? begin + packing->offsets[next++] : -1);
    for (Operation *op : s.liveness->getLaunches())
      s.workspaces.push_back(op->hasAttr("workspace_bytes") ? begin + packing->offsets[next++]
                                                            : -1);
    assert(next == packing->offsets.size() && "every buffer is somebody's");
  }
  auto live = arena.steps.front().liveness->liveBytes(alignment);
  if (!live.empty())
    arena.peakLaunch = std::max_element(live.begin(), live.end()) - live.begin();
  return arena;
}
