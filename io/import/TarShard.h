//===- TarShard.h - what a tar archive has, and where ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pass over an archive finds every member and where its bytes lie, so that they
// can be read in any order. What a compressor or holes keep from lying in the archive
// byte for byte is copied to a temporary file on the way.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_IMPORT_TARSHARD_H
#define FANFOLD_IO_IMPORT_TARSHARD_H

#include "io/Chunk.h"
#include "runtime/File.h"
#include "runtime/Status.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

struct archive;
struct archive_entry;

namespace fanfold::io {

/// Where the bytes of a file lie.
struct TarContent {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  bool isUnpacked = false; ///< In the temporary file and not in the archive.
};

/// A member that is no directory.
struct TarMember {
  enum class Kind { file, hardLink, symbolicLink, other };

  std::string path; ///< As the archive has it.
  Kind kind = Kind::file;
  std::string target; ///< Of a link: as the archive has it.
  TarContent content; ///< Of a file.
};

/// The list of an archive.
class TarShard {
public:
  /// Reads the archive at `path` to its end. `unpacked` is the temporary file, opened
  /// when it is needed first; it may have the contents of other archives already.
  static Result<TarShard> open(const std::string &path, FileDescriptor &unpacked);

  const std::vector<TarMember> &members() const { return list; }

  /// Why a member cannot be a sample: it is hidden, a device, or a link to nothing in
  /// the archive; empty for a file, and a link to one.
  std::string whyNoFile(const TarMember &member) const;

  /// The bytes of a file, or of what a link leads to, of which whyNoFile() is empty.
  TarContent contentOf(const TarMember &member) const;

  Result<Bytes> read(const TarContent &content) const;

private:
  /// The file that a member is or leads to; null and a reason if there is none.
  const TarMember *resolve(const TarMember &member, std::string &reason) const;
  Status add(archive *handle, archive_entry *entry, uint64_t archiveBytes);
  Status unpack(archive *handle, TarMember &member, uint64_t claimedBytes);

  FileDescriptor file;
  FileDescriptor *unpacked = nullptr;
  std::vector<TarMember> list;
  std::unordered_map<std::string, size_t> byPath; ///< Normal paths; of equal ones the last.
};

} // namespace fanfold::io

#endif // FANFOLD_IO_IMPORT_TARSHARD_H
