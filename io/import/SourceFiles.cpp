//===- SourceFiles.cpp - files and directories of sources -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/SourceFiles.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

using namespace fanfold;
using namespace fanfold::io;

Result<std::vector<std::string>> io::namesIn(const std::string &directory) {
  std::vector<std::string> names;
  std::error_code failure;
  for (std::filesystem::directory_iterator it(directory, failure), end; !failure && it != end;
       it.increment(failure))
    names.push_back(it->path().filename());
  if (failure)
    return Status::fromErrno(failure.value(), "listing " + directory);
  std::sort(names.begin(), names.end());
  return names;
}

std::string io::endingOf(const std::string &name) {
  const size_t base = name.rfind('/') + 1; // 0 if there is none.
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot < base)
    return {};
  std::string ending = name.substr(dot + 1);
  for (char &c : ending)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return ending;
}

bool io::hasImageEnding(const std::string &name) {
  const std::string ending = endingOf(name);
  return ending == "jpg" || ending == "jpeg" || ending == "png";
}

Result<Bytes> io::readPart(const FileDescriptor &file, uint64_t offset, uint64_t bytes) {
  if (bytes > format::maxPayloadBytes)
    return Status::error("found {} bytes, expected at most {}", bytes, format::maxPayloadBytes);
  Bytes content(bytes);
  FANFOLD_RETURN_IF_ERROR(readAt(file, offset, content.data(), bytes));
  return content;
}

Result<FileDescriptor> io::openTemporary() {
  std::error_code failure;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(failure);
  if (failure)
    return Status::fromErrno(failure.value(), "looking for a folder for temporary files (TMPDIR)");
  std::string path = folder / "dlfs-XXXXXX";
  FileDescriptor file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid())
    return Status::fromErrno(errno, "creating " + path);
  ::unlink(path.c_str());
  return file;
}
