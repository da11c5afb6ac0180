//===- TarShard.cpp - what a tar archive has, and where -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/TarShard.h"

#include "io/import/SourceFiles.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

using namespace fanfold;
using namespace fanfold::io;
namespace fs = std::filesystem;

namespace {

struct FreeArchive {
  void operator()(archive *handle) const { archive_read_free(handle); }
};

Status failureOf(archive *handle) {
  const char *reason = archive_error_string(handle);
  return Status::error("{}", reason ? reason : "damaged archive");
}

/// "./a//b/../c.png" is "a/c.png". Paths that lead out of the archive stay so.
std::string normal(const fs::path &path) { return path.lexically_normal(); }

std::string textOr(const char *text) { return text ? text : ""; }

} // namespace

Result<TarShard> TarShard::open(const std::string &path, FileDescriptor &unpacked) {
  Result<FileDescriptor> file = openForReading(path);
  if (!file)
    return std::move(file).status();
  struct stat information;
  if (::fstat(file->get(), &information) != 0)
    return Status::fromErrno(errno, "opening " + path);
  TarShard shard;
  shard.file = std::move(*file);
  shard.unpacked = &unpacked;
  const std::unique_ptr<archive, FreeArchive> owned(archive_read_new());
  archive *handle = owned.get();
  archive_read_support_filter_all(handle);
  archive_read_support_format_tar(handle);
  archive_read_support_format_empty(handle);
  // Archives that were put together from several have an end after each.
  archive_read_set_options(handle, "read_concatenated_archives");
  if (archive_read_open_fd(handle, shard.file.get(), 1 << 18) != ARCHIVE_OK)
    return failureOf(handle).withContext("{}", path);
  for (;;) {
    archive_entry *entry = nullptr;
    const int code = archive_read_next_header(handle, &entry);
    if (code == ARCHIVE_EOF)
      break;
    if (code < ARCHIVE_WARN)
      return failureOf(handle).withContext("{}", path);
    FANFOLD_RETURN_IF_ERROR(
        shard.add(handle, entry, static_cast<uint64_t>(information.st_size))
            .withContext("{}: {}", path, textOr(archive_entry_pathname(entry))));
  }
  for (size_t i = 0; i < shard.list.size(); ++i)
    shard.byPath[normal(shard.list[i].path)] = i;
  return shard;
}

Status TarShard::add(archive *handle, archive_entry *entry, uint64_t archiveBytes) {
  if (archive_entry_filetype(entry) == AE_IFDIR)
    return {};
  TarMember member;
  member.path = textOr(archive_entry_pathname(entry));
  const auto size = static_cast<uint64_t>(std::max<int64_t>(archive_entry_size(entry), 0));
  // A hard link with bytes of its own is a file.
  if (const char *target = archive_entry_hardlink(entry); target && size == 0) {
    member.kind = TarMember::Kind::hardLink;
    member.target = target;
  } else if (archive_entry_filetype(entry) == AE_IFLNK) {
    member.kind = TarMember::Kind::symbolicLink;
    member.target = textOr(archive_entry_symlink(entry));
  } else if (target || archive_entry_filetype(entry) == AE_IFREG) {
    const bool isPlain = archive_filter_code(handle, 0) == ARCHIVE_FILTER_NONE &&
                         archive_entry_sparse_count(entry) == 0;
    if (isPlain) {
      // The header was read and nothing after it.
      member.content = {static_cast<uint64_t>(archive_filter_bytes(handle, 0)), size, false};
      if (member.content.offset + member.content.bytes > archiveBytes)
        return Status::error("truncated: the archive ends at byte {}, expected {} or more",
                             archiveBytes, member.content.offset + member.content.bytes);
    } else {
      FANFOLD_RETURN_IF_ERROR(unpack(handle, member, size));
    }
  } else {
    member.kind = TarMember::Kind::other;
  }
  list.push_back(std::move(member));
  return {};
}

Status TarShard::unpack(archive *handle, TarMember &member, uint64_t claimedBytes) {
  // Too long for a sample: whoever reads it hears so.
  member.content = {0, claimedBytes, true};
  if (claimedBytes > format::maxPayloadBytes)
    return {};
  if (!unpacked->valid()) {
    Result<FileDescriptor> temporary = openTemporary();
    if (!temporary)
      return std::move(temporary).status();
    *unpacked = std::move(*temporary);
  }
  const off_t end = ::lseek(unpacked->get(), 0, SEEK_END);
  if (end < 0)
    return Status::fromErrno(errno, "writing to a temporary file (TMPDIR)");
  member.content = {static_cast<uint64_t>(end), 0, true};
  // The size is a claim; the file grows with what really comes.
  Bytes piece(1 << 18);
  for (;;) {
    const la_ssize_t count = archive_read_data(handle, piece.data(), piece.size());
    if (count < 0)
      return failureOf(handle);
    if (count == 0)
      break;
    FANFOLD_RETURN_IF_ERROR(writeAll(*unpacked, piece.data(), static_cast<size_t>(count))
                                .withContext("unpacking to a temporary file (TMPDIR)"));
    member.content.bytes += static_cast<uint64_t>(count);
  }
  if (member.content.bytes != claimedBytes)
    return Status::error("ends after {} bytes, expected {}", member.content.bytes, claimedBytes);
  return {};
}

const TarMember *TarShard::resolve(const TarMember &member, std::string &reason) const {
  const TarMember *at = &member;
  // As many links in a row as Linux follows.
  for (int step = 0; step < 40; ++step) {
    if (at->kind == TarMember::Kind::file)
      return at;
    if (at->kind == TarMember::Kind::other) {
      reason = "not regular files";
      return nullptr;
    }
    // Hard links have paths from the root of the archive, others from where they are.
    const bool isHard = at->kind == TarMember::Kind::hardLink;
    const fs::path target = at->target;
    const auto next =
        byPath.find(normal(isHard ? target : fs::path(at->path).parent_path() / target));
    if (next == byPath.end()) {
      reason = "linked to no file of the archive";
      return nullptr;
    }
    at = &list[next->second];
  }
  reason = "linked in a circle";
  return nullptr;
}

std::string TarShard::whyNoFile(const TarMember &member) const {
  std::string reason;
  for (const fs::path &part : fs::path(member.path))
    if (part.string().compare(0, 1, ".") == 0 && part != "." && part != "..")
      return "hidden";
  resolve(member, reason);
  return reason;
}

TarContent TarShard::contentOf(const TarMember &member) const {
  std::string unused;
  const TarMember *file = resolve(member, unused);
  return file->content;
}

Result<Bytes> TarShard::read(const TarContent &content) const {
  return readPart(content.isUnpacked ? *unpacked : file, content.offset, content.bytes);
}
