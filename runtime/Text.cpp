//===- Text.cpp - numbers as people read them -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

using namespace fanfold;

std::string fanfold::formatBytes(double bytes) {
  const char *units[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024)
    return fmt::format("{:.0f} bytes", bytes);
  size_t unit = 0;
  for (bytes /= 1024; bytes >= 1024 && unit + 1 < std::size(units); bytes /= 1024)
    ++unit;
  return fmt::format("{:.{}f} {}", bytes, bytes < 10 ? 2 : 1, units[unit]);
}

std::string fanfold::formatCount(int64_t count) {
  std::string digits = std::to_string(count);
  size_t first = count < 0 ? 1 : 0;
  for (size_t end = digits.size(); end > first + 3; end -= 3)
    digits.insert(end - 3, ",");
  return digits;
}

std::string fanfold::formatDuration(double seconds) {
  if (!std::isfinite(seconds))
    return "?";
  auto total = std::llround(std::max(seconds, 0.0));
  if (total < 3600)
    return fmt::format("{}:{:02}", total / 60, total % 60);
  return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
}

/// The sign of a NaN means nothing; fmt prints it.
static double withoutSignOfNan(double value) {
  return std::isnan(value) ? std::fabs(value) : value;
}

std::string fanfold::formatNumber(double value) {
  return fmt::format("{:.4g}", withoutSignOfNan(value));
}

std::string fanfold::formatSpeed(double perSecond) {
  if (perSecond < 100)
    return fmt::format("{:.1f}", perSecond);
  return formatCount(std::llround(perSecond));
}

std::string fanfold::formatMetric(double value) {
  double magnitude = std::fabs(value);
  if (magnitude > 0 && (magnitude < 1e-3 || magnitude >= 1e4) && std::isfinite(value))
    return fmt::format("{:.2e}", value);
  return fmt::format("{:.4f}", withoutSignOfNan(value));
}

std::string fanfold::describeImport(const ImportId &import) {
  const auto time = static_cast<time_t>(import.time);
  struct tm parts;
  char text[40];
  if (import.time <= 0 || !gmtime_r(&time, &parts) ||
      strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
    return fmt::format("import {} of unknown time", import.id);
  return fmt::format("import {} of {}", import.id, text);
}

std::string fanfold::describeLaunch(const Step &step, size_t index) {
  const Launch &launch = step.launches[index];
  return fmt::format("launch {}, {} of {} ({})", index, launch.kernel, launch.layer,
                     launch.location);
}
