//===- PackCommand.cpp - fanfold pack -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/PackCommand.h"
#include "passes/packer/BufferFile.h"
#include "runtime/ToolFiles.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>

namespace fanfold::packer {

static int fail(const std::string &message) {
  fmt::print(stderr, "fanfold pack: error: {}\n", message);
  return 1;
}

/// What the command says about its answer.
static std::string report(const Packing &packing, const PackCommandOptions &options, size_t count,
                          double seconds) {
  constexpr const char *outcomes[] = {"placed", "infeasible", "timed_out", "invalid"};
  if (options.format == "json") {
    nlohmann::ordered_json json;
    json["outcome"] = outcomes[int(packing.outcome)];
    json["buffers"] = count;
    json["capacity"] = nullptr;
    if (options.capacity)
      json["capacity"] = *options.capacity;
    json["height"] = nullptr;
    if (packing.outcome == Outcome::placed)
      json["height"] = packing.height;
    json["lower_bound"] = packing.lowerBound;
    json["optimal"] = packing.optimal;
    json["nodes"] = packing.nodes;
    json["seconds"] = seconds;
    return json.dump(2) + "\n";
  }
  if (packing.outcome != Outcome::placed)
    return "";
  return fmt::format("height       {}\nlower bound  {}\noptimal      {}\ntime         {:.3f} s\n",
                     packing.height, packing.lowerBound, packing.optimal ? "yes" : "not proved",
                     seconds);
}

int runPack(const PackCommandOptions &options) {
  if (Status status = checkOutput(options.output, {options.input}); !status.ok())
    return fail(status.message());
  Result<std::string> text = readInput(options.input);
  if (!text)
    return fail(text.status().message());
  std::istringstream in(*text);
  std::vector<Buffer> buffers;
  std::vector<std::string> diagnostics = readBuffers(in, options.input, buffers);
  for (const std::string &diagnostic : diagnostics)
    fmt::print(stderr, "{}\n", diagnostic);
  if (!diagnostics.empty())
    return 1;

  PackOptions packOptions;
  packOptions.capacity = options.capacity;
  // A year is as good as any longer time, and fits into nanoseconds.
  packOptions.timeLimit =
      std::chrono::nanoseconds(int64_t(std::min(options.timeLimit, 365.0 * 24 * 3600) * 1e9));
  auto begin = std::chrono::steady_clock::now();
  Packing packing = pack(buffers, packOptions);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  bool toFile = !options.output.empty() && options.output != "-";
  if (packing.outcome == Outcome::placed) {
    std::ostringstream placed;
    writeBuffers(placed, buffers, packing.offsets);
    if (Status status = writeOutput(options.output, placed.str()); !status.ok())
      return fail(status.message());
  }
  std::FILE *out = toFile ? stdout : stderr;
  fmt::print(out, "{}", report(packing, options, buffers.size(), seconds));
  if (std::fflush(out) != 0)
    return fail(fmt::format("writing the report: {}", std::strerror(errno)));
  if (packing.outcome == Outcome::placed)
    return 0;
  fail(packing.message);
  // The reader and the command line have refused what makes no sense.
  return packing.outcome == Outcome::invalid ? 70 : 1;
}

void addPackCommand(CLI::App &app, int &exitCode) {
  CLI::App *command =
      app.add_subcommand("pack", "Give buffers offsets, so that those alive at the same time do "
                                 "not overlap, and the highest ends as low as possible");
  auto options = std::make_shared<PackCommandOptions>();
  command
      ->add_option("buffers", options->input,
                   "CSV with the columns id, lower, upper (half-open, in steps), size, and maybe "
                   "alignment, offset (given)")
      ->required()
      ->type_name("BUFFERS.csv");
  command->add_option("-o,--output", options->output, "Where to write the buffers with offsets")
      ->type_name("OUT.csv");
  command
      ->add_option("--capacity", options->capacity,
                   "Take any placement of at most N bytes, or say that there is none")
      ->check(CLI::Range(int64_t(0), INT64_MAX))
      ->type_name("N");
  command->add_option("--time-limit", options->timeLimit, "How long to search")
      ->check(CLI::NonNegativeNumber & !CLI::IsMember({"nan", "-nan"}, CLI::ignore_case))
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_option("--format", options->format, "Of the report")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([options, &exitCode] { exitCode = runPack(*options); });
}

} // namespace fanfold::packer
