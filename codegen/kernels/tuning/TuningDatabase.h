//===- TuningDatabase.h - measured choices, as a text file ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `OUT tune` measured on a card, for `--tuning-db`. One line a record, fields
// separated by tabs, lines sorted, the fastest choice of a problem first, so that files
// are compared and merged with the usual tools. Empty lines and lines that begin with '#' are
// passed over. The fields:
//
//   device      "NVIDIA H200", as the driver says it
//   library     "cudnn 9.19.0": what `choice` is bound to
//   problem     "conv2d forward in=..."; see ConvProblem.h and MatmulProblem.h
//   choice      "62 tile_size=4 ..." of cuDNN, hexadecimal digits of cuBLASLt
//   workspace   bytes
//   time        microseconds, a decimal number
//   repeats     whether several runs gave the same bits: "repeats", "varies" or "unknown";
//               may be missing, which is unknown
//
// Every choice that was measured is kept: which is the fastest that may run depends on the
// bytes there are, and on whether results must repeat to the bit.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_TUNING_TUNINGDATABASE_H
#define FANFOLD_CODEGEN_KERNELS_TUNING_TUNINGDATABASE_H

#include "runtime/Status.h"

#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace fanfold {

struct TuningRecord {
  std::string device, library, problem, choice;
  int64_t workspaceBytes = 0;
  double microseconds = 0;
  std::optional<bool> repeats = {}; ///< Whether several runs gave the same bits; none: not asked.
  size_t line = 0;                  ///< Of the file it was read from, from 1; 0 if it was measured.
};

class TuningDatabase {
public:
  /// Fails with "FILE:LINE: ..." at the first line that is no record.
  static Result<TuningDatabase> read(const std::string &path);
  /// `origin` stands for the path in failures.
  static Result<TuningDatabase> parse(const std::string &text, const std::string &origin);

  /// Replaces `path` as a whole or leaves it as it is.
  Status write(const std::string &path) const;
  std::string text() const;

  /// A record of the same device, library, problem and choice is replaced: the last
  /// measurement counts. That is also how duplicates in a file are read. Fails for fields with tabs
  /// or line ends and for times that are not above zero.
  Status add(const TuningRecord &record);

  /// The choices of a problem, fastest first; none if there is no record. Lives until the
  /// next add.
  const std::vector<TuningRecord> &measured(const std::string &device, const std::string &library,
                                            const std::string &problem) const;

  /// "NVIDIA H200 with cudnn 9.19.0", sorted, each once: what there are records of.
  std::vector<std::string> origins() const;

  size_t size() const;

private:
  using Key = std::tuple<std::string, std::string, std::string>;
  /// By rising time.
  std::map<Key, std::vector<TuningRecord>> records;
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_KERNELS_TUNING_TUNINGDATABASE_H
