//===- Storage.h - where chunks live --------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chunk storage maps identifiers to immutable blocks of bytes and knows nothing
// of what is in them. To add a backend, implement ChunkStorage and name it in
// the list of Store.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_STORAGE_H
#define FANFOLD_IO_STORAGE_H

#include "io/Chunk.h"
#include "runtime/Status.h"

#include <string>
#include <vector>

namespace fanfold::io {

/// Blocks of bytes by identifier (letters, digits, '-'). Thread-safe. Any number
/// of processes may read while one writes.
class ChunkStorage {
public:
  virtual ~ChunkStorage() = default;

  /// Stores a block, all of it or nothing: after a crash it is either absent or
  /// whole. Durable on return. A block that exists is never overwritten; that is
  /// a failure.
  virtual Status put(const std::string &id, ByteView bytes) = 0;

  /// Size of a block in bytes; a failure if there is none.
  virtual Result<uint64_t> size(const std::string &id) = 0;

  /// Bytes [offset, offset + length) of a block. A block that ends earlier is a
  /// failure.
  virtual Result<Bytes> read(const std::string &id, uint64_t offset, uint64_t length) = 0;

  /// Identifiers that begin with `prefix`, ascending.
  virtual Result<std::vector<std::string>> list(const std::string &prefix) = 0;

  /// Removes every block whose identifier begins with `prefix`, and what put()
  /// left of such a block when its process was killed. Success if there is none.
  virtual Status removeAll(const std::string &prefix) = 0;
};

} // namespace fanfold::io

#endif // FANFOLD_IO_STORAGE_H
