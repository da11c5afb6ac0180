//===- LifeIndex.cpp - the most urgent item within a range of time --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/LifeIndex.h"

#include <algorithm>
#include <tuple>

namespace fanfold::packer {

/// Splitting keys are unique, so that a node can be found again by descent.
template <typename Node>
static auto splitKey(const Node &node, bool byFirst) {
  return byFirst ? std::tuple(node.first, node.last, node.place)
                 : std::tuple(node.last, node.first, node.place);
}

LifeIndex::LifeIndex(const std::vector<Item> &items, const Order &order) : order(order) {
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const Item &item = items[order[rank]];
    nodes.push_back({item.first, item.last, int(rank), int(rank), int(rank), 0, 0});
  }
  byPlace = nodes;
  build(0, int(nodes.size()), true);
}

void LifeIndex::build(int begin, int end, bool byFirst) {
  if (begin == end)
    return;
  int middle = begin + (end - begin) / 2;
  std::nth_element(
      nodes.begin() + begin, nodes.begin() + middle, nodes.begin() + end,
      [&](const Node &a, const Node &b) { return splitKey(a, byFirst) < splitKey(b, byFirst); });
  build(begin, middle, !byFirst);
  build(middle + 1, end, !byFirst);
  update(begin, end);
}

void LifeIndex::update(int begin, int end) {
  int middle = begin + (end - begin) / 2;
  Node &node = nodes[middle];
  node.bestRank = node.rank;
  node.latestFirst = node.rank == INT_MAX ? INT_MIN : node.first;
  node.leastLast = node.rank == INT_MAX ? INT_MAX : node.last;
  auto include = [&](int b, int e) {
    if (b == e)
      return;
    const Node &child = nodes[b + (e - b) / 2];
    node.bestRank = std::min(node.bestRank, child.bestRank);
    node.latestFirst = std::max(node.latestFirst, child.latestFirst);
    node.leastLast = std::min(node.leastLast, child.leastLast);
  };
  include(begin, middle);
  include(middle + 1, end);
}

void LifeIndex::find(int begin, int end, int first, int last, int &best) const {
  if (begin == end)
    return;
  int middle = begin + (end - begin) / 2;
  const Node &node = nodes[middle];
  if (node.bestRank >= best || node.latestFirst < first || node.leastLast > last)
    return;
  if (node.rank < best && node.first >= first && node.last <= last)
    best = node.rank;
  find(begin, middle, first, last, best);
  find(middle + 1, end, first, last, best);
}

void LifeIndex::remove(int begin, int end, bool byFirst, const Node &target) {
  int middle = begin + (end - begin) / 2;
  if (nodes[middle].place == target.place)
    nodes[middle].rank = INT_MAX;
  else if (splitKey(target, byFirst) < splitKey(nodes[middle], byFirst))
    remove(begin, middle, !byFirst, target);
  else
    remove(middle + 1, end, !byFirst, target);
  update(begin, end);
}

int LifeIndex::takeWithin(int first, int last) {
  int rank = INT_MAX;
  find(0, int(nodes.size()), first, last, rank);
  if (rank == INT_MAX)
    return -1;
  remove(0, int(nodes.size()), true, byPlace[rank]);
  return order[rank];
}

} // namespace fanfold::packer
