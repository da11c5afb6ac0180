//===- PackerTest.cpp - placements are valid, lowest where proved ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Packer.h"
#include "test/unit/packer/Instances.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <numeric>
#include <random>

using namespace fanfold::packer;
using namespace fanfold::packer::test;

namespace {

constexpr int64_t maximum = std::numeric_limits<int64_t>::max();
constexpr int64_t minimum = std::numeric_limits<int64_t>::min();

Buffer buffer(std::string id, int64_t lower, int64_t upper, int64_t size, int64_t alignment = 1,
              std::optional<int64_t> offset = std::nullopt) {
  return {std::move(id), lower, upper, size, alignment, offset};
}

/// The least height of all placements in which the buffers stand as low as those
/// before them allow, over all orders: buffers at given offsets stand there. An
/// optimal placement is among them, for pushing its buffers down in the order of
/// their offsets keeps it valid. maximum: there is no placement.
int64_t leastHeightByForce(const std::vector<Buffer> &buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t(0));
  int64_t best = maximum;
  do {
    std::vector<std::pair<size_t, int64_t>> placed;
    auto clashes = [&](size_t i, int64_t offset) {
      return std::any_of(placed.begin(), placed.end(), [&](auto p) {
        const Buffer &a = buffers[i], &b = buffers[p.first];
        return a.lower < b.upper && b.lower < a.upper && offset < p.second + b.size &&
               p.second < offset + a.size;
      });
    };
    bool possible = true;
    int64_t height = 0;
    for (bool given : {true, false}) {
      for (size_t i : order) {
        const Buffer &b = buffers[i];
        if (b.offset.has_value() != given)
          continue;
        int64_t offset = b.offset.value_or(0);
        while (!given && clashes(i, offset))
          offset += b.alignment;
        possible &= !clashes(i, offset);
        placed.emplace_back(i, offset);
        height = std::max(height, offset + b.size);
      }
    }
    if (possible)
      best = std::min(best, height);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

/// Whether the buffers from `next` on find places below `height`, beside those before
/// them, at all offsets there are.
bool fitByForce(std::vector<Buffer> &buffers, int64_t height, size_t next = 0) {
  if (next == buffers.size())
    return true;
  Buffer &b = buffers[next];
  for (int64_t offset = 0; offset + b.size <= height; ++offset) {
    bool clashes =
        std::any_of(buffers.begin(), buffers.begin() + std::ptrdiff_t(next), [&](const Buffer &a) {
          return a.lower < b.upper && b.lower < a.upper && offset < *a.offset + a.size &&
                 *a.offset < offset + b.size;
        });
    b.offset = offset;
    if (!clashes && fitByForce(buffers, height, next + 1))
      return true;
  }
  b.offset.reset();
  return false;
}

/// Packs with and without capacity and compares with brute force.
void expectExact(const std::vector<Buffer> &buffers, const std::string &what) {
  SCOPED_TRACE(what);
  int64_t expected = leastHeightByForce(buffers);
  // On a busy machine under a sanitizer, answers may take a while.
  PackOptions options;
  options.timeLimit = std::chrono::minutes(10);
  Packing free = pack(buffers, options);
  if (expected == maximum) {
    EXPECT_EQ(free.outcome, Outcome::infeasible);
    return;
  }
  ASSERT_EQ(free.outcome, Outcome::placed) << free.message;
  EXPECT_EQ(free.height, expected);
  EXPECT_TRUE(free.optimal);
  EXPECT_LE(free.lowerBound, expected);
  EXPECT_EQ(validate(buffers, free.offsets), "");

  options.capacity = expected;
  Packing enough = pack(buffers, options);
  ASSERT_EQ(enough.outcome, Outcome::placed) << enough.message;
  EXPECT_EQ(validate(buffers, enough.offsets, expected), "");
  options.capacity = expected - 1;
  EXPECT_EQ(pack(buffers, options).outcome, Outcome::infeasible);
}

} // namespace

TEST(Packer, PacksNothing) {
  Packing packing = pack({});
  EXPECT_EQ(packing.outcome, Outcome::placed);
  EXPECT_EQ(packing.height, 0);
  EXPECT_EQ(packing.lowerBound, 0);
  EXPECT_TRUE(packing.optimal);
  EXPECT_TRUE(packing.offsets.empty());
}

// The example of MiniMalloc's README.
TEST(Packer, PacksFiveBuffersIntoTwelveBytes) {
  std::vector<Buffer> buffers = {buffer("b1", 0, 3, 4), buffer("b2", 3, 9, 4),
                                 buffer("b3", 0, 9, 4), buffer("b4", 9, 21, 4),
                                 buffer("b5", 0, 21, 4)};
  Packing packing = pack(buffers);
  EXPECT_EQ(packing.height, 12);
  EXPECT_TRUE(packing.optimal);
  EXPECT_EQ(validate(buffers, packing.offsets, 12), "");
}

TEST(Packer, SharesBytesBetweenNeighboursInTime) {
  EXPECT_EQ(pack({buffer("a", 0, 5, 8), buffer("b", 5, 9, 8)}).height, 8);
  EXPECT_EQ(pack({buffer("a", 0, 6, 8), buffer("b", 5, 9, 8)}).height, 16);
}

TEST(Packer, GivesBuffersOfSizeZeroAnOffset) {
  std::vector<Buffer> buffers = {buffer("a", 0, 4, 0, 16), buffer("b", 0, 4, 8),
                                 buffer("c", 0, 4, 0, 4, 4)};
  Packing packing = pack(buffers);
  EXPECT_EQ(packing.height, 8);
  EXPECT_EQ(packing.offsets[2], 4);
  EXPECT_EQ(validate(buffers, packing.offsets), "");
}

TEST(Packer, DoesNotCompareIds) {
  std::vector<Buffer> buffers = {buffer("a", 0, 4, 3), buffer("a", 0, 4, 3)};
  EXPECT_EQ(pack(buffers).height, 6);
}

// Two instances in which no placement reaches the largest live sum.
TEST(Packer, ProvesThatTheBoundCannotBeReached) {
  auto make = [](const std::vector<std::array<int64_t, 3>> &parts) {
    std::vector<Buffer> buffers;
    for (auto [lower, upper, size] : parts)
      buffers.push_back(buffer(std::to_string(buffers.size()), lower, upper, size));
    return buffers;
  };
  for (const std::vector<Buffer> &buffers : {make({{1, 4, 3},
                                                   {0, 1, 4},
                                                   {2, 5, 2},
                                                   {1, 3, 2},
                                                   {0, 2, 3},
                                                   {5, 6, 4},
                                                   {0, 2, 1},
                                                   {3, 6, 4}}),
                                             make({{0, 3, 2},
                                                   {5, 7, 1},
                                                   {6, 8, 2},
                                                   {4, 7, 1},
                                                   {7, 8, 2},
                                                   {0, 2, 1},
                                                   {2, 5, 2},
                                                   {3, 6, 1}})}) {
    ASSERT_GT(leastHeightByForce(buffers), lowerBound(buffers));
    expectExact(buffers, "of bound " + std::to_string(lowerBound(buffers)));
  }
}

TEST(Packer, IsExactOnTinyInstances) {
  for (uint64_t seed = 0; seed < 250; ++seed)
    expectExact(makeRandom(6 + int(seed % 2), 3 + int64_t(seed % 8), 1 + int64_t(seed % 9), seed),
                "seed " + std::to_string(seed));
}

TEST(Packer, IsExactWithOneAlignment) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    std::vector<Buffer> buffers = makeRandom(6, 5, 12, seed);
    for (Buffer &b : buffers)
      b.alignment = 4;
    expectExact(buffers, "seed " + std::to_string(seed));
  }
}

