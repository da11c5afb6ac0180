//===- PoolShapes.h - what poolings are tested at -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_KERNELS_POOLSHAPES_H
#define FANFOLD_TEST_KERNELS_POOLSHAPES_H

#include "codegen/kernels/cpu/Shapes.h"

#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace fanfold::test {

/// Sizes as the model files give them, with PyTorch's rule for ceil mode: the last
/// window begins within the input or the padding before it.
inline cpu::Pool2dShape makePoolShape(int64_t batch, std::pair<int64_t, int64_t> size,
                                      int64_t channels, std::pair<int64_t, int64_t> kernel,
                                      std::pair<int64_t, int64_t> stride,
                                      std::pair<int64_t, int64_t> pad, bool ceil) {
  const auto windows = [ceil](int64_t size, int64_t kernel, int64_t stride, int64_t pad) {
    const int64_t steps = size + 2 * pad - kernel;
    int64_t count = (steps + (ceil ? stride - 1 : 0)) / stride + 1;
    if (ceil && (count - 1) * stride >= size + pad)
      --count;
    return count;
  };
  return {batch,
          size.first,
          size.second,
          channels,
          windows(size.first, kernel.first, stride.first, pad.first),
          windows(size.second, kernel.second, stride.second, pad.second),
          kernel.first,
          kernel.second,
          stride.first,
          stride.second,
          pad.first,
          pad.second};
}

/// Shapes at which poolings are tested: odd sizes, windows that overlap, leave gaps, or lie
/// in the padding.
inline std::vector<cpu::Pool2dShape> poolShapes() {
  std::vector<cpu::Pool2dShape> list;
  for (int64_t channels : {1, 3, 5, 16, 17, 64, 300})
    for (bool ceil : {false, true}) {
      list.push_back(makePoolShape(2, {8, 8}, channels, {2, 2}, {2, 2}, {0, 0}, ceil));
      list.push_back(makePoolShape(1, {9, 7}, channels, {3, 3}, {2, 2}, {1, 1}, ceil));
      list.push_back(makePoolShape(2, {10, 9}, channels, {3, 3}, {2, 2}, {0, 0}, ceil));
    }
  list.push_back(makePoolShape(3, {7, 7}, 64, {7, 7}, {1, 1}, {0, 0}, false)); // global
  list.push_back(makePoolShape(1, {1, 1}, 1, {1, 1}, {1, 1}, {0, 0}, false));
  list.push_back(makePoolShape(2, {6, 8}, 5, {3, 2}, {1, 3}, {1, 0}, true));
  list.push_back(makePoolShape(1, {5, 5}, 4, {3, 3}, {1, 1}, {1, 1}, false)); // overlapping
  list.push_back(makePoolShape(1, {5, 6}, 4, {2, 2}, {3, 3}, {0, 0}, false)); // gaps
  list.push_back(makePoolShape(1, {7, 7}, 3, {4, 4}, {3, 3}, {2, 2}, true));
  list.push_back({1, 2, 2, 3, 4, 4, 1, 1, 1, 1, 1, 1});  // windows of padding alone
  list.push_back({1, 2, 2, 16, 6, 6, 3, 3, 1, 1, 3, 3}); // the same, and others beside them
  for (int64_t channels : {8, 48}) // rows in which neighbouring windows share elements
    for (int64_t pad : {0, 1, 2}) {
      list.push_back(makePoolShape(2, {13, 6}, channels, {3, 3}, {1, 1}, {pad, pad}, false));
      list.push_back(makePoolShape(2, {6, 13}, channels, {3, 3}, {2, 2}, {pad, pad}, true));
      list.push_back(makePoolShape(1, {1, 5}, channels, {3, 3}, {1, 1}, {1, pad}, false));
    }
  list.push_back(makePoolShape(2, {17, 17}, 16, {5, 5}, {3, 3}, {0, 0}, false));
  return list;
}

/// A pooling of what batch normalisation and ReLU make of x. The numbers are few and small, so
/// that arithmetic is exact in every type and windows have ties; some x are not a number, or
/// infinite where the scale is not 0.
struct NormalizedPool {
  NormalizedPool(const cpu::Pool2dShape &s, std::mt19937 &generator)
      : x(s.inputSize()), centre(s.channels), scale(s.channels), shift(s.channels) {
    const auto draw = [&](int low, int high) {
      return double(std::uniform_int_distribution<int>(low, high)(generator));
    };
    for (int64_t c = 0; c < s.channels; ++c) {
      centre[c] = draw(-1, 1);
      scale[c] = draw(-3, 3) / 2;
      shift[c] = draw(-2, 2);
    }
    for (int64_t i = 0; i < s.inputSize(); ++i) {
      const double special = draw(0, 99);
      x[i] = special == 0                                ? NAN
             : special < 3 && scale[i % s.channels] != 0 ? INFINITY * (special - 1.5)
                                                         : draw(-3, 3);
    }
  }

  std::vector<double> x, centre, scale, shift;
};

inline std::string describe(const cpu::Pool2dShape &s) {
  std::string text = "shape";
  for (int64_t v :
       {s.batch, s.inHeight, s.inWidth, s.channels, s.outHeight, s.outWidth, s.kernelHeight,
        s.kernelWidth, s.strideHeight, s.strideWidth, s.padHeight, s.padWidth})
    text += " " + std::to_string(v);
  return text;
}

} // namespace fanfold::test

#endif // FANFOLD_TEST_KERNELS_POOLSHAPES_H
