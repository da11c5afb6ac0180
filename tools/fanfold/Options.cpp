//===- Options.cpp - compile options of the command line ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/Options.h"
#include "codegen/Installation.h"
#include "codegen/Targets.h"
#include "runtime/Ranges.h"

#include "llvm/ADT/StringRef.h"

#include <cmath>

using namespace fanfold;

/// Accepts the whole numbers of a range of Ranges.h; adds nothing to the help.
static CLI::Validator wholeNumber(const char *name) {
  const NumberRange *range = ranges::find(name);
  assert(range && "every number has its range");
  return CLI::Validator(
      [range](std::string &text) {
        int64_t value = 0;
        const bool whole = !llvm::StringRef(text).getAsInteger(10, value);
        return whole && range->contains(double(value)) ? "" : range->complaint(text);
      },
      "");
}

/// A flag that turns `choice` off. CLI11's own negative flags show their value in the help.
static void addNegativeFlag(CLI::App &command, const char *name, bool &choice, const char *help) {
  command.add_flag_callback(
      name, [&choice] { choice = false; }, help);
}

void CompileOptions::addTo(CLI::App &command) {
  command
      .add_option("model", model,
                  "Model file of any level: cnn, kernel or plan; - is standard input")
      ->required();
  command.add_option("--target", target,
                     fmt::format("Target device: {} (default: the GPU of this machine if it has "
                                 "one and the CUDA toolkit, else cpu)",
                                 fmt::join(targetNames(), " or ")));
  command.add_option("--device", device,
                     fmt::format("GPU that a program for CUDA is planned for: {} (default: that of "
                                 "this machine, else nvidia-h200)",
                                 fmt::join(Installation::get().deviceNames(), " or ")));
  command.add_option("--batch", pipeline.batch, "Samples in a step (default: the recipe's)")
      ->check(wholeNumber("batch"));
  command.add_option("--precision", precision, "fp32, tf32, fp16 or bf16 (default: the recipe's)")
      ->check(CLI::IsMember({"fp32", "tf32", "fp16", "bf16"}));
  command.add_option(
      "--memory-budget", memoryBudget,
      "Most bytes of the arena, or with K, M or G: values are computed again until it "
      "fits (default: any)");
  command.add_option(
      "--bucket-size", bucketSize,
      "Bytes of gradients, or with K, M or G, that ranks exchange at once; 1: each for "
      "itself (default: 25M)");
  command.add_flag("--deterministic", deterministic,
                   "Only kernels that give the same bits in every run (the CPU target has no "
                   "others)");
  auto *database = command.add_option(
      "--tuning-db", tuningDatabase,
      "Measured choices of implementations: a file that `tune` of a program wrote");
  command
      .add_option("--tuning", tuning,
                  "off: estimates alone; use: the fastest that was measured, else estimates; "
                  "frozen: fail where there is no measurement")
      ->check(CLI::IsMember({"off", "use", "frozen"}))
      ->needs(database)
      ->capture_default_str();
  command
      .add_option("--threads", threads,
                  "Most threads a CPU program will use (default: this machine's cores)")
      ->check(wholeNumber("threads"));
  command.add_option("--dump-phases", dumpPhases, "Directory for the text after every pass");
  command.add_flag("--keep-gradients", pipeline.keepGradients,
                   "Keep each parameter's gradient as the variable grad/NAME");
  addNegativeFlag(command, "--no-fusion", pipeline.fusion, "One launch for each op");
  addNegativeFlag(command, "--no-schedule", pipeline.schedule,
                  "Launches in the order that the model was written in");
  addNegativeFlag(command, "--no-in-place", pipeline.inPlace,
                  "No result overwrites an operand, none lies inside of another");
  addNegativeFlag(command, "--no-sharing", pipeline.sharing, "Every value has memory of its own");
}

Result<int64_t> fanfold::parseSize(const std::string &text) {
  size_t end = 0;
  double value = 0;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception &) {
    end = 0;
  }
  std::string unit = end ? text.substr(end) : "?";
  double scale = unit.empty() || unit == "B" ? 1
                 : unit[0] == 'K'            ? 1024.0
                 : unit[0] == 'M'            ? 1024.0 * 1024
                 : unit[0] == 'G'            ? 1024.0 * 1024 * 1024
                                             : 0;
  bool known = scale == 1 ||
               (scale > 1 && (unit.size() == 1 || unit.substr(1) == "B" || unit.substr(1) == "iB"));
  if (!known || !(value * scale >= 1 && value * scale <= 1e18))
    return Status::usage("'{}' is not a size, expected a number with K, M or G", text);
  return static_cast<int64_t>(std::llround(value * scale));
}

std::string fanfold::formatBytes(int64_t bytes) {
  const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}