TEST(Packer, IsExactWithMixedAlignments) {
  std::mt19937_64 random(7);
  for (uint64_t seed = 0; seed < 300; ++seed) {
    std::vector<Buffer> buffers = makeRandom(6, 5, 9, seed);
    constexpr int64_t choices[] = {1, 2, 3, 4, 8};
    for (Buffer &b : buffers)
      b.alignment = choices[random() % 5];
    expectExact(buffers, "seed " + std::to_string(seed));
  }
}

TEST(Packer, IsExactAroundGivenOffsets) {
  std::mt19937_64 random(11);
  for (uint64_t seed = 0; seed < 300; ++seed) {
    std::vector<Buffer> buffers = makeRandom(6, 5, 5, seed);
    for (Buffer &b : buffers) {
      if (random() % 4 == 0)
        b.alignment = 2;
      if (random() % 3 == 0)
        b.offset = int64_t(random() % 6) * b.alignment;
    }
    expectExact(buffers, "seed " + std::to_string(seed));
  }
}

TEST(Packer, FindsPerfectPackings) {
  auto expectPerfect = [](const std::vector<Buffer> &buffers, const char *family, uint64_t seed) {
    Packing packing = pack(buffers);
    EXPECT_EQ(packing.height, packing.lowerBound) << family << ", seed " << seed;
    EXPECT_TRUE(packing.optimal);
    EXPECT_EQ(validate(buffers, packing.offsets, packing.lowerBound), "");
  };
  for (uint64_t seed = 0; seed < 5; ++seed) {
    expectPerfect(makeGuillotine(60, 1024, seed), "guillotine", seed);
    expectPerfect(makePinwheels(60, 1024, seed), "pinwheels", seed);
    expectPerfect(makeSlices(60, seed), "slices", seed);
    expectPerfect(makeBricks(20, 8, seed), "bricks", seed);
    expectPerfect(makeStairs(5, 10, seed), "stairs", seed);
  }
}

