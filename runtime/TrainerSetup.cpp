//===- TrainerSetup.cpp - what a training needs before its first step -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Text.h"
#include "runtime/Trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace fanfold;

void fanfold::warn(const std::string &text) {
  std::fputs(("warning: " + text + "\n").c_str(), stderr);
}

Status Trainer::open(std::unique_ptr<Device> device, OpenDataSource open) {
  FANFOLD_RETURN_IF_ERROR(chooseSettings());
  Result<std::unique_ptr<Session>> opened =
      Session::open(program, std::move(device), options.threads);
  if (!opened)
    return std::move(opened).status();
  session = std::move(*opened);
  FANFOLD_RETURN_IF_ERROR(openSplits(open));
  FANFOLD_RETURN_IF_ERROR(openCheckpoints());
  FANFOLD_RETURN_IF_ERROR(initialize());
  if (ranks) {
    FANFOLD_RETURN_IF_ERROR(agreeWithRanks());
    session->device().setExchange(ranks);
  }
  // Last, for it may cost lines.
  return options.log.empty() || !leads() ? Status() : openLog();
}

Status Trainer::agreeWithRanks() {
  const DataSource &data = feed->source();
  std::vector<Fact> facts = {
      {"compiler", program.compiler},
      {"model", fmt::format("{} ({:016x})", program.model, program.fingerprint)},
      {"precision", program.precision},
      {"batch of a rank", fmt::format("{}", program.batch)},
      {"length", fmt::format("{} steps", horizon.totalSteps)},
      {"data set",
       fmt::format("{} images of {}", data.sampleCount(), describeImport(data.importId()))},
      {"step to begin at", fmt::format("{}", position.step)},
      {"checkpoints", fmt::format("{}, every {}", saves(), options.checkpointEvery.value_or(0))},
      {"evaluations",
       fmt::format("{}, every {}", testFeed != nullptr, options.evalEvery.value_or(1))}};
  const nlohmann::ordered_json recipe = settingsToJson(settings, program);
  for (const auto &[name, value] : recipe.items())
    facts.push_back({fmt::format("recipe's {}", name), value.dump()});
  return agree(*ranks, facts);
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
  return checkSettings(settings, program).withContext("recipe");
}

Status Trainer::openSplits(OpenDataSource open) {
  Result<Session::DataInputs> inputs = session->dataInputs();
  if (!inputs)
    return std::move(inputs).status();
  const Recipe &recipe = settings.recipe();
  auto format = [&](bool train) {
    BatchFormat format = batchFormat(program, recipe, options.dataThreads, train);
    format.rank = rank();
    format.ranks = rankCount();
    return format;
  };

  Result<std::unique_ptr<DataSource>> train = open(options.data, "train", format(true));
  if (!train)
    return std::move(train).status();
  feed = std::make_unique<Feed>(*session, *inputs, std::move(*train));
  FANFOLD_RETURN_IF_ERROR(checkClasses(program, options.data, feed->source().classCount()));
  if (feed->source().batchesPerEpoch() <= 0)
    return Status::error("{}: split train has {} images, expected at least a batch of {}",
                         options.data, feed->source().sampleCount(), wholeBatch());
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
  if (test.ok()) {
    testFeed = std::make_unique<Feed>(*session, *inputs, std::move(*test));
    FANFOLD_RETURN_IF_ERROR(checkClasses(program, options.data, testFeed->source().classCount()));
  } else if (options.evalEvery) {
    return std::move(test).status();
  } else { // Training is what was asked for; say why there is nothing else.
    warn(fmt::format("no evaluation: {}", test.status().message()));
  }
  return {};
}

Status Trainer::openCheckpoints() {
  if (!saves() || !leads())
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
    FANFOLD_RETURN_IF_ERROR(checkResumed().withContext("resuming: {}", start->file.path()));
    position = before.position;
    epochTally.goOn(before.epochSums);
    if (before.logSums)
      logTally.goOn(*before.logSums);
    lastCheckpoint = start->file.path();
    lastSavedStep = position.step;
  }
  return feed->seek(position.epoch, position.nextSample);
}

