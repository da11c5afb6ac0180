//===- Import.h - a source into a store, all or nothing -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An import writes new chunks beside those there are and makes them the data
// set's in one step at its end. Killed at any time, it leaves the data set as it
// was; the chunks that it wrote are removed by the next import into the store.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_IMPORT_IMPORT_H
#define FANFOLD_IO_IMPORT_IMPORT_H

#include "io/Dataset.h"
#include "io/Store.h"
#include "io/import/Orient.h"
#include "io/import/Source.h"
#include "runtime/Status.h"

#include <cstdint>
#include <functional>

namespace fanfold::io {

struct ImportOptions {
  bool replace = false;         ///< Splits that the data set has already may be replaced.
  Orienter *orienter = nullptr; ///< Sees every sample before it is written, if there is one.
  bool strict = false;          ///< A source of which something is passed over is an error.
  uint64_t chunkBytes = format::defaultChunkBytes; ///< Payload after which a chunk is closed.
  /// Called after every sample with how many there are so far.
  std::function<void(uint64_t samples, uint64_t payloadBytes)> progress;
};

/// Imports every split of `source` into the data set and returns its record.
/// Splits that the source does not have stay; then each class must keep its number
/// and its name. Labels are written as the data set numbers them.
Result<DatasetRecord> importDataset(const StoreUrl &url, SampleSource &source,
                                    const ImportOptions &options);

} // namespace fanfold::io

#endif // FANFOLD_IO_IMPORT_IMPORT_H
