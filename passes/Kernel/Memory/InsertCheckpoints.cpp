//===- InsertCheckpoints.cpp - fit the arena into a budget ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Memory/StepBudget.h"
#include "passes/KernelToPlan/Arena.h"
#include "passes/KernelToPlan/Kinds.h"
#include "passes/LaunchWork.h"
#include "passes/Passes.h"

#include "llvm/Support/FormatVariadic.h"

namespace fanfold {
#define GEN_PASS_DEF_INSERTCHECKPOINTS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;

/// Without a target: by the bytes it moves.
static double secondsByBytes(Operation *launch) { return workOf(launch).bytes * 1e-9; }

namespace {
/// What stands in memory at the peak of a step.
struct Peak {
  Operation *launch = nullptr;
  int64_t index = 0, bytes = 0;
  llvm::MapVector<StringRef, int64_t> byKind;
  SmallVector<std::pair<const Storage *, StringRef>> values; ///< With kinds, largest first.
};
} // namespace

static Peak findPeak(const StepLiveness &liveness, cnn::StepOp step, int64_t alignment) {
  Peak peak;
  SmallVector<int64_t> live = liveness.liveBytes(alignment);
  peak.index = std::max_element(live.begin(), live.end()) - live.begin();
  peak.bytes = live[static_cast<size_t>(peak.index)];
  peak.launch = liveness.getLaunches()[static_cast<size_t>(peak.index)];
  Kinds kinds(step);
  auto add = [&](StringRef kind, int64_t bytes) {
    peak.byKind[kind] += static_cast<int64_t>(llvm::alignTo(bytes, alignment));
  };
  for (const Storage &storage : liveness.getStorages()) {
    if (!storage.variable.empty() || storage.first > peak.index || storage.last < peak.index)
      continue;
    StringRef kind = kinds.of(storage.representative);
    add(kind, storage.bytes);
    peak.values.emplace_back(&storage, kind);
  }
  if (auto workspace = peak.launch->getAttrOfType<IntegerAttr>("workspace_bytes"))
    add("workspace", workspace.getInt());
  llvm::stable_sort(peak.values,
                    [](const auto &a, const auto &b) { return a.first->bytes > b.first->bytes; });
  return peak;
}

/// The layer that `op` computes for; of what is no launch, what it is called.
static StringRef nameOf(Operation *op) {
  if (auto layer = op->getAttrOfType<StringAttr>("layer"))
    return layer.getValue();
  if (auto input = dyn_cast<cnn::InputOp>(op))
    return input.getSource();
  if (auto scalar = dyn_cast<cnn::ScalarOp>(op))
    return scalar.getKind();
  return op->getName().stripDialect();
}

namespace {
struct InsertCheckpointsPass : fanfold::impl::InsertCheckpointsBase<InsertCheckpointsPass> {
  explicit InsertCheckpointsPass(InsertCheckpointsOptions options = {},
                                 const Target *target = nullptr)
      : InsertCheckpointsBase(options), target(target) {}

  void runOnOperation() override {
    if (budget > 0 && failed(run()))
      signalPassFailure();
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    const int64_t alignment = target ? target->alignment() : 64;
    const int64_t fixed = fixedBytes(module, alignment);
    auto seconds = [&](Operation *launch) {
      return target ? target->seconds(launch) : secondsByBytes(launch);
    };
    ModelOptions options{alignment, inPlace, seconds, target};

    // Only one step runs at a time, so each may have all that is not fixed.
    SmallVector<std::pair<std::unique_ptr<StepBudget>, size_t>> chosen;
    std::unique_ptr<StepBudget> tooLarge;
    int64_t least = 0;
    for (cnn::StepOp step : module.getOps<cnn::StepOp>()) {
      for (Operation &op : step.getBody().front())
        if (isa<kernel::JoinOp, kernel::PartOp, kernel::BucketOp>(op))
          return op.emitOpError("gives values their places, expected a step before place-slices");
      auto plans = std::make_unique<StepBudget>(step, options);
      if (failed(plans->prepare()))
        return failure();
      FailureOr<std::optional<size_t>> index = plans->fastestWithin(budget - fixed);
      if (failed(index))
        return failure();
      if (*index) {
        chosen.emplace_back(std::move(plans), **index);
        continue;
      }
      FailureOr<size_t> smallest = plans->smallest();
      if (failed(smallest))
        return failure();
      if (int64_t bytes = *plans->budgetOf(*smallest); bytes > least) {
        least = bytes;
        tooLarge = std::move(plans);
      }
    }
    if (tooLarge)
      return reportPeak(*tooLarge, fixed + least, alignment);
    for (auto &[plans, index] : chosen) {
      FailureOr<int64_t> count = plans->apply(index);
      if (failed(count))
        return failure();
      runsAgain += *count;
      // The training step, which stands first, is the one that people wait for.
      if (plans == chosen.front().first)
        writeCost(*count, plans->baseSeconds(), plans->extraSeconds(index));
    }
    return success();
  }

