//===- ChunkWindow.cpp - the chunks of a window, read ahead ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/ChunkWindow.h"

#include "io/Store.h"

using namespace fanfold;
using namespace fanfold::io;

WindowReader::~WindowReader() {
  if (pending.valid())
    pending.wait();
}

Result<ChunkWindow> WindowReader::read(const std::vector<uint32_t> &chunks,
                                       const ChunkWindow &known) {
  ChunkWindow window;
  for (uint32_t ordinal : chunks) {
    if (auto at = known.find(ordinal); at != known.end()) {
      window.insert(*at);
      continue;
    }
    const std::string id = chunkName(split.run, ordinal);
    Result<Chunk> chunk = readChunk(storage, id);
    if (!chunk)
      return std::move(chunk).status();
    if (chunk->entries().size() != split.samplesInChunk[ordinal])
      return Status::error("reading chunk {}: found {} samples, expected {}", id,
                           chunk->entries().size(), split.samplesInChunk[ordinal]);
    window.emplace(ordinal, std::make_shared<const Chunk>(std::move(*chunk)));
  }
  return window;
}

void WindowReader::begin(const std::vector<uint32_t> &chunks) {
  if (pending.valid() && pendingChunks == chunks)
    return;
  if (pending.valid())
    pending.wait();
  pendingChunks = chunks;
  pending = std::async(std::launch::async,
                       [this, chunks, known = present] { return read(chunks, known); });
}

Result<ChunkWindow> WindowReader::get(const std::vector<uint32_t> &chunks) {
  const bool isPending = pending.valid() && pendingChunks == chunks;
  Result<ChunkWindow> window = isPending ? pending.get() : read(chunks, present);
  if (window)
    present = *window;
  return window;
}
