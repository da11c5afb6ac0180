//===- ComponentSolver.cpp - heuristics and search for one component ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/ComponentSolver.h"
#include "passes/packer/Effort.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fanfold::packer {

ComponentSolver::ComponentSolver(const Component &component, uint64_t seed)
    : comp(component), orders(initialOrders(component)), random(seed),
      provedBound(component.lowerBound) {}

void ComponentSolver::consider(Offsets offsets) {
  if (int64_t height = heightOf(comp, offsets); height < bestHeight) {
    bestHeight = height;
    best = offsets;
  }
  if (!comp.uniform)
    return;
  // Upside down, another item is the highest, and need not be rounded up.
  int64_t top = 0;
  for (size_t i = 0; i < offsets.size(); ++i)
    top = std::max(top, offsets[i] + comp.items[i].size);
  for (size_t i = 0; i < offsets.size(); ++i)
    offsets[i] = top - offsets[i] - comp.items[i].size;
  if (int64_t height = heightOf(comp, offsets); height < bestHeight) {
    bestHeight = height;
    best = std::move(offsets);
  }
}

Offsets ComponentSolver::place(const Order &order, bool onSkyline) const {
  return onSkyline ? placeOnSkyline(comp, order) : placeFirstFit(comp, order);
}

/// First fit looks at all pairs of items, which is too slow beyond this.
static constexpr size_t mostForFirstFit = 5000;

void ComponentSolver::runHeuristics(int64_t goal) {
  for (bool onSkyline : {true, false}) {
    bool isApplicable = onSkyline ? !comp.hasFixed : comp.items.size() <= mostForFirstFit;
    // Only first fit can work around given offsets: one order then, however slow.
    size_t tries = isApplicable ? orders.size() : comp.hasFixed && !onSkyline ? 1 : 0;
    for (size_t k = 0; k < tries && bestHeight > goal; ++k)
      consider(place(orders[k], onSkyline));
  }
}

/// Squeaky wheels (Joslin, Clements, JAIR 10, 1999): items that stick out beyond
/// the goal become more urgent, and the placement starts afresh.
void ComponentSolver::shake(Order order, int64_t goal, int times, Deadline deadline) {
  bool onSkyline = !comp.hasFixed && (comp.items.size() > mostForFirstFit || random() % 2 == 0);
  std::vector<double> key(order.size());
  for (int t = 0; t < times && bestHeight > goal; ++t) {
    if (std::chrono::steady_clock::now() >= deadline)
      return;
    Offsets offsets = place(order, onSkyline);
    for (size_t place = 0; place < order.size(); ++place) {
      const Item &item = comp.items[order[place]];
      bool sticksOut = offsets[order[place]] + item.bytes > goal;
      double noise = double(random() % 1024) / 1024;
      key[order[place]] = sticksOut ? double(place) * noise * 0.7 : double(place) + 3 * noise;
    }
    consider(std::move(offsets));
    std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return key[i] < key[j]; });
  }
}

/// First fit by sizes that are not quite the items': large ones of about the same size then leave
/// other gaps between them. From one number, so that it takes nothing from the other searches.
void ComponentSolver::blurSizes(int64_t goal, int times, Deadline deadline) {
  std::mt19937 noise(1);
  std::vector<double> key(comp.items.size());
  Order order(comp.items.size());
  std::iota(order.begin(), order.end(), 0);
  for (int t = 0; t < times && bestHeight > goal; ++t) {
    if (std::chrono::steady_clock::now() >= deadline)
      return;
    // By 5 to 20 percent; of equal ones those that live longer are first.
    const double blur = 0.05 * double(1 << noise() % 3), lasting = noise() % 2 ? 0.03 : 0.05;
    for (size_t i = 0; i < key.size(); ++i) {
      const Item &item = comp.items[i];
      key[i] = std::log(double(item.size)) + lasting * std::log(double(item.duration)) +
               blur * double(noise() % 1000) / 1000;
    }
    std::sort(order.begin(), order.end(),
              [&](int i, int j) { return key[i] != key[j] ? key[i] > key[j] : i < j; });
    consider(place(order, /*onSkyline=*/false));
  }
}

