//===- Source.h - where samples come from ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A source reads one form of data set and hands out its samples one after
// another. To add a form, implement SampleSource and name it in the list of
// Source.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_IMPORT_SOURCE_H
#define FANFOLD_IO_IMPORT_SOURCE_H

#include "io/Chunk.h"
#include "runtime/Status.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fanfold::io {

/// One sample on its way into a store.
struct SourceSample {
  std::string split; ///< All samples of a split come together.
  SampleInfo info;
  Bytes payload;
};

/// A stream of samples. A failure names the file and the place in it.
class SampleSource {
public:
  virtual ~SampleSource() = default;

  /// The splits that will come, in order.
  virtual std::vector<std::string> splits() const = 0;

  /// Names of the classes, label by label; empty if the source has only numbers.
  virtual std::vector<std::string> classNames() const { return {}; }

  /// How many samples there are, or 0 if only reading on will tell.
  virtual uint64_t sampleCount() const { return 0; }

  /// Fetches the next sample; false at the end.
  virtual Result<bool> next(SourceSample &sample) = 0;
};

/// What the user said about a source.
struct SourceOptions {
  std::string format;                  ///< "idx", "folder", "tar".
  std::string split;                   ///< Empty: what the source suggests.
  std::vector<std::string> classNames; ///< Empty: what the source suggests.
};

/// The forms that openSource() knows.
std::vector<std::string> sourceFormats();

/// Opens the file or directory at `path`. Reads no more than headers and names.
Result<std::unique_ptr<SampleSource>> openSource(const std::string &path,
                                                 const SourceOptions &options);

// The forms; each file has its own description.

/// IDX files, plain or gzip: MNIST, Fashion-MNIST, and everything like them.
Result<std::unique_ptr<SampleSource>> openIdx(const std::string &path,
                                              const SourceOptions &options);

/// A directory for each class, JPEG and PNG files in it.
Result<std::unique_ptr<SampleSource>> openFolder(const std::string &path,
                                                 const SourceOptions &options);

/// Tar shards with KEY.jpg and KEY.cls next to each other (WebDataset).
Result<std::unique_ptr<SampleSource>> openTar(const std::string &path,
                                              const SourceOptions &options);

/// Fills in encoding and shape of a JPEG or PNG payload from its header.
Status describeImage(SourceSample &sample);

} // namespace fanfold::io

#endif // FANFOLD_IO_IMPORT_SOURCE_H
