//===- File.cpp - files that are whole or not there -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/File.h"
#include "runtime/Text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

using namespace fanfold;

namespace {

std::string parentDirectory(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Creates `path` and reserves `bytes` of disk for it.
Result<FileDescriptor> createReserved(const std::string &path, size_t bytes) {
  // O_NONBLOCK: a pipe of this name fails instead of waiting for a reader.
  FileDescriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666));
  if (!file.valid())
    return Status::fromErrno(errno, "creating " + path);
  if (bytes == 0)
    return file;
  // Returns its error instead of setting errno.
  if (int code = posix_fallocate(file.get(), 0, static_cast<off_t>(bytes))) {
    unlink(path.c_str());
    return Status::fromErrno(code, fmt::format("reserving {} for {}", formatBytes(bytes), path));
  }
  return file;
}

/// A rename is durable once its directory is.
Status syncDirectory(const std::string &path) {
  FileDescriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid())
    return Status::fromErrno(errno, "opening directory " + path);
  if (fsync(directory.get()) != 0 && errno != EINVAL) // Some file systems cannot.
    return Status::fromErrno(errno, "syncing directory " + path);
  return {};
}

} // namespace

FileDescriptor &FileDescriptor::operator=(FileDescriptor &&other) noexcept {
  FileDescriptor old(std::exchange(descriptor, other.release()));
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (valid())
    close(descriptor);
}

int FileDescriptor::release() { return std::exchange(descriptor, -1); }

Result<FileDescriptor> fanfold::openForReading(const std::string &path) {
  // Without O_NONBLOCK a pipe that nobody writes to would hold the call.
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid())
    return Status::fromErrno(errno, "opening " + path);
  struct stat info;
  if (fstat(file.get(), &info) != 0)
    return Status::fromErrno(errno, "examining " + path);
  if (!S_ISREG(info.st_mode))
    return Status::error("{} is not a regular file", path);
  return file;
}

Result<std::string> fanfold::readFile(const std::string &path) {
  Result<FileDescriptor> file = openForReading(path);
  if (!file)
    return file.status();
  return readToEnd(*file, path, SIZE_MAX);
}

Result<std::string> fanfold::readToEnd(const FileDescriptor &file, const std::string &path,
                                       size_t mostBytes) {
  // To its end and not to its size, which files of /proc do not have.
  std::string text;
  char piece[1 << 14];
  for (;;) {
    const ssize_t count = read(file.get(), piece, sizeof(piece));
    if (count == 0)
      return text;
    if (count < 0 && errno != EINTR)
      return Status::fromErrno(errno, "reading " + path);
    if (count > 0)
      text.append(piece, size_t(count));
    if (text.size() > mostBytes)
      return Status::error("reading {}: found more than {} bytes, expected at most that", path,
                           mostBytes);
  }
}

Status fanfold::readAt(const FileDescriptor &file, size_t offset, void *target, size_t bytes) {
  auto *cursor = static_cast<char *>(target);
  while (bytes > 0) {
    ssize_t got = pread(file.get(), cursor, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return Status::fromErrno(errno, "reading");
    if (got == 0)
      return Status::error("file ends at byte {}, expected {} more", offset, bytes);
    cursor += got;
    offset += static_cast<size_t>(got);
    bytes -= static_cast<size_t>(got);
  }
  return {};
}

Status fanfold::writeAll(const FileDescriptor &file, const void *source, size_t bytes) {
  auto *cursor = static_cast<const char *>(source);
  while (bytes > 0) {
    ssize_t put = write(file.get(), cursor, bytes);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return Status::fromErrno(errno, "writing");
    cursor += put;
    bytes -= static_cast<size_t>(put);
  }
  return {};
}

Status fanfold::writeFileAtomically(const std::string &path, size_t bytes,
                                    const std::function<Status(const FileDescriptor &)> &fill) {
  const std::string temporary = path + temporarySuffix;
  Result<FileDescriptor> file = createReserved(temporary, bytes);
  if (!file)
    return std::move(file).status();

  Status status = fill(*file);
  if (status.ok() && fsync(file->get()) != 0)
    status = Status::fromErrno(errno, "syncing");
  // Network file systems report a full disk as late as here.
  if (int descriptor = file->release(); close(descriptor) != 0 && status.ok())
    status = Status::fromErrno(errno, "closing");
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0)
    status = Status::fromErrno(errno, "renaming " + temporary);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return std::move(status).withContext("writing {}", path);
  }
  return syncDirectory(parentDirectory(path));
}

Status fanfold::checkWritable(const std::string &path, size_t bytes) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    return Status::error("{} is a directory, expected a file", path);
  const std::string temporary = path + temporarySuffix;
  Result<FileDescriptor> file = createReserved(temporary, bytes);
  if (!file)
    return std::move(file).status();
  unlink(temporary.c_str());
  return {};
}

std::string fanfold::programPath() {
  std::error_code code;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", code);
  return code ? std::string() : path.string();
}
