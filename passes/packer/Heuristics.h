//===- Heuristics.h - fast placements, one order each ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both heuristics turn an order of the items, the most urgent first, into a
// placement. Neither looks back; what makes them strong is trying many orders.
//
// Skyline (best fit): the heights reached so far, over time, are a line of
// segments. Take the lowest segment, the earliest of several, and put onto it the
// most urgent item whose life is within it. If there is none, nothing can ever
// stand there: raise it to its lower neighbour.
//
//        +--+                     Burke, Kendall, Whitwell: A new placement
//        |  +---+       +---      heuristic for the orthogonal stock-cutting
//    ----+      |       |         problem, Operations Research 52 (2004);
//               +-------+         Sekiyama et al.: Profile-guided memory
//                lowest           optimization for deep neural networks (2018)
//
// First fit: take the items in order, and put each into the lowest gap that is
// free for the whole of its life. Works around items at given offsets.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_HEURISTICS_H
#define FANFOLD_PASSES_PACKER_HEURISTICS_H

#include "passes/packer/Component.h"

namespace fanfold::packer {

/// A permutation of the indices of a component's items.
using Order = std::vector<int>;

/// The component has no item at a given offset. About O(n sqrt n) at worst,
/// O(n log n) on what compilers make.
Offsets placeOnSkyline(const Component &component, const Order &order);

/// O(n^2) at worst; gaps low down end the walk early.
Offsets placeFirstFit(const Component &component, const Order &order);

/// The orders to begin with: by duration, area, size, number of sections, begin
/// (each descending but for the last), ties broken by the others.
std::vector<Order> initialOrders(const Component &component);

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_HEURISTICS_H
