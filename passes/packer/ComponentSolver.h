//===- ComponentSolver.h - heuristics and search for one component --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Spends effort on one component in portions, so that several components can
// take turns: first the fast heuristics, then orders learnt from what stuck out
// of earlier placements, then rounds of the exact searches.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_COMPONENTSOLVER_H
#define FANFOLD_PASSES_PACKER_COMPONENTSOLVER_H

#include "passes/packer/LevelSearch.h"
#include "passes/packer/Search.h"

#include <memory>
#include <random>

namespace fanfold::packer {

class ComponentSolver {
public:
  /// Keeps a reference to `component`.
  ComponentSolver(const Component &component, uint64_t seed);

  /// Runs every fast heuristic until one reaches `goal`.
  void runHeuristics(int64_t goal);

  /// Works for a while towards a placement of at most `goal` bytes, or towards
  /// the proof that there is none; returns the steps of the searches.
  /// `minimize`: a placement that is merely lower than the best is welcome too.
  uint64_t improve(int64_t goal, bool minimize, uint64_t nodeLimit, Deadline deadline);

  /// Whether improve() has run out of ideas.
  bool isExhausted() const { return exhausted; }

  const Component &component() const { return comp; }
  const Offsets &offsets() const { return best; }
  int64_t height() const { return bestHeight; } ///< INT64_MAX before any placement.
  int64_t bound() const { return provedBound; } ///< No placement is lower.

private:
  void consider(Offsets offsets);
  void blurSizes(int64_t goal, int times, Deadline deadline);
  void shake(Order order, int64_t goal, int times, Deadline deadline);
  uint64_t searchAt(Search &search, int64_t capacity, uint64_t nodeLimit, Deadline deadline);
  uint64_t searchLevels(uint64_t nodeLimit, Deadline deadline);
  Offsets place(const Order &order, bool onSkyline) const;
  Order nextOrder();

  const Component &comp;
  std::vector<Order> orders;
  std::mt19937_64 random;
  Offsets best;
  int64_t bestHeight = INT64_MAX;
  int64_t provedBound;
  // At the lowest capacity not refuted, one of the two.
  std::unique_ptr<Search> search;
  std::unique_ptr<LevelSearch> levelSearch;
  int64_t searchCapacity = -1;
  int rounds = 0;
  bool exhausted = false;
};

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_COMPONENTSOLVER_H
