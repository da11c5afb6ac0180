//===- PackCommand.cpp - fanfold pack -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/PackCommand.h"
#include "passes/packer/BufferFile.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace fanfold::packer {

namespace fs = std::filesystem;

static int fail(const std::string &message) {
  fmt::print(stderr, "fanfold pack: error: {}\n", message);
  return 1;
}

/// Writes the answer to a file beside `path` and renames it, so that a reader
/// sees all of it or what was there before. Returns what went wrong, or "".
static std::string writeFile(const std::string &path, const std::vector<Buffer> &buffers,
                             const std::vector<int64_t> &offsets) {
  // Devices and pipes cannot be renamed over. Of a link the target is meant; if
  // that does not exist, there is nothing to lose.
  std::error_code code;
  fs::path target = fs::exists(path, code) ? fs::canonical(path, code) : fs::path(path);
  bool isPlain = !fs::is_symlink(target, code) &&
                 (!fs::exists(target, code) || fs::is_regular_file(target, code));
  fs::path written = target;
  if (isPlain)
    written += fmt::format(".{}.tmp", ::getpid());

  errno = 0;
  std::ofstream out(written, std::ios::binary);
  if (out) {
    writeBuffers(out, buffers, offsets);
    out.close();
  }
  std::string wrong;
  if (!out)
    wrong = std::strerror(errno ? errno : EIO);
  else if (isPlain)
    if (fs::rename(written, target, code); code)
      wrong = code.message();
  if (!wrong.empty() && isPlain)
    fs::remove(written, code);
  return wrong;
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
  errno = 0;
  std::ifstream in(options.input, std::ios::binary);
  if (!in)
    return fail(fmt::format("opening {}: {}", options.input, std::strerror(errno)));
  std::vector<Buffer> buffers;
  std::vector<std::string> diagnostics = readBuffers(in, options.input, buffers);
  if (in.bad())
    return fail(fmt::format("reading {}: {}", options.input, std::strerror(errno ? errno : EIO)));
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

  bool toFile = !options.output.empty();
  if (packing.outcome == Outcome::placed) {
    if (toFile) {
      if (std::string wrong = writeFile(options.output, buffers, packing.offsets); !wrong.empty())
        return fail(fmt::format("writing {}: {}", options.output, wrong));
    } else {
      errno = 0;
      writeBuffers(std::cout, buffers, packing.offsets);
      if (!std::cout.flush())
        return fail(fmt::format("writing to standard output: {}", std::strerror(errno)));
    }
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
