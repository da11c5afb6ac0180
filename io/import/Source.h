//===- Source.h - where samples come from ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A source knows its samples before it reads any of them: their names, labels and
// places. So an import can mix them, whatever their order, and refuse what does not
// fit before it writes. To add a form, implement SampleSource and name it in the
// list of Source.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_IMPORT_SOURCE_H
#define FANFOLD_IO_IMPORT_SOURCE_H

#include "io/Chunk.h"
#include "io/import/PassedOver.h"
#include "runtime/Status.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fanfold::io {

/// A sample of a source that was not read yet.
struct SourceItem {
  std::string name;
  int32_t label = 0;
  uint64_t place = 0; ///< Of meaning to the source alone.
};

struct SourceSplit {
  std::string name;
  std::vector<SourceItem> items; ///< In the order of the import.
};

/// What a source has.
struct Catalogue {
  std::vector<SourceSplit> splits;     ///< None of them empty.
  std::vector<std::string> classNames; ///< Label by label; empty: the source has only numbers.
  bool classesAreGiven = false;        ///< By the user: they say what each number means.
  PassedOver passedOver;

  uint64_t samples() const;
};

/// One sample on its way into a store.
struct SourceSample {
  SampleInfo info;
  Bytes payload;
};

class SampleSource {
public:
  virtual ~SampleSource() = default;

  /// Reads the sample `item` of split number `split`; name and label are set
  /// already. A failure names the file and the place in it.
  virtual Status read(size_t split, const SourceItem &item, SourceSample &sample) = 0;

  Catalogue catalogue;
};

/// What the user said about a source.
struct SourceOptions {
  std::string format;                  ///< "idx", "folder", "tar".
  std::string split;                   ///< Empty: what the source suggests.
  std::vector<std::string> classNames; ///< Empty: what the source suggests.
};

/// The forms that openSource() knows.
std::vector<std::string> sourceFormats();

/// Opens the file or directory at `path`. Reads no more than headers, names and labels.
/// The items of the split `train` come in a fixed random order: sources list one class
/// after the other, and a shuffle window of such chunks would hold a few classes only.
/// Those of `test`, which is never shuffled, come as the source has them.
Result<std::unique_ptr<SampleSource>> openSource(const std::string &path,
                                                 const SourceOptions &options);

// The forms; each file has its own description.

/// IDX files, plain or gzip: MNIST, Fashion-MNIST, and everything like them.
Result<std::unique_ptr<SampleSource>> openIdx(const std::string &path,
                                              const SourceOptions &options);

/// A directory for each class, JPEG and PNG files in it.
Result<std::unique_ptr<SampleSource>> openFolder(const std::string &path,
                                                 const SourceOptions &options);

/// Tar shards with KEY.jpg and KEY.cls (WebDataset).
Result<std::unique_ptr<SampleSource>> openTar(const std::string &path,
                                              const SourceOptions &options);

/// Fills in encoding and shape of a JPEG or PNG payload from its header.
Status describeImage(SourceSample &sample);

} // namespace fanfold::io

#endif // FANFOLD_IO_IMPORT_SOURCE_H
