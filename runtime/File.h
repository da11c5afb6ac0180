//===- File.h - files that are whole or not there -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file comes into being in one instant: its bytes go to a temporary file in
// the same directory, which is synced and renamed over the target. Whatever
// happens in between (a kill, a full disk, a power cut), the target is the old
// file or the new one.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_FILE_H
#define FANFOLD_RUNTIME_FILE_H

#include "runtime/Status.h"

#include <cstddef>
#include <functional>
#include <string>

namespace fanfold {

/// Owns a file descriptor. Move-only.
class FileDescriptor {
public:
  explicit FileDescriptor(int descriptor = -1) : descriptor(descriptor) {}
  FileDescriptor(FileDescriptor &&other) noexcept : descriptor(other.release()) {}
  FileDescriptor &operator=(FileDescriptor &&other) noexcept;
  ~FileDescriptor();

  int get() const { return descriptor; }
  bool valid() const { return descriptor >= 0; }
  int release();

private:
  int descriptor;
};

/// Suffix of temporary files; see writeFileAtomically.
inline constexpr const char *temporarySuffix = ".tmp";

/// Opens an existing file for reading. What is no regular file (a pipe, a device) is
/// a failure, and never waited for.
Result<FileDescriptor> openForReading(const std::string &path);

/// Reads exactly `bytes` at `offset`; a file that ends before is a failure.
Status readAt(const FileDescriptor &file, size_t offset, void *target, size_t bytes);

/// The whole of an existing file, which should be small: settings, descriptions.
Result<std::string> readFile(const std::string &path);

/// What is left of an open file or pipe; fails beyond `mostBytes`. `path` names it in failures.
Result<std::string> readToEnd(const FileDescriptor &file, const std::string &path,
                              size_t mostBytes);

/// Writes all of `bytes` at the file's position.
Status writeAll(const FileDescriptor &file, const void *source, size_t bytes);

/// Puts a file of `bytes` in place of `path`. `fill` writes them, in order, with
/// writeAll. Space is reserved before `fill` is called, so that a disk too full
/// fails at once. On failure `path` is untouched and the temporary file
/// `path` + ".tmp" is gone; a kill may leave it behind, and the next call for
/// the same path replaces it. Two processes must not write the same path at the
/// same time.
Status writeFileAtomically(const std::string &path, size_t bytes,
                           const std::function<Status(const FileDescriptor &)> &fill);

/// Fails if writeFileAtomically(path, bytes, ...) would: no permission, no
/// directory, no space. Leaves nothing behind.
Status checkWritable(const std::string &path, size_t bytes);

/// Path of the file that this process runs; empty if Linux does not say. By /proc/self/exe itself
/// ps and top would call what is executed "exe".
std::string programPath();

} // namespace fanfold

#endif // FANFOLD_RUNTIME_FILE_H
