//===- Prices.h - what to drop when memory has a price ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// If every byte costs so and so many seconds at every launch, it is a minimum cut
// that says what is cheapest to keep and what to make again, chains of operands
// included. For a value v with a gap, and for a launch m that makes it:
//
//   again(m) = yes     costs the seconds of m
//   there(v) = yes     costs the price of v's gap, unless all its makers run again
//   again(m) = yes     needs there(u) = yes for every operand u of m
//   there(v) = yes     where the step itself reads v behind the gap
//
// A cut cannot see what copies made again take themselves; whoever sets the
// prices looks at the plan and raises them where it does not fit.
//
// The same cut with one price at one launch is a Lagrangian relaxation of every
// plan's memory there, which is where the lower bound comes from.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_PRICES_H
#define FANFOLD_PASSES_RECOMPUTE_PRICES_H

#include "passes/recompute/Expand.h"

namespace fanfold::recompute {

/// The cheapest choice where a byte costs `prices[l]` seconds during launch l.
Choice chooseAtPrices(const Step &step, const StepIndex &index, const Expander &expander,
                      const std::vector<double> &prices);

/// No plan with a peak of at most `budget` bytes needs fewer extra seconds. It
/// looks at some launches where much is live; infinity: no plan fits.
double lowerBoundSeconds(const Step &step, const StepIndex &index, int64_t budget);

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_PRICES_H
