//===- PackerBench.cpp - how low and how fast the packer packs ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints a table: family, number of buffers, largest live sum, known optimum
// where there is one, height, whether it is proved optimal, seconds.
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Packer.h"
#include "test/unit/packer/Instances.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

using namespace fanfold::packer;
using namespace fanfold::packer::test;

namespace {

void report(const std::string &family, const std::vector<Buffer> &buffers) {
  auto begin = std::chrono::steady_clock::now();
  Packing packing = pack(buffers);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{:<28} {:>6} {:>14} {:>14} {:>8} {:>9} {:>9.3f}\n", family, buffers.size(),
             packing.lowerBound, packing.height,
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
  fmt::print("{:<28} {:>6} {:>14} {:>14} {:>8} {:>9} {:>9}\n", "family", "n", "bound", "height", "",
             "nodes", "seconds");
  for (int seed = 1; seed <= seeds; ++seed) {
    for (int n : {150, 300, 450}) {
      report(fmt::format("guillotine/coarse/{}", seed), makeGuillotine(n, 16384, uint64_t(seed)));
      report(fmt::format("guillotine/fine/{}", seed), makeGuillotine(n, 1024, uint64_t(seed)));
      report(fmt::format("pinwheels/coarse/{}", seed), makePinwheels(n, 16384, uint64_t(seed)));
      report(fmt::format("pinwheels/fine/{}", seed), makePinwheels(n, 1024, uint64_t(seed)));
      report(fmt::format("bricks/{}", seed), makeBricks(n / 10, 10, uint64_t(seed)));
      report(fmt::format("stairs/{}", seed), makeStairs(n / 30, 15, uint64_t(seed)));
    }
    report(fmt::format("random/{}", seed), makeRandom(400, 1000, 4096, uint64_t(seed)));
  }
  report("training step", makeTrainingStep(160, 1));
  report("training step", makeTrainingStep(1600, 1));
  report("training step", makeTrainingStep(9500, 1));
  report("random", makeRandom(60000, 1000000, 1 << 20, 1));
}
