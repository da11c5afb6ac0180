//===- Trainer.cpp - the training loop ------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Trainer.h"
#include "runtime/Random.h"
#include "runtime/Signals.h"
#include "runtime/Stopwatch.h"
#include "runtime/Text.h"

#include <cmath>

using namespace fanfold;
using nlohmann::ordered_json;

Status Trainer::beginStep(int64_t step, bool fetchAhead, LaunchObserver *observer) {
  Recipe recipe = settings.recipe();
  // Random numbers of a step are other ones on each rank.
  if (rank() > 0)
    recipe.seed = random::hash(random::hash(recipe.seed, "rank"), static_cast<uint64_t>(rank()));
  Result<BatchInfo> batch = feed->next(Phase::train, fetchAhead);
  if (!batch)
    return std::move(batch).status().withContext("step {}", step + 1);
  double rate = learningRate(recipe, wholeBatch(), horizon, step);
  FANFOLD_RETURN_IF_ERROR(
      session->submitTrain(recipe, rate, step, {observer}).withContext("step {}", step + 1));
  begun.push_back({step, *batch});
  return {};
}

Result<Trainer::BegunStep> Trainer::endStep() {
  BegunStep ended = begun.front();
  begun.pop_front();
  Result<StepResult> result = session->collect();
  if (!result)
    return std::move(result).status().withContext("step {}", ended.step + 1);
  // A mean that failed leaves gradients of this rank alone: nothing of that may be saved.
  if (ranks)
    FANFOLD_RETURN_IF_ERROR(ranks->status().withContext("step {}", ended.step + 1));
  metrics = std::move(result->values);
  return ended;
}

bool Trainer::checkpointDue(int64_t step, bool endsEpoch) const {
  if (!saves())
    return false;
  return step >= horizon.totalSteps ||
         (options.checkpointEvery ? step % *options.checkpointEvery == 0 : endsEpoch);
}

/// If the device's queue may take another step. The state after the last step of an
/// epoch and after one with a checkpoint is wanted before it changes; and once asked
/// to stop, a training ends with the steps that it has begun.
bool Trainer::mayBegin() const {
  if (position.step + session->underWay() >= horizon.totalSteps || !session->canSubmit())
    return false;
  if (begun.empty())
    return true;
  const BegunStep &last = begun.back();
  return stop.signal() == 0 && !last.batch.lastOfEpoch &&
         !checkpointDue(last.step + 1, last.batch.lastOfEpoch);
}

Status Trainer::run() {
  watchStopSignals();
  progress = std::make_unique<Progress>(program, horizon, /*quiet=*/!leads());
  announce();
  Stopwatch whole;
  if (start) {
    // What came after the checkpoint was saved and before the next step.
    if (log.isOpen() && checkpointDue())
      logCheckpoint();
    if (epochEnds())
      FANFOLD_RETURN_IF_ERROR(endEpoch());
  }
  Stopwatch stopwatch;
  while (!done()) {
    FANFOLD_RETURN_IF_ERROR(stop.atStep(position.step, epochTally.secondsPerStep()));
    if (int signal = stop.signal(); signal && begun.empty())
      return stopped(signal);
    while (mayBegin()) {
      const int64_t next = position.step + session->underWay();
      FANFOLD_RETURN_IF_ERROR(beginStep(next, next + 1 < horizon.totalSteps, nullptr));
    }
    Result<BegunStep> ended = endStep();
    if (!ended)
      return std::move(ended).status();
    const BatchInfo &batch = ended->batch;
    const int64_t samples = batch.samples * rankCount();
    // With a full queue this is the time of the step, and not of its begin to its end.
    const double seconds = stopwatch.seconds();
    stopwatch = Stopwatch();

    ++position.step;
    position.epoch = batch.lastOfEpoch ? batch.epoch + 1 : batch.epoch;
    position.nextSample = batch.lastOfEpoch ? 0 : batch.nextSample;
    evaluation.reset();
    if (!metrics.empty() && !std::isfinite(metrics[0]))
      return explainNonFinite(fmt::format("{} is {} at step {}", program.metrics[0].name,
                                          formatNumber(metrics[0]), position.step));
    trainedImages += samples;
    trainingSeconds += seconds;
    epochTally.add(metrics, samples, seconds);
    logTally.add(metrics, samples, seconds);
    const double rate = learningRate(settings.recipe(), wholeBatch(), horizon, ended->step);
    progress->step(position.step, epochTally, rate);
    if (position.step % options.logEvery == 0) {
      ordered_json fields = {{"step", position.step}, {"epoch", batch.epoch + 1}};
      addMetrics(fields, program, logTally.means());
      fields["learning_rate"] = rate;
      fields["images_per_s"] = logTally.imagesPerSecond();
      log.write("step", fields);
      logTally.clear();
    }

    // Save before evaluating: whatever ends an evaluation costs no training.
    const bool due = checkpointDue();
    if (done()) {
      FANFOLD_RETURN_IF_ERROR(checkState());
      lastSave = saveLast();
    } else if (due) {
      FANFOLD_RETURN_IF_ERROR(checkState());
      Status written;
      FANFOLD_RETURN_IF_ERROR(save(written));
      if (!written.ok() && leads())
        warn(fmt::format("no checkpoint of step {}: {}; training goes on", position.step,
                         written.message()));
    }
    if (batch.lastOfEpoch)
      FANFOLD_RETURN_IF_ERROR(endEpoch());
    if (due || batch.lastOfEpoch)
      stopwatch = Stopwatch();
  }
  return finish(whole.seconds());
}

