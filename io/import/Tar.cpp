//===- Tar.cpp - tar shards -----------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A shard holds, next to each other, the files of one sample: those whose paths
// agree up to the first dot of the last component, the key.
//
//   n01440764/0001.jpg   the image, JPEG or PNG by content (.jpg .jpeg .png)
//   n01440764/0001.cls   the label: a decimal number
//
// Files with other extensions are passed over. Of a directory every shard
// (*.tar, *.tar.gz, *.tgz, *.tar.zst ...) is read, in byte order of the names.
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"

#include "io/ChunkFormat.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>

using namespace fanfold;
using namespace fanfold::io;
namespace fs = std::filesystem;

namespace {

/// One file of a shard.
struct Member {
  std::string key;
  std::string extension; ///< Lower case, without the dot.
  std::string path;
  Bytes bytes;
};

/// A shard as a stream of members.
class Shard {
public:
  Shard() = default;
  Shard(const Shard &) = delete;
  Shard &operator=(const Shard &) = delete;
  ~Shard() { close(); }

  Status open(const std::string &path);
  void close() {
    archive_read_free(handle);
    handle = nullptr;
  }
  /// The next file with an extension that matters; false at the end.
  Result<bool> next(Member &member);

  bool isOpen() const { return handle != nullptr; }
  const std::string &name() const { return path; }

private:
  Status failure() const {
    const char *reason = archive_error_string(handle);
    return Status::error("{}: {}", path, reason ? reason : "damaged archive");
  }
  Status read(archive_entry *entry, Member &member);

  std::string path;
  archive *handle = nullptr;
};

Status Shard::open(const std::string &shardPath) {
  close();
  path = shardPath;
  handle = archive_read_new();
  archive_read_support_filter_all(handle);
  archive_read_support_format_tar(handle);
  archive_read_support_format_empty(handle);
  if (archive_read_open_filename(handle, path.c_str(), 1 << 18) != ARCHIVE_OK)
    return failure();
  return {};
}

Result<bool> Shard::next(Member &member) {
  for (;;) {
    archive_entry *entry = nullptr;
    const int code = archive_read_next_header(handle, &entry);
    if (code == ARCHIVE_EOF)
      return false;
    if (code < ARCHIVE_WARN)
      return failure();
    if (archive_entry_filetype(entry) != AE_IFREG)
      continue;
    member.path = archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "";
    const size_t base = member.path.rfind('/') + 1; // 0 if there is none.
    const size_t dot = member.path.find('.', base);
    if (dot == std::string::npos || dot == base)
      continue;
    member.key = member.path.substr(0, dot);
    member.extension = member.path.substr(dot + 1);
    for (char &c : member.extension)
      if (c >= 'A' && c <= 'Z')
        c = static_cast<char>(c - 'A' + 'a');
    const bool isImage =
        member.extension == "jpg" || member.extension == "jpeg" || member.extension == "png";
    if (!isImage && member.extension != "cls")
      continue;
    FANFOLD_RETURN_IF_ERROR(read(entry, member));
    return true;
  }
}

Status Shard::read(archive_entry *entry, Member &member) {
  const int64_t size = archive_entry_size(entry);
  if (size < 0 || static_cast<uint64_t>(size) > format::maxPayloadBytes)
    return Status::error("{}: {} has {} bytes, expected at most {}", path, member.path, size,
                         format::maxPayloadBytes);
  // The size is a claim; memory grows with what really comes.
  member.bytes.clear();
  constexpr size_t step = 1 << 20;
  while (member.bytes.size() < static_cast<size_t>(size)) {
    const size_t done = member.bytes.size();
    member.bytes.resize(std::min(done + step, static_cast<size_t>(size)));
    const la_ssize_t count =
        archive_read_data(handle, member.bytes.data() + done, member.bytes.size() - done);
    if (count < 0)
      return failure().withContext("reading {}", member.path);
    member.bytes.resize(done + static_cast<size_t>(count));
    if (count == 0)
      return Status::error("{}: {} ends after {} bytes, expected {}", path, member.path, done,
                           size);
  }
  return {};
}

class TarSource : public SampleSource {
public:
  TarSource(std::vector<std::string> shards, std::string split, std::vector<std::string> classes)
      : paths(std::move(shards)), split(std::move(split)), classes(std::move(classes)) {}

