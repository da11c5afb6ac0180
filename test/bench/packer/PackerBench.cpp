//===- PackerBench.cpp - how low and how fast the packer packs ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints a table: family, number of buffers, largest live sum, height, whether it
// is proved optimal, steps of the search, seconds. Then how many of each family are
// solved. packer_bench [SEEDS [NODES]]: with NODES that limit replaces the 5 s, so
// that other load on the machine does not count.
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Packer.h"
#include "test/unit/packer/Instances.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <map>

using namespace fanfold::packer;
using namespace fanfold::packer::test;

namespace {

PackOptions options;
std::map<std::string, std::pair<int, int>> solved; ///< By family: how many, of how many.

void report(const std::string &family, const std::vector<Buffer> &buffers, int seed = 0) {
  auto begin = std::chrono::steady_clock::now();
  Packing packing = pack(buffers, options);
  solved[family].first += packing.optimal;
  ++solved[family].second;
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{:<24} {:>3} {:>6} {:>14} {:>14} {:>8} {:>9} {:>9.3f}\n", family, seed,
             buffers.size(), packing.lowerBound, packing.height,
             packing.optimal
                 ? std::string("optimal")
                 : fmt::format("+{:.2f}%",
                               100.0 * double(packing.height) / double(packing.lowerBound) - 100.0),
             packing.nodes, seconds);
  std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv) {
  int seeds = argc > 1 ? std::atoi(argv[1]) : 3;
  if (argc > 2) {
    options.nodeLimit = std::strtoull(argv[2], nullptr, 10);
    options.timeLimit = std::chrono::hours(24);
  }
  fmt::print("{:<24} {:>3} {:>6} {:>14} {:>14} {:>8} {:>9} {:>9}\n", "family", "", "n", "bound",
             "height", "", "nodes", "seconds");
  for (int seed = 1; seed <= seeds; ++seed) {
    auto s = uint64_t(seed);
    for (int n : {150, 300, 450}) {
      for (auto [grain, name] : {std::pair(16384, "coarse"), {8192, "medium"}, {1024, "fine"}}) {
        report(fmt::format("guillotine/{}", name), makeGuillotine(n, grain, s), seed);
        report(fmt::format("pinwheels/{}", name), makePinwheels(n, grain, s), seed);
      }
      report("slices", makeSlices(n, s), seed);
      report("bricks", makeBricks(n / 10, 10, s), seed);
      report("stairs", makeStairs(n / 30, 15, s), seed);
    }
    report("random", makeRandom(400, 1000, 4096, s), seed);
  }
  report("training step", makeTrainingStep(160, 1));
  report("training step", makeTrainingStep(1600, 1));
  report("training step", makeTrainingStep(9500, 1));
  report("random, large", makeRandom(60000, 1000000, 1 << 20, 1));
  fmt::print("\nsolved\n");
  for (auto [family, count] : solved)
    fmt::print("{:<24} {} of {}\n", family, count.first, count.second);
}
