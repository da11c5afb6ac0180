//===- Workspaces.h - how much scratch memory kernels need ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels allocate nothing. What they need besides their operands is a `workspace`
// of the caller's, 16-byte aligned, of the bytes that the function of the kernel's
// name tells. Plain C++: the compiler plans the memory with it.
//
// A sum is cut by its size alone, so that it has the same bits on every card.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_WORKSPACES_H
#define FANFOLD_CODEGEN_KERNELS_CUDA_WORKSPACES_H

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fanfold::cuda {

/// Channels that a block of a channel sum takes at most.
constexpr int64_t reduceChannels = 512;
/// Blocks of a large sum: 8 for each of 132 multiprocessors.
constexpr int64_t reduceBlocks = 1056;

/// Parts that the rows of a channel sum are cut into: enough to fill the device, and
/// at least 32 rows each.
constexpr int64_t reduceRowBlocks(int64_t rows, int64_t channels) {
  const int64_t channelBlocks = (channels + reduceChannels - 1) / reduceChannels;
  return std::max<int64_t>(
      1, std::min((reduceBlocks + channelBlocks - 1) / channelBlocks, (rows + 31) / 32));
}

/// pointwiseReduce with that many sums.
constexpr size_t pointwiseReduceWorkspaceBytes(int64_t rows, int64_t channels, int64_t sums) {
  return static_cast<size_t>(reduceRowBlocks(rows, channels) * sums * channels) * sizeof(float);
}

/// Channels that a block of batchNormStatistics takes at most, and its blocks: 4 for each of
/// 132 multiprocessors, rounded down.
constexpr int64_t batchNormChannels = 128;
constexpr int64_t batchNormBlocks = 512;

/// Parts that the rows are cut into at most.
constexpr int64_t batchNormRowBlocks(int64_t rows, int64_t channels) {
  const int64_t channelBlocks = (channels + batchNormChannels - 1) / batchNormChannels;
  return std::max<int64_t>(
      1, std::min(batchNormBlocks / std::max<int64_t>(1, channelBlocks), (rows + 31) / 32));
}
/// batchNormStatistics: mean and squares of each part.
constexpr size_t batchNormWorkspaceBytes(int64_t rows, int64_t channels) {
  return static_cast<size_t>(batchNormRowBlocks(rows, channels) * 2 * channels) * sizeof(float);
}

/// Blocks of sumOfSquares.
constexpr int64_t sumOfSquaresBlocks(int64_t n) {
  return std::max<int64_t>(1, std::min(reduceBlocks, (n + 8191) / 8192));
}
constexpr size_t sumOfSquaresWorkspaceBytes(int64_t n) {
  return static_cast<size_t>(sumOfSquaresBlocks(n)) * sizeof(double);
}

/// The rows' losses, and whether they hit.
constexpr size_t softmaxCrossEntropyWorkspaceBytes(int64_t rows) {
  return static_cast<size_t>(rows) * sizeof(double);
}
constexpr size_t accuracyWorkspaceBytes(int64_t rows) {
  return static_cast<size_t>(rows) * sizeof(int32_t);
}

} // namespace fanfold::cuda

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_WORKSPACES_H
