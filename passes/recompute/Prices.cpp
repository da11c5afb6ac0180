//===- Prices.cpp - what to drop when memory has a price --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Prices.h"
#include "passes/recompute/MinimumCut.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fanfold::recompute {

/// Seconds in the integers of a cut, rounded down; the sum of all stays far below
/// MinimumCut::infinite.
static int64_t toUnits(double seconds) {
  constexpr double unitsPerSecond = 1e12, most = 1e15;
  return int64_t(std::min(seconds * unitsPerSecond, most));
}

Choice chooseAtPrices(const Step &step, const StepIndex &index, const Expander &expander,
                      const std::vector<double> &prices) {
  int launches = int(step.launches.size()), values = int(step.values.size());
  std::vector<double> sum(size_t(launches) + 1, 0);
  for (size_t l = 0; l < size_t(launches); ++l)
    sum[l + 1] = sum[l] + prices[l];

  // Where a value is wanted last: behind its gap, or when what is made of it is.
  std::vector<int> wanted(size_t(values), -1);
  for (int l = launches - 1; l >= 0; --l) {
    for (int v : step.launches[size_t(l)].makes)
      if (Gap gap = expander.gapOf(v); gap.end != INT_MAX && expander.isDroppable(v))
        wanted[size_t(v)] = gap.end;
    if (index.deadline[size_t(l)] < 0)
      continue;
    int latest = -1;
    for (int v : step.launches[size_t(l)].makes)
      latest = std::max(latest, wanted[size_t(v)]);
    for (int u : step.launches[size_t(l)].reads) {
      bool goesOn = !index.makers[size_t(u)].empty() && expander.gapOf(u).end != INT_MAX;
      if (!step.values[size_t(u)].pinned && !goesOn)
        wanted[size_t(u)] = std::max(wanted[size_t(u)], latest);
    }
  }

  MinimumCut cut;
  std::vector<int> again(size_t(launches), -1), there(size_t(values), -1), dropped = there;
  for (int l = 0; l < launches; ++l) {
    if (index.deadline[size_t(l)] < 0)
      continue;
    again[size_t(l)] = cut.addNode();
    cut.addEdge(again[size_t(l)], MinimumCut::sink, toUnits(step.launches[size_t(l)].seconds));
  }
  for (int v = 0; v < values; ++v) {
    if (wanted[size_t(v)] < 0)
      continue;
    const std::vector<int> &makers = index.makers[size_t(v)];
    bool isInput = makers.empty();
    int begin = isInput ? (index.readers[size_t(v)].empty() ? 0 : index.readers[size_t(v)].back())
                        : expander.gapOf(v).begin;
    int end = wanted[size_t(v)];
    double price = end <= begin + 1 ? 0
                                    : double(step.values[size_t(v)].bytes) *
                                          (sum[size_t(end)] - sum[size_t(begin) + 1]);
    there[size_t(v)] = !isInput && expander.gapOf(v).end != INT_MAX && expander.isDroppable(v)
                           ? MinimumCut::source
                           : cut.addNode();
    if (!expander.isDroppable(v)) {
      cut.addEdge(there[size_t(v)], MinimumCut::sink, toUnits(price));
      continue;
    }
    if (makers.size() == 1) {
      dropped[size_t(v)] = again[size_t(makers.front())];
    } else {
      dropped[size_t(v)] = cut.addNode();
      for (int m : makers)
        cut.addEdge(dropped[size_t(v)], again[size_t(m)], MinimumCut::infinite);
    }
    cut.addEdge(there[size_t(v)], dropped[size_t(v)], toUnits(price));
  }
  for (int l = 0; l < launches; ++l)
    if (again[size_t(l)] >= 0)
      for (int u : step.launches[size_t(l)].reads)
        if (there[size_t(u)] >= 0 && there[size_t(u)] != MinimumCut::source)
          cut.addEdge(again[size_t(l)], there[size_t(u)], MinimumCut::infinite);
  cut.solve();
  Choice choice(size_t(values), 0);
  for (int v = 0; v < values; ++v)
    choice[size_t(v)] = dropped[size_t(v)] >= 0 && cut.isYes(dropped[size_t(v)]);
  return choice;
}

