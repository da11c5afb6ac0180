//===- BufferFile.h - buffers as CSV --------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format of google/minimalloc: a header line, then one line per buffer.
//
//   id,lower,upper,size,alignment,offset
//   b1,0,3,4,1,8
//
// Columns may stand in any order. `alignment` (default 1) and `offset` (default:
// free) are optional, and so are their values. `buffer`, `start` and `end` are
// other names of `id`, `lower` and `upper`. Blanks around values and lines of
// blanks do not count; lines may end in CR LF. Ids are unique, not empty, and
// hold no comma: there is no quoting.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_BUFFERFILE_H
#define FANFOLD_PASSES_PACKER_BUFFERFILE_H

#include "passes/packer/Packer.h"

#include <iosfwd>

namespace fanfold::packer {

/// Reads buffers from `in`. Returns diagnostics, each one line of the form
/// `name:line:column: error: ...`, some followed by a line with a note; lines and
/// columns count from 1, columns in bytes. No diagnostics: `buffers` holds the
/// file's and passes check(). Stops after ten.
std::vector<std::string> readBuffers(std::istream &in, const std::string &name,
                                     std::vector<Buffer> &buffers);

/// Writes buffers with their offsets; readBuffers() reads them back, the offsets
/// as given ones. The caller looks at the state of `out`.
void writeBuffers(std::ostream &out, const std::vector<Buffer> &buffers,
                  const std::vector<int64_t> &offsets);

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_BUFFERFILE_H
