//===- Train.cpp - the training loop --------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Train.h"
#include "runtime/Checkpoint.h"
#include "runtime/Evaluate.h"
#include "runtime/Feed.h"
#include "runtime/Log.h"
#include "runtime/NonFinite.h"
#include "runtime/Progress.h"
#include "runtime/Schedule.h"
#include "runtime/Session.h"
#include "runtime/Signals.h"
#include "runtime/Stopwatch.h"
#include "runtime/Text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace fanfold;
using nlohmann::ordered_json;

namespace {

/// Unlike fmt::print this does not throw where nobody reads.
void warn(const std::string &text) { std::fputs(("warning: " + text + "\n").c_str(), stderr); }

bool stopRequested() { return stopSignal() != 0; }

class Trainer {
public:
  Trainer(const Program &program, const TrainOptions &options)
      : program(program), options(options), settings(program.recipe), epochTally(program),
        logTally(program) {}

  /// Opens everything that training needs and checks what can be checked before
  /// the first step.
  Status open(std::unique_ptr<Device> device, OpenDataSource openData);

  Status run();

private:
  Status chooseSettings();
  Status openSplits(OpenDataSource open);
  Status openCheckpoints();
  Status initialize();
  Status loadFirstValues();
  void announce();

  Result<BatchInfo> oneStep(int64_t step, bool fetchAhead, LaunchObserver *observer);
  Status afterEpoch();
  Status evaluateNow();
  Status checkState();
  Status save();
  Status saveLast();
  Status finish(double seconds);
  Status stopped(int signal);
  Status explainNonFinite(const std::string &symptom);

  CheckpointInfo info() const {
    return {position,
            program.batch,
            feed->source().sampleCount(),
            program.fingerprint,
            program.model,
            settingsToJson(settings, program)};
  }
  bool done() const { return position.step >= horizon.totalSteps; }

  const Program &program;
  const TrainOptions &options;
  Settings settings;
  Horizon horizon;
  Position position;

  std::unique_ptr<Session> session;
  std::unique_ptr<Feed> feed;      ///< Split "train".
  std::unique_ptr<Feed> testFeed;  ///< Split "test"; null: no evaluation.
  std::optional<Checkpoint> start; ///< Resumed from.
  std::optional<CheckpointWriter> checkpoints;
  std::string lastCheckpoint; ///< Path of the last good one; empty: none.
  int64_t lastSavedStep = -1;
  Log log;

