//===- Installation.h - where the parts of Fanfold lie ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fanfold is found from the place of the program that runs, so that an installation may be
// moved as a whole. A build tree has the same layout, with links into the sources:
//
//   PREFIX/bin/fanfold
//   PREFIX/lib/fanfold/            libraries that programs link; fanfold-cuda.so
//   PREFIX/share/fanfold/include/  headers that programs compile
//   PREFIX/share/fanfold/devices/  descriptions of GPUs
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_INSTALLATION_H
#define FANFOLD_CODEGEN_INSTALLATION_H

#include <string>
#include <vector>

namespace fanfold {

struct Installation {
  std::string prefix;
  std::string libraries; ///< PREFIX/lib/fanfold
  std::string headers;   ///< PREFIX/share/fanfold/include
  std::string devices;   ///< PREFIX/share/fanfold/devices

  /// The names of the descriptions ("nvidia-h200"), sorted.
  std::vector<std::string> deviceNames() const;

  /// What the running program is part of.
  static const Installation &get();
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_INSTALLATION_H