/// A resumed run sees every sample of the epoch once: with the same batches of the same
/// samples in the same order.
Status Trainer::checkResumed() {
  const CheckpointInfo &before = start->info;
  constexpr const char *remedy = "--weights starts a new training from its values";
  const DataSource &now = feed->source();
  if (before.batch != wholeBatch())
    return Status::error("batch is {}, expected {}; {}", before.batch, wholeBatch(), remedy);
  if (before.import.id != now.importId().id || before.samples != now.sampleCount())
    return Status::error("it was trained on {} images of {}, {} has {} of {}; {}", before.samples,
                         describeImport(before.import), options.data, now.sampleCount(),
                         describeImport(now.importId()), remedy);
  Settings then(program.recipe);
  FANFOLD_RETURN_IF_ERROR(settingsFromJson(then, program, before.recipe));
  if (then.recipe().seed != settings.recipe().seed)
    return Status::error("seed is {}, found {} on the command line, which would be another order "
                         "of the samples; {}",
                         then.recipe().seed, settings.recipe().seed, remedy);
  for (const MetricSums *sums : {&before.epochSums, before.logSums ? &*before.logSums : nullptr})
    if (sums && sums->sums.size() != program.metrics.size)
      return Status::error("it has sums of {} metrics, expected {}", sums->sums.size(),
                           program.metrics.size);
  return {};
}

nlohmann::ordered_json Trainer::startFields() const {
  return {{"model", program.model},
          {"target", program.target},
          {"batch", wholeBatch()},
          {"steps", horizon.totalSteps},
          {"recipe", settingsToJson(settings, program)}};
}

Status Trainer::openLog() {
  Result<Log> opened = Log::open(options.log);
  if (!opened)
    return std::move(opened).status();
  log = std::move(*opened);
  if (!options.resume)
    return {};
  LogPosition goOn;
  goOn.step = position.step;
  goOn.saved = start.has_value();
  goOn.epochTold = position.nextSample == 0 && epochTally.empty();
  if (start)
    goOn.start = {
        {"model", start->info.model}, {"batch", start->info.batch}, {"recipe", start->info.recipe}};
  else
    goOn.start = nlohmann::json::parse(startFields().dump());
  Result<int64_t> removed = log.cutBack(goOn);
  if (!removed)
    return std::move(removed).status();
  removedLines = *removed;
  return {};
}

void Trainer::announce() {
  const Recipe &recipe = settings.recipe();
  const double epochs =
      static_cast<double>(horizon.totalSteps) / static_cast<double>(horizon.stepsPerEpoch);
  progress->line(fmt::format("{}: {} parameters, {}, batch {}, arena {}", program.model,
                             formatCount(parameterCount(program)), program.precision, wholeBatch(),
                             formatBytes(static_cast<double>(program.arenaBytes))));
  progress->line(
      fmt::format("  device      {} ({})", program.target, session->device().description()));
  if (ranks)
    progress->line(
        fmt::format("  ranks       {}, batch {} each", ranks->description(), program.batch));
  // Fewer classes than logits are as good, and worth a look.
  const int64_t classes = feed->source().classCount(), logits = fewestLogits(program);
  progress->line(fmt::format(
      "  data        {}: {} train{} images{}", options.data,
      formatCount(feed->source().sampleCount()),
      testFeed ? fmt::format(", {} test", formatCount(testFeed->source().sampleCount())) : "",
      classes < logits && !program.classifiers.empty()
          ? fmt::format(" of {} classes, for {} logits", classes, logits)
          : ""));
  progress->line(fmt::format("  recipe      {}, learning rate {} ({}), {:.4g} epoch{} = {} steps, "
                             "seed {}",
                             optimizerName(recipe.optimizer),
                             formatNumber(peakLearningRate(recipe, wholeBatch())),
                             scheduleName(recipe.schedule), epochs, epochs == 1 ? "" : "s",
                             formatCount(horizon.totalSteps), recipe.seed));
  if (saves())
    progress->line(fmt::format(
        "  checkpoints {}, every {}", options.checkpoint,
        options.checkpointEvery ? fmt::format("{} steps", *options.checkpointEvery) : "epoch"));
  if (start)
    progress->line(fmt::format("resuming from {} (step {} of {})", start->file.path(),
                               formatCount(position.step), formatCount(horizon.totalSteps)));
  else if (options.resume)
    progress->line(
        fmt::format("{} holds no checkpoint: starting at the beginning", options.checkpoint));
  if (removedLines > 0)
    progress->line(fmt::format("{}: removed {} line{} after step {}", options.log, removedLines,
                               removedLines == 1 ? "" : "s", position.step));
  log.start(startFields(), position.step);
}