/// The known orders first, then disturbed ones.
Order ComponentSolver::nextOrder() {
  size_t round = size_t(rounds);
  Order order = orders[round % orders.size()];
  if (round < orders.size())
    return order;
  double strength = double(order.size()) / double(uint64_t(2) << (random() % 6));
  std::vector<double> key(order.size());
  for (size_t place = 0; place < order.size(); ++place)
    key[order[place]] = double(place) + strength * double(random() % 1024) / 1024;
  std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return key[i] < key[j]; });
  return order;
}

uint64_t ComponentSolver::searchAt(Search &search, int64_t capacity, uint64_t nodeLimit,
                                   Deadline deadline) {
  uint64_t before = search.nodes();
  switch (search.round(nextOrder(), rounds % 2 == 1, nodeLimit, deadline)) {
  case Search::Verdict::found:
    consider(search.offsets());
    break;
  case Search::Verdict::none:
    provedBound = std::max({provedBound, capacity + 1, search.need()});
    break;
  case Search::Verdict::unknown:
    break;
  }
  return search.nodes() - before;
}

uint64_t ComponentSolver::searchLevels(uint64_t nodeLimit, Deadline deadline) {
  uint64_t before = levelSearch->conflicts();
  switch (levelSearch->run(nodeLimit, deadline)) {
  case LevelSearch::Answer::yes:
    consider(levelSearch->offsets());
    break;
  case LevelSearch::Answer::no:
    provedBound = std::max(provedBound, levelSearch->need());
    break;
  case LevelSearch::Answer::unknown:
    break;
  }
  return levelSearch->conflicts() - before;
}

uint64_t ComponentSolver::improve(int64_t goal, bool minimize, uint64_t nodeLimit,
                                  Deadline deadline) {
  constexpr int mostRoundsWithoutSearch = 30;
  if (comp.items.size() > mostForFirstFit)
    shake(orders[random() % orders.size()], goal, 1, deadline);
  else if (rounds > 0)
    shake(orders[random() % orders.size()], goal, 10, deadline);
  else { // A placement costs less than a few nodes, and for training steps this is enough.
    for (const Order &order : orders)
      shake(order, goal, 20, deadline);
    blurSizes(goal, 200, deadline);
  }
  if (!Search::isAffordable(comp)) {
    exhausted = ++rounds >= mostRoundsWithoutSearch;
    return 0;
  }
  uint64_t used = 0;
  uint64_t portion = 1000 * luby(uint64_t(rounds) + 1);
  auto isOpen = [&](int64_t target) {
    return bestHeight > target && provedBound <= target && used < nodeLimit &&
           std::chrono::steady_clock::now() < deadline;
  };
  int64_t target = std::max(goal, provedBound);
  if (isOpen(target)) {
    if (searchCapacity != target) {
      bool isCoarse = LevelSearch::suits(comp, target);
      search = isCoarse ? nullptr : std::make_unique<Search>(comp, target);
      levelSearch = isCoarse ? std::make_unique<LevelSearch>(comp, target) : nullptr;
      searchCapacity = target;
    }
    if (search)
      used += searchAt(*search, target, std::min(portion, nodeLimit - used), deadline);
    else
      used += searchLevels(std::min(4 * portion, nodeLimit - used), deadline);
  }
  // Between what is proved and what is known, some slack makes searching easy.
  if (minimize && provedBound <= target) {
    for (int step = 0; step < 3; ++step) {
      int64_t middle = target + (bestHeight - target) / 2;
      if (bestHeight - target < 2 || !isOpen(middle))
        break;
      Search relaxed(comp, middle);
      used += searchAt(relaxed, middle, std::min(portion / 4 + 1, nodeLimit - used), deadline);
      if (bestHeight > middle)
        target = middle;
    }
  }
  ++rounds;
  return used;
}

} // namespace fanfold::packer
