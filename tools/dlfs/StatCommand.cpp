//===- StatCommand.cpp - dlfs stat ----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dlfs/Commands.h"

#include "io/Lookup.h"
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
  std::string sample;
  std::string split = "train";
  bool json = false;
};

void printJson(const json &object) {
  say("{}\n", object.dump(2, ' ', false, json::error_handler_t::replace));
}

json shapeOf(const ImageShape &shape) { return {shape.height, shape.width, shape.channels}; }

void printDataset(const DatasetRecord &record, bool asJson) {
  if (asJson) {
    json splits = json::object();
    for (const auto &[name, split] : record.splits) {
      json encodings = json::array();
      for (Encoding encoding : split.encodings)
        encodings.push_back(encodingName(encoding));
      splits[name] = {
          {"samples", split.samples()},          {"chunks", split.samplesInChunk.size()},
          {"bytes", split.payloadBytes},         {"encodings", encodings},
          {"smallest", shapeOf(split.smallest)}, {"largest", shapeOf(split.largest)}};
    }
    printJson({{"dataset", record.name},
               {"generation", record.generation},
               {"classes", record.classCount},
               {"class_names", record.classNames},
               {"splits", splits}});
    return;
  }
  say("data set {}, {} classes{}{}\n", record.name, record.classCount,
      record.classNames.empty() ? "" : ": ", printable(someClasses(record)));
  for (const auto &[name, split] : record.splits) {
    std::string encodings;
    for (Encoding encoding : split.encodings)
      encodings += (encodings.empty() ? "" : ", ") + std::string(encodingName(encoding));
    say("{:<5}  {} samples in {} chunk{}, {}, {}, {}{}\n", name,
        formatCount(static_cast<int64_t>(split.samples())), split.samplesInChunk.size(),
        split.samplesInChunk.size() == 1 ? "" : "s",
        formatBytes(static_cast<double>(split.payloadBytes)), encodings, toString(split.smallest),
        split.smallest == split.largest ? "" : " to " + toString(split.largest));
  }
}

void printSample(const DatasetRecord &record, const SampleLocation &where, bool asJson) {
  const ChunkEntry &entry = where.entry;
  const ImageShape shape{entry.height, entry.width, entry.channels};
  if (asJson) {
    printJson({{"name", entry.name},
               {"label", entry.label},
               {"class", record.className(entry.label)},
               {"bytes", entry.length},
               {"encoding", encodingName(entry.encoding)},
               {"shape", shapeOf(shape)},
               {"chunk", where.chunk},
               {"offset", entry.offset},
               {"checksum", fmt::format("{:016x}", entry.checksum)}});
    return;
  }
  say("sample {}, label {} ({})\n{}, {}, {} bytes, XXH3-64 {:016x}\nchunk {}, offset {}\n",
      printable(entry.name), entry.label, printable(record.className(entry.label)),
      encodingName(entry.encoding), toString(shape), entry.length, entry.checksum, where.chunk,
      entry.offset);
}

Status stat(const Arguments &arguments) {
  Result<StoreUrl> url = parseDatasetUrl(arguments.url);
  if (!url)
    return std::move(url).status();
  Result<Store> store = openStore(url->directory, Access::read);
  if (!store)
    return std::move(store).status();
  Result<DatasetRecord> record = store->find(url->dataset);
  if (!record)
    return std::move(record).status();
  if (arguments.sample.empty()) {
    printDataset(*record, arguments.json);
    return {};
  }
  Result<SampleLocation> where = findSample(*store, *record, arguments.split, arguments.sample);
  if (!where)
    return std::move(where).status();
  printSample(*record, *where, arguments.json);
  return {};
}

} // namespace

void dlfs::addStatCommand(CLI::App &app, Command &chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand("stat", "Describes a data set or one of its samples");
  command->add_option("URL", arguments->url, "dlfs:///DIRECTORY/DATASET")->required();
  command->add_option("SAMPLE", arguments->sample, "Name of a sample, as ls prints it");
  addSplitOption(*command, arguments->split, "The split that has the sample");
  addFormatOption(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return stat(*arguments); }; });
}
