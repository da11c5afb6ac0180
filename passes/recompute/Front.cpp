//===- Front.cpp - plans of falling peak and rising time --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Front.h"
#include "passes/recompute/Prices.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fanfold::recompute {

/// What it costs to make `value` again, operands aside.
double Front::secondsOf(int value) const {
  double seconds = 0;
  for (int m : layer->index.makers[size_t(value)])
    seconds += layer->step.launches[size_t(m)].seconds;
  return seconds;
}

Front::Trial Front::evaluate(Choice choice, int64_t budget) {
  Expander::Trial result = layer->expander.tryOut(choice);
  Trial trial{std::move(choice), layer->plan.extraSeconds + result.seconds, result.peak, 0,
              std::move(result.bytes)};
  for (int64_t bytes : trial.bytes)
    trial.excess += double(std::max<int64_t>(0, bytes - budget));

  // Into the front, if nothing there is as low and as fast.
  auto above = front.upper_bound(trial.peak);
  if (above == front.begin() || std::prev(above)->second.seconds > trial.seconds) {
    while (above != front.end() && above->second.seconds >= trial.seconds)
      above = front.erase(above);
    front[trial.peak] = {trial.seconds, layer, trial.choice};
  }
  return trial;
}

/// Keeps what still fits, dearest first.
void Front::keepAgain(Trial &trial, int64_t budget) {
  std::vector<std::pair<double, int>> dropped;
  for (int v = 0; v < int(trial.choice.size()); ++v)
    if (trial.choice[size_t(v)])
      dropped.emplace_back(-secondsOf(v), v);
  std::sort(dropped.begin(), dropped.end());
  for (auto [seconds, v] : dropped) {
    if (!trial.choice[size_t(v)])
      continue;
    Choice choice = trial.choice;
    choice[size_t(v)] = 0;
    Trial other = evaluate(std::move(choice), budget);
    if (other.peak <= budget && other.seconds <= trial.seconds)
      trial = std::move(other);
  }
}

/// Drops `value`, and those of its operands, in turn, that would have to stay just
/// for it.
Choice Front::withOperands(Choice choice, int value) const {
  std::vector<int> open = {value};
  while (!open.empty()) {
    int v = open.back();
    open.pop_back();
    choice[size_t(v)] = 1;
    for (int m : layer->index.makers[size_t(v)])
      for (int u : layer->step.launches[size_t(m)].reads)
        if (!choice[size_t(u)] && layer->expander.isDroppable(u) &&
            layer->expander.gapOf(u).end == INT_MAX)
          open.push_back(u);
  }
  return choice;
}

/// Drops one more value: the one that saves most bytes above the budget per second.
/// Returns false if none saves any.
bool Front::dropMore(Trial &trial, int64_t budget) {
  // Trying one out takes long: only those that promise most are tried.
  constexpr size_t most = 16;
  auto peak = int(std::max_element(trial.bytes.begin(), trial.bytes.end()) - trial.bytes.begin());
  std::vector<std::pair<double, int>> candidates;
  for (int v = 0; v < int(trial.choice.size()); ++v) {
    if (trial.choice[size_t(v)] || !layer->expander.isDroppable(v) ||
        layer->expander.gapOf(v).begin >= peak || layer->expander.gapOf(v).end < peak ||
        layer->expander.gapOf(v).end == INT_MAX)
      continue;
    double bytes = double(layer->step.values[size_t(v)].bytes);
    candidates.emplace_back(-bytes / std::max(secondsOf(v), 1e-12), v);
  }
  size_t tried = std::min(most, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + ptrdiff_t(tried), candidates.end());
  candidates.resize(tried);

  Trial best;
  double bestRatio = 0;
  for (auto [promise, v] : candidates) {
    Choice choice = trial.choice;
    choice[size_t(v)] = 1;
    for (bool closed : {false, true}) {
      if (closed) {
        Choice all = withOperands(choice, v);
        if (all == choice)
          break;
        choice = std::move(all);
      }
      Trial other = evaluate(choice, budget);
      double saved = trial.excess - other.excess;
      double ratio = saved / std::max(other.seconds - trial.seconds, 1e-12);
      if (saved > 0 && ratio > bestRatio) {
        bestRatio = ratio;
        best = std::move(other);
      }
    }
  }
  if (bestRatio > 0)
    trial = std::move(best);
  return bestRatio > 0;
}

