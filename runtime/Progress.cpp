//===- Progress.cpp - what a person at the terminal sees ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Progress.h"
#include "runtime/Text.h"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdio>

using namespace fanfold;

/// Seconds between two looks of the line on a terminal, and two plain lines.
static constexpr double terminalInterval = 0.1;
static constexpr double plainInterval = 10;

/// "[=======>      ]".
static std::string formatBar(double fraction) {
  constexpr int width = 10;
  int filled = std::clamp(static_cast<int>(fraction * width), 0, width);
  std::string bar(static_cast<size_t>(filled), '=');
  if (filled < width)
    bar += '>';
  bar.resize(width, ' ');
  return "[" + bar + "]";
}

static size_t terminalColumns() {
  struct winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

std::string fanfold::formatMetrics(const Program &program, const std::vector<double> &values) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i)
    text += fmt::format("{}{} {}", i ? "  " : "", program.metrics[i].name, formatMetric(values[i]));
  return text;
}

void Tally::add(const std::vector<double> &metrics, int64_t samples, double seconds) {
  ++total.steps;
  for (size_t i = 0; i < total.sums.size(); ++i)
    total.sums[i] += metrics[i];
  ++timedSteps;
  timedSamples += samples;
  timedSeconds += seconds;
}

void Tally::clear() {
  total.steps = timedSteps = timedSamples = 0;
  timedSeconds = 0;
  std::fill(total.sums.begin(), total.sums.end(), 0.0);
}

void Tally::goOn(const MetricSums &sums) {
  assert(sums.sums.size() == total.sums.size() && "of another program");
  clear();
  total = sums;
}

std::vector<double> Tally::means() const {
  std::vector<double> result = total.sums;
  for (double &value : result)
    value /= static_cast<double>(std::max<int64_t>(total.steps, 1));
  return result;
}

Progress::Progress(const Program &program, Horizon horizon, bool quiet)
    : program(program), horizon(horizon), quiet(quiet), terminal(isatty(STDOUT_FILENO)),
      nextUpdate(terminal ? 0 : plainInterval) {}

void Progress::step(int64_t step, const Tally &tally, double learningRate) {
  double now = clock.seconds();
  if (now < nextUpdate)
    return;
  nextUpdate = now + (terminal ? terminalInterval : plainInterval);

  const int64_t epochs = (horizon.totalSteps + horizon.stepsPerEpoch - 1) / horizon.stepsPerEpoch;
  const int64_t epoch = (step - 1) / horizon.stepsPerEpoch;
  const int64_t inEpoch = step - epoch * horizon.stepsPerEpoch;
  const double left = static_cast<double>(horizon.totalSteps - step) * tally.secondsPerStep();
  const int width = static_cast<int>(std::to_string(epochs).size());
  // What matters least comes last: a narrow terminal cuts it off.
  std::string text = fmt::format("epoch {:>{}}/{} ", epoch + 1, width, epochs);
  if (terminal)
    text += formatBar(static_cast<double>(inEpoch) / static_cast<double>(horizon.stepsPerEpoch));
  text += fmt::format(" {:>{}}/{}  {}  {} images/s  {} left  lr {}", inEpoch,
                      std::to_string(horizon.stepsPerEpoch).size(), horizon.stepsPerEpoch,
                      formatMetrics(program, tally.means()), formatSpeed(tally.imagesPerSecond()),
                      formatDuration(left), formatNumber(learningRate));
  if (!terminal) {
    line(text);
    return;
  }
  // A line longer than the terminal would wrap, and could not be rewritten.
  if (size_t columns = terminalColumns(); text.size() >= columns)
    text.resize(columns - 1);
  show("\r" + text + "\x1b[K");
  lineIsOpen = true;
}

void Progress::epoch(int64_t step, const Tally &tally, const Evaluation *evaluation) {
  const int64_t epochs = (horizon.totalSteps + horizon.stepsPerEpoch - 1) / horizon.stepsPerEpoch;
  const int64_t epoch = (step - 1) / horizon.stepsPerEpoch;
  const int width = static_cast<int>(std::to_string(epochs).size());
  std::string text = fmt::format("epoch {:>{}}/{}  {}", epoch + 1, width, epochs,
                                 formatMetrics(program, tally.means()));
  if (evaluation)
    text += "  |  test " + formatMetrics(program, evaluation->metrics);
  line(fmt::format("{}  |  {} images/s", text, formatSpeed(tally.imagesPerSecond())));
}

Status Progress::status() const {
  return firstError == 0 ? Status() : Status::fromErrno(firstError, "writing output");
}

/// Errors are kept for the end, where fmt::print would throw.
void Progress::show(const std::string &text) {
  if (quiet)
    return;
  if ((std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) && firstError == 0)
    firstError = errno;
}

void Progress::line(const std::string &text) {
  clear();
  show(text + "\n");
}

void Progress::clear() {
  if (!lineIsOpen)
    return;
  show("\r\x1b[K");
  lineIsOpen = false;
}