namespace {

/// Every plan's memory when a launch runs in its place for the first time.
class Relaxation {
public:
  Relaxation(const Step &step, const StepIndex &index, int at) : step(step), index(index), at(at) {
    size_t values = step.values.size();
    isFixed.assign(values, 0);
    isWanted.assign(values, 0);
    for (size_t v = 0; v < values; ++v) {
      bool isThere = step.values[v].pinned;
      isFixed[v] = isThere;
      const std::vector<int> &readers = index.readers[v], &makers = index.makers[v];
      bool isBegun = makers.empty() || makers.front() < at;
      isWanted[v] = isBegun && !readers.empty() && readers.back() > at;
      fixed += isThere ? step.values[v].bytes : 0;
    }
    const Launch &launch = step.launches[size_t(at)];
    auto hold = [&](int v) {
      fixed += isFixed[size_t(v)] ? 0 : step.values[size_t(v)].bytes;
      isFixed[size_t(v)] = 1;
    };
    std::for_each(launch.reads.begin(), launch.reads.end(), hold);
    std::for_each(launch.makes.begin(), launch.makes.end(), hold);
    fixed += launch.workspace;
    // At best, every result takes over an operand.
    std::vector<int> made;
    for (auto [m, r] : launch.inPlace)
      if (std::find(made.begin(), made.end(), m) == made.end()) {
        made.push_back(m);
        fixed -= step.values[size_t(m)].bytes;
      }
  }

  int64_t fixedBytes() const { return fixed; }

  /// The least of the extra seconds and of `price` times the bytes above `budget`.
  double solve(double price, int64_t budget) const {
    MinimumCut cut;
    std::vector<int> again(size_t(at), -1), there(step.values.size(), -1);
    for (size_t l = 0; l < size_t(at); ++l) {
      if (index.deadline[l] < at)
        continue;
      again[l] = cut.addNode();
      cut.addEdge(again[l], MinimumCut::sink, toUnits(step.launches[l].seconds));
    }
    for (size_t v = 0; v < there.size(); ++v) {
      const std::vector<int> &makers = index.makers[v];
      if (isFixed[v] || (!makers.empty() && makers.front() >= at))
        continue;
      there[v] = isWanted[v] ? MinimumCut::source : cut.addNode();
      int64_t keep = toUnits(price * double(step.values[v].bytes));
      bool canRunAgain = !makers.empty() && std::all_of(makers.begin(), makers.end(), [&](int m) {
        return m >= at || again[size_t(m)] >= 0;
      });
      int other = MinimumCut::sink;
      if (canRunAgain) {
        other = cut.addNode();
        for (int m : makers)
          if (m < at)
            cut.addEdge(other, again[size_t(m)], MinimumCut::infinite);
      }
      cut.addEdge(there[v], other, keep);
    }
    for (size_t l = 0; l < size_t(at); ++l)
      if (again[l] >= 0)
        for (int u : step.launches[l].reads)
          if (there[size_t(u)] > MinimumCut::sink)
            cut.addEdge(again[l], there[size_t(u)], MinimumCut::infinite);
    return double(cut.solve()) * 1e-12 - price * double(budget - fixed);
  }

private:
  const Step &step;
  const StepIndex &index;
  int at;
  int64_t fixed = 0;
  std::vector<char> isFixed, isWanted;
};

} // namespace

double lowerBoundSeconds(const Step &step, const StepIndex &index, int64_t budget) {
  Plan original = originalPlan(step);
  if (original.peakBytes <= budget)
    return 0;
  std::vector<int64_t> live = liveBytes(step, original);
  // The peaks among equal stretches of the step.
  constexpr size_t stretches = 12;
  double best = 0;
  for (size_t k = 0; k < stretches; ++k) {
    size_t begin = k * live.size() / stretches, end = (k + 1) * live.size() / stretches;
    auto peak =
        std::max_element(live.begin() + std::ptrdiff_t(begin), live.begin() + std::ptrdiff_t(end));
    if (begin == end || *peak <= budget)
      continue;
    Relaxation relaxation(step, index, int(peak - live.begin()));
    if (relaxation.fixedBytes() > budget)
      return std::numeric_limits<double>::infinity();
    // The bound is concave in the price: golden section over its logarithm. A
    // price at which all launches together buy one byte is as high as any.
    double total = 0;
    for (const Launch &launch : step.launches)
      total += launch.seconds;
    if (total <= 0)
      continue;
    double low = std::log(total / 1e3 / double(std::max<int64_t>(live[0] + *peak, 1)));
    double high = low + std::log(1e6);
    constexpr double golden = 0.618033988749895;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double atA = relaxation.solve(std::exp(a), budget), atB = relaxation.solve(std::exp(b), budget);
    for (int i = 0; i < 16; ++i) {
      best = std::max({best, atA, atB});
      if (atA < atB) {
        low = a;
        a = b;
        atA = atB;
        b = low + golden * (high - low);
        atB = relaxation.solve(std::exp(b), budget);
      } else {
        high = b;
        b = a;
        atB = atA;
        a = high - golden * (high - low);
        atA = relaxation.solve(std::exp(a), budget);
      }
    }
  }
  return best;
}

} // namespace fanfold::recompute
