//===- Evaluate.h - metrics over a whole split ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_EVALUATE_H
#define FANFOLD_RUNTIME_EVALUATE_H

#include "runtime/Feed.h"
#include "runtime/Session.h"
#include "runtime/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

class Communicator;

struct Evaluation {
  int64_t samples = 0;
  double seconds = 0;
  std::vector<double> metrics; ///< Means over the samples, in the program's order.
};

/// "loss is nan over 20 images"; empty if the loss is a number.
std::string describeBadLoss(const Program &program, const Evaluation &evaluation);

/// Runs the eval step over one pass of `feed`, from its first sample. nullopt if
/// `stop` (may be null) returned true before the end. With `ranks`, each of which has its share
/// of the samples, the result is that of all, and none stops before the end.
Result<std::optional<Evaluation>> evaluate(Session &session, Feed &feed, bool (*stop)(),
                                           Communicator *ranks = nullptr);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_EVALUATE_H
