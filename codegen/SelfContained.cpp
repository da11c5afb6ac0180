//===- SelfContained.cpp - projects that need no Fanfold ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/SelfContained.h"
#include "codegen/Installation.h"
#include "runtime/ToolFiles.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace fanfold;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Names in the include lines of a source, whatever the preprocessor would make of them.
static std::vector<std::string> includedNames(llvm::StringRef text) {
  std::vector<std::string> names;
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n');
  for (llvm::StringRef line : lines) {
    line = line.trim();
    if (!line.consume_front("#include"))
      continue;
    line = line.trim();
    if (line.consume_front("\""))
      names.push_back(line.take_until([](char c) { return c == '"'; }).str());
    else if (line.consume_front("<"))
      names.push_back(line.take_until([](char c) { return c == '>'; }).str());
  }
  return names;
}

static Status copyInto(const std::string &from, const std::string &to,
                       const std::vector<std::string> &inputs) {
  std::error_code code = fs::create_directories(path::parent_path(to));
  if (!code) {
    FANFOLD_RETURN_IF_ERROR(checkOutput(to, inputs));
    code = fs::copy_file(from, to);
  }
  return code ? Status::error("copying {} to {}: {}", from, to, code.message()) : Status();
}

/// A name that is no file below the headers is one of the compiler's or of the project's.
static Status copyHeaders(const ProjectFiles &files, const std::string &directory,
                          const std::vector<std::string> &inputs) {
  const std::string &root = Installation::get().headers;
  llvm::StringSet<> known;
  std::vector<std::string> open;
  const auto add = [&](const std::string &name) {
    if (fs::is_regular_file(root + "/" + name) && known.insert(name).second)
      open.push_back(name);
  };
  for (const auto &[file, text] : files)
    for (const std::string &name : includedNames(text))
      add(name);
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    const std::string file = root + "/" + name;
    auto buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer)
      return Status::error("reading {}: {}", file, buffer.getError().message());
    FANFOLD_RETURN_IF_ERROR(copyInto(file, directory + "/include/" + name, inputs));
    for (const std::string &included : includedNames((*buffer)->getBuffer())) {
      add(included);
      // Libraries include their own headers by the place beside.
      add((path::parent_path(name) + "/" + included).str());
    }
  }
  return {};
}

Status fanfold::copyDependencies(const ProjectFiles &files, llvm::StringRef libraries,
                                 const std::string &directory,
                                 const std::vector<std::string> &inputs) {
  FANFOLD_RETURN_IF_ERROR(copyHeaders(files, directory, inputs));
  for (llvm::StringRef word : llvm::split(libraries, ' ')) {
    if (!word.consume_front("-l"))
      continue;
    const std::string name = word.consume_front(":") ? word.str() : ("lib" + word + ".a").str();
    const std::string file = Installation::get().libraries + "/" + name;
    if (fs::exists(file))
      FANFOLD_RETURN_IF_ERROR(copyInto(file, directory + "/lib/" + name, inputs));
  }
  return {};
}
