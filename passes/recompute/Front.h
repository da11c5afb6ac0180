//===- Front.h - plans of falling peak and rising time ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds, for a step that is too large for exact search, the plans among which
// Solver chooses. Recompute.h describes the algorithm.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_FRONT_H
#define FANFOLD_PASSES_RECOMPUTE_FRONT_H

#include "passes/recompute/Layer.h"

#include <map>
#include <memory>

namespace fanfold::recompute {

class Front {
public:
  /// Keeps references to both. Takes seconds for thousands of launches.
  Front(const Step &step, const StepIndex &index);

  /// A choice that no other one beats in peak and in extra seconds.
  struct Entry {
    double seconds;
    std::shared_ptr<Layer> layer; ///< Whose step it is a choice for.
    Choice choice;
  };

  /// By peak, in bytes; never empty.
  const std::map<int64_t, Entry> &entries() const { return front; }

  Plan planOf(const Entry &entry) { return entry.layer->compose(step, entry.choice); }

private:
  /// What a choice comes to at the budget of a stop.
  struct Trial {
    Choice choice;
    double seconds = 0;
    int64_t peak = 0;
    double excess = 0;          ///< Bytes above the budget, summed over launches.
    std::vector<int64_t> bytes; ///< By launch: live there.
  };
  Trial evaluate(Choice choice, int64_t budget);
  void descend(int64_t budget);
  void lower(int64_t budget);
  void repair(Trial &trial, int64_t budget);
  bool isGood(int64_t budget, double gap);
  void addLayer(int64_t budget);
  void keepAgain(Trial &trial, int64_t budget);
  bool dropMore(Trial &trial, int64_t budget);
  Choice withOperands(Choice choice, int value) const;
  double secondsOf(int value) const;

  const Step &step;
  const StepIndex &index;
  std::shared_ptr<Layer> layer; ///< At work.
  std::map<int64_t, Entry> front;
};

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_FRONT_H
