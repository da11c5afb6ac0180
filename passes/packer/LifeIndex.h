//===- LifeIndex.h - the most urgent item within a range of time ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lives as points (first, last) in the plane. A life lies within [a, b) if its
// point lies in the quadrant first >= a, last <= b, so the most urgent one is a
// range query, answered by a k-d tree (Bentley 1975) whose nodes know the most
// urgent item below them.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_LIFEINDEX_H
#define FANFOLD_PASSES_PACKER_LIFEINDEX_H

#include "passes/packer/Heuristics.h"

#include <climits>

namespace fanfold::packer {

/// A set of items that shrinks.
class LifeIndex {
public:
  /// Holds every item in `order`, the most urgent first. O(n log n).
  LifeIndex(const std::vector<Item> &items, const Order &order);

  /// Removes and returns the most urgent item whose life lies within [first,
  /// last), or -1 if there is none.
  int takeWithin(int first, int last);

private:
  /// A node stands for a range of `nodes` and is its middle element.
  struct Node {
    int first, last;            ///< Of the item here.
    int place;                  ///< Of the item in the order.
    int rank;                   ///< As `place`, but INT_MAX once taken.
    int bestRank;               ///< Least rank in the range; INT_MAX if empty.
    int latestFirst, leastLast; ///< Over the range: whether it can hold an answer.
  };

  void build(int begin, int end, bool byFirst);
  void find(int begin, int end, int first, int last, int &best) const;
  void remove(int begin, int end, bool byFirst, const Node &target);
  void update(int begin, int end);

  std::vector<Node> nodes;
  Order order;
  std::vector<Node> byPlace; ///< The points again, to find a node by its item.
};

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_LIFEINDEX_H
