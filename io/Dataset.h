//===- Dataset.h - what a store knows of a data set -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The record of a data set is all that a reader needs besides chunks. It is
// kept twice: in the metadata, and as the last chunk of every import, from which
// the metadata can be rebuilt.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_DATASET_H
#define FANFOLD_IO_DATASET_H

#include "io/Chunk.h"
#include "runtime/DataSource.h"
#include "runtime/Status.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fanfold::io {

/// Height, width and channels of an image.
struct ImageShape {
  uint32_t height = 0;
  uint32_t width = 0;
  uint32_t channels = 0;

  bool operator==(const ImageShape &other) const {
    return height == other.height && width == other.width && channels == other.channels;
  }
};

/// "28x28x1".
std::string toString(const ImageShape &shape);

/// One split: a run of chunks in stored order.
struct SplitRecord {
  std::string run;                      ///< runName(); chunk i is chunkName(run, i).
  std::vector<uint32_t> samplesInChunk; ///< One element a chunk, none of them 0.
  uint64_t payloadBytes = 0;
  std::vector<Encoding> encodings; ///< That occur, ascending.
  ImageShape smallest;             ///< The minimum of each extent by itself,
  ImageShape largest;              ///< and the maximum.
  ImportId import;                 ///< Without an id in records of before there were any.

  uint64_t samples() const;

  /// `import`, or what stands for it: a hash of the record.
  ImportId importId() const;
};

/// An identity that no other import has, as of now.
ImportId newImportId();

/// A data set. The names of the classes are either all known or none is.
struct DatasetRecord {
  std::string name;
  uint64_t generation = 0; ///< The import that wrote this record.
  uint32_t classCount = 0; ///< Labels are below it.
  std::vector<std::string> classNames;
  std::map<std::string, SplitRecord> splits; ///< "train", "test".

  /// The name of the class, or its number.
  std::string className(int32_t label) const;
};

/// The record as JSON text, and back. A record that does not parse is damage or
/// comes from another version; the status says what is wrong with it.
std::string toJson(const DatasetRecord &record);
Result<DatasetRecord> parseRecord(std::string_view json);

/// Letters, digits, '-', '_' and '.', not beginning with '.', not too long.
Status checkDatasetName(const std::string &name);

/// "train" or "test".
Status checkSplitName(const std::string &name);

} // namespace fanfold::io

#endif // FANFOLD_IO_DATASET_H
