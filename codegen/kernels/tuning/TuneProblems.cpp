//===- TuneProblems.cpp - measures what a program can choose --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/TuneProblems.h"

#include "runtime/File.h"
#include "runtime/Signals.h"
#include "runtime/Stopwatch.h"
#include "runtime/Text.h"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <unistd.h>

using namespace fanfold;

namespace {

using Records = std::vector<TuningRecord>;

Result<TuningDatabase> readIfThere(const std::string &path) {
  std::error_code code;
  // What cannot even be asked for cannot be read either, and reading says it better.
  if (!std::filesystem::exists(path, code) && !code)
    return TuningDatabase();
  return TuningDatabase::read(path);
}

/// Points into the program.
Result<std::vector<const Tunable *>> select(const Program &program, const std::string &layers) {
  std::vector<const Tunable *> selected;
  try {
    const std::regex pattern(layers);
    for (const Tunable &tunable : program.tunables)
      if (std::regex_search(tunable.layer, pattern))
        selected.push_back(&tunable);
  } catch (const std::regex_error &error) {
    return Status::usage("--layers='{}' is no regular expression: {}", layers, error.what());
  }
  if (program.tunables.empty())
    return Status::error("there is nothing to tune: {} has no convolutions and no matrix products",
                         program.model);
  if (selected.empty())
    return Status::error("no layer of {} with a convolution or a matrix product has a name with "
                         "a match of '{}'",
                         program.model, layers);
  return selected;
}

class Tuning {
public:
  Tuning(const TuneRequest &request, TuningDatabase database, ProblemTimer &timer)
      : request(request), database(std::move(database)), timer(timer) {}

  Status run(const std::vector<const Tunable *> &selected);

private:
  const Records &recordsOf(const Tunable &tunable) const {
    return database.measured(timer.deviceName(), timer.libraryName(tunable), tunable.problem);
  }
  Status measure(const Tunable &tunable);
  void announce(const Tunable &tunable, double secondsLeft);
  void report(const Tunable &tunable, const Records &measured);
  void say(const std::string &line);
  void addToSavings(const Tunable &tunable);
  std::string savings() const;
  std::string position() const {
    const size_t width = std::to_string(total).size();
    return fmt::format("[{:>{}}/{}]", done + failed + 1, width, total);
  }

  const TuneRequest &request;
  TuningDatabase database;
  ProblemTimer &timer;
  size_t total = 0, done = 0, failed = 0;
  /// Microseconds of a train step in the problems whose time is known, as the program is
  /// and as it could be.
  double now = 0, best = 0;
};

} // namespace

void Tuning::say(const std::string &line) {
  if (isatty(STDOUT_FILENO))
    fmt::print("\r\x1b[K");
  fmt::print("{}\n", line);
  // Whoever reads a pipe wants to see it now.
  std::fflush(stdout);
}

/// A line that the result will replace.
void Tuning::announce(const Tunable &tunable, double secondsLeft) {
  if (!isatty(STDOUT_FILENO))
    return;
  fmt::print("\r{} {} {} ...{}\x1b[K", position(), tunable.layer, tunable.kernel,
             secondsLeft > 0 ? " " + formatDuration(secondsLeft) + " left" : "");
  std::fflush(stdout);
}

/// The record of what the program runs, or null.
static const TuningRecord *findChoice(const Tunable &tunable, const Records &records) {
  for (const TuningRecord &record : records)
    if (record.choice == tunable.choice)
      return &record;
  return nullptr;
}

void Tuning::report(const Tunable &tunable, const Records &measured) {
  const TuningRecord &fastest = recordsOf(tunable).front();
  const TuningRecord *current =
      *tunable.choice || tunable.isAlternative ? findChoice(tunable, measured) : &measured.front();
  // The texts of cuBLASLt's algorithms are long, and say nothing to a person.
  const std::string choice = fastest.choice.size() > 80 ? "" : "  " + fastest.choice;
  say(fmt::format("{} {:<30} {:<17} {:>9.1f} us, best of {:>2}{}{}", position(), tunable.layer,
                  tunable.kernel, fastest.microseconds, measured.size(),
                  current                 ? fmt::format("; now {:.1f} us", current->microseconds)
                  : tunable.isAlternative ? "; an alternative"
                                          : "",
                  choice));
}

