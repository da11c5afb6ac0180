//===- Checkpoint.h - states of a training on disk ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A checkpoint is a safetensors file DIR/step-N.safetensors with every variable
// of role parameter, statistic or optimizer under its name in the model file. Its
// metadata holds the rest of what the next step depends on:
//
//   format       "fanfold-checkpoint-2"
//   model        name of the model
//   fingerprint  of the program's variables, 16 hexadecimal digits
//   batch        samples of a step
//   step         steps done; the next one has this number
//   epoch        of the next sample, from 0
//   next_sample  samples of that epoch already used
//   samples      of the training split
//   import       id of the import that wrote the training split
//   import_time  of it, seconds since 1970
//   recipe       JSON: the recipe of the run, the seed among it
//   epoch_sums   JSON: sums of the metrics over the epoch under way; over all of it where
//                the epoch ends here and nothing was said of it yet
//   log_sums     JSON: the same since the last line `step` of the log, if there is a log
//
// It is the state right after the step: what comes between a step and the next one (the
// evaluation at the end of an epoch, the lines about it) comes again after resuming.
//
// Random numbers are functions of the seed and these positions (Random.h), so
// there is no generator to save. The latest checkpoint is the one of the largest
// N: no file points to it that could be stale.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_CHECKPOINT_H
#define FANFOLD_RUNTIME_CHECKPOINT_H

#include "runtime/File.h"
#include "runtime/Safetensors.h"
#include "runtime/Session.h"
#include "runtime/Settings.h"
#include "runtime/Status.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

/// How far a training has come.
struct Position {
  int64_t step = 0;       ///< Steps done.
  int64_t epoch = 0;      ///< Of the next sample.
  int64_t nextSample = 0; ///< Samples of the epoch already used.
};

/// Metrics summed over steps.
struct MetricSums {
  int64_t steps = 0;
  std::vector<double> sums; ///< In the program's order.
};

/// What a checkpoint says besides its tensors.
struct CheckpointInfo {
  Position position;
  int64_t batch = 0;
  int64_t samples = 0;
  uint64_t fingerprint = 0;
  std::string model;
  nlohmann::json recipe; ///< Of settingsToJson.
  ImportId import;       ///< Of the training split.
  MetricSums epochSums;
  std::optional<MetricSums> logSums;
};

/// A checkpoint open for reading: whole, its checksum right.
struct Checkpoint {
  SafetensorsFile file;
  CheckpointInfo info;

  /// Opens one file.
  static Result<Checkpoint> open(const std::string &path);

  /// Copies all its variables into the session. A checkpoint of another model
  /// fails, naming the first tensor that differs.
  Status restore(Session &session) const;
};

/// The latest checkpoint in a directory; nullopt if it holds none, or does not
/// exist. Reads names only.
Result<std::optional<std::string>> findLatestCheckpoint(const std::string &directory);

/// The directory that a training writes its checkpoints to, held against every
/// other writer until destruction.
class CheckpointWriter {
public:
  /// Creates `directory` if there is none, locks it, and removes what a killed
  /// writer left half-written. `keep` (at least 1) checkpoints stay there.
  static Result<CheckpointWriter> open(const std::string &directory, int keep);

  /// Fails now if a checkpoint could not be written later.
  Status check(Session &session, const CheckpointInfo &info) const;

  /// Writes the session's state, then removes all but the last `keep`
  /// checkpoints. Returns the path. On failure all earlier ones are still there.
  Result<std::string> save(Session &session, const CheckpointInfo &info) const;

  const std::string &directory() const { return path; }

private:
  CheckpointWriter(std::string path, int keep, FileDescriptor lock)
      : path(std::move(path)), keep(keep), lock(std::move(lock)) {}

  std::string path;
  int keep;
  FileDescriptor lock; ///< Of the directory itself: no lock file to be left over.
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_CHECKPOINT_H
