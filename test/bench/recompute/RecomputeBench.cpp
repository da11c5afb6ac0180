//===- RecomputeBench.cpp - extra time against memory -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints a table: network, launches, share of the step's own peak, peak of the
// plan, extra time in percent of the step, lower bound of it, seconds of the solver.
//
//===----------------------------------------------------------------------===//

#include "passes/recompute/Recompute.h"
#include "test/unit/recompute/Steps.h"

#include <fmt/format.h>

#include <chrono>

using namespace fanfold::recompute;
using namespace fanfold::recompute::test;

namespace {

void report(const char *name, Step step) {
  double total = 0;
  for (const Launch &launch : step.launches)
    total += launch.seconds;
  int64_t peak = originalPlan(step).peakBytes;
  size_t launches = step.launches.size();
  Solver solver(std::move(step));
  for (int percent : {90, 75, 60, 50, 40, 33, 25, 20}) {
    auto begin = std::chrono::steady_clock::now();
    Solution solution = solver.solve(peak / 100 * percent);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    fmt::print("{:<16} {:>5} {:>4}% {:>8.0f} MiB {:>8} {:>6.2f}% {:>6.2f}% {:>8.3f}\n", name,
               launches, percent, double(solution.plan.peakBytes) / (1 << 20),
               solution.outcome == Outcome::fits ? "fits" : "too small",
               100 * solution.plan.extraSeconds / total, 100 * solution.lowerBoundSeconds / total,
               seconds);
    if (!solution.message.empty())
      fmt::print("  {}\n", solution.message);
    std::fflush(stdout);
  }
}

} // namespace

int main() {
  fmt::print("{:<16} {:>5} {:>5} {:>12} {:>8} {:>7} {:>7} {:>8}\n", "network", "n", "share", "peak",
             "", "extra", "bound", "seconds");
  report("ResNet-50 256", makeResNet(256, {3, 4, 6, 3}));
  report("ResNet-152 128", makeResNet(128, {3, 8, 36, 3}));
  report("GoogLeNet 512", makeGoogLeNet(512));
  report("DenseNet-121 256", makeDenseNet(256));
}
