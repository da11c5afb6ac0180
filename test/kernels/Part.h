//===- Part.h - tensors inside of larger ones, for tests of kernels -------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_KERNELS_PART_H
#define FANFOLD_TEST_KERNELS_PART_H

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace fanfold::test {

/// A tensor of rows x channels that is the channels from `offset` on of one with `pitch`
/// channels. What lies beside it is poisoned.
struct Part {
  /// Rows begin at multiples of 8 elements if the channels are such a multiple.
  Part(int64_t rows, int64_t channels, int64_t beside = 24)
      : rows(rows), channels(channels), pitch(channels + beside) {}

  int64_t rows, channels, pitch, offset = 8;

  size_t size() const { return rows * pitch; }

  /// The larger tensor, with `values` row behind row in the part.
  template <typename T>
  std::vector<T> place(const std::vector<T> &values) const {
    std::vector<T> whole(size());
    std::memset(static_cast<void *>(whole.data()), 0xff, size() * sizeof(T));
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t c = 0; c < channels; ++c)
        whole[row * pitch + offset + c] = values[row * channels + c];
    return whole;
  }

  /// That the part of `whole` has the bits of `values`, and the rest is poisoned as before.
  template <typename T>
  void expect(const std::vector<T> &whole, const std::vector<T> &values, const char *what) const {
    const std::vector<T> expected = place(values);
    ASSERT_EQ(whole.size(), expected.size()) << what;
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_EQ(std::memcmp(&whole[i], &expected[i], sizeof(T)), 0)
          << what << ", row " << i / pitch << ", channel "
          << static_cast<int64_t>(i % pitch) - offset << " of " << channels;
  }
};

} // namespace fanfold::test

#endif // FANFOLD_TEST_KERNELS_PART_H
