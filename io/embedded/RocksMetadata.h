//===- RocksMetadata.h - metadata in a RocksDB of the store ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The database is the folder `metadata` of a store. Keys:
//
//   d/DATASET      the record, as JSON
//   i/RUN/SAMPLE   u32 chunk, u32 entry (little-endian)
//   l/PREFIX       nothing: chunks and runs with this prefix are left over
//   next           u64: the next generation; absent while a rebuild is under way
//
// The file `lock` of the store is locked by whoever writes; the kernel unlocks
// it when a process dies.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_EMBEDDED_ROCKSMETADATA_H
#define FANFOLD_IO_EMBEDDED_ROCKSMETADATA_H

#include "io/Metadata.h"
#include "io/Storage.h"
#include "io/Store.h"

#include <memory>
#include <string>

namespace fanfold::io {

class RocksMetadata {
public:
  /// Opens the metadata of the store at `directory`. With Access::write they are
  /// made if the store has no chunks; a store with chunks and without complete
  /// metadata is a failure, because generations would be given out again.
  static Result<std::unique_ptr<Metadata>> open(const std::string &directory, Access access,
                                                ChunkStorage &chunks);
};

} // namespace fanfold::io

#endif // FANFOLD_IO_EMBEDDED_ROCKSMETADATA_H
