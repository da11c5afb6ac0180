//===- Step.cpp - a training step as launches and values --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fanfold::recompute {

/// Sums of sizes stay below this.
static constexpr int64_t limit = int64_t(1) << 62;

/// Says what is wrong with a list of values; empty if nothing is.
static std::string checkList(const std::vector<int> &list, size_t values, const char *verb,
                             size_t launch) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] < 0 || size_t(list[i]) >= values)
      return fmt::format("launch {} {} value {}, expected one below {}", launch, verb, list[i],
                         values);
    if (std::find(list.begin(), list.begin() + std::ptrdiff_t(i), list[i]) !=
        list.begin() + std::ptrdiff_t(i))
      return fmt::format("launch {} {} value {} twice", launch, verb, list[i]);
  }
  return {};
}

static std::string checkLaunch(const Step &step, size_t l) {
  const Launch &launch = step.launches[l];
  if (!(launch.seconds >= 0) || !std::isfinite(launch.seconds))
    return fmt::format("launch {} takes {} seconds, expected 0 or more", l, launch.seconds);
  if (launch.workspace < 0)
    return fmt::format("launch {} has a workspace of {} bytes, expected 0 or more", l,
                       launch.workspace);
  for (auto [list, verb] : {std::pair(&launch.reads, "reads"), std::pair(&launch.makes, "makes"),
                            std::pair(&launch.overwrites, "overwrites")})
    if (std::string wrong = checkList(*list, step.values.size(), verb, l); !wrong.empty())
      return wrong;
  auto has = [](const std::vector<int> &list, int v) {
    return std::find(list.begin(), list.end(), v) != list.end();
  };
  for (auto [made, read] : launch.inPlace) {
    if (!has(launch.makes, made) || !has(launch.reads, read))
      return fmt::format("launch {} makes value {} in place of value {}, expected one that it "
                         "makes and one that it reads",
                         l, made, read);
    if (step.values[size_t(made)].pinned || step.values[size_t(read)].pinned)
      return fmt::format("launch {} makes value {} in place of value {}, expected neither to be "
                         "pinned",
                         l, made, read);
    if (step.values[size_t(made)].bytes != step.values[size_t(read)].bytes)
      return fmt::format("launch {} makes value {} of {} bytes in place of value {} of {} bytes, "
                         "expected equal sizes",
                         l, made, step.values[size_t(made)].bytes, read,
                         step.values[size_t(read)].bytes);
  }
  for (size_t k = 0; k < launch.inPlace.size(); ++k)
    for (size_t j = 0; j < k; ++j)
      if (launch.inPlace[j].first == launch.inPlace[k].first ||
          launch.inPlace[j].second == launch.inPlace[k].second)
        return fmt::format("launch {} makes value {} in place of value {}, expected each to be in "
                           "one pair",
                           l, launch.inPlace[k].first, launch.inPlace[k].second);
  if (launch.rerunnable && !launch.overwrites.empty())
    return fmt::format("launch {} overwrites value {}, expected it not to be rerunnable", l,
                       launch.overwrites.front());
  return {};
}

std::string check(const Step &step) {
  if (step.values.size() >= size_t(1) << 30 || step.launches.size() >= size_t(1) << 30)
    return "step has 2^30 values or launches or more";
  int64_t sum = 0;
  for (size_t v = 0; v < step.values.size(); ++v) {
    if (step.values[v].bytes < 0)
      return fmt::format("value {} has {} bytes, expected 0 or more", v, step.values[v].bytes);
    if (step.values[v].bytes >= limit - sum)
      return fmt::format("value {} takes the sum of sizes to 2^62 bytes or more", v);
    sum += step.values[v].bytes;
  }
  std::vector<size_t> firstMaker(step.values.size(), SIZE_MAX);
  for (size_t l = 0; l < step.launches.size(); ++l) {
    if (std::string wrong = checkLaunch(step, l); !wrong.empty())
      return wrong;
    if (step.launches[l].workspace >= limit - sum)
      return fmt::format("launch {} has a workspace that takes the sum of sizes to 2^62 bytes or "
                         "more",
                         l);
    for (int v : step.launches[l].makes)
      firstMaker[size_t(v)] = std::min(firstMaker[size_t(v)], l);
  }
  std::vector<int> makers(step.values.size(), 0);
  for (const Launch &launch : step.launches)
    for (int v : launch.makes)
      ++makers[size_t(v)];
  for (size_t l = 0; l < step.launches.size(); ++l)
    for (auto [made, read] : step.launches[l].inPlace)
      if (makers[size_t(made)] != 1)
        return fmt::format("launch {} makes value {} in place of value {}, expected it to be the "
                           "only launch that makes it",
                           l, made, read);
  std::vector<size_t> lostAt(step.values.size(), SIZE_MAX);
  for (size_t l = 0; l < step.launches.size(); ++l) {
    for (int v : step.launches[l].reads) {
      if (firstMaker[size_t(v)] != SIZE_MAX && firstMaker[size_t(v)] >= l)
        return fmt::format("launch {} reads value {}, which launch {} makes first", l, v,
                           firstMaker[size_t(v)]);
      if (lostAt[size_t(v)] != SIZE_MAX)
        return fmt::format("launch {} reads value {}, which launch {} has overwritten", l, v,
                           lostAt[size_t(v)]);
    }
    for (int v : step.launches[l].overwrites)
      lostAt[size_t(v)] = std::min(lostAt[size_t(v)], l);
  }
  return {};
}

StepIndex::StepIndex(const Step &step)
    : makers(step.values.size()), readers(step.values.size()),
      overwriter(step.values.size(), int(step.launches.size())), deadline(step.launches.size()) {
  for (size_t l = 0; l < step.launches.size(); ++l) {
    for (int v : step.launches[l].makes)
      makers[size_t(v)].push_back(int(l));
    for (int v : step.launches[l].reads)
      readers[size_t(v)].push_back(int(l));
    for (int v : step.launches[l].overwrites)
      overwriter[size_t(v)] = std::min(overwriter[size_t(v)], int(l));
  }
  for (size_t l = 0; l < step.launches.size(); ++l) {
    deadline[l] = step.launches[l].rerunnable ? int(step.launches.size()) : -1;
    for (int v : step.launches[l].reads)
      deadline[l] = std::min(deadline[l], overwriter[size_t(v)]);
  }
}

int StepIndex::partsNeeded(int launch, int value) const {
  const std::vector<int> &m = makers[size_t(value)];
  return int(std::lower_bound(m.begin(), m.end(), launch) - m.begin());
}

} // namespace fanfold::recompute
