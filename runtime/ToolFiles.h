//===- ToolFiles.h - files that tools read and write ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a command line names. No command overwrites what it reads, a file is written whole
// or not at all, and nothing that is read makes a command wait: an input is a regular file,
// or standard input by the name "-".
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_TOOLFILES_H
#define FANFOLD_RUNTIME_TOOLFILES_H

#include "runtime/Status.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// The whole of an input, which has at most `mostBytes`.
Result<std::string> readInput(const std::string &path, size_t mostBytes = size_t{1} << 30);

/// Fails if writeOutput(path, ...) would overwrite one of `inputs`, by whatever name or
/// link, or would find a directory or none to write in: said before the work, not after.
/// Of the inputs, those that are empty or do not exist are passed over.
Status checkOutput(const std::string &path, const std::vector<std::string> &inputs);

/// Writes `bytes` to `path`; "" and "-" are standard output. A regular file, or one that is
/// not there yet, comes into being in one instant, with the permissions `mode` less the
/// umask; of a link the target is meant. Devices and pipes are written to as they are.
Status writeOutput(const std::string &path, std::string_view bytes, unsigned mode = 0666);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_TOOLFILES_H
