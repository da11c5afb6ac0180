//===- Trainer.h - one training, from its options to its end --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The state of a training and what is done to it. Three files: opening and
// checking (TrainerSetup.cpp), the loop (Trainer.cpp), the search for the origin
// of a NaN (TrainerDiagnosis.cpp). Train.h is what others see.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_TRAINER_H
#define FANFOLD_RUNTIME_TRAINER_H

#include "runtime/Agreement.h"
#include "runtime/Checkpoint.h"
#include "runtime/Evaluate.h"
#include "runtime/Feed.h"
#include "runtime/Log.h"
#include "runtime/Progress.h"
#include "runtime/Schedule.h"
#include "runtime/Session.h"
#include "runtime/Train.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

/// Says something on stderr. Unlike fmt::print this does not throw where nobody
/// reads.
void warn(const std::string &text);

/// Opened once, run once. The options must outlive it, and so must `ranks`, which is null if this
/// process is the whole job.
///
/// All ranks do the same at the same step; rank 0 alone writes: checkpoints, the log, what people
/// read. Parameters are equal on all, to the bit. The running averages of batch normalisation are
/// each rank's own; before they are saved or evaluated, they become the means over the ranks.
class Trainer {
public:
  Trainer(const Program &program, const TrainOptions &options, Communicator *ranks)
      : program(program), options(options), ranks(ranks), settings(program.recipe),
        epochTally(program), logTally(program), stop(ranks) {}

  /// Opens everything that training needs and checks what can be checked before
  /// the first step.
  Status open(std::unique_ptr<Device> device, OpenDataSource openData);

  Status run();

private:
  Status chooseSettings();
  Status openSplits(OpenDataSource open);
  Status openCheckpoints();
  Status initialize();
  Status checkResumed();
  Status agreeWithRanks();
  Status averageStatistics();
  Status openLog();
  nlohmann::ordered_json startFields() const;
  Status loadFirstValues();
  void announce();

  /// A step submitted and not collected.
  struct BegunStep {
    int64_t step; ///< From 0.
    BatchInfo batch;
  };

  Status beginStep(int64_t step, bool fetchAhead, LaunchObserver *observer);
  Result<BegunStep> endStep();
  bool mayBegin() const;
  bool checkpointDue() const {
    return position.step > 0 && checkpointDue(position.step, position.nextSample == 0);
  }
  bool checkpointDue(int64_t step, bool endsEpoch) const;
  Status endEpoch();
  Status evaluateNow();
  Status checkState();
  Status save(Status &written);
  void logCheckpoint();
  Status saveLast();
  Status finish(double seconds);
  Status stopped(int signal);
  Status explainNonFinite(const std::string &symptom);

  CheckpointInfo info() const {
    return {position,
            wholeBatch(),
            feed->source().sampleCount(),
            program.fingerprint,
            program.model,
            settingsToJson(settings, program),
            feed->source().importId(),
            epochTally.sums(),
            log.isOpen() ? std::optional(logTally.sums()) : std::nullopt};
  }
  int rank() const { return ranks ? ranks->rank() : 0; }
  int rankCount() const { return ranks ? ranks->size() : 1; }
  bool leads() const { return rank() == 0; }
  /// Samples of a step on all ranks.
  int64_t wholeBatch() const { return program.batch * rankCount(); }
  bool saves() const { return !options.checkpoint.empty(); }
  bool done() const { return position.step >= horizon.totalSteps; }
  /// An epoch is over and endEpoch() was not.
  bool epochEnds() const {
    return position.step > 0 && position.nextSample == 0 && !epochTally.empty();
  }

  const Program &program;
  const TrainOptions &options;
  Communicator *const ranks; ///< Null: this process alone.
  Settings settings;
  Horizon horizon;
  Position position;

  std::unique_ptr<Session> session;
  std::unique_ptr<Feed> feed;                  ///< Split "train".
  std::unique_ptr<Feed> testFeed;              ///< Split "test"; null: no evaluation.
  std::optional<Checkpoint> start;             ///< Resumed from.
  std::optional<CheckpointWriter> checkpoints; ///< Of rank 0, if it saves.
  Status lastSave;                             ///< Of the state after the last step of all.
  std::string lastCheckpoint;                  ///< Path of the last good one; empty: none.
  int64_t lastSavedStep = -1;
  Log log;
  int64_t removedLines = 0; ///< Of the log, which come again.

  /// The device's queue: while it works on the first, the others wait there. Holds
  /// no step beyond one whose state is to be saved or evaluated.
  std::deque<BegunStep> begun;

  std::unique_ptr<Progress> progress;
  Tally epochTally;
  Tally logTally;
  std::vector<double> metrics;          ///< Of the last step that ended.
  std::optional<Evaluation> evaluation; ///< After the last step, if there was one.
  StopWatch stop;
  int64_t trainedImages = 0;  ///< By all ranks.
  double trainingSeconds = 0; ///< In steps, without evaluation and checkpoints.
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_TRAINER_H
