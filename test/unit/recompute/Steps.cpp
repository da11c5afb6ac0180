//===- Steps.cpp - training steps to recompute ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/unit/recompute/Steps.h"

#include <algorithm>
#include <functional>
#include <random>

namespace fanfold::recompute::test {

namespace {

/// An image tensor: all or a slice of a value.
struct Image {
  int value = -1;
  int64_t channels = 0, side = 0;
  int64_t slice = -1; ///< -1: the whole value.
};

/// Records the forward pass, and how each part of it goes backwards.
class Network {
public:
  explicit Network(int64_t batch) : batch(batch) {}

  Image input(int64_t channels, int64_t side) { return {make(channels, side), channels, side, -1}; }
  int make(int64_t channels, int64_t side) { return addValue(2 * batch * channels * side * side); }

  /// Convolution, batch normalisation, activation; `residual` is joined before it.
  /// Writes into `into` if that is a value.
  Image conv(Image x, int64_t filters, int64_t kernel, int64_t stride, Image residual = {},
             bool isActive = true, int into = -1);
  Image pool(Image x, int64_t stride, int into = -1, int64_t intoChannels = 0);
  /// The head: global pooling, dense, loss. Then everything backwards.
  Step finish(Image x);

private:
  int addValue(int64_t bytes, bool pinned = false) {
    step.values.push_back({(bytes + 255) / 256 * 256, pinned});
    gradient.push_back(-1);
    return int(step.values.size()) - 1;
  }
  int64_t bytes(int value) const { return step.values[size_t(value)].bytes; }
  Launch &launch(double moved, double operations, std::vector<int> reads, std::vector<int> makes);
  /// The gradient of `value` as the next launch adds to it: in place of what is there.
  void addGradient(int value, Launch &by);

