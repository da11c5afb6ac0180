//===- Metadata.h - what data sets there are and where samples lie --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Metadata maps names to places. It holds nothing that the chunks do not hold
// as well, except which imports did not end; so it may be lost and rebuilt. To
// add a backend, implement Metadata and name it in the list of Store.cpp.
//
// An import and its traces, all under the prefix of its generation:
//
//   allocate()   -> 7; the prefix "0000000000000007-" is noted as left over
//   put chunks, index()                          a crash here changes no data set
//   commit()     the record in, prefix 7 no longer left over, replaced runs are
//   remove chunks of replaced runs, forget()     a crash here leaves debris that
//                                                the next writer clears away
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_METADATA_H
#define FANFOLD_IO_METADATA_H

#include "io/Dataset.h"
#include "runtime/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfold::io {

/// Where a sample lies.
struct SamplePlace {
  uint32_t chunk = 0; ///< Ordinal in the run.
  uint32_t entry = 0; ///< Row of the chunk's file table.
};

/// The metadata of one store. A reader sees the store as it was when it opened
/// it. One writer at a time; opening for writing fails while there is another.
class Metadata {
public:
  virtual ~Metadata() = default;

  /// Names of the data sets, ascending.
  virtual Result<std::vector<std::string>> datasets() = 0;

  virtual Result<std::optional<DatasetRecord>> find(const std::string &dataset) = 0;

  /// Looks a sample up in the index of a run.
  virtual Result<std::optional<SamplePlace>> locate(const std::string &run,
                                                    const std::string &sample) = 0;

  // The rest is for writers.

  /// A generation that no import had before, durably noted as left over until
  /// commit().
  virtual Result<uint64_t> allocate() = 0;

  /// Adds the samples of one chunk to the index of a run. Becomes durable with
  /// commit() at the latest.
  virtual Status index(const std::string &run, uint32_t chunk,
                       const std::vector<ChunkEntry> &entries) = 0;

  /// In one atomic, durable step: makes `record` the data set's record, takes its
  /// generation off the left-overs, and notes `replaced` as left over.
  virtual Status commit(const DatasetRecord &record, const std::vector<std::string> &replaced) = 0;

  /// Prefixes of chunks and runs that no record refers to and that may be
  /// removed.
  virtual Result<std::vector<std::string>> leftovers() = 0;

  /// Drops the index of all runs with the prefix, and the note about it. Chunks
  /// must be gone by then.
  virtual Status forget(const std::string &prefix) = 0;

  /// For a rebuild: adopts a record as it was found in a chunk, and makes sure
  /// that later generations are larger.
  virtual Status restore(const DatasetRecord &record) = 0;

  /// For a rebuild, at its end: allows allocate(). Until then the metadata is
  /// known to be incomplete and only readers get in.
  virtual Status finishRestoring(uint64_t largestGeneration) = 0;
};

} // namespace fanfold::io

#endif // FANFOLD_IO_METADATA_H
