//===- EvalCommand.cpp - the command eval ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint.h"
#include "runtime/Commands.h"
#include "runtime/Evaluate.h"
#include "runtime/Log.h"
#include "runtime/NonFinite.h"
#include "runtime/Progress.h"
#include "runtime/Text.h"

#include <sys/stat.h>

using namespace fanfold;

namespace {

/// A checkpoint file, the latest one of a directory, or any safetensors file with
/// the model's parameters and statistics.
Result<std::string> chooseFile(const std::string &path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0)
    return Status::fromErrno(errno, path);
  if (!S_ISDIR(info.st_mode))
    return path;
  Result<std::optional<std::string>> latest = findLatestCheckpoint(path);
  if (!latest)
    return std::move(latest).status();
  if (!*latest)
    return Status::error("{} holds no checkpoint (step-N.safetensors)", path);
  return **latest;
}

/// What was found is said already; a loss that is none is a failure all the same.
Status checkEvaluation(Session &session, const Evaluation &evaluation) {
  const std::string bad = describeBadLoss(session.program(), evaluation);
  if (bad.empty())
    return {};
  Result<std::optional<std::string>> damage = findDamage(session.device(), session.program());
  if (!damage)
    return std::move(damage).status();
  return Status::error("{}{}", bad, *damage ? ": " + **damage : "");
}

} // namespace

Status fanfold::eval(Invocation &invocation, const EvalOptions &options) {
  const Program &program = invocation.program;
  Result<std::string> path = chooseFile(options.checkpoint);
  if (!path)
    return std::move(path).status();
  Result<SafetensorsFile> file = SafetensorsFile::open(*path);
  if (!file)
    return std::move(file).status();

  Result<std::unique_ptr<Session>> session =
      Session::open(program, std::move(invocation.device), options.threads);
  if (!session)
    return std::move(session).status();
  FANFOLD_RETURN_IF_ERROR((*session)->initialize(program.recipe.seed));
  FANFOLD_RETURN_IF_ERROR((*session)->load(*file, [](Variable::Role role) {
    return role == Variable::Role::parameter || role == Variable::Role::statistic;
  }));
  Result<Session::DataInputs> inputs = (*session)->dataInputs();
  if (!inputs)
    return std::move(inputs).status();
  Result<std::unique_ptr<DataSource>> source =
      invocation.openData(options.data, options.split,
                          batchFormat(program, program.recipe, options.dataThreads, false));
  if (!source)
    return std::move(source).status();

  FANFOLD_RETURN_IF_ERROR(checkClasses(program, options.data, (*source)->classCount()));

  Feed feed(**session, *inputs, std::move(*source));
  Result<std::optional<Evaluation>> result = evaluate(**session, feed, nullptr);
  if (!result)
    return std::move(result).status();
  const Evaluation &evaluation = **result;
  const double speed =
      evaluation.seconds > 0 ? static_cast<double>(evaluation.samples) / evaluation.seconds : 0;
  if (options.json) {
    nlohmann::ordered_json json = {{"model", program.model},
                                   {"checkpoint", *path},
                                   {"split", options.split},
                                   {"samples", evaluation.samples}};
    addMetrics(json, program, evaluation.metrics);
    json["images_per_s"] = speed;
    json["seconds"] = evaluation.seconds;
    printJson(json);
    return checkEvaluation(**session, evaluation);
  }
  fmt::print("{} on {} images of split {} ({}): {}\n", *path, formatCount(evaluation.samples),
             options.split, options.data, formatMetrics(program, evaluation.metrics));
  fmt::print("{:.1f} s, {} images/s\n", evaluation.seconds, formatSpeed(speed));
  return checkEvaluation(**session, evaluation);
}
