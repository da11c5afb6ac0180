//===- ChunkWindow.h - the chunks of a window, read ahead -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_CHUNKWINDOW_H
#define FANFOLD_IO_CHUNKWINDOW_H

#include "io/Dataset.h"
#include "io/Storage.h"
#include "runtime/Status.h"

#include <future>
#include <map>
#include <memory>
#include <vector>

namespace fanfold::io {

/// Chunks by ordinal. Shared with the batches that use them, so that a window
/// may end in the middle of a batch.
using ChunkWindow = std::map<uint32_t, std::shared_ptr<const Chunk>>;

/// Reads windows of one split, the next one while the present one is in use. At
/// most two windows are in memory; chunks that both have are kept. For one
/// thread; `storage` must outlive it.
class WindowReader {
public:
  WindowReader(ChunkStorage &storage, SplitRecord split)
      : storage(storage), split(std::move(split)) {}
  ~WindowReader();

  /// The window with these chunks: the one that begin() asked for, or read now.
  Result<ChunkWindow> get(const std::vector<uint32_t> &chunks);

  /// Begins to read a window on another thread.
  void begin(const std::vector<uint32_t> &chunks);

private:
  Result<ChunkWindow> read(const std::vector<uint32_t> &chunks, const ChunkWindow &known);

  ChunkStorage &storage;
  SplitRecord split;
  ChunkWindow present;
  std::vector<uint32_t> pendingChunks;
  std::future<Result<ChunkWindow>> pending;
};

} // namespace fanfold::io

#endif // FANFOLD_IO_CHUNKWINDOW_H