  /// What the budget costs, for those who read the plan.
  void writeCost(int64_t launches, double seconds, double extraSeconds) {
    Builder builder(&getContext());
    getOperation()->setAttr(
        "fanfold.recomputation",
        builder.getDictionaryAttr(
            {builder.getNamedAttr("extra_seconds", builder.getF64FloatAttr(extraSeconds)),
             builder.getNamedAttr("launches", builder.getI64IntegerAttr(launches)),
             builder.getNamedAttr("seconds", builder.getF64FloatAttr(seconds))}));
  }

  /// Says what the plan of fewest bytes holds at its peak, and leaves its bytes for those who look
  /// for another plan.
  LogicalResult reportPeak(StepBudget &plans, int64_t smallestBudget, int64_t alignment) {
    ModuleOp module = getOperation();
    module->setAttr(smallestBudgetAttribute, Builder(module).getI64IntegerAttr(smallestBudget));
    FailureOr<OwningOpRef<ModuleOp>> built = plans.build(*plans.smallest());
    if (failed(built))
      return failure();
    cnn::StepOp step = *(*built)->getOps<cnn::StepOp>().begin();
    StepLiveness liveness(step);
    Peak peak = findPeak(liveness, step, alignment);

    InFlightDiagnostic error = step.emitError("found a memory budget of ")
                               << int64_t(budget) << " bytes, expected " << smallestBudget
                               << " or more: step @" << step.getSymName()
                               << " fits into no less, whatever is computed again";
    llvm::MapVector<StringRef, int64_t> kinds;
    int64_t variables = 0;
    for (auto variable : module.getOps<cnn::VariableOp>()) {
      auto bytes = static_cast<int64_t>(llvm::alignTo(
          kernel::byteSize(cast<RankedTensorType>(variable.getTensorType())), alignment));
      kinds[variable.getRole()] += bytes;
      variables += bytes;
    }
    if (int64_t staging = fixedBytes(module, alignment) - variables)
      kinds["staging"] = staging;
    for (auto [kind, bytes] : peak.byKind)
      kinds[kind] += bytes;
    auto items = kinds.takeVector();
    llvm::stable_sort(items, [](const auto &a, const auto &b) { return a.second > b.second; });

    Diagnostic &note = error.attachNote(peak.launch->getLoc());
    note << "its peak is launch " << peak.index << ", " << peak.launch->getName().stripDialect()
         << " for " << nameOf(peak.launch) << ", with";
    for (auto [kind, bytes] : items)
      note << "\n  " << llvm::formatv("{0,15}", bytes).str() << " bytes  " << kind;
    for (auto [storage, kind] : ArrayRef(peak.values).take_front(5)) {
      Operation *maker = storage->representative.getDefiningOp();
      error.attachNote(storage->representative.getLoc())
          << "of which " << storage->bytes << " bytes are the " << kind << " " << nameOf(maker);
    }
    return error;
  }

  const Target *target;
};
} // namespace

std::unique_ptr<Pass> fanfold::createInsertCheckpoints(const Target &target,
                                                       const InsertCheckpointsOptions &options) {
  return std::make_unique<InsertCheckpointsPass>(options, &target);
}
