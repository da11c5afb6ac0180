//===- Installation.cpp - where the parts of Fanfold lie ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Installation.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace fanfold;
namespace path = llvm::sys::path;

std::vector<std::string> Installation::deviceNames() const {
  std::vector<std::string> names;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(devices, code), end; !code && file != end;
       file.increment(code))
    if (path::extension(file->path()) == ".json")
      names.push_back(path::stem(file->path()).str());
  llvm::sort(names);
  return names;
}

const Installation &Installation::get() {
  static const Installation installation = [] {
    // Follows links: /usr/local/bin/fanfold may be one into /opt.
    const std::string program =
        llvm::sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&Installation::get));
    const std::string prefix = path::parent_path(path::parent_path(program)).str();
    return Installation{prefix, prefix + "/lib/fanfold", prefix + "/share/fanfold/include",
                        prefix + "/share/fanfold/devices"};
  }();
  return installation;
}