// Every step is full, and nobody knows whether there is a placement: at each step
// some buffers end, and others of the same sum begin. Every other time a step with
// slack follows, and so the other exact search.
TEST(Packer, IsExactWithoutSlack) {
  std::mt19937_64 random(3);
  int impossible = 0;
  for (uint64_t seed = 0; seed < 9000; ++seed) {
    std::vector<Buffer> buffers;
    constexpr int64_t steps = 7, full = 9;
    for (int64_t step = 0, room = full; step < steps; ++step) {
      for (Buffer &b : buffers) {
        if (b.upper == steps && b.lower < step && random() % 2 == 0) {
          b.upper = step;
          room += b.size;
        }
      }
      while (room > 0) {
        int64_t size = 1 + int64_t(random() % uint64_t(std::min<int64_t>(room, 6)));
        buffers.push_back(buffer(std::to_string(buffers.size()), step, steps, size));
        room -= size;
      }
    }
    if (seed % 2 == 1) {
      ++buffers.back().upper;
      buffers.push_back(buffer("last", steps, steps + 1, 1));
    }
    PackOptions options;
    options.capacity = full;
    Outcome outcome = pack(buffers, options).outcome;
    bool fits = fitByForce(buffers, full);
    EXPECT_EQ(outcome, fits ? Outcome::placed : Outcome::infeasible) << "seed " << seed;
    impossible += !fits;
  }
  EXPECT_GT(impossible, 3); // They are rare.
}

TEST(Packer, ReachesTheBoundOfTrainingSteps) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    std::vector<Buffer> buffers = makeTrainingStep(160, seed);
    Packing packing = pack(buffers);
    EXPECT_EQ(packing.height, packing.lowerBound) << "seed " << seed;
    EXPECT_EQ(packing.nodes, 0u) << "the heuristics are enough";
  }
}

TEST(Packer, RefusesCapacityBelowTheBound) {
  PackOptions options;
  options.capacity = 15;
  Packing packing = pack({buffer("a", 0, 6, 8), buffer("b", 5, 9, 8)}, options);
  EXPECT_EQ(packing.outcome, Outcome::infeasible);
  EXPECT_EQ(packing.message, "capacity is 15, expected 16 or more: as much is live at one step");
}

TEST(Packer, NamesGivenOffsetsThatOverlap) {
  Packing packing = pack({buffer("a", 0, 6, 8, 1, 0), buffer("b", 5, 9, 8, 1, 7)});
  EXPECT_EQ(packing.outcome, Outcome::infeasible);
  EXPECT_EQ(packing.message, "buffers 'a' (steps 0 to 6, bytes 0 to 8) and 'b' (steps 5 to 9, "
                             "bytes 7 to 15) overlap");
}

