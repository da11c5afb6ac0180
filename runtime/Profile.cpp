//===- Profile.cpp - where the time of a step goes ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>

using namespace fanfold;
using nlohmann::ordered_json;

void Profile::add(const std::vector<double> &launchSeconds) {
  assert(launchSeconds.size() == seconds.size() && "a time for each launch");
  for (size_t i = 0; i < seconds.size(); ++i)
    seconds[i] += launchSeconds[i];
  ++runs;
}

std::vector<Profile::Row> Profile::launchRows() const {
  std::vector<Row> rows;
  rows.reserve(seconds.size());
  for (size_t i = 0; i < seconds.size(); ++i)
    rows.push_back({i, 1, 1e3 * seconds[i] / static_cast<double>(std::max<size_t>(runs, 1)),
                    step.launches[i].flops, step.launches[i].bytes});
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row &a, const Row &b) { return a.milliseconds > b.milliseconds; });
  return rows;
}

std::vector<std::pair<std::string, Profile::Row>> Profile::kernelRows() const {
  std::map<std::string, Row> sums;
  for (const Row &row : launchRows()) {
    Row &sum = sums[step.launches[row.index].kernel];
    ++sum.launches;
    sum.milliseconds += row.milliseconds;
    sum.flops += row.flops;
    sum.bytes += row.bytes;
  }
  std::vector<std::pair<std::string, Row>> rows(sums.begin(), sums.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) {
    return a.second.milliseconds > b.second.milliseconds;
  });
  return rows;
}

std::string Profile::toText() const {
  double total = 0;
  size_t layerWidth = 5;
  for (const Row &row : launchRows()) {
    total += row.milliseconds;
    layerWidth = std::max(layerWidth, std::string_view(step.launches[row.index].layer).size());
  }
  auto share = [&](const Row &row) { return total > 0 ? 100 * row.milliseconds / total : 0; };

  std::string text = fmt::format("{:>9}  {:>6}  {:>8}  {:>9}  {:>8}  {}\n", "ms", "%", "launches",
                                 "GFLOP/s", "GB/s", "kernel");
  for (const auto &[kernel, row] : kernelRows())
    text += fmt::format("{:>9.3f}  {:>6.1f}  {:>8}  {:>9.1f}  {:>8.1f}  {}\n", row.milliseconds,
                        share(row), row.launches, row.gigaflopsPerSecond(),
                        row.gigabytesPerSecond(), kernel);
  text += fmt::format("\n{:>9}  {:>6}  {:>8}  {:>9}  {:>8}  {:<{}}  {:<24}  {}\n", "ms", "%",
                      "launch", "GFLOP/s", "GB/s", "layer", layerWidth, "kernel", "location");
  for (const Row &row : launchRows()) {
    const Launch &launch = step.launches[row.index];
    text += fmt::format("{:>9.3f}  {:>6.1f}  {:>8}  {:>9.1f}  {:>8.1f}  {:<{}}  {:<24}  {}\n",
                        row.milliseconds, share(row), row.index, row.gigaflopsPerSecond(),
                        row.gigabytesPerSecond(), launch.layer, layerWidth, launch.kernel,
                        launch.location);
  }
  return text;
}

ordered_json Profile::toJson() const {
  ordered_json kernels = ordered_json::array();
  for (const auto &[kernel, row] : kernelRows())
    kernels.push_back({{"kernel", kernel},
                       {"launches", row.launches},
                       {"ms", row.milliseconds},
                       {"gflop_per_s", row.gigaflopsPerSecond()},
                       {"gb_per_s", row.gigabytesPerSecond()}});
  ordered_json launches = ordered_json::array();
  for (const Row &row : launchRows()) {
    const Launch &launch = step.launches[row.index];
    launches.push_back({{"index", row.index},
                        {"kernel", launch.kernel},
                        {"layer", launch.layer},
                        {"location", launch.location},
                        {"ms", row.milliseconds},
                        {"gflop_per_s", row.gigaflopsPerSecond()},
                        {"gb_per_s", row.gigabytesPerSecond()}});
  }
  return {{"kernels", kernels}, {"launches", launches}};
}
