//===- TrainerDiagnosis.cpp - where a value that is not finite came from --===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/NonFinite.h"
#include "runtime/Signals.h"
#include "runtime/Text.h"
#include "runtime/Trainer.h"

#include <algorithm>
#include <cmath>

using namespace fanfold;

/// A state with a NaN in it must not push a good checkpoint out.
Status Trainer::averageStatistics() {
  if (!ranks)
    return {};
  std::vector<float> values;
  std::vector<double> sums;
  Device &device = session->device();
  for (const Variable &variable : program.variables)
    if (variable.role == Variable::Role::statistic) {
      values.resize(variable.bytes / sizeof(float));
      FANFOLD_RETURN_IF_ERROR(device.read(variable.offset, values.data(), variable.bytes));
      sums.insert(sums.end(), values.begin(), values.end());
    }
  FANFOLD_RETURN_IF_ERROR(ranks->sum(sums.data(), sums.size()));
  auto sum = sums.begin();
  for (const Variable &variable : program.variables)
    if (variable.role == Variable::Role::statistic) {
      values.resize(variable.bytes / sizeof(float));
      for (float &value : values)
        value = static_cast<float>(*sum++ / ranks->size());
      FANFOLD_RETURN_IF_ERROR(device.write(variable.offset, values.data(), variable.bytes));
    }
  return {};
}

Status Trainer::checkState() {
  FANFOLD_RETURN_IF_ERROR(averageStatistics());
  Result<std::optional<std::string>> damage = findDamage(session->device(), program);
  if (!damage)
    return std::move(damage).status();
  if (*damage)
    return explainNonFinite(fmt::format("{} after step {}", **damage, position.step));
  return {};
}

/// Finds where a value that is not finite came from. The step has overwritten the
/// state it began with, so the last good state (a checkpoint, or the first values)
/// is taken and the steps since are run again, which gives the same bits, with an
/// observer that looks at what each launch writes.
Status Trainer::explainNonFinite(const std::string &symptom) {
  const int64_t failed = position.step;
  const double rate = learningRate(settings.recipe(), wholeBatch(), horizon, failed - 1);
  const std::string headline =
      fmt::format("training stopped: {} (learning rate {})", symptom, formatNumber(rate));
  log.write("end", {{"step", failed}, {"reason", symptom}});
  const bool searchable = std::any_of(program.train.launches.begin(), program.train.launches.end(),
                                      [](const Launch &launch) { return !launch.outputs.empty(); });
  if (!searchable)
    return Status::error("{}", headline);

  // The step that failed may have successors under way.
  FANFOLD_RETURN_IF_ERROR(session->drain());
  begun.clear();
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
    if (!ranks && stopSignal() != 0)
      return Status::error("{}; the search for its origin was stopped at step {}", headline, step);
    FANFOLD_RETURN_IF_ERROR(beginStep(step, step + 1 < failed, &search));
    FANFOLD_RETURN_IF_ERROR(endStep().status());
    FANFOLD_RETURN_IF_ERROR(Status(search.status()));
    const bool here = search.found().has_value();
    Result<bool> found = ranks ? anyRank(*ranks, here) : Result<bool>(here);
    if (!found)
      return std::move(found).status();
    if (!*found)
      continue;
    // What reached neither the loss nor the state did no harm: gradients that overflow are
    // how a scaled loss finds its scale.
    if (metrics.empty() || std::isfinite(metrics[0])) {
      Result<std::optional<std::string>> damage = findDamage(session->device(), program);
      if (!damage)
        return std::move(damage).status();
      if (!*damage) {
        search.forget();
        continue;
      }
    }
    if (!search.found())
      return Status::error("{}; the first value that is not finite came in step {} of another rank",
                           headline, step + 1);
    return Status::error("{}; the first value that is not finite came in step {}: {}", headline,
                         step + 1, search.description());
  }
  return Status::error("{}; the same steps run again showed no such value", headline);
}
