//===- MinimumCut.h - the cheapest cut of a network -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Dinic's algorithm (Soviet Mathematics Doklady 11, 1970). Nodes stand for
// yes-or-no decisions: those on the source's side are yes.
//
//   edge a -> b of capacity c     costs c if a is yes and b is no
//   edge source -> b              costs c if b is no
//   edge a -> sink                costs c if a is yes
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_RECOMPUTE_MINIMUMCUT_H
#define FANFOLD_PASSES_RECOMPUTE_MINIMUMCUT_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanfold::recompute {

class MinimumCut {
public:
  static constexpr int source = 0, sink = 1;
  /// Of an edge that must not be cut; the sum of all other capacities is less.
  static constexpr int64_t infinite = int64_t(1) << 61;

  MinimumCut() : head(2, -1) {}

  int addNode();
  void addEdge(int from, int to, int64_t capacity); ///< Capacity not negative.

  /// Returns what the cheapest cut costs; `infinite` or more: there is none.
  int64_t solve();

  /// After solve(): whether the decision is yes. Of several cheapest cuts, the
  /// one with the fewest.
  bool isYes(int node) const { return level[size_t(node)] >= 0; }

private:
  bool findLevels();
  int64_t push(int node, int64_t most);

  struct Edge {
    int to, next;
    int64_t capacity; ///< What is left of it. Edge e ^ 1 is its reverse.
  };
  std::vector<Edge> edges;
  std::vector<int> head, level, turn, queue;
};

} // namespace fanfold::recompute

#endif // FANFOLD_PASSES_RECOMPUTE_MINIMUMCUT_H