Status Tuning::measure(const Tunable &tunable) {
  Result<Records> measured = timer.measure(tunable);
  if (measured && measured->empty())
    measured = Status::error("none of its candidates runs");
  if (!measured) {
    // Above the line that stands open, not in it.
    if (isatty(STDOUT_FILENO))
      fmt::print("\r\x1b[K");
    std::fflush(stdout);
    fmt::print(stderr, "{} {} of {} ({}): {}\n", position(), tunable.kernel, tunable.layer,
               tunable.location, measured.status().message());
    ++failed;
    return {};
  }
  for (const TuningRecord &record : *measured)
    FANFOLD_RETURN_IF_ERROR(database.add(record).withContext("{}", tunable.problem));
  FANFOLD_RETURN_IF_ERROR(database.write(request.database));
  report(tunable, *measured);
  ++done;
  return {};
}

void Tuning::addToSavings(const Tunable &tunable) {
  const Records &records = recordsOf(tunable);
  const TuningRecord *current = findChoice(tunable, records);
  if (!current)
    return;
  now += static_cast<double>(tunable.launches) * current->microseconds;
  best += static_cast<double>(tunable.launches) * records.front().microseconds;
}

std::string Tuning::savings() const {
  if (now == 0)
    return "";
  return fmt::format("; compiled with it, what takes {:.3f} ms of a training step would take "
                     "{:.3f} ms",
                     now / 1e3, best / 1e3);
}

Status Tuning::run(const std::vector<const Tunable *> &selected) {
  std::vector<const Tunable *> open;
  std::copy_if(selected.begin(), selected.end(), std::back_inserter(open),
               [&](const Tunable *t) { return request.again || recordsOf(*t).empty(); });
  total = open.size();
  const auto alternatives =
      std::count_if(open.begin(), open.end(), [](const Tunable *t) { return t->isAlternative; });
  say(fmt::format("{}, batch {}, on {}: {} problems to measure{}{}", request.program.model,
                  request.program.batch, timer.deviceName(), total,
                  alternatives ? fmt::format(" ({} for other choices)", alternatives) : "",
                  total < selected.size()
                      ? fmt::format(", {} known from {}", selected.size() - total, request.database)
                      : ""));
  watchStopSignals();
  Stopwatch clock;
  for (const Tunable *tunable : open) {
    if (const int signal = stopSignal()) {
      say(fmt::format("stopped by {}: {} of {} problems are in {}; the same command goes on",
                      signalName(signal), done, total, request.database));
      return {};
    }
    const size_t ended = done + failed;
    announce(*tunable, ended ? clock.seconds() / double(ended) * double(total - ended) : 0);
    FANFOLD_RETURN_IF_ERROR(measure(*tunable));
  }
  for (const Tunable *tunable : selected)
    addToSavings(*tunable);
  say(fmt::format("{}: {} problems measured in {}{}", request.database, done,
                  formatDuration(clock.seconds()), savings()));
  if (failed)
    return Status::error("{} of {} problems could not be measured", failed, total);
  return {};
}

Status fanfold::tuneProblems(const TuneRequest &request,
                             const std::function<Result<std::unique_ptr<ProblemTimer>>()> &open) {
  // What a person may have mistyped first: opening the device takes seconds.
  Result<std::vector<const Tunable *>> selected = select(request.program, request.layers);
  if (!selected)
    return std::move(selected).status();
  Result<TuningDatabase> database = readIfThere(request.database);
  if (!database)
    return std::move(database).status();
  FANFOLD_RETURN_IF_ERROR(checkWritable(request.database, database->text().size()));
  Result<std::unique_ptr<ProblemTimer>> timer = open();
  if (!timer)
    return std::move(timer).status();
  return Tuning(request, std::move(*database), **timer).run(*selected);
}
