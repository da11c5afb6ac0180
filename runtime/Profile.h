//===- Profile.h - where the time of a step goes --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_PROFILE_H
#define FANFOLD_RUNTIME_PROFILE_H

#include "runtime/Program.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace fanfold {

/// Tables of the times of a step's launches, over any number of timed runs of it.
class Profile {
public:
  explicit Profile(const Step &step) : step(step), seconds(step.launches.size) {}

  /// One run, as StepResult::launchSeconds gives it.
  void add(const std::vector<double> &launchSeconds);

  /// Tables of kernels and of launches, both sorted by time, in milliseconds per
  /// step. GFLOP/s and GB/s come from what the compiler counted.
  std::string toText() const;

  /// `{"kernels": [{kernel, launches, ms, gflop_per_s, gb_per_s}],
  ///   "launches": [{index, kernel, layer, location, ms, ...}]}`, sorted by time.
  nlohmann::ordered_json toJson() const;

private:
  /// One line of a table.
  struct Row {
    size_t index = 0;    ///< Of the launch; tables of launches only.
    size_t launches = 0; ///< Summed up here.
    double milliseconds = 0;
    double flops = 0;
    double bytes = 0;

    double gigaflopsPerSecond() const { return flops / (milliseconds * 1e6); }
    double gigabytesPerSecond() const { return bytes / (milliseconds * 1e6); }
  };

  std::vector<Row> launchRows() const;
  std::vector<std::pair<std::string, Row>> kernelRows() const;

  const Step &step;
  std::vector<double> seconds; ///< Of each launch, over all runs.
  size_t runs = 0;
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_PROFILE_H
