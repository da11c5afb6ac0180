//===- Pointwise.h - elementwise kernels and their channel sums -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generated code passes the body of a fused pointwise kernel as a lambda that
// reads and writes through the pointers it captures:
//
//   cpu::pointwise(rows, channels, [=](ElementIndex i, int64_t c) {
//     y[i] = (x[i.apart(xGap)] - mean[c]) * scale[c];
//   });
//
// `i` counts elements, i = row * channels + c; here x has xGap elements of something
// else between its rows. A body touches element i (or channel c) of what it captures and
// nothing else; then iterations are
// independent, in place is fine, and the loops vectorise. NaN is what the body
// makes of it.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_POINTWISE_H
#define FANFOLD_CODEGEN_KERNELS_CPU_POINTWISE_H

#include "codegen/kernels/ElementIndex.h"
#include "codegen/kernels/cpu/Parallel.h"

#include <cstddef>

namespace fanfold::cpu {

using kernels::ElementIndex;

/// Calls body(i) for i in [0, n): no operand belongs to a channel.
template <class Body>
void pointwise(int64_t n, Body body) {
  parallelFor(n, 16384, [=](int64_t begin, int64_t end) {
    // A copy of the thread's own, whose pointers the compiler keeps in registers;
    // a load of one under a condition would keep the loop from vectorising.
    const Body kernel = body;
#pragma omp simd
    for (int64_t i = begin; i < end; ++i)
      kernel(i);
  });
}

/// Calls body(i, c) for every element of a rows x channels tensor.
template <class Body>
void pointwise(int64_t rows, int64_t channels, Body body) {
  if (channels == 1) {
    pointwise(rows, [=](int64_t i) { body(ElementIndex{i, i}, 0); });
    return;
  }
  parallelFor(rows, rowGrain(channels), [=](int64_t begin, int64_t end) {
    const Body kernel = body;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t first = row * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c)
        kernel(ElementIndex{first + c, row}, c);
    }
  });
}

namespace detail {

/// Rows of one partial sum in fp32: few enough for the rounding of a plain sum
/// not to matter, enough for the partials to be small.
constexpr int64_t reduceRows = 128;
/// Channels of one partial sum; an accumulator of this width stays in L1.
constexpr int64_t reduceChannels = 512;
/// Below this many channels lanes run along rows instead.
constexpr int64_t narrowChannels = 8;
constexpr int64_t lanes = 16;

/// Sums of one block into partial[r * channels + c], lanes along channels.
template <int Results, class Body>
void reduceWide(int64_t rowBegin, int64_t rowEnd, int64_t channels, int64_t channelBegin,
                int64_t channelEnd, Body body, float *partial) {
  float sums[Results][reduceChannels] = {};
  const int64_t width = channelEnd - channelBegin;
  for (int64_t row = rowBegin; row < rowEnd; ++row) {
    const int64_t first = row * channels + channelBegin;
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) {
      float terms[Results];
      body(ElementIndex{first + c, row}, channelBegin + c, terms);
      for (int r = 0; r < Results; ++r)
        sums[r][c] += terms[r];
    }
  }
  for (int r = 0; r < Results; ++r)
    std::copy(sums[r], sums[r] + width, partial + r * channels + channelBegin);
}

/// The same for few channels, lanes along rows: lane l sums rows l, l + 16, ...
template <int Results, class Body>
void reduceNarrow(int64_t rowBegin, int64_t rowEnd, int64_t channels, Body body, float *partial) {
  for (int64_t c = 0; c < channels; ++c) {
    float sums[Results][lanes] = {};
    int64_t row = rowBegin;
    for (; row + lanes <= rowEnd; row += lanes) {
#pragma omp simd
      for (int64_t lane = 0; lane < lanes; ++lane) {
        float terms[Results];
        body(ElementIndex{(row + lane) * channels + c, row + lane}, c, terms);
        for (int r = 0; r < Results; ++r)
          sums[r][lane] += terms[r];
      }
    }
    for (; row < rowEnd; ++row) {
      float terms[Results];
      body(ElementIndex{row * channels + c, row}, c, terms);
      for (int r = 0; r < Results; ++r)
        sums[r][row % lanes] += terms[r];
    }
    for (int r = 0; r < Results; ++r) {
      float sum = 0;
      for (float lane : sums[r])
        sum += lane;
      partial[r * channels + c] = sum;
    }
  }
}

} // namespace detail

/// Bytes of workspace that pointwiseReduce needs.
constexpr size_t pointwiseReduceWorkspaceBytes(int64_t rows, int64_t channels, int results) {
  return static_cast<size_t>((rows + detail::reduceRows - 1) / detail::reduceRows * results *
                             channels) *
         sizeof(float);
}

/// Calls body(i, c, terms) for every element of a rows x channels tensor, exactly
/// once, and writes out[r][c] = the sum of terms[r] over the rows of channel c:
///
///   float *const out[] = {dbeta, dgamma};
///   cpu::pointwiseReduce<2>(rows, channels, [=](int64_t i, int64_t c, float (&terms)[2]) {
///     const float xhat = (x[i] - mean[c]) * invStd[c];
///     terms[0] = dy[i];
///     terms[1] = dy[i] * xhat;
///   }, out, workspace);
///
/// The body may store elements as well. Sums are fp32 within 128 rows and double
/// across them, in an order that no number of threads changes. `workspace` is
/// 4-byte aligned, of pointwiseReduceWorkspaceBytes(rows, channels, Results).
template <int Results, class Body>
void pointwiseReduce(int64_t rows, int64_t channels, Body body, float *const (&out)[Results],
                     std::byte *workspace) {
  using namespace detail;
  float *partials = reinterpret_cast<float *>(workspace);
  const int64_t rowBlocks = blockCount(rows, reduceRows);
  const int64_t channelBlocks = blockCount(channels, reduceChannels);
  const int64_t blocks = rowBlocks * channelBlocks;
  // Blocks are fine for locality; a thread takes many of a narrow tensor.
  parallelFor(blocks, rowGrain(reduceRows * std::min(channels, reduceChannels)),
              [=](int64_t begin, int64_t end) {
                for (int64_t block = begin; block < end; ++block) {
                  const int64_t rowBegin = block / channelBlocks * reduceRows;
                  const int64_t rowEnd = std::min(rows, rowBegin + reduceRows);
                  float *partial = partials + block / channelBlocks * Results * channels;
                  if (channels == 1) { // known to be one, rows are contiguous
                    reduceNarrow<Results>(rowBegin, rowEnd, 1, body, partial);
                  } else if (channels < narrowChannels) {
                    reduceNarrow<Results>(rowBegin, rowEnd, channels, body, partial);
                  } else {
                    const int64_t c = block % channelBlocks * reduceChannels;
                    reduceWide<Results>(rowBegin, rowEnd, channels, c,
                                        std::min(channels, c + reduceChannels), body, partial);
                  }
                }
              });
  float *results[Results];
  std::copy(out, out + Results, results);
  parallelFor(channels, rowGrain(rowBlocks * Results), [=](int64_t begin, int64_t end) {
    for (int r = 0; r < Results; ++r)
      for (int64_t c = begin; c < end; ++c) {
        double sum = 0;
        for (int64_t block = 0; block < rowBlocks; ++block)
          sum += static_cast<double>(partials[(block * Results + r) * channels + c]);
        results[r][c] = static_cast<float>(sum);
      }
  });
}

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_POINTWISE_H
