//===- DirectoryStorage.cpp - chunks as files of a directory --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/embedded/DirectoryStorage.h"

#include "runtime/File.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace fanfold;
using namespace fanfold::io;

namespace {

const std::string suffix = ".chunk";
const std::string unfinishedSuffix = suffix + temporarySuffix;

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Names of the files of `directory` that begin with `prefix`.
Result<std::vector<std::string>> filesOf(const std::string &directory, const std::string &prefix) {
  std::vector<std::string> names;
  std::error_code failure;
  for (std::filesystem::directory_iterator it(directory, failure), end; !failure && it != end;
       it.increment(failure))
    if (std::string name = it->path().filename(); name.compare(0, prefix.size(), prefix) == 0)
      names.push_back(std::move(name));
  if (failure)
    return Status::fromErrno(failure.value(), "listing " + directory);
  return names;
}

} // namespace

Result<std::unique_ptr<ChunkStorage>> DirectoryStorage::open(const std::string &directory,
                                                             Mode mode) {
  std::error_code failure;
  if (mode == Mode::write) {
    std::filesystem::create_directories(directory, failure);
    if (failure)
      return Status::fromErrno(failure.value(), "creating " + directory);
  } else if (!std::filesystem::is_directory(directory, failure)) {
    return Status::fromErrno(failure ? failure.value() : ENOTDIR, "opening " + directory);
  }
  return std::unique_ptr<ChunkStorage>(new DirectoryStorage(directory));
}

std::string DirectoryStorage::pathOf(const std::string &id) const {
  return directory + "/" + id + suffix;
}

Status DirectoryStorage::put(const std::string &id, ByteView bytes) {
  const std::string path = pathOf(id);
  if (::access(path.c_str(), F_OK) == 0)
    return Status::error("writing {}: a chunk of this name exists; the metadata are older than the "
                         "chunks, 'dlfs verify --rebuild' renews them",
                         path);
  return writeFileAtomically(path, bytes.size, [&](const FileDescriptor &file) {
    return writeAll(file, bytes.data, bytes.size);
  });
}

Result<uint64_t> DirectoryStorage::size(const std::string &id) {
  struct stat information;
  if (::stat(pathOf(id).c_str(), &information) != 0)
    return Status::fromErrno(errno, "opening " + pathOf(id));
  return static_cast<uint64_t>(information.st_size);
}

Result<Bytes> DirectoryStorage::read(const std::string &id, uint64_t offset, uint64_t length) {
  Result<FileDescriptor> file = openForReading(pathOf(id));
  if (!file)
    return std::move(file).status();
  Bytes bytes(length);
  FANFOLD_RETURN_IF_ERROR(
      readAt(*file, offset, bytes.data(), length).withContext("{}", pathOf(id)));
  return bytes;
}

Result<std::vector<std::string>> DirectoryStorage::list(const std::string &prefix) {
  Result<std::vector<std::string>> names = filesOf(directory, prefix);
  if (!names)
    return names;
  std::vector<std::string> ids;
  for (const std::string &name : *names)
    if (endsWith(name, suffix))
      ids.push_back(name.substr(0, name.size() - suffix.size()));
  std::sort(ids.begin(), ids.end());
  return ids;
}

Status DirectoryStorage::removeAll(const std::string &prefix) {
  Result<std::vector<std::string>> names = filesOf(directory, prefix);
  if (!names)
    return std::move(names).status();
  for (const std::string &name : *names) {
    const std::string path = directory + "/" + name;
    if ((endsWith(name, suffix) || endsWith(name, unfinishedSuffix)) &&
        ::unlink(path.c_str()) != 0 && errno != ENOENT)
      return Status::fromErrno(errno, "removing " + path);
  }
  return {};
}
