//===- MinimumCut.cpp - the cheapest cut of a network -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/MinimumCut.h"

#include <algorithm>

namespace fanfold::recompute {

int MinimumCut::addNode() {
  head.push_back(-1);
  return int(head.size()) - 1;
}

void MinimumCut::addEdge(int from, int to, int64_t capacity) {
  edges.push_back({to, head[size_t(from)], capacity});
  head[size_t(from)] = int(edges.size()) - 1;
  edges.push_back({from, head[size_t(to)], 0});
  head[size_t(to)] = int(edges.size()) - 1;
}

bool MinimumCut::findLevels() {
  level.assign(head.size(), -1);
  queue.assign(1, source);
  level[source] = 0;
  for (size_t k = 0; k < queue.size(); ++k) {
    for (int e = head[size_t(queue[k])]; e >= 0; e = edges[size_t(e)].next) {
      const Edge &edge = edges[size_t(e)];
      if (edge.capacity > 0 && level[size_t(edge.to)] < 0) {
        level[size_t(edge.to)] = level[size_t(queue[k])] + 1;
        queue.push_back(edge.to);
      }
    }
  }
  return level[sink] >= 0;
}

int64_t MinimumCut::push(int node, int64_t most) {
  if (node == sink)
    return most;
  int64_t pushed = 0;
  for (int &e = turn[size_t(node)]; e >= 0; e = edges[size_t(e)].next) {
    Edge &edge = edges[size_t(e)];
    if (edge.capacity > 0 && level[size_t(edge.to)] == level[size_t(node)] + 1) {
      int64_t got = push(edge.to, std::min(most - pushed, edge.capacity));
      edges[size_t(e)].capacity -= got;
      edges[size_t(e) ^ 1].capacity += got;
      pushed += got;
      if (pushed == most)
        return pushed;
    }
  }
  return pushed;
}

int64_t MinimumCut::solve() {
  int64_t flow = 0;
  while (flow < infinite && findLevels()) {
    turn = head;
    flow += push(source, infinite - flow);
  }
  return flow;
}

} // namespace fanfold::recompute
