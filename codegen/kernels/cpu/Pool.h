//===- Pool.h - maximum and average pooling -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Poolings over NHWC, vectorised along channels. A window is clipped to the
// input; one that lies in the padding altogether has the maximum -inf, the average
// 0, and no gradient. NaN in a window is its result.
//
// The loops refer to the shape: GCC 12 gets copies of a constant one wrong with AVX-512.
//
// In gradients, windows that overlap add up in window order; threads divide samples and
// channels, which never meet.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_POOL_H
#define FANFOLD_CODEGEN_KERNELS_CPU_POOL_H

#include "codegen/kernels/cpu/Parallel.h"
#include "codegen/kernels/cpu/Shapes.h"

#include <limits>

namespace fanfold::cpu {

namespace detail {

/// A window's rows and columns within the input, and how many elements it has with
/// its padding.
struct PoolWindow {
  int64_t top, bottom, left, right; ///< Half-open.
  int64_t padded;
  int64_t firstRow, firstColumn; ///< Of the whole window; may lie in the padding.

  PoolWindow(const Pool2dShape &s, int64_t outRow, int64_t outColumn) {
    top = firstRow = outRow * s.strideHeight - s.padHeight;
    left = firstColumn = outColumn * s.strideWidth - s.padWidth;
    bottom = std::min(top + s.kernelHeight, s.inHeight + s.padHeight);
    right = std::min(left + s.kernelWidth, s.inWidth + s.padWidth);
    padded = (bottom - top) * (right - left);
    top = std::max<int64_t>(top, 0);
    left = std::max<int64_t>(left, 0);
    bottom = std::min(bottom, s.inHeight);
    right = std::min(right, s.inWidth);
  }

  bool empty() const { return top >= bottom || left >= right; }
  /// The place of an element in the window, padding counted, row by row.
  uint8_t place(const Pool2dShape &s, int64_t row, int64_t column) const {
    return static_cast<uint8_t>((row - firstRow) * s.kernelWidth + column - firstColumn);
  }
  /// What an average divides by; not to be asked of an empty window.
  float divisor(bool countPadding) const {
    return static_cast<float>(countPadding ? padded : (bottom - top) * (right - left));
  }
};

/// Channels that one task of a pooling works on.
constexpr int64_t poolChannels = 256;

/// Calls body(sample, firstChannel, channelCount) for all samples and blocks of
/// channels, on all threads.
template <class Body>
void forEachSample(const Pool2dShape &s, Body body) {
  const int64_t blocks = blockCount(s.channels, poolChannels);
  const int64_t work = s.inHeight * s.inWidth * std::min(s.channels, poolChannels);
  parallelFor(s.batch * blocks, rowGrain(work), [=, &s](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t c = task % blocks * poolChannels;
      body(task / blocks, c, std::min(poolChannels, s.channels - c));
    }
  });
}

/// The maximum of element(c, x) over the x of each window, of channel c, and its place if
/// they are wanted.
template <bool Places, class Element>
void maxPool2d(const Pool2dShape &s, const float *x, float *y, uint8_t *places, Element element) {
  const int64_t xPitch = s.distance(s.xPitch), yPitch = s.distance(s.yPitch);
  parallelFor(s.batch * s.outHeight, rowGrain(s.outWidth * s.channels),
              [=, &s](int64_t begin, int64_t end) {
                for (int64_t line = begin; line < end; ++line) {
                  const float *sample = x + line / s.outHeight * s.inHeight * s.inWidth * xPitch;
                  for (int64_t column = 0; column < s.outWidth; ++column) {
                    const PoolWindow window(s, line % s.outHeight, column);
                    float *out = y + (line * s.outWidth + column) * yPitch;
                    std::fill_n(out, s.channels, -std::numeric_limits<float>::infinity());
                    [[maybe_unused]] uint8_t *at = nullptr;
                    if constexpr (Places) {
                      at = places + (line * s.outWidth + column) * s.channels;
                      std::fill_n(at, s.channels,
                                  window.empty() ? noPlace
                                                 : window.place(s, window.top, window.left));
                    }
                    for (int64_t h = window.top; h < window.bottom; ++h)
                      for (int64_t w = window.left; w < window.right; ++w) {
                        const float *in = sample + (h * s.inWidth + w) * xPitch;
                        [[maybe_unused]] const uint8_t place = window.place(s, h, w);
#pragma omp simd
                        for (int64_t c = 0; c < s.channels; ++c) {
                          const float v = element(c, in[c]);
                          const bool stays = v <= out[c] || out[c] != out[c];
                          out[c] = stays ? out[c] : v;
                          if constexpr (Places)
                            at[c] = stays ? at[c] : place;
                        }
                      }
                  }
                }
              });
}

/// The same, with places where `places` is given.
template <class Element>
void maxPool2d(const Pool2dShape &s, const float *x, float *y, uint8_t *places, Element element) {
  if (places)
    maxPool2d<true>(s, x, y, places, element);
  else
    maxPool2d<false>(s, x, y, places, element);
}

} // namespace detail