TEST(Packer, RefusesBuffersThatMakeNoSense) {
  auto messageOf = [](const Buffer &b) {
    Packing packing = pack({b});
    EXPECT_EQ(packing.outcome, Outcome::invalid);
    return packing.message;
  };
  EXPECT_EQ(messageOf(buffer("a", 3, 3, 1)),
            "buffer 'a' lives from 3 to 3, expected it to end after it begins");
  EXPECT_EQ(messageOf(buffer("a", 0, 3, -1)), "buffer 'a' has size -1, expected 0 or more");
  EXPECT_EQ(messageOf(buffer("a", 0, 3, 1, 0)), "buffer 'a' has alignment 0, expected 1 or more");
  EXPECT_EQ(messageOf(buffer("a", 0, 3, 1, 1, -1)), "buffer 'a' has offset -1, expected 0 or more");
  EXPECT_EQ(messageOf(buffer("a", 0, 3, 1, 4, 6)),
            "buffer 'a' has offset 6, expected a multiple of its alignment 4");
  EXPECT_EQ(messageOf(buffer("a", 0, 3, maximum)),
            "buffer 'a' takes the sum of sizes to 2^62 bytes or more");
  EXPECT_EQ(messageOf(buffer("a", 0, 3, 1, maximum)),
            "buffer 'a' takes the sum of sizes to 2^62 bytes or more");
}

TEST(Packer, PacksHugeBuffersAndLives) {
  int64_t huge = int64_t(1) << 60;
  std::vector<Buffer> buffers = {buffer("a", minimum, maximum, huge), buffer("b", -5, 7, huge),
                                 buffer("c", 7, maximum, huge)};
  Packing packing = pack(buffers);
  ASSERT_EQ(packing.outcome, Outcome::placed) << packing.message;
  EXPECT_EQ(packing.height, 2 * huge);
  buffers.push_back(buffer("d", 0, 1, huge));
  EXPECT_EQ(pack(buffers).outcome, Outcome::invalid) << "the sum reaches 2^62";
}

TEST(Packer, GivesTheSameAnswerTwice) {
  PackOptions options;
  options.timeLimit = std::chrono::hours(1);
  options.nodeLimit = 20000;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    std::vector<Buffer> buffers = makeRandom(120, 100, 1000, seed);
    EXPECT_EQ(pack(buffers, options).offsets, pack(buffers, options).offsets);
  }
}

TEST(Packer, StopsAtItsLimits) {
  std::vector<Buffer> buffers = makePinwheels(300, 16384, 1);
  PackOptions options;
  options.capacity = lowerBound(buffers);
  options.nodeLimit = 10;
  Packing packing = pack(buffers, options);
  EXPECT_EQ(packing.outcome, Outcome::timedOut) << "the instance has become too easy for this test";
  EXPECT_LE(packing.nodes, 10u);
  EXPECT_TRUE(packing.offsets.empty());
  options.nodeLimit = UINT64_MAX;
  options.timeLimit = std::chrono::nanoseconds(0);
  EXPECT_EQ(pack(buffers, options).outcome, Outcome::timedOut);
  options.capacity.reset();
  packing = pack(buffers, options);
  EXPECT_EQ(packing.outcome, Outcome::placed);
  EXPECT_FALSE(packing.optimal);
  EXPECT_EQ(validate(buffers, packing.offsets, packing.height), "");
}

TEST(LowerBound, CountsAlignment) {
  EXPECT_EQ(lowerBound({}), 0);
  EXPECT_EQ(lowerBound({buffer("a", 0, 2, 10), buffer("b", 1, 3, 10)}), 20);
  EXPECT_EQ(lowerBound({buffer("a", 0, 2, 10, 64), buffer("b", 1, 3, 10, 64)}), 74);
  EXPECT_EQ(lowerBound({buffer("a", 0, 2, 10, 64), buffer("b", 2, 3, 10, 64)}), 10);
  EXPECT_EQ(lowerBound({buffer("a", 0, 2, 10, 1, 90)}), 100);
}
