//===- Layer.h - a plan as a step to plan again -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A plan is a list of launches and values like a step: its runs are the launches,
// its copies the values. Planned again, it can drop what it has made again, or
// drop a value in a second gap. The layer of the original plan is the step itself.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_LAYER_H
#define FANFOLD_PASSES_RECOMPUTE_LAYER_H

#include "passes/recompute/Expand.h"

namespace fanfold::recompute {

struct Layer {
  /// `prices`: seconds per byte, by run of `plan`. Copies what it needs of `original`.
  Layer(const Step &original, Plan plan, std::vector<double> prices);
  Layer(const Layer &) = delete;

  /// The plan, over the original step, of `choice` in this layer's step.
  Plan compose(const Step &original, const Choice &choice);

  const Plan plan; ///< Over the original step.
  const Step step; ///< Its runs and copies.
  const StepIndex index;
  Expander expander;
  std::vector<double> prices; ///< Of a byte at each launch of `step`, in seconds.
};

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_LAYER_H