/// After the last batch of an epoch: evaluates if it is time to, and says how the
/// epoch went. Asked to stop meanwhile, it leaves both to the training that resumes.
Status Trainer::endEpoch() {
  if (testFeed && (done() || position.epoch % options.evalEvery.value_or(1) == 0)) {
    FANFOLD_RETURN_IF_ERROR(evaluateNow());
    if (!evaluation)
      return {};
  }
  ordered_json fields = {{"step", position.step}, {"epoch", position.epoch}};
  addMetrics(fields, program, epochTally.means());
  fields["images_per_s"] = epochTally.imagesPerSecond();
  fields["seconds"] = epochTally.seconds();
  log.write("epoch", fields);
  progress->epoch(position.step, epochTally, evaluation ? &*evaluation : nullptr);
  epochTally.clear();
  return {};
}

Status Trainer::evaluateNow() {
  FANFOLD_RETURN_IF_ERROR(averageStatistics());
  Result<std::optional<Evaluation>> result = evaluate(
      *session, *testFeed, [] { return stopSignal() != 0; }, ranks);
  if (!result)
    return std::move(result).status().withContext("evaluating after step {}", position.step);
  evaluation = std::move(*result);
  if (!evaluation)
    return {};
  if (const std::string bad = describeBadLoss(program, *evaluation); !bad.empty())
    warn(fmt::format("evaluation after step {}: {}", position.step, bad));
  ordered_json fields = {{"step", position.step},
                         {"epoch", (position.step - 1) / horizon.stepsPerEpoch + 1},
                         {"samples", evaluation->samples}};
  addMetrics(fields, program, evaluation->metrics);
  fields["seconds"] = evaluation->seconds;
  log.write("eval", fields);
  return {};
}

/// Fails if the ranks cannot talk any more. Whether there is a checkpoint, `written` says: the same
/// on all ranks, for all look for the origin of a NaN from the last one.
Status Trainer::save(Status &written) {
  std::string path;
  if (leads()) {
    Result<std::string> saved = checkpoints->save(*session, info());
    written = saved.status();
    path = saved ? *saved : std::string();
  }
  if (ranks) {
    Result<std::string> told = textOf(*ranks, 0, path);
    if (!told)
      return std::move(told).status();
    path = std::move(*told);
    if (path.empty() && written.ok())
      written = Status::error("rank 0 could not save");
  }
  if (path.empty())
    return {};
  lastCheckpoint = path;
  lastSavedStep = position.step;
  logCheckpoint();
  return {};
}

void Trainer::logCheckpoint() {
  log.write("checkpoint", {{"step", position.step}, {"path", lastCheckpoint}});
}

/// Saves what is not saved yet. Unlike a failure on the way, one at the end loses
/// something.
Status Trainer::saveLast() {
  if (!saves() || lastSavedStep == position.step)
    return {};
  Status written;
  FANFOLD_RETURN_IF_ERROR(save(written));
  return std::move(written).withContext(
      "step {} is not saved ({})", position.step,
      lastCheckpoint.empty() ? "nor any before" : "the last checkpoint is " + lastCheckpoint);
}

Status Trainer::finish(double seconds) {
  if (testFeed && !evaluation) {
    FANFOLD_RETURN_IF_ERROR(evaluateNow());
    if (!evaluation)
      return stopped(stopSignal());
  }
  const double speed = trainingSeconds > 0 ? trainedImages / trainingSeconds : 0;
  log.write(
      "end",
      {{"step", position.step}, {"seconds", seconds}, {"images_per_s", speed}, {"reason", "done"}});
  if (trainedImages > 0)
    progress->line(fmt::format("trained {} steps in {:.1f} s, {} images/s",
                               formatCount(trainedImages / wholeBatch()), seconds,
                               formatSpeed(speed)));
  else
    progress->line(
        fmt::format("nothing left to train: step {} of {}", position.step, horizon.totalSteps));
  if (evaluation)
    progress->line(fmt::format("test        {}", formatMetrics(program, evaluation->metrics)));
  FANFOLD_RETURN_IF_ERROR(Status(lastSave));
  if (saves())
    progress->line(fmt::format("checkpoint  {}", lastCheckpoint));
  return progress->status();
}

Status Trainer::stopped(int signal) {
  FANFOLD_RETURN_IF_ERROR(feed->drain());
  const std::string where = fmt::format("stopped by {} after step {} of {}", signalName(signal),
                                        position.step, horizon.totalSteps);
  if (saves())
    FANFOLD_RETURN_IF_ERROR(checkState());
  Status saved = saveLast();
  log.write("end", {{"step", position.step},
                    {"images_per_s", trainingSeconds > 0 ? trainedImages / trainingSeconds : 0},
                    {"reason", signalName(signal)}});
  if (!leads())
    return Status::stopped(signal, "");
  if (!saves())
    return Status::stopped(signal, "{}; nothing is saved without --checkpoint", where);
  FANFOLD_RETURN_IF_ERROR(std::move(saved).withContext("{}", where));
  progress->line(fmt::format("{}: saved {}; --resume continues", where, lastCheckpoint));
  return Status::stopped(signal, "");
}
