//===- Lookup.h - one sample by its name ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_LOOKUP_H
#define FANFOLD_IO_LOOKUP_H

#include "io/Store.h"
#include "runtime/Status.h"

#include <string>

namespace fanfold::io {

/// A sample and the chunk that has it.
struct SampleLocation {
  std::string chunk; ///< Identifier in the chunk storage.
  ChunkEntry entry;
};

/// The split of a record; where there is none, the failure lists those that there
/// are.
Result<SplitRecord> findSplit(const DatasetRecord &record, const std::string &split);

/// Looks a sample up in the metadata and reads the header of its chunk.
Result<SampleLocation> findSample(Store &store, const DatasetRecord &record,
                                  const std::string &split, const std::string &name);

/// Reads the payload of a sample alone and compares its checksum.
Result<Bytes> readSample(Store &store, const SampleLocation &where);

} // namespace fanfold::io

#endif // FANFOLD_IO_LOOKUP_H
