//===- MemoryReport.h - a memory plan as data -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TOOLS_FANFOLD_MEMORYREPORT_H
#define FANFOLD_TOOLS_FANFOLD_MEMORYREPORT_H

#include "mlir/IR/BuiltinOps.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fanfold {

/// What `inspect --memory` shows of the training step of a plan, in the terms of its JSON
/// contract. Steps are launches; a life includes both ends.
struct MemoryReport {
  struct Step {
    std::string kernel, layer, location;
  };
  struct Buffer {
    std::string name, kind, location;
    std::vector<std::string> usedAt;   ///< Uses of the blocks around it, innermost first.
    std::optional<std::string> kernel; ///< That writes it; none if no launch does.
    int64_t offset = 0, bytes = 0;
    int64_t firstStep = 0, lastStep = 0;
    std::optional<std::string> inPlaceOf;
    bool liveAt(int64_t step) const { return firstStep <= step && step <= lastStep; }
  };
  /// What fitting the step into a budget has cost, as far as the cost model knows.
  struct Recomputation {
    int64_t launches = 0;    ///< That run again.
    double seconds = 0;      ///< Of the step without them.
    double extraSeconds = 0; ///< That they take.
    double percent() const { return seconds > 0 ? 100 * extraSeconds / seconds : 0; }
  };

  /// Reads a module at the plan level.
  explicit MemoryReport(mlir::ModuleOp plan);

  /// Bytes of the buffers that stand at the peak by kind, largest first. A buffer that
  /// another one overwrites at that launch counts once.
  std::vector<std::pair<std::string, int64_t>> peakByKind() const;

  /// The same by model line ("lenet.mlir:12").
  std::vector<std::pair<std::string, int64_t>> peakByLine() const;

  /// Buffers that stand at the peak, largest first; of two on the same bytes the newer.
  std::vector<const Buffer *> atPeak() const;

  std::string model, source, target, precision;
  int64_t batch = 0;
  int64_t arenaBytes = 0, lowerBoundBytes = 0;
  int64_t peakStep = 0; ///< 0 too if there are no launches.
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
  std::optional<Recomputation> recomputation; ///< None without a budget.
};

/// The line of a location: "lenet.mlir:12" of "lenet.mlir:12:8".
std::string lineOf(const std::string &location);

} // namespace fanfold

#endif // FANFOLD_TOOLS_FANFOLD_MEMORYREPORT_H
