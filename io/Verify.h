//===- Verify.h - every byte of a store looked at -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is wrong with a store, chunk by chunk; and metadata made anew from chunks
// when they are lost.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_VERIFY_H
#define FANFOLD_IO_VERIFY_H

#include "io/Store.h"
#include "runtime/Status.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fanfold::io {

/// What verify() or rebuild() found.
struct VerifyReport {
  uint64_t datasets = 0;
  uint64_t chunks = 0;
  uint64_t samples = 0;
  uint64_t bytes = 0;
  /// Damage, one sentence each: chunk, file, byte offsets.
  std::vector<std::string> problems;
  /// Oddities that harm no data set, such as chunks that belong to none.
  std::vector<std::string> notes;
};

/// Called after every chunk with the report so far.
using VerifyProgress = std::function<void(const VerifyReport &)>;

/// Reads every chunk of `dataset`, or of all if it is empty, and compares
/// checksums, records and index. Damage goes into the report and does not end
/// the work; a failure means that the work could not be done.
Result<VerifyReport> verifyStore(Store &store, const std::string &dataset,
                                 const VerifyProgress &progress);

/// Makes new metadata from the chunks of the store at `directory`; the old ones
/// are kept under another name. A data set whose record is damaged is a problem
/// in the report and is not in the new metadata; its chunks stay.
Result<VerifyReport> rebuildMetadata(const std::string &directory, const VerifyProgress &progress);

} // namespace fanfold::io

#endif // FANFOLD_IO_VERIFY_H
