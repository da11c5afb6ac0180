//===- SourceFiles.h - files and directories of sources -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_IMPORT_SOURCEFILES_H
#define FANFOLD_IO_IMPORT_SOURCEFILES_H

#include "io/Chunk.h"
#include "runtime/File.h"
#include "runtime/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace fanfold::io {

/// Names in a directory, sorted, so that nothing depends on the file system.
Result<std::vector<std::string>> namesIn(const std::string &directory);

/// Whether a file of this name is one of images: .jpg, .jpeg, .png.
bool hasImageEnding(const std::string &name);

/// What follows the last dot of the last component, in lower case; empty for none.
std::string endingOf(const std::string &name);

/// Reads `bytes` of a regular file at `offset`.
Result<Bytes> readPart(const FileDescriptor &file, uint64_t offset, uint64_t bytes);

/// An empty file for what can be read only once, in the folder for temporary files
/// (TMPDIR). It has no name and is gone when it is closed.
Result<FileDescriptor> openTemporary();

} // namespace fanfold::io

#endif // FANFOLD_IO_IMPORT_SOURCEFILES_H