/// Looks for plans within `budget` in the layer at work.
void Front::descend(int64_t budget) {
  constexpr int rounds = 60;
  std::vector<double> &prices = layer->prices;
  Trial best;
  for (int round = 0; round < rounds; ++round) {
    Trial trial =
        evaluate(chooseAtPrices(layer->step, layer->index, layer->expander, prices), budget);
    double rate = 12.0 / (1 + 0.25 * round);
    for (size_t l = 0; l < prices.size(); ++l) {
      double off = double(trial.bytes[l] - budget) / double(std::max<int64_t>(budget, 1));
      prices[l] *= std::exp(std::clamp(rate * off, -1.0, 1.0));
    }
    bool isBetter =
        trial.excess < best.excess || (trial.excess == best.excess && trial.seconds < best.seconds);
    if (round == 0 || isBetter)
      best = std::move(trial);
  }
  repair(best, budget);
}

/// Drops more until the budget is kept, then keeps again what still fits.
void Front::repair(Trial &trial, int64_t budget) {
  constexpr int mostDrops = 16;
  for (int k = 0; k < mostDrops && trial.peak > budget; ++k)
    if (!dropMore(trial, budget))
      return;
  if (trial.peak <= budget)
    keepAgain(trial, budget);
}

/// Goes on from the plans of the front that are just above the budget.
void Front::lower(int64_t budget) {
  constexpr int most = 3;
  std::vector<Entry> nearest;
  for (auto above = front.upper_bound(budget); above != front.end() && nearest.size() < most;
       ++above)
    nearest.push_back(above->second);
  for (Entry &entry : nearest) {
    layer = entry.layer;
    Trial trial = evaluate(entry.choice, budget);
    repair(trial, budget);
  }
}

/// Whether there is a plan within `budget` that takes no more than `gap` times the extra seconds
/// that any needs.
bool Front::isGood(int64_t budget, double gap) {
  auto above = front.upper_bound(budget);
  return above != front.begin() &&
         std::prev(above)->second.seconds <= gap * lowerBoundSeconds(step, index, budget);
}

/// Goes on in a new layer: the plan of least peak above `budget`, if there is one.
void Front::addLayer(int64_t budget) {
  auto above = front.upper_bound(budget);
  if (above == front.end())
    return;
  Entry entry = above->second;
  Plan plan = planOf(entry);
  // Each launch's price, spread over the runs that stand in its place.
  const std::vector<int> &places = entry.layer->expander.places();
  std::vector<double> prices, share(entry.layer->step.launches.size(), 0);
  for (int place : places)
    ++share[size_t(place)];
  for (int place : places)
    prices.push_back(entry.layer->prices[size_t(place)] / share[size_t(place)]);
  layer = std::make_shared<Layer>(step, std::move(plan), std::move(prices));
}

Front::Front(const Step &step, const StepIndex &index) : step(step), index(index) {
  // What no plan goes below: every launch with its operands and results.
  int64_t pinned = 0, floor = 0;
  for (const Value &value : step.values)
    pinned += value.pinned ? value.bytes : 0;
  double seconds = 0;
  for (const Launch &launch : step.launches) {
    int64_t own = launch.workspace;
    for (const std::vector<int> *list : {&launch.reads, &launch.makes})
      for (int v : *list)
        own += step.values[size_t(v)].pinned ? 0 : step.values[size_t(v)].bytes;
    for (auto [made, read] : launch.inPlace)
      own -= step.values[size_t(made)].bytes;
    floor = std::max(floor, pinned + own);
    seconds += launch.seconds;
  }
  Plan original = originalPlan(step);
  double size = double(std::max<int64_t>(original.peakBytes, 1)) * double(step.launches.size() + 1);
  std::vector<double> prices(step.launches.size(), std::max(seconds, 1e-12) / size / 10);
  auto bottom = std::make_shared<Layer>(step, original, std::move(prices));
  layer = bottom;
  evaluate(Choice(step.values.size(), 0), 0);

  constexpr int stops = 24;
  for (int stop = 1; stop <= stops; ++stop) {
    int64_t budget =
        original.peakBytes - int64_t(double(original.peakBytes - floor) * stop / stops);
    layer = bottom;
    descend(budget);
    if (!isGood(budget, 1.05)) // Else there is little to find.
      lower(budget);
    // A plan far above leaves more to choose, one just above has less to go. A plan within the
    // budget may be there by chance, and cost twice what another would.
    for (double above : {1.0, 1.1, 1.3}) {
      if (isGood(budget, 1.5))
        break;
      addLayer(int64_t(double(budget) * above));
      descend(budget);
    }
  }
  layer = nullptr;
}

} // namespace fanfold::recompute