  int64_t batch;
  Step step;
  std::vector<int> gradient; ///< By value: of its gradient, or -1.
  std::vector<std::function<void()>> backward;
};

Launch &Network::launch(double moved, double operations, std::vector<int> reads,
                        std::vector<int> makes) {
  Launch l;
  l.seconds = std::max({moved / 4.3e12, operations / 700e12, 2e-6});
  l.reads = std::move(reads);
  l.makes = std::move(makes);
  step.launches.push_back(std::move(l));
  return step.launches.back();
}

void Network::addGradient(int value, Launch &by) {
  int before = gradient[size_t(value)];
  int after = addValue(bytes(value));
  by.makes.push_back(after);
  if (before >= 0) {
    by.reads.push_back(before);
    by.inPlace.emplace_back(after, before);
  }
  gradient[size_t(value)] = after;
}

Image Network::conv(Image x, int64_t filters, int64_t kernel, int64_t stride, Image residual,
                    bool isActive, int into) {
  int64_t side = (x.side + stride - 1) / stride;
  Image y{make(filters, side), filters, side, -1};
  int weights = addValue(2 * filters * x.channels * kernel * kernel, true);
  int statistics = addValue(8 * filters);
  Image z{into >= 0 ? into : make(filters, side), filters, side, into >= 0 ? filters : -1};
  double xBytes = 2.0 * double(batch * x.channels * x.side * x.side);
  double yBytes = double(bytes(y.value));
  double operations =
      2.0 * double(batch * side * side) * double(filters * x.channels * kernel * kernel);

  launch(xBytes + yBytes, operations, {x.value, weights}, {y.value}).workspace = 1 << 20;
  launch(yBytes, 0, {y.value}, {statistics}).rerunnable = false; // Writes running averages.
  std::vector<int> reads = {y.value, statistics};
  if (residual.value >= 0)
    reads.push_back(residual.value);
  launch(yBytes * double(reads.size()), 0, reads, {z.value});
  if (into < 0)
    step.launches.back().inPlace = {{z.value, y.value}};

  backward.push_back([=] {
    int dz = gradient[size_t(z.value)], dy = addValue(bytes(y.value));
    std::vector<int> back = {y.value, statistics, dz};
    if (isActive)
      back.push_back(z.value); // Its signs.
    Launch &norm = launch(yBytes * 4, 0, back, {dy});
    if (bytes(dz) == bytes(dy))
      norm.inPlace = {{dy, dz}};
    if (residual.value >= 0)
      addGradient(residual.value, norm);
    int dw = addValue(bytes(weights));
    launch(xBytes + yBytes, operations, {x.value, dy}, {dw}).workspace = 8 << 20;
    Launch &data = launch(xBytes + yBytes, operations, {weights, dy}, {});
    data.workspace = 1 << 20;
    addGradient(x.value, data);
    Launch &update = launch(double(bytes(weights)) * 3, 0, {weights, dw}, {});
    update.rerunnable = false;
    update.overwrites = {weights};
  });
  return z;
}

Image Network::pool(Image x, int64_t stride, int into, int64_t intoChannels) {
  int64_t side = (x.side + stride - 1) / stride;
  Image z{into >= 0 ? into : make(x.channels, side), into >= 0 ? intoChannels : x.channels, side,
          -1};
  double moved = 2.0 * double(batch * x.channels) * double(x.side * x.side + side * side);
  launch(moved, 0, {x.value}, {z.value});
  backward.push_back([=] {
    Launch &back = launch(moved * 2, 0, {x.value, gradient[size_t(z.value)]}, {});
    addGradient(x.value, back);
  });
  return z;
}

Step Network::finish(Image x) {
  int features = addValue(2 * batch * x.channels), weights = addValue(2000 * x.channels, true);
  int scores = addValue(2000 * batch), loss = addValue(4, true);
  launch(double(bytes(x.value)), 0, {x.value}, {features});
  launch(double(bytes(weights)), 0, {features, weights}, {scores});
  int dScores = addValue(2000 * batch), dFeatures = addValue(bytes(features));
  int dWeights = addValue(bytes(weights));
  launch(0, 0, {scores}, {loss, dScores});
  launch(double(bytes(weights)), 0, {features, dScores}, {dWeights});
  launch(double(bytes(weights)), 0, {weights, dScores}, {dFeatures});
  Launch &update = launch(double(bytes(weights)) * 3, 0, {weights, dWeights}, {});
  update.rerunnable = false;
  update.overwrites = {weights};
  addGradient(x.value, launch(double(bytes(x.value)), 0, {dFeatures}, {}));
  for (auto it = backward.rbegin(); it != backward.rend(); ++it)
    (*it)();
  return std::move(step);
}

} // namespace

Step makeResNet(int batch, const std::vector<int> &blocks) {
  Network net(batch);
  Image x = net.pool(net.conv(net.input(4, 224), 64, 7, 2), 2);
  for (size_t stage = 0; stage < blocks.size(); ++stage) {
    int64_t width = int64_t(64) << stage;
    for (int b = 0; b < blocks[stage]; ++b) {
      int64_t stride = b == 0 && stage > 0 ? 2 : 1;
      Image shortcut = b == 0 ? net.conv(x, 4 * width, 1, stride, {}, false) : x;
      Image y = net.conv(net.conv(x, width, 1, 1), width, 3, stride);
      x = net.conv(y, 4 * width, 1, 1, shortcut);
    }
  }
  return net.finish(x);
}

Step makeGoogLeNet(int batch) {
  Network net(batch);
  Image x = net.pool(net.conv(net.input(4, 224), 64, 7, 2), 2);
  x = net.pool(net.conv(net.conv(x, 64, 1, 1), 192, 3, 1), 2);
  // The widths of the branches: 1x1; 3x3 and its reduction; 5x5 and its; pooled.
  struct Module {
    int64_t one, reduce3, three, reduce5, five, pooled;
    bool isLast; ///< Of its resolution.
  };
  for (const Module &m :
       {Module{64, 96, 128, 16, 32, 32, false}, Module{128, 128, 192, 32, 96, 64, true},
        Module{192, 96, 208, 16, 48, 64, false}, Module{160, 112, 224, 24, 64, 64, false},
        Module{128, 128, 256, 24, 64, 64, false}, Module{112, 144, 288, 32, 64, 64, false},
        Module{256, 160, 320, 32, 128, 128, true}, Module{256, 160, 320, 32, 128, 128, false},
        Module{384, 192, 384, 48, 128, 128, false}}) {
    int64_t channels = m.one + m.three + m.five + m.pooled;
    int whole = net.make(channels, x.side);
    net.conv(x, m.one, 1, 1, {}, true, whole);
    net.conv(net.conv(x, m.reduce3, 1, 1), m.three, 3, 1, {}, true, whole);
    net.conv(net.conv(x, m.reduce5, 1, 1), m.five, 5, 1, {}, true, whole);
    net.conv(net.pool(x, 1), m.pooled, 1, 1, {}, true, whole);
    x = {whole, channels, x.side, -1};
    if (m.isLast)
      x = net.pool(x, 2);
  }
  return net.finish(x);
}

Step makeDenseNet(int batch) {
  Network net(batch);
  constexpr int64_t growth = 32;
  Image x = net.conv(net.input(4, 224), 64, 7, 2);
  int64_t channels = 64;
  for (int layers : {6, 12, 24, 16}) {
    int64_t side = x.side / 2, before = channels;
    channels += growth * layers;
    int whole = net.make(channels, side);
    net.pool(x, 2, whole, before);
    for (int l = 0; l < layers; ++l) {
      Image slices{whole, before + growth * l, side, -1};
      net.conv(net.conv(slices, 4 * growth, 1, 1), growth, 3, 1, {}, true, whole);
    }
    x = {whole, channels, side, -1};
    if (layers != 16)
      x = net.conv(x, channels /= 2, 1, 1);
  }
  return net.finish(x);
}

Step makeRandomStep(int layers, uint64_t seed) {
  std::mt19937_64 engine(seed);
  auto below = [&](int n) { return int(engine() % uint64_t(n)); };
  Step step;
  auto addValue = [&](bool pinned) {
    step.values.push_back({1 + below(4), pinned});
    return int(step.values.size()) - 1;
  };
  std::vector<int> made = {addValue(below(2) == 0)}; // The input.
  int weights = below(2) == 0 ? addValue(true) : -1;
  auto pick = [&](Launch &launch, int count) {
    for (int k = 0; k < count; ++k) {
      // Late values are the likelier.
      int v = made[size_t(std::max(below(int(made.size())), below(int(made.size()))))];
      if (std::find(launch.reads.begin(), launch.reads.end(), v) == launch.reads.end())
        launch.reads.push_back(v);
    }
  };
  auto mayOverwrite = [&](Launch &launch, int result) {
    for (int u : launch.reads)
      if (!step.values[size_t(u)].pinned && below(2) == 0) {
        step.values[size_t(result)].bytes = step.values[size_t(u)].bytes;
        launch.inPlace.emplace_back(result, u);
        return;
      }
  };
  for (int l = 0; l < layers; ++l) {
    Launch launch;
    launch.seconds = below(5);
    launch.workspace = below(4) == 0 ? below(4) : 0;
    launch.rerunnable = below(6) != 0;
    pick(launch, 1 + below(2));
    if (weights >= 0 && below(2) == 0)
      launch.reads.push_back(weights);
    if (below(5) == 0 && !step.launches.empty() && !step.launches.back().makes.empty() &&
        step.launches.back().inPlace.empty()) {
      // Another part of what the launch before makes; it does not read it.
      int v = step.launches.back().makes.front();
      auto self = std::find(launch.reads.begin(), launch.reads.end(), v);
      if (self != launch.reads.end())
        launch.reads.erase(self);
      launch.makes = {v};
    } else {
      int v = addValue(false);
      if (below(4) == 0)
        mayOverwrite(launch, v);
      launch.makes = {v};
      if (below(6) == 0)
        launch.makes.push_back(addValue(below(3) == 0));
      made.insert(made.end(), launch.makes.begin(), launch.makes.end());
    }
    step.launches.push_back(launch);
  }
  std::vector<int> forward = made;
  int gradient = -1;
  for (size_t k = forward.size(); k-- > 1;) {
    Launch launch;
    launch.seconds = 1 + below(3);
    launch.rerunnable = below(2) == 0;
    launch.reads = {forward[k]};
    if (below(2) == 0)
      launch.reads.push_back(forward[k - 1]);
    if (gradient >= 0)
      launch.reads.push_back(gradient);
    int next = addValue(false);
    if (gradient >= 0 && below(2) == 0) {
      step.values[size_t(next)].bytes = step.values[size_t(gradient)].bytes;
      launch.inPlace = {{next, gradient}};
    }
    launch.makes = {next};
    gradient = next;
    if (weights >= 0 && k == forward.size() / 2) {
      launch.rerunnable = false;
      launch.overwrites = {weights};
      weights = -1;
    }
    step.launches.push_back(launch);
  }
  return step;
}

} // namespace fanfold::recompute::test
