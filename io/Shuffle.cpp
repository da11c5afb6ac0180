//===- Shuffle.cpp - the order of an epoch --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Shuffle.h"

#include "runtime/Random.h"

#include <algorithm>
#include <cassert>
#include <numeric>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// Fisher-Yates. Step i takes number i of the stream.
template <typename T>
void permute(std::vector<T> &items, uint64_t stream) {
  for (size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[random::toBelow(random::hash(stream, i), i)]);
}

} // namespace

EpochOrder EpochOrder::stored(const std::vector<uint32_t> &samplesInChunk) {
  EpochOrder order;
  order.sizes = samplesInChunk;
  order.chunks.resize(samplesInChunk.size());
  std::iota(order.chunks.begin(), order.chunks.end(), 0u);
  order.cut(samplesInChunk.size());
  return order;
}

EpochOrder EpochOrder::shuffled(const std::vector<uint32_t> &samplesInChunk, uint64_t seed,
                                int64_t epoch) {
  EpochOrder order = stored(samplesInChunk);
  order.shuffle = true;
  order.stream = random::hash(random::hash(seed, "shuffle"), static_cast<uint64_t>(epoch));
  permute(order.chunks, random::hash(order.stream, "chunks"));
  order.cut((samplesInChunk.size() + windowChunks - 1) / windowChunks);
  return order;
}

void EpochOrder::cut(size_t windowCount) {
  firsts.assign(1, 0);
  for (uint32_t size : sizes)
    firsts.push_back(firsts.back() + size);
  windowChunk.clear();
  begins.assign(1, 0);
  for (size_t window = 0; window <= windowCount; ++window)
    windowChunk.push_back(windowCount ? window * chunks.size() / windowCount : 0);
  for (size_t window = 0; window < windowCount; ++window) {
    uint64_t count = 0;
    for (uint32_t chunk : chunksOf(window))
      count += sizes[chunk];
    begins.push_back(begins.back() + count);
  }
}

size_t EpochOrder::windowOf(uint64_t position) const {
  assert(position < samples());
  return static_cast<size_t>(std::upper_bound(begins.begin(), begins.end(), position) -
                             begins.begin() - 1);
}

std::vector<uint32_t> EpochOrder::chunksOf(size_t window) const {
  const auto begin = chunks.begin();
  return {begin + static_cast<ptrdiff_t>(windowChunk[window]),
          begin + static_cast<ptrdiff_t>(windowChunk[window + 1])};
}

std::vector<SampleRef> EpochOrder::samplesOf(size_t window) const {
  std::vector<SampleRef> refs;
  refs.reserve(begins[window + 1] - begins[window]);
  for (uint32_t chunk : chunksOf(window))
    for (uint32_t entry = 0; entry < sizes[chunk]; ++entry)
      refs.push_back({chunk, entry, firsts[chunk] + entry});
  if (shuffle)
    permute(refs, random::hash(stream, window));
  return refs;
}
