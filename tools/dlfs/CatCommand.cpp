//===- CatCommand.cpp - dlfs cat ------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dlfs/Commands.h"

#include "io/Lookup.h"
#include "io/Store.h"

#include <cerrno>
#include <cstdio>
#include <memory>

using namespace fanfold;
using namespace fanfold::dlfs;
using namespace fanfold::io;

namespace {

struct Arguments {
  std::string url;
  std::string sample;
  std::string split = "train";
};

Status cat(const Arguments &arguments) {
  Result<StoreUrl> url = parseDatasetUrl(arguments.url);
  if (!url)
    return std::move(url).status();
  Result<Store> store = openStore(url->directory, Access::read);
  if (!store)
    return std::move(store).status();
  Result<DatasetRecord> record = store->find(url->dataset);
  if (!record)
    return std::move(record).status();
  Result<SampleLocation> where = findSample(*store, *record, arguments.split, arguments.sample);
  if (!where)
    return std::move(where).status();
  Result<Bytes> payload = readSample(*store, *where);
  if (!payload)
    return std::move(payload).status();
  if (std::fwrite(payload->data(), 1, payload->size(), stdout) != payload->size())
    return Status::fromErrno(errno, "writing to standard output");
  return {};
}

} // namespace

void dlfs::addCatCommand(CLI::App &app, Command &chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App *command =
      app.add_subcommand("cat", "Writes the bytes of a sample, as they are stored, to stdout");
  command->add_option("URL", arguments->url, "dlfs:///DIRECTORY/DATASET")->required();
  command->add_option("SAMPLE", arguments->sample, "Name of the sample, as ls prints it")
      ->required();
  addSplitOption(*command, arguments->split, "The split that has the sample");
  command->callback([arguments, &chosen] { chosen = [arguments] { return cat(*arguments); }; });
}