  std::unique_ptr<Progress> progress;
  Tally epochTally;
  Tally logTally;
  std::vector<double> metrics;          ///< Of the last step.
  std::optional<Evaluation> evaluation; ///< After the last step, if there was one.
  int64_t trainedImages = 0;
  double trainingSeconds = 0; ///< In steps, without evaluation and checkpoints.
};

Status Trainer::open(std::unique_ptr<Device> device, OpenDataSource open) {
  FANFOLD_RETURN_IF_ERROR(chooseSettings());
  Result<std::unique_ptr<Session>> opened =
      Session::open(program, std::move(device), options.threads);
  if (!opened)
    return std::move(opened).status();
  session = std::move(*opened);
  FANFOLD_RETURN_IF_ERROR(openSplits(open));
  FANFOLD_RETURN_IF_ERROR(openCheckpoints());
  if (!options.log.empty()) {
    Result<Log> opened = Log::open(options.log);
    if (!opened)
      return std::move(opened).status();
    log = std::move(*opened);
  }
  return initialize();
}

/// The program's recipe, then that of the checkpoint, then the command line: a
/// resumed run goes on as it began unless told otherwise.
Status Trainer::chooseSettings() {
  if (options.resume) {
    Result<std::optional<std::string>> latest = findLatestCheckpoint(options.checkpoint);
    if (!latest)
      return std::move(latest).status();
    if (*latest) {
      Result<Checkpoint> opened = Checkpoint::open(**latest);
      if (!opened)
        return std::move(opened).status().withContext("resuming");
      start.emplace(std::move(*opened));
      FANFOLD_RETURN_IF_ERROR(
          settingsFromJson(settings, program, start->info.recipe).withContext("{}", **latest));
    }
  }
  for (const auto &[field, text] : options.overrides) {
    FANFOLD_RETURN_IF_ERROR(setField(settings, *field, text).withContext("{}", field->name));
    if (std::string_view(field->name) == "epochs")
      settings.steps.reset();
  }
  if (options.steps)
    settings.steps = options.steps;
  return {};
}

Status Trainer::openSplits(OpenDataSource open) {
  Result<Session::DataInputs> inputs = session->dataInputs();
  if (!inputs)
    return std::move(inputs).status();
  const Recipe &recipe = settings.recipe();
  auto format = [&](bool train) {
    return batchFormat(program, recipe, options.dataThreads, train);
  };

  Result<std::unique_ptr<DataSource>> train = open(options.data, "train", format(true));
  if (!train)
    return std::move(train).status();
  feed = std::make_unique<Feed>(*session, *inputs, std::move(*train));
  if (feed->source().batchesPerEpoch() <= 0)
    return Status::error("{}: split train has {} images, expected at least a batch of {}",
                         options.data, feed->source().sampleCount(), program.batch);
  horizon.stepsPerEpoch = feed->source().batchesPerEpoch();
  double steps = settings.steps
                     ? static_cast<double>(*settings.steps)
                     : std::round(recipe.epochs * static_cast<double>(horizon.stepsPerEpoch));
  if (steps > 1e15)
    return Status::error("a training of {:g} steps has no end", steps);
  horizon.totalSteps = std::max<int64_t>(static_cast<int64_t>(steps), 1);

  if (options.evalEvery == 0)
    return {};
  Result<std::unique_ptr<DataSource>> test = open(options.data, "test", format(false));
  if (test.ok())
    testFeed = std::make_unique<Feed>(*session, *inputs, std::move(*test));
  else if (options.evalEvery)
    return std::move(test).status();
  else // Training is what was asked for; say why there is nothing else.
    warn(fmt::format("no evaluation: {}", test.status().message()));
  return {};
}

Status Trainer::openCheckpoints() {
  if (options.checkpoint.empty())
    return {};
  Result<CheckpointWriter> writer = CheckpointWriter::open(options.checkpoint, options.keep);
  if (!writer)
    return std::move(writer).status();
  checkpoints.emplace(std::move(*writer));

  if (!options.resume) {
    Result<std::optional<std::string>> latest = findLatestCheckpoint(options.checkpoint);
    if (!latest)
      return std::move(latest).status();
    if (*latest)
      return Status::error("{} is there already: pass --resume to continue it, or choose another "
                           "directory",
                           **latest);
  }
  return checkpoints->check(*session, info());
}

/// The state before the first step of a training that resumes nothing.
Status Trainer::loadFirstValues() {
  FANFOLD_RETURN_IF_ERROR(session->initialize(settings.recipe().seed));
  if (options.weights.empty())
    return {};
  Result<SafetensorsFile> file = SafetensorsFile::open(options.weights);
  if (!file)
    return std::move(file).status();
  return session->load(*file,
                       [](Variable::Role role) { return role == Variable::Role::parameter; });
}

Status Trainer::initialize() {
  FANFOLD_RETURN_IF_ERROR(start ? session->initialize(settings.recipe().seed) : loadFirstValues());
  if (start) {
    const CheckpointInfo &before = start->info;
    FANFOLD_RETURN_IF_ERROR(start->restore(*session).withContext("resuming"));
    if (before.batch != program.batch)
      return Status::error("resuming: {}: batch is {}, expected {}; --weights starts a new "
                           "training from its values",
                           start->file.path(), before.batch, program.batch);
    if (before.samples != feed->source().sampleCount())
      return Status::error("resuming: {}: the training split had {} images, {} has {}; --weights "
                           "starts a new training from its values",
                           start->file.path(), before.samples, options.data,
                           feed->source().sampleCount());
    position = before.position;
    lastCheckpoint = start->file.path();
    lastSavedStep = position.step;
  }
  return feed->seek(position.epoch, position.nextSample);
}

void Trainer::announce() {
  const Recipe &recipe = settings.recipe();
  const double epochs =
      static_cast<double>(horizon.totalSteps) / static_cast<double>(horizon.stepsPerEpoch);
  progress->line(fmt::format("{}: {} parameters, {}, batch {}, arena {}", program.model,
                             formatCount(parameterCount(program)), program.precision, program.batch,
                             formatBytes(static_cast<double>(program.arenaBytes))));
  progress->line(
      fmt::format("  device      {} ({})", program.target, session->device().description()));
  progress->line(fmt::format(
      "  data        {}: {} train{} images", options.data,
      formatCount(feed->source().sampleCount()),
      testFeed ? fmt::format(", {} test", formatCount(testFeed->source().sampleCount())) : ""));
  progress->line(fmt::format("  recipe      {}, learning rate {} ({}), {:.4g} epoch{} = {} steps, "
                             "seed {}",
                             optimizerName(recipe.optimizer),
                             formatNumber(peakLearningRate(recipe, program.batch)),
                             scheduleName(recipe.schedule), epochs, epochs == 1 ? "" : "s",
                             formatCount(horizon.totalSteps), recipe.seed));
  if (checkpoints)
    progress->line(fmt::format(
        "  checkpoints {}, every {}", checkpoints->directory(),
        options.checkpointEvery ? fmt::format("{} steps", *options.checkpointEvery) : "epoch"));
  if (start)
    progress->line(fmt::format("resuming from {} (step {} of {})", start->file.path(),
                               formatCount(position.step), formatCount(horizon.totalSteps)));
  else if (options.resume)
    progress->line(
        fmt::format("{} holds no checkpoint: starting at the beginning", options.checkpoint));
  log.write("start", {{"model", program.model},
                      {"target", program.target},
                      {"batch", program.batch},
                      {"steps", horizon.totalSteps},
                      {"step", position.step},
                      {"recipe", settingsToJson(settings, program)}});
}

Result<BatchInfo> Trainer::oneStep(int64_t step, bool fetchAhead, LaunchObserver *observer) {
  const Recipe &recipe = settings.recipe();
  Result<BatchInfo> batch = feed->next(Phase::train, fetchAhead);
  if (!batch)
    return std::move(batch).status().withContext("step {}", step + 1);
  double rate = learningRate(recipe, program.batch, horizon, step);
  FANFOLD_RETURN_IF_ERROR(session->writeScalars(recipe, rate, step));
  FANFOLD_RETURN_IF_ERROR(session->run(Phase::train, observer).withContext("step {}", step + 1));
  Result<std::vector<double>> values = session->metrics(Phase::train);
  if (!values)
    return std::move(values).status();
  metrics = std::move(*values);
  return batch;
}

Status Trainer::run() {
  watchStopSignals();
  progress = std::make_unique<Progress>(program, horizon);
  announce();
  Stopwatch whole;
  while (!done()) {
    Stopwatch stopwatch;
    const int64_t step = position.step;
    Result<BatchInfo> batch = oneStep(step, step + 1 < horizon.totalSteps, nullptr);
    if (!batch)
      return std::move(batch).status();
    const double seconds = stopwatch.seconds();

    ++position.step;
    position.epoch = batch->lastOfEpoch ? batch->epoch + 1 : batch->epoch;
    position.nextSample = batch->lastOfEpoch ? 0 : batch->nextSample;
    evaluation.reset();
    if (!metrics.empty() && !std::isfinite(metrics[0]))
      return explainNonFinite(fmt::format("{} is {} at step {}", program.metrics[0].name,
                                          formatNumber(metrics[0]), position.step));
    trainedImages += batch->samples;
    trainingSeconds += seconds;
    epochTally.add(metrics, batch->samples, seconds);
    logTally.add(metrics, batch->samples, seconds);
    const double rate = learningRate(settings.recipe(), program.batch, horizon, step);
    progress->step(position.step, epochTally, rate);
    if (position.step % options.logEvery == 0) {
      ordered_json fields = {{"step", position.step}, {"epoch", batch->epoch + 1}};
      addMetrics(fields, program, logTally.means());
      fields["learning_rate"] = rate;
      fields["images_per_s"] = logTally.imagesPerSecond();
      log.write("step", std::move(fields));
      logTally.clear();
    }

    // Save before evaluating: whatever ends an evaluation costs no training.
    const bool due = options.checkpointEvery ? position.step % *options.checkpointEvery == 0
                                             : batch->lastOfEpoch;
    if (checkpoints && due && !done() && !stopSignal()) {
      FANFOLD_RETURN_IF_ERROR(checkState());
      if (Status status = save(); !status.ok())
        warn(fmt::format("no checkpoint of step {}: {}; training goes on", position.step,
                         status.message()));
    }
    if (batch->lastOfEpoch && !stopSignal())
      FANFOLD_RETURN_IF_ERROR(afterEpoch());
    if (int signal = stopSignal(); signal && !done())
      return stopped(signal);
  }
  return finish(whole.seconds());
}

/// After the last batch of an epoch: evaluates if it is time to, and says how the
/// epoch went.
Status Trainer::afterEpoch() {
  if (testFeed && (done() || position.epoch % options.evalEvery.value_or(1) == 0)) {
    FANFOLD_RETURN_IF_ERROR(evaluateNow());
  }
  ordered_json fields = {{"step", position.step}, {"epoch", position.epoch}};
  addMetrics(fields, program, epochTally.means());
  fields["images_per_s"] = epochTally.imagesPerSecond();
  fields["seconds"] = epochTally.seconds;
  log.write("epoch", std::move(fields));
  progress->epoch(position.step, epochTally, evaluation ? &*evaluation : nullptr);
  epochTally.clear();
  return {};
}

Status Trainer::evaluateNow() {
  Result<std::optional<Evaluation>> result = evaluate(*session, *testFeed, stopRequested);
  if (!result)
    return std::move(result).status().withContext("evaluating after step {}", position.step);
  evaluation = std::move(*result);
  if (!evaluation)
    return {};
  ordered_json fields = {{"step", position.step},
                         {"epoch", (position.step - 1) / horizon.stepsPerEpoch + 1},
                         {"samples", evaluation->samples}};
  addMetrics(fields, program, evaluation->metrics);
  fields["seconds"] = evaluation->seconds;
  log.write("eval", std::move(fields));
  return {};
}

/// A state with a NaN in it must not push a good checkpoint out.
Status Trainer::checkState() {
  for (const Variable &variable : program.variables) {
    if (!inCheckpoint(variable.role))
      continue;
    Result<std::optional<NonFiniteElement>> bad =
        findNonFinite(session->device(), variable.offset, variable.bytes, variable.type);
    if (!bad)
      return std::move(bad).status();
    if (*bad)
      return explainNonFinite(fmt::format("{} has {} at element {} after step {}", variable.name,
                                          formatNumber((*bad)->value), (*bad)->index,
                                          position.step));
  }
  return {};
}

Status Trainer::save() {
  Result<std::string> path = checkpoints->save(*session, info());
  if (!path)
    return std::move(path).status();
  lastCheckpoint = *path;
  lastSavedStep = position.step;
  log.write("checkpoint", {{"step", position.step}, {"path", *path}});
  return {};
}

/// Saves what is not saved yet. Unlike a failure on the way, one at the end loses
/// something.
Status Trainer::saveLast() {
  if (!checkpoints || lastSavedStep == position.step)
    return {};
  FANFOLD_RETURN_IF_ERROR(checkState());
  return save().withContext("step {} is not saved ({})", position.step,
                            lastCheckpoint.empty() ? "nor any before"
                                                   : "the last checkpoint is " + lastCheckpoint);
}

Status Trainer::finish(double seconds) {
  FANFOLD_RETURN_IF_ERROR(saveLast());
  if (testFeed && !evaluation)
    FANFOLD_RETURN_IF_ERROR(evaluateNow());
  const double speed = trainingSeconds > 0 ? trainedImages / trainingSeconds : 0;
  log.write(
      "end",
      {{"step", position.step}, {"seconds", seconds}, {"images_per_s", speed}, {"reason", "done"}});
  if (trainedImages > 0)
    progress->line(fmt::format("trained {} steps in {:.1f} s, {} images/s",
                               formatCount(trainedImages / program.batch), seconds,
                               formatSpeed(speed)));
  else
    progress->line(
        fmt::format("nothing left to train: step {} of {}", position.step, horizon.totalSteps));
  if (evaluation)
    progress->line(fmt::format("test        {}", formatMetrics(program, evaluation->metrics)));
  if (checkpoints)
    progress->line(fmt::format("checkpoint  {}", lastCheckpoint));
  return {};
}

Status Trainer::stopped(int signal) {
  FANFOLD_RETURN_IF_ERROR(feed->drain());
  log.write("end", {{"step", position.step},
                    {"images_per_s", trainingSeconds > 0 ? trainedImages / trainingSeconds : 0},
                    {"reason", signalName(signal)}});
  if (!checkpoints)
    return Status::error("stopped by {} after step {} of {}; nothing is saved without --checkpoint",
                         signalName(signal), position.step, horizon.totalSteps);
  FANFOLD_RETURN_IF_ERROR(saveLast().withContext("stopped by {}", signalName(signal)));
  progress->line(fmt::format("stopped by {} after step {} of {}: saved {}; --resume continues",
                             signalName(signal), position.step, horizon.totalSteps,
                             lastCheckpoint));
  return {};
}

/// Finds where a value that is not finite came from. The step has overwritten the
/// state it began with, so the last good state (a checkpoint, or the first values)
/// is taken and the steps since are run again, which gives the same bits, with an
/// observer that looks at what each launch writes.
Status Trainer::explainNonFinite(const std::string &symptom) {
  const int64_t failed = position.step;
  const double rate = learningRate(settings.recipe(), program.batch, horizon, failed - 1);
  const std::string headline =
      fmt::format("training stopped: {} (learning rate {})", symptom, formatNumber(rate));
  log.write("end", {{"step", failed}, {"reason", symptom}});
  const bool searchable = std::any_of(program.train.launches.begin(), program.train.launches.end(),
                                      [](const Launch &launch) { return !launch.outputs.empty(); });
  if (!searchable)
    return Status::error("{}", headline);

  Position from;
  FANFOLD_RETURN_IF_ERROR(feed->drain());
  if (!lastCheckpoint.empty()) {
    Result<Checkpoint> good = Checkpoint::open(lastCheckpoint);
    if (!good)
      return std::move(good).status().withContext("{}", headline);
    FANFOLD_RETURN_IF_ERROR(good->restore(*session));
    from = good->info.position;
  } else {
    FANFOLD_RETURN_IF_ERROR(loadFirstValues());
  }
  progress->line(fmt::format("{}; looking for its origin: training again from step {} ({})",
                             symptom, from.step,
                             lastCheckpoint.empty() ? "the beginning" : lastCheckpoint));

  FANFOLD_RETURN_IF_ERROR(feed->seek(from.epoch, from.nextSample));
  NonFiniteSearch search(session->device(), program.train);
  for (int64_t step = from.step; step < failed; ++step) {
    if (stopRequested())
      return Status::error("{}; the search for its origin was stopped at step {}", headline, step);
    Result<BatchInfo> batch = oneStep(step, step + 1 < failed, &search);
    if (!batch)
      return std::move(batch).status();
    FANFOLD_RETURN_IF_ERROR(Status(search.status()));
    if (search.found())
      return Status::error("{}; the first value that is not finite came in step {}: {}", headline,
                           step + 1, search.description());
  }
  return Status::error("{}; the same steps run again showed no such value", headline);
}

} // namespace

BatchFormat fanfold::batchFormat(const Program &program, const Recipe &recipe, int threads,
                                 bool train) {
  BatchFormat format;
  format.batch = program.batch;
  for (const Input &input : program.inputs)
    if (input.shape.size == 4) {
      format.height = input.shape[1];
      format.width = input.shape[2];
      format.channels = input.shape[3];
    }
  format.train = train;
  if (train) {
    format.cropPadding = recipe.cropPadding;
    format.flip = recipe.flip;
    format.resizedCrop = recipe.resizedCrop;
  }
  format.seed = recipe.seed;
  format.threads = threads;
  return format;
}

Status fanfold::train(const Program &program, std::unique_ptr<Device> device,
                      OpenDataSource openData, const TrainOptions &options) {
  Trainer trainer(program, options);
  FANFOLD_RETURN_IF_ERROR(trainer.open(std::move(device), openData));
  return trainer.run();
}
