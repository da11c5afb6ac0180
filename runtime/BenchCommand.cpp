//===- BenchCommand.cpp - the command bench -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Commands.h"
#include "runtime/Profile.h"
#include "runtime/Random.h"
#include "runtime/Session.h"
#include "runtime/Stopwatch.h"
#include "runtime/Text.h"

#include <algorithm>
#include <cstring>

using namespace fanfold;

namespace {

/// Random pixels and labels in both staging slots. Labels are 0 or 1, where there are
/// two classes.
void fillInputs(Session &session) {
  const uint64_t classes = fewestLogits(session.program()) > 1 ? 2 : 1;
  for (const Input &input : session.program().inputs)
    for (size_t offset : input.staging) {
      std::byte *target = session.device().staging(offset);
      const uint64_t stream = random::hash(offset, input.name);
      if (input.type == ElementType::i32) {
        for (size_t i = 0; i < input.bytes / sizeof(int32_t); ++i) {
          auto label = static_cast<int32_t>(random::hash(stream, i) % classes);
          std::memcpy(target + i * sizeof(label), &label, sizeof(label));
        }
        continue;
      }
      for (size_t i = 0; i < input.bytes; ++i)
        target[i] = static_cast<std::byte>(random::hash(stream, i));
    }
}

} // namespace

Status fanfold::bench(Invocation &invocation, const BenchOptions &options, Communicator *ranks) {
  const Program &program = invocation.program;
  for (const Input &input : program.inputs)
    if (input.type != ElementType::u8 && input.type != ElementType::i32)
      return Status::error("bench makes up inputs of type u8 and i32 only, {} is another",
                           input.name);
  Result<std::unique_ptr<Session>> opened =
      Session::open(program, std::move(invocation.device), options.threads);
  if (!opened)
    return std::move(opened).status();
  Session &session = **opened;
  FANFOLD_RETURN_IF_ERROR(session.initialize(program.recipe.seed));
  fillInputs(session);
  session.device().setExchange(ranks);
  const int rankCount = ranks ? ranks->size() : 1;

  // All that a training step does, at learning rate 0: the same inputs again and
  // again would drive the losses to where numbers are denormal, and slow.
  auto submit = [&](int64_t index, StepMode mode) -> Status {
    FANFOLD_RETURN_IF_ERROR(session.stage(static_cast<int>(index % 2), Phase::train));
    return session.submitTrain(program.recipe, 0.0, index, mode);
  };
  // With the device's queue kept full, what passes between the ends of two steps is
  // the time of a step.
  std::vector<double> milliseconds;
  const int64_t total = options.warmup + options.steps;
  int64_t submitted = 0;
  Stopwatch stopwatch;
  for (int64_t ended = 0; ended < total; ++ended) {
    for (; submitted < total && session.canSubmit(); ++submitted)
      FANFOLD_RETURN_IF_ERROR(submit(submitted, {}));
    FANFOLD_RETURN_IF_ERROR(session.collect().status());
    if (ranks)
      FANFOLD_RETURN_IF_ERROR(ranks->status());
    if (ended >= options.warmup)
      milliseconds.push_back(1e3 * stopwatch.seconds());
    stopwatch = Stopwatch();
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const size_t half = milliseconds.size() / 2;
  const double median = milliseconds.size() % 2
                            ? milliseconds[half]
                            : 0.5 * (milliseconds[half - 1] + milliseconds[half]);

  // Measured apart: looking at each launch takes time of its own.
  Profile profile(program.train);
  for (int64_t i = 0; options.profile && i < options.steps; ++i) {
    FANFOLD_RETURN_IF_ERROR(submit(i, {nullptr, /*timed=*/true}));
    Result<StepResult> result = session.collect();
    if (!result)
      return std::move(result).status();
    profile.add(result->launchSeconds);
  }

  if (ranks && ranks->rank() > 0)
    return {};
  const double speed = static_cast<double>(program.batch * rankCount) / (median / 1e3);
  Device &device = session.device();
  const DeviceMemory memory = device.memory();
  if (options.json) {
    nlohmann::ordered_json json = {{"model", program.model},
                                   {"target", program.target},
                                   {"device", device.description()},
                                   {"batch", program.batch},
                                   {"ranks", rankCount},
                                   {"threads", device.threads()},
                                   {"steps", options.steps},
                                   {"images_per_s", speed},
                                   {"step_ms", median},
                                   {"step_ms_min", milliseconds.front()},
                                   {"step_ms_max", milliseconds.back()},
                                   {"arena_bytes", program.arenaBytes},
                                   {"device_peak_bytes", memory.tensors},
                                   {"device_overhead_bytes", memory.overhead}};
    if (options.profile)
      json["profile"] = profile.toJson();
    printJson(json);
    return {};
  }
  fmt::print("{}, batch {}, on {} ({})\n", program.model, program.batch, program.target,
             device.description());
  if (ranks)
    fmt::print("  {}, the batch is of each\n", ranks->description());
  fmt::print("  {} images/s\n", formatSpeed(speed));
  fmt::print("  {:.3f} ms a step (median of {}; {:.3f} to {:.3f})\n", median, options.steps,
             milliseconds.front(), milliseconds.back());
  fmt::print("  arena {}, device peak {}{}\n", formatBytes(static_cast<double>(program.arenaBytes)),
             formatBytes(static_cast<double>(memory.tensors)),
             memory.overhead > 0 ? fmt::format(", and {} of the driver and its libraries",
                                               formatBytes(static_cast<double>(memory.overhead)))
                                 : "");
  if (options.profile)
    fmt::print("\n{}", profile.toText());
  return {};
}