/// y = the maximum of each window. Where `places`, a tensor of its own, is given, it gets for
/// each output the place of the first maximum (or the first NaN) within the window, padding
/// counted, row by row: r * kernelWidth + t. It needs kernels of 255 elements at most;
/// noPlace marks a window of padding alone.
inline void maxPool2d(const Pool2dShape &s, const float *x, float *y, uint8_t *places = nullptr) {
  detail::maxPool2d(s, x, y, places, [](int64_t, float v) { return v; });
}

/// The same of max(0, (x - centre) * scale + shift), with a number each for each channel.
inline void normalizedMaxPool2d(const Pool2dShape &s, const float *x, const float *centre,
                                const float *scale, const float *shift, float *y,
                                uint8_t *places = nullptr) {
  detail::maxPool2d(s, x, y, places, [=](int64_t c, float v) {
    const float normalized = (v - centre[c]) * scale[c] + shift[c];
    return normalized < 0.0f ? 0.0f : normalized;
  });
}

/// dx = the gradient of maxPool2d's input. The first maximum of a window, row by
/// row, takes the window's gradient, as in PyTorch; where the maximum is NaN, the
/// first NaN does.
inline void maxPool2dGradient(const Pool2dShape &s, const float *x, const float *y, const float *dy,
                              float *dx) {
  const int64_t xPitch = s.distance(s.xPitch), yPitch = s.distance(s.yPitch);
  const int64_t dxPitch = s.distance(s.dxPitch), dyPitch = s.distance(s.dyPitch);
  detail::forEachSample(s, [=, &s](int64_t sample, int64_t channel, int64_t width) {
    const int64_t pixels = s.inHeight * s.inWidth;
    const float *const inputs = x + sample * pixels * xPitch + channel;
    float *const gradients = dx + sample * pixels * dxPitch + channel;
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      std::fill_n(gradients + pixel * dxPitch, width, 0.0f);
    for (int64_t row = 0; row < s.outHeight; ++row)
      for (int64_t column = 0; column < s.outWidth; ++column) {
        const detail::PoolWindow window(s, row, column);
        const int64_t out = (sample * s.outHeight + row) * s.outWidth + column;
        const float *maximum = y + out * yPitch + channel;
        float pending[detail::poolChannels]; // the gradient, zero once it is taken
        std::copy_n(dy + out * dyPitch + channel, width, pending);
        for (int64_t h = window.top; h < window.bottom; ++h)
          for (int64_t w = window.left; w < window.right; ++w) {
            const int64_t pixel = h * s.inWidth + w;
            const float *in = inputs + pixel * xPitch;
            float *gradient = gradients + pixel * dxPitch;
#pragma omp simd
            for (int64_t c = 0; c < width; ++c) {
              const bool takes = in[c] == maximum[c] || in[c] != in[c];
              gradient[c] += takes ? pending[c] : 0.0f;
              pending[c] = takes ? 0.0f : pending[c];
            }
          }
      }
  });
}

