//===- Names.h - names as bytes and as text -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names of classes and samples are kept byte for byte: in chunks, in the record of a
// data set and in what commands print they are the same. So they must be text, which
// the importer sees to.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_NAMES_H
#define FANFOLD_IO_NAMES_H

#include "runtime/Status.h"

#include <string>
#include <string_view>

namespace fanfold::io {

/// The text as a terminal may show it: control characters and bytes that are not
/// UTF-8 become \xNN, everything else stays.
std::string printable(std::string_view text);

/// Fails unless `name` is UTF-8 without control characters, not empty and not longer
/// than a chunk can hold. `what` begins the message: "class", "sample".
Status checkName(const char *what, std::string_view name);

} // namespace fanfold::io

#endif // FANFOLD_IO_NAMES_H
