//===- LsCommand.cpp - dlfs ls --------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dlfs/Commands.h"

#include "io/Names.h"
#include "io/Store.h"
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
  std::string split;
  bool json = false;
};

/// Prints the elements of a JSON array one a line, as they come.
class JsonArray {
public:
  ~JsonArray() { say("{}]\n", first ? "[" : "\n"); }
  void add(const json &element) {
    say("{}{}", first ? "[\n" : ",\n",
        element.dump(-1, ' ', false, json::error_handler_t::replace));
    first = false;
  }

private:
  bool first = true;
};

Status listDatasets(Store &store, bool asJson) {
  Result<std::vector<std::string>> names = store.metadata->datasets();
  if (!names)
    return std::move(names).status();
  std::unique_ptr<JsonArray> array = asJson ? std::make_unique<JsonArray>() : nullptr;
  for (const std::string &name : *names) {
    Result<DatasetRecord> record = store.find(name);
    if (!record)
      return std::move(record).status();
    json splits = json::object();
    std::string text;
    for (const auto &[splitName, split] : record->splits) {
      splits[splitName] = split.samples();
      text += fmt::format("  {} {}", splitName, formatCount(static_cast<int64_t>(split.samples())));
    }
    if (array)
      array->add({{"dataset", name}, {"classes", record->classCount}, {"splits", splits}});
    else
      say("{:<24}  {} classes{}\n", name, record->classCount, text);
  }
  return {};
}

Status listSamples(Store &store, const DatasetRecord &record, const Arguments &arguments) {
  if (!arguments.split.empty() && !record.splits.count(arguments.split))
    return Status::error("data set '{}' has no split '{}'", record.name, arguments.split);
  std::unique_ptr<JsonArray> array = arguments.json ? std::make_unique<JsonArray>() : nullptr;
  for (const auto &[splitName, split] : record.splits) {
    if (!arguments.split.empty() && arguments.split != splitName)
      continue;
    for (uint32_t ordinal = 0; ordinal < split.samplesInChunk.size(); ++ordinal) {
      Result<Chunk> chunk = readChunkHeader(*store.chunks, chunkName(split.run, ordinal));
      if (!chunk)
        return std::move(chunk).status();
      for (const ChunkEntry &entry : chunk->entries())
        if (array)
          array->add({{"split", splitName},
                      {"name", entry.name},
                      {"label", entry.label},
                      {"class", record.className(entry.label)},
                      {"bytes", entry.length},
                      {"encoding", encodingName(entry.encoding)},
                      {"shape", {entry.height, entry.width, entry.channels}}});
        else
          say("{:<5}  {:>5}  {:<16}  {:>9}  {:<4}  {:<12}  {}\n", splitName, entry.label,
              printable(record.className(entry.label)), entry.length, encodingName(entry.encoding),
              toString({entry.height, entry.width, entry.channels}), printable(entry.name));
    }
  }
  return {};
}

Status list(const Arguments &arguments) {
  Result<StoreUrl> url = parseAnyUrl(arguments.url);
  if (!url)
    return std::move(url).status();
  Result<Store> store = openStore(url->directory, Access::read);
  if (!store)
    return std::move(store).status();
  if (url->dataset.empty())
    return listDatasets(*store, arguments.json);
  Result<DatasetRecord> record = store->find(url->dataset);
  if (!record)
    return std::move(record).status();
  return listSamples(*store, *record, arguments);
}

} // namespace

void dlfs::addLsCommand(CLI::App &app, Command &chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App *command =
      app.add_subcommand("ls", "Lists the data sets of a store or the samples of a data set");
  command->add_option("URL", arguments->url, "dlfs:///DIRECTORY or dlfs:///DIRECTORY/DATASET")
      ->required();
  addSplitOption(*command, arguments->split, "Only samples of this split");
  addFormatOption(*command, arguments->json);
  command->footer("Samples come in stored order: split, label, class, bytes, encoding, height x "
                  "width x channels, name.");
  command->callback([arguments, &chosen] { chosen = [arguments] { return list(*arguments); }; });
}
