//===- Evaluate.cpp - metrics over a whole split --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Evaluate.h"
#include "runtime/Communicator.h"
#include "runtime/Stopwatch.h"
#include "runtime/Text.h"

#include <cmath>
#include <deque>

using namespace fanfold;

std::string fanfold::describeBadLoss(const Program &program, const Evaluation &evaluation) {
  if (evaluation.metrics.empty() || std::isfinite(evaluation.metrics[0]))
    return "";
  return fmt::format("{} is {} over {} images", program.metrics[0].name,
                     formatNumber(evaluation.metrics[0]), formatCount(evaluation.samples));
}

/// Makes counts and sums those of all ranks.
static Status sumOverRanks(Communicator &ranks, Evaluation &result) {
  std::vector<double> sums = result.metrics;
  sums.push_back(static_cast<double>(result.samples));
  FANFOLD_RETURN_IF_ERROR(ranks.sum(sums.data(), sums.size()));
  result.samples = static_cast<int64_t>(sums.back());
  sums.pop_back();
  result.metrics = std::move(sums);
  return {};
}

Result<std::optional<Evaluation>> fanfold::evaluate(Session &session, Feed &feed, bool (*stop)(),
                                                    Communicator *ranks) {
  Stopwatch stopwatch;
  Evaluation result;
  result.metrics.resize(session.program().metrics.size);
  FANFOLD_RETURN_IF_ERROR(feed.seek(0, 0));
  const int64_t batches = feed.source().batchesPerEpoch();
  std::deque<int64_t> samples; // Of the steps under way.
  for (int64_t ended = 0, begun = 0; ended < batches; ++ended) {
    if (!ranks && stop && stop()) {
      FANFOLD_RETURN_IF_ERROR(session.drain());
      FANFOLD_RETURN_IF_ERROR(feed.drain());
      return std::optional<Evaluation>();
    }
    for (; begun < batches && session.canSubmit(); ++begun) {
      Result<BatchInfo> info = feed.next(Phase::eval, /*fetchAhead=*/begun + 1 < batches);
      if (!info)
        return std::move(info).status();
      FANFOLD_RETURN_IF_ERROR(session.submitEval());
      samples.push_back(info->samples);
    }
    Result<StepResult> step = session.collect();
    if (!step)
      return std::move(step).status();
    // A metric is the mean over the whole batch, in which padding counts zero.
    for (size_t i = 0; i < step->values.size(); ++i)
      result.metrics[i] += step->values[i] * static_cast<double>(session.program().batch);
    result.samples += samples.front();
    samples.pop_front();
  }
  if (ranks)
    FANFOLD_RETURN_IF_ERROR(sumOverRanks(*ranks, result));
  for (double &metric : result.metrics)
    metric /= static_cast<double>(result.samples > 0 ? result.samples : 1);
  result.seconds = stopwatch.seconds();
  return std::optional(std::move(result));
}
