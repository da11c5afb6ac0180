//===- DirectoryStorage.h - chunks as files of a directory ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One file a chunk, `ID.chunk`, written atomically (runtime/File.h): a killed
// writer leaves at most an `ID.chunk.tmp`.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_EMBEDDED_DIRECTORYSTORAGE_H
#define FANFOLD_IO_EMBEDDED_DIRECTORYSTORAGE_H

#include "io/Storage.h"

#include <memory>

namespace fanfold::io {

class DirectoryStorage : public ChunkStorage {
public:
  enum class Mode {
    read,
    write, ///< Makes the directory and its parents if need be.
  };

  static Result<std::unique_ptr<ChunkStorage>> open(const std::string &directory, Mode mode);

  Status put(const std::string &id, ByteView bytes) override;
  Result<uint64_t> size(const std::string &id) override;
  Result<Bytes> read(const std::string &id, uint64_t offset, uint64_t length) override;
  /// Files of other names than `ID.chunk` are none of ours.
  Result<std::vector<std::string>> list(const std::string &prefix) override;
  Status removeAll(const std::string &prefix) override;

private:
  explicit DirectoryStorage(std::string directory) : directory(std::move(directory)) {}

  std::string pathOf(const std::string &id) const;

  std::string directory;
};

} // namespace fanfold::io

#endif // FANFOLD_IO_EMBEDDED_DIRECTORYSTORAGE_H
