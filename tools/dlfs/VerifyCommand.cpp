//===- VerifyCommand.cpp - dlfs verify ------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dlfs/Commands.h"

#include "io/Verify.h"
#include "runtime/Text.h"

#include <memory>
#include <nlohmann/json.hpp>

using namespace fanfold;
using namespace fanfold::dlfs;
using namespace fanfold::io;
using nlohmann::json;

namespace {

struct Arguments {
  std::string url;
  bool rebuild = false;
  bool json = false;
  bool quiet = false;
};

void print(const VerifyReport &report, const Arguments &arguments) {
  if (arguments.json) {
    const json object = {{"datasets", report.datasets}, {"chunks", report.chunks},
                         {"samples", report.samples},   {"bytes", report.bytes},
                         {"problems", report.problems}, {"notes", report.notes}};
    say("{}\n", object.dump(2, ' ', false, json::error_handler_t::replace));
    return;
  }
  for (const std::string &problem : report.problems)
    say("{}\n", problem);
  if (arguments.quiet)
    return;
  for (const std::string &note : report.notes)
    say("note: {}\n", note);
  say("{} {} sample{} of {} data set{} in {} chunk{}, {}: {}\n",
      arguments.rebuild ? "indexed" : "read", formatCount(static_cast<int64_t>(report.samples)),
      report.samples == 1 ? "" : "s", report.datasets, report.datasets == 1 ? "" : "s",
      report.chunks, report.chunks == 1 ? "" : "s", formatBytes(static_cast<double>(report.bytes)),
      report.problems.empty() ? "all good" : "damaged");
}

Result<VerifyReport> examine(const Arguments &arguments, const VerifyProgress &progress) {
  Result<StoreUrl> url = parseAnyUrl(arguments.url);
  if (!url)
    return std::move(url).status();
  if (arguments.rebuild)
    return rebuildMetadata(url->directory, progress);
  Result<Store> store = openStore(url->directory, Access::read);
  if (!store)
    return std::move(store).status();
  return verifyStore(*store, url->dataset, progress);
}

Status verify(const Arguments &arguments) {
  Result<VerifyReport> report = Status::internal("not verified");
  {
    ProgressLine line(arguments.quiet);
    report = examine(arguments, [&](const VerifyReport &soFar) {
      if (line.due())
        line.show(fmt::format("{} chunks, {}", soFar.chunks,
                              formatBytes(static_cast<double>(soFar.bytes))));
    });
  }
  if (!report)
    return std::move(report).status();
  print(*report, arguments);
  if (report->problems.empty())
    return {};
  return Status::error("{} problem{} in {}", report->problems.size(),
                       report->problems.size() == 1 ? "" : "s", arguments.url);
}

} // namespace

void dlfs::addVerifyCommand(CLI::App &app, Command &chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "verify", "Reads every byte of a data set or store and compares checksums");
  command->add_option("URL", arguments->url, "dlfs:///DIRECTORY or dlfs:///DIRECTORY/DATASET")
      ->required();
  command->add_flag("--rebuild", arguments->rebuild,
                    "Make the metadata of the whole store anew from its chunks; the old ones are "
                    "kept as metadata.old");
  command->add_flag("--quiet", arguments->quiet, "Print nothing but problems");
  addFormatOption(*command, arguments->json);
  command->footer("Exit status 1 if anything is damaged; each problem names chunk, sample and "
                  "byte offsets.");
  command->callback([arguments, &chosen] { chosen = [arguments] { return verify(*arguments); }; });
}
