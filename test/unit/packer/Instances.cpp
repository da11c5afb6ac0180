//===- Instances.cpp - buffers to pack, of known structure ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/unit/packer/Instances.h"

#include <algorithm>
#include <random>
#include <set>

namespace fanfold::packer::test {

namespace {

constexpr int64_t side = int64_t(1) << 20;

/// The standard's distributions differ between libraries; this does not.
struct Random {
  std::mt19937_64 engine;
  explicit Random(uint64_t seed) : engine(seed) {}
  /// Uniform in [0, n).
  int64_t below(int64_t n) { return int64_t(engine() % uint64_t(n)); }
  /// Uniform in [first, last].
  int64_t between(int64_t first, int64_t last) { return first + below(last - first + 1); }
};

struct Rectangle {
  int64_t left, right, bottom, top;
};

/// Shuffles the parts, so that their order tells nothing, and names them.
std::vector<Buffer> toBuffers(std::vector<Rectangle> parts, Random &random) {
  for (size_t i = parts.size(); i > 1; --i)
    std::swap(parts[i - 1], parts[size_t(random.below(int64_t(i)))]);
  std::vector<Buffer> buffers;
  for (const Rectangle &r : parts)
    buffers.push_back({std::to_string(buffers.size()), r.left, r.right, r.top - r.bottom, 1, {}});
  return buffers;
}

/// A multiple of `grain` strictly between two others; there must be one.
int64_t cutBetween(int64_t low, int64_t high, int64_t grain, Random &random) {
  return low + grain * random.between(1, (high - low) / grain - 1);
}

/// Cuts a part in two, or in five if `pinwheel` and it is large enough. Returns
/// false if it cannot be cut.
bool cut(std::vector<Rectangle> &parts, size_t index, bool pinwheel, int64_t grain,
         Random &random) {
  Rectangle r = parts[index];
  int64_t columns = (r.right - r.left) / grain, rows = (r.top - r.bottom) / grain;
  if (pinwheel && columns >= 3 && rows >= 3) {
    int64_t x1 = r.left + grain * random.between(1, columns - 2);
    int64_t x2 = cutBetween(x1, r.right, grain, random);
    int64_t y1 = r.bottom + grain * random.between(1, rows - 2);
    int64_t y2 = cutBetween(y1, r.top, grain, random);
    parts[index] = {x1, x2, y1, y2};
    parts.push_back({r.left, x2, r.bottom, y1});
    parts.push_back({x2, r.right, r.bottom, y2});
    parts.push_back({x1, r.right, y2, r.top});
    parts.push_back({r.left, x1, y1, r.top});
    return true;
  }
  if (columns < 2 && rows < 2)
    return false;
  if (rows < 2 || (columns >= 2 && random.below(2) == 0)) {
    int64_t x = cutBetween(r.left, r.right, grain, random);
    parts[index].right = x;
    parts.push_back({x, r.right, r.bottom, r.top});
  } else {
    int64_t y = cutBetween(r.bottom, r.top, grain, random);
    parts[index].top = y;
    parts.push_back({r.left, r.right, y, r.top});
  }
  return true;
}

std::vector<Buffer> makeCuts(int count, bool pinwheels, int64_t grain, uint64_t seed) {
  Random random(seed);
  std::vector<Rectangle> parts = {{0, side, 0, side}};
  auto area = [&](size_t i) {
    return double(parts[i].right - parts[i].left) * double(parts[i].top - parts[i].bottom);
  };
  while (int(parts.size()) < count) {
    // The largest of three.
    size_t pick = size_t(random.below(int64_t(parts.size())));
    for (int k = 0; k < 2; ++k) {
      size_t other = size_t(random.below(int64_t(parts.size())));
      if (area(other) > area(pick))
        pick = other;
    }
    cut(parts, pick, pinwheels && random.below(4) != 0, grain, random);
  }
  return toBuffers(std::move(parts), random);
}

} // namespace

std::vector<Buffer> makeGuillotine(int count, int64_t grain, uint64_t seed) {
  return makeCuts(count, false, grain, seed);
}

std::vector<Buffer> makePinwheels(int count, int64_t grain, uint64_t seed) {
  return makeCuts(count, true, grain, seed);
}

std::vector<Buffer> makeSlices(int count, uint64_t seed) {
  constexpr int64_t grain = 1024;
  Random random(seed);
  std::vector<Rectangle> parts = {{0, side, 0, side}};
  while (int(parts.size()) < count) {
    size_t pick = size_t(random.below(int64_t(parts.size())));
    int64_t slices = random.below(3) != 0 ? random.between(2, 6) : 1;
    for (int64_t k = 1; k < slices; ++k) {
      Rectangle &r = parts[pick];
      if (r.top - r.bottom < 2 * grain)
        break;
      int64_t y = cutBetween(r.bottom, r.top, grain, random);
      parts.push_back({r.left, r.right, y, r.top});
      parts[pick].top = y;
    }
    if (Rectangle &r = parts[pick]; slices == 1 && r.right - r.left >= 2 * grain) {
      int64_t x = cutBetween(r.left, r.right, grain, random);
      parts.push_back({x, r.right, r.bottom, r.top});
      parts[pick].right = x;
    }
  }
  return toBuffers(std::move(parts), random);
}

std::vector<Buffer> makeBricks(int courses, int perCourse, uint64_t seed) {
  Random random(seed);
  std::vector<Rectangle> parts;
  for (int c = 0; c < courses; ++c) {
    std::set<int64_t> joints = {0, side};
    while (int(joints.size()) <= perCourse)
      joints.insert(random.between(1, 1023) * 1024);
    for (auto it = joints.begin(); std::next(it) != joints.end(); ++it)
      parts.push_back({*it, *std::next(it), c * 4096, (c + 1) * 4096});
  }
  return toBuffers(std::move(parts), random);
}

std::vector<Buffer> makeStairs(int floors, int steps, uint64_t seed) {
  Random random(seed);
  std::vector<Rectangle> parts;
  int64_t bottom = 0;
  for (int f = 0; f < floors; ++f) {
    std::set<int64_t> treads = {0, side};
    while (int(treads.size()) <= steps)
      treads.insert(random.between(1, 65535) * 16);
    for (auto it = std::next(treads.begin()); it != treads.end(); ++it) {
      int64_t rise = random.between(1, 64) * 256;
      parts.push_back({0, *it, bottom, bottom + rise});
      if (*it != side)
        parts.push_back({*it, side, bottom, bottom + rise});
      bottom += rise;
    }
  }
  return toBuffers(std::move(parts), random);
}

std::vector<Buffer> makeTrainingStep(int layers, uint64_t seed) {
  Random random(seed);
  std::vector<Buffer> buffers;
  // Launch l is layer l forward; launch 2 * layers - 1 - l is layer l backward.
  int64_t end = 2 * layers + 1;
  auto add = [&](const char *kind, int layer, int64_t lower, int64_t upper, int64_t size) {
    buffers.push_back({kind + std::to_string(layer), lower, upper, size, 64, {}});
  };
  int64_t activation = 1 << 22, parameter = 1 << 12;
  for (int l = 0; l < layers; ++l) {
    if (random.below(8) == 0 && activation > 4096) { // A layer with a stride.
      activation /= 2;
      parameter *= parameter < (1 << 22) ? 4 : 1;
    }
    int64_t backward = 2 * layers - 1 - l;
    int64_t output = activation * random.between(1, 4) / 2;
    int64_t weights = parameter * random.between(1, 9);
    add("weight", l, 0, end, weights);
    add("momentum", l, 0, end, weights);
    add("activation", l, l, backward + 1, output);
    add("gradient", l, backward, backward + 2, output);
    add("weight_gradient", l, backward, end, weights);
    if (random.below(3) != 0)
      add("forward_workspace", l, l, l + 1, 64 * random.between(1, 1 << 16));
    if (random.below(3) != 0)
      add("backward_workspace", l, backward, backward + 1, 64 * random.between(1, 1 << 16));
  }
  return buffers;
}

std::vector<Buffer> makeRandom(int count, int64_t steps, int64_t largest, uint64_t seed) {
  Random random(seed);
  std::vector<Buffer> buffers;
  for (int i = 0; i < count; ++i) {
    int64_t lower = random.below(steps);
    int64_t upper = random.between(lower + 1, steps);
    buffers.push_back({std::to_string(i), lower, upper, random.between(1, largest), 1, {}});
  }
  return buffers;
}

} // namespace fanfold::packer::test
