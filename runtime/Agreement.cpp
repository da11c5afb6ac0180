//===- Agreement.cpp - what all ranks of a job must have in common --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Agreement.h"
#include "runtime/Random.h"
#include "runtime/Signals.h"

#include <algorithm>
#include <cmath>

using namespace fanfold;

Result<std::string> fanfold::textOf(Communicator &ranks, int root, std::string text) {
  uint64_t size = text.size();
  FANFOLD_RETURN_IF_ERROR(ranks.broadcast(&size, sizeof(size), root));
  text.resize(size);
  FANFOLD_RETURN_IF_ERROR(ranks.broadcast(text.data(), size, root));
  return text;
}

Status fanfold::agree(Communicator &ranks, const std::vector<Fact> &facts) {
  std::vector<uint64_t> mine;
  for (const Fact &fact : facts)
    mine.push_back(random::hash(0, fact.text));
  const size_t count = mine.size();
  std::vector<uint64_t> all(count * static_cast<size_t>(ranks.size()));
  FANFOLD_RETURN_IF_ERROR(ranks.gather(mine.data(), all.data(), count * sizeof(uint64_t)));
  for (size_t fact = 0; fact < count; ++fact)
    for (int rank = 1; rank < ranks.size(); ++rank) {
      if (all[static_cast<size_t>(rank) * count + fact] == all[fact])
        continue;
      Result<std::string> first = textOf(ranks, 0, facts[fact].text);
      if (!first)
        return std::move(first).status();
      Result<std::string> other = textOf(ranks, rank, facts[fact].text);
      if (!other)
        return std::move(other).status();
      return Status::error("ranks disagree on the {}: found '{}' on rank {}, expected '{}' as on "
                           "rank 0",
                           facts[fact].name, *other, rank, *first);
    }
  return {};
}

Result<bool> fanfold::anyRank(Communicator &ranks, bool value) {
  double count = value ? 1 : 0;
  FANFOLD_RETURN_IF_ERROR(ranks.sum(&count, 1));
  return count > 0;
}

Status StopWatch::atStep(int64_t step, double secondsPerStep) {
  if (!ranks || step < next)
    return {};
  struct Word {
    int64_t signal, pause;
  };
  // The pause of rank 0 counts: clocks differ.
  const double steps = secondsPerStep > 0 ? 1 / secondsPerStep : 1;
  const Word mine = {stopSignal(), static_cast<int64_t>(std::clamp(steps, 1.0, 1000.0))};
  std::vector<Word> all(static_cast<size_t>(ranks->size()));
  FANFOLD_RETURN_IF_ERROR(ranks->gather(&mine, all.data(), sizeof(Word)));
  for (const Word &word : all)
    if (agreed == 0)
      agreed = static_cast<int>(word.signal);
  next = step + all.front().pause;
  return {};
}

int StopWatch::signal() const { return ranks ? agreed : stopSignal(); }
