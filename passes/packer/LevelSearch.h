//===- LevelSearch.h - exact packing on a coarse grid of levels -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides whether a component fits below a capacity, by clause learning. For
// components whose sizes are small multiples of a grain, where many sizes are
// equal, hardly a move is forced, and Search loses its way: it cannot tell which of
// its many placements made the last ones impossible.
//
// Pushed down, every item stands at a multiple of the grain: a level. Variables, of
// item i and level v:
//
//   atLeast(i, v)   i stands at level v or higher
//   covers(i, v)    i stands at v, or lower and reaches above v
//
// Rules, each a function of few variables:
//
//   an item that stands at v or higher stands at v - 1 or higher
//   covers(i, v) = atLeast(i, v - size + 1) and not atLeast(i, v + 1)
//   where less than its size is left between two levels that it does not cover, it
//   covers none between them
//   what overlaps in time does not cover the same level
//   of two equal items the earlier in the component stands lower
//
// Clauses, for sections without slack:
//
//   some item of the section covers v
//   next section without slack: what an item that ends between the two covers, one
//   that begins there covers, and the other way round
//
//        section s | s + 1           e ends, b and c begin, x and y cross.
//        +------------------+
//        |        x         |        covers(e, v) -> covers(b, v) or covers(c, v)
//        +---------+---+----+        covers(b, v) -> covers(e, v)
//        |    e    | b |             covers(c, v) -> covers(e, v)
//        |         +---+--+
//        |         |  c   |          They follow from the others, but not in one step,
//        +---------+------+--        and are what makes this fast: few items end or
//        |        y         |        begin at one border.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_LEVELSEARCH_H
#define FANFOLD_PASSES_PACKER_LEVELSEARCH_H

#include "passes/packer/ClauseSolver.h"
#include "passes/packer/Component.h"

#include <utility>

namespace fanfold::packer {

class LevelSearch : private ClauseSolver {
public:
  using ClauseSolver::Answer;

  /// `component` is one that suits() at this capacity; not needed later.
  LevelSearch(const Component &component, int64_t capacity);

  /// Whether the items may stand anywhere, no section has slack, and variables and
  /// clauses stay within some hundred megabytes.
  static bool suits(const Component &component, int64_t capacity);

  using ClauseSolver::conflicts;
  using ClauseSolver::run;

  /// After `yes`.
  Offsets offsets() const;

  /// After `no`: no capacity below this is enough.
  int64_t need() const { return leastNeed; }

private:
  struct LevelItem {
    int size = 0;    ///< In levels.
    int last = 0;    ///< The highest level at which it can stand.
    int atLeast = 0; ///< First variable: of level 0, which is true; that of last + 1 is false.
    int covers = 0;  ///< First variable: of level 0.
    int lower = -1;  ///< The equal items next to it in the component, or -1.
    int higher = -1;
    std::vector<int> neighbours; ///< What overlaps it in time.

    int levels() const { return last + size; } ///< Those it can cover.
  };

  Literal atLeast(int i, int v) const;
  Literal covers(int i, int v) const { return 2 * (items[i].covers + v); }
  bool imply(Literal l) override;
  void shorten(std::vector<Literal> &clause) override;
  bool implyAtLeast(int i, int v);
  bool implyBelow(int i, int v);
  bool implyCovered(int i, int v);
  bool implyUncovered(int i, int v);
  void addCover(const std::vector<int> &candidates, int v, Literal unless = -1);

  std::vector<LevelItem> items;
  std::vector<int> itemOf;               ///< By variable.
  std::vector<std::pair<int, int>> span; ///< Scratch of shorten(), by item.
  int64_t grain = 0;
  int64_t leastNeed = INT64_MAX;
};

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_LEVELSEARCH_H