/// The same from the places that maxPool2d left; lets x and y go.
inline void maxPool2dGradient(const Pool2dShape &s, const uint8_t *places, const float *dy,
                              float *dx) {
  const int64_t dxPitch = s.distance(s.dxPitch), dyPitch = s.distance(s.dyPitch);
  detail::forEachSample(s, [=, &s](int64_t sample, int64_t channel, int64_t width) {
    const int64_t pixels = s.inHeight * s.inWidth;
    float *const gradients = dx + sample * pixels * dxPitch + channel;
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      std::fill_n(gradients + pixel * dxPitch, width, 0.0f);
    for (int64_t row = 0; row < s.outHeight; ++row)
      for (int64_t column = 0; column < s.outWidth; ++column) {
        const detail::PoolWindow window(s, row, column);
        const int64_t out = (sample * s.outHeight + row) * s.outWidth + column;
        const float *outer = dy + out * dyPitch + channel;
        const uint8_t *at = places + out * s.channels + channel;
        for (int64_t h = window.top; h < window.bottom; ++h)
          for (int64_t w = window.left; w < window.right; ++w) {
            float *gradient = gradients + (h * s.inWidth + w) * dxPitch;
            const uint8_t place = window.place(s, h, w);
#pragma omp simd
            for (int64_t c = 0; c < width; ++c)
              gradient[c] += at[c] == place ? outer[c] : 0.0f;
          }
      }
  });
}

/// y = the average of each window; the divisor counts the padding within the padded
/// input (but nothing beyond it) if `countPadding`.
inline void avgPool2d(const Pool2dShape &s, bool countPadding, const float *x, float *y) {
  const int64_t xPitch = s.distance(s.xPitch), yPitch = s.distance(s.yPitch);
  parallelFor(s.batch * s.outHeight, rowGrain(s.outWidth * s.channels),
              [=, &s](int64_t begin, int64_t end) {
                for (int64_t line = begin; line < end; ++line) {
                  const float *sample = x + line / s.outHeight * s.inHeight * s.inWidth * xPitch;
                  for (int64_t column = 0; column < s.outWidth; ++column) {
                    const detail::PoolWindow window(s, line % s.outHeight, column);
                    float *out = y + (line * s.outWidth + column) * yPitch;
                    std::fill(out, out + s.channels, 0.0f);
                    if (window.empty())
                      continue;
                    for (int64_t h = window.top; h < window.bottom; ++h)
                      for (int64_t w = window.left; w < window.right; ++w) {
                        const float *in = sample + (h * s.inWidth + w) * xPitch;
#pragma omp simd
                        for (int64_t c = 0; c < s.channels; ++c)
                          out[c] += in[c];
                      }
                    const float divisor = window.divisor(countPadding);
                    for (int64_t c = 0; c < s.channels; ++c)
                      out[c] /= divisor;
                  }
                }
              });
}

/// dx = the gradient of avgPool2d's input.
inline void avgPool2dGradient(const Pool2dShape &s, bool countPadding, const float *dy, float *dx) {
  const int64_t dxPitch = s.distance(s.dxPitch), dyPitch = s.distance(s.dyPitch);
  detail::forEachSample(s, [=, &s](int64_t sample, int64_t channel, int64_t width) {
    const int64_t pixels = s.inHeight * s.inWidth;
    float *const gradients = dx + sample * pixels * dxPitch + channel;
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      std::fill_n(gradients + pixel * dxPitch, width, 0.0f);
    for (int64_t row = 0; row < s.outHeight; ++row)
      for (int64_t column = 0; column < s.outWidth; ++column) {
        const detail::PoolWindow window(s, row, column);
        if (window.empty())
          continue;
        const float *out =
            dy + ((sample * s.outHeight + row) * s.outWidth + column) * dyPitch + channel;
        const float divisor = window.divisor(countPadding);
        float share[detail::poolChannels];
        for (int64_t c = 0; c < width; ++c)
          share[c] = out[c] / divisor;
        for (int64_t h = window.top; h < window.bottom; ++h)
          for (int64_t w = window.left; w < window.right; ++w) {
            float *gradient = gradients + (h * s.inWidth + w) * dxPitch;
#pragma omp simd
            for (int64_t c = 0; c < width; ++c)
              gradient[c] += share[c];
          }
      }
  });
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_POOL_H
