//===- ToolFiles.cpp - files that tools read and write --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/ToolFiles.h"
#include "runtime/File.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

using namespace fanfold;
namespace fs = std::filesystem;

Result<std::string> fanfold::readInput(const std::string &path, size_t mostBytes) {
  Result<FileDescriptor> file =
      path == "-" ? Result(FileDescriptor(dup(STDIN_FILENO))) : openForReading(path);
  if (!file)
    return file.status();
  return readToEnd(*file, path, mostBytes);
}

static bool isStandardOutput(const std::string &path) { return path.empty() || path == "-"; }

/// As stat(), of an input.
static bool statInput(const std::string &path, struct stat &info) {
  return (path == "-" ? fstat(STDIN_FILENO, &info) : stat(path.c_str(), &info)) == 0;
}

/// The file that `path` stands for, or would if it were there.
static fs::path resolve(const std::string &path) {
  std::error_code code;
  fs::path place = fs::canonical(path, code);
  return code ? fs::path(path) : place;
}

Status fanfold::checkOutput(const std::string &path, const std::vector<std::string> &inputs) {
  if (isStandardOutput(path))
    return {};
  struct stat output, input;
  if (stat(path.c_str(), &output) != 0) {
    if (errno != ENOENT)
      return Status::fromErrno(errno, "writing " + path);
    fs::path folder = fs::path(path).parent_path();
    if (access(folder.empty() ? "." : folder.c_str(), W_OK) != 0)
      return Status::fromErrno(errno, "writing " + path);
    return {};
  }
  if (S_ISDIR(output.st_mode))
    return Status::error("writing {}: it is a directory, expected a file", path);
  // A terminal may well be read and written.
  if (!S_ISREG(output.st_mode))
    return {};
  for (const std::string &name : inputs)
    if (!name.empty() && statInput(name, input) && input.st_dev == output.st_dev &&
        input.st_ino == output.st_ino)
      return Status::error("writing {}: found the input {}, expected another file", path, name);
  if (access(resolve(path).parent_path().c_str(), W_OK) != 0)
    return Status::fromErrno(errno, "writing " + path);
  return {};
}

static Status writeTo(FileDescriptor file, std::string_view bytes, bool sync,
                      const std::string &path) {
  while (!bytes.empty()) {
    const ssize_t count = write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR)
      return Status::fromErrno(errno, "writing " + path);
    if (count > 0)
      bytes.remove_prefix(size_t(count));
  }
  if (sync && fsync(file.get()) != 0)
    return Status::fromErrno(errno, "writing " + path);
  // Network file systems report a full disk as late as here.
  if (close(file.release()) != 0)
    return Status::fromErrno(errno, "writing " + path);
  return {};
}

Status fanfold::writeOutput(const std::string &path, std::string_view bytes, unsigned mode) {
  if (isStandardOutput(path)) {
    std::fflush(stdout);
    FileDescriptor copy(dup(STDOUT_FILENO));
    if (!copy.valid())
      return Status::fromErrno(errno, "writing to standard output");
    return writeTo(std::move(copy), bytes, /*sync=*/false, "to standard output");
  }
  // Where a link leads nowhere there is nothing to lose.
  const fs::path target = resolve(path);
  std::error_code code;
  const fs::file_status status = fs::symlink_status(target, code);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode));
    if (!file.valid())
      return Status::fromErrno(errno, "writing " + path);
    return writeTo(std::move(file), bytes, /*sync=*/false, path);
  }
  // A name of its own, so that neither a file that is there nor another writer is harmed.
  const std::string temporary = target.string() + fmt::format(".{}.tmp", getpid());
  FileDescriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.valid())
    return Status::fromErrno(errno, "writing " + path);
  Status written = writeTo(std::move(file), bytes, /*sync=*/true, path);
  if (written.ok() && rename(temporary.c_str(), target.c_str()) != 0)
    written = Status::fromErrno(errno, "writing " + path);
  if (!written.ok())
    unlink(temporary.c_str());
  return written;
}