  std::vector<std::string> splits() const override { return {split}; }
  std::vector<std::string> classNames() const override { return classes; }
  Result<bool> next(SourceSample &sample) override;

private:
  /// Puts the next member of any shard into `ahead`, or nothing at the end.
  Status advance();
  /// Reads the label of a .cls file.
  Result<int32_t> labelOf(const Member &member) const;

  std::vector<std::string> paths;
  std::string split;
  std::vector<std::string> classes;
  size_t nextShard = 0;
  Shard shard;
  bool started = false;
  std::optional<Member> ahead; ///< The first member of the next sample.
  std::string aheadShard;      ///< Where it comes from.
};

Status TarSource::advance() {
  ahead.reset();
  for (;;) {
    if (!shard.isOpen()) {
      if (nextShard == paths.size())
        return {};
      FANFOLD_RETURN_IF_ERROR(shard.open(paths[nextShard++]));
    }
    Member member;
    Result<bool> more = shard.next(member);
    if (!more)
      return std::move(more).status();
    if (*more) {
      ahead = std::move(member);
      aheadShard = shard.name();
      return {};
    }
    shard.close();
  }
}

Result<int32_t> TarSource::labelOf(const Member &member) const {
  const char *begin = reinterpret_cast<const char *>(member.bytes.data());
  const char *end = begin + member.bytes.size();
  while (end > begin && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' '))
    --end;
  int32_t label = -1;
  const auto [stop, code] = std::from_chars(begin, end, label);
  if (code != std::errc() || stop != end || label < 0)
    return Status::error("{}: {}: found '{}', expected a label: a number, 0 or more", aheadShard,
                         member.path, std::string(begin, std::min<size_t>(end - begin, 40)));
  return label;
}

Result<bool> TarSource::next(SourceSample &sample) {
  if (!started)
    FANFOLD_RETURN_IF_ERROR(advance());
  started = true;
  if (!ahead)
    return false;

  const std::string key = ahead->key;
  const std::string from = aheadShard;
  std::optional<std::string> imagePath;
  std::optional<int32_t> label;
  sample.split = split;
  sample.info.name = key;
  while (ahead && ahead->key == key && aheadShard == from) {
    if (ahead->extension == "cls") {
      if (label)
        return Status::error("{}: {}: a second label of the same sample", from, ahead->path);
      Result<int32_t> found = labelOf(*ahead);
      if (!found)
        return std::move(found).status();
      label = *found;
    } else {
      if (imagePath)
        return Status::error("{}: {}: a second image of the same sample, after {}", from,
                             ahead->path, *imagePath);
      imagePath = ahead->path;
      sample.payload = std::move(ahead->bytes);
    }
    FANFOLD_RETURN_IF_ERROR(advance());
  }
  if (!label || !imagePath)
    return Status::error("{}: sample '{}' has no {} next to its {}", from, key,
                         label ? "image" : "label (.cls)", label ? "label" : "image");
  if (key.size() > format::maxNameBytes)
    return Status::error("{}: a key of {} bytes, expected at most {}", from, key.size(),
                         format::maxNameBytes);
  sample.info.label = *label;
  FANFOLD_RETURN_IF_ERROR(describeImage(sample).withContext("{}: {}", from, *imagePath));
  return true;
}

/// NAME.tar, NAME.tgz, or NAME.tar with the suffix of a compressor.
bool looksLikeShard(fs::path path) {
  if (path.filename().string().front() == '.')
    return false;
  for (const char *compressor : {".gz", ".bz2", ".xz", ".zst", ".lz4"})
    if (path.extension() == compressor)
      path = path.stem();
  return path.extension() == ".tar" || path.extension() == ".tgz";
}

} // namespace

Result<std::unique_ptr<SampleSource>> io::openTar(const std::string &path,
                                                  const SourceOptions &options) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (!fs::exists(status))
    return Status::fromErrno(failure ? failure.value() : ENOENT, "opening " + path);
  std::vector<std::string> shards;
  if (fs::is_directory(status)) {
    for (fs::directory_iterator it(path, failure), end; !failure && it != end;
         it.increment(failure))
      if (looksLikeShard(it->path()))
        shards.push_back(it->path());
    if (failure)
      return Status::fromErrno(failure.value(), "listing " + path);
    if (shards.empty())
      return Status::error("no shards (*.tar, *.tar.gz, *.tgz ...) in {}", path);
    std::sort(shards.begin(), shards.end());
  } else {
    shards.push_back(path);
  }
  return std::unique_ptr<SampleSource>(new TarSource(
      std::move(shards), options.split.empty() ? "train" : options.split, options.classNames));
}
