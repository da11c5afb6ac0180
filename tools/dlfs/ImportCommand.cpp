//===- ImportCommand.cpp - dlfs import ------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dlfs/Commands.h"

#include "io/import/Import.h"
#include "runtime/File.h"
#include "runtime/Text.h"

#include <cstdio>
#include <memory>
#include <sstream>

using namespace fanfold;
using namespace fanfold::dlfs;
using namespace fanfold::io;

namespace {

struct Arguments {
  SourceOptions source;
  std::string sourcePath;
  std::string url;
  std::string classFile;
  uint64_t chunkBytes = format::defaultChunkBytes;
  bool replace = false;
  bool autoOrient = false;
  bool strict = false;
  bool quiet = false;
};

/// One name a line.
Result<std::vector<std::string>> readClassNames(const std::string &path) {
  Result<std::string> text = readFile(path);
  if (!text)
    return std::move(text).status();
  const bool hasMark = text->compare(0, 3, "\xef\xbb\xbf") == 0; // Of Windows editors.
  std::istringstream lines(hasMark ? text->substr(3) : *text);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    if (line.empty())
      return Status::error("{}:{}: empty line, expected the name of a class", path,
                           names.size() + 1);
    names.push_back(line);
  }
  if (names.empty())
    return Status::error("{}: no class names", path);
  return names;
}

/// What an import has done: classes, splits, and what it did not take.
void report(const DatasetRecord &record, const Catalogue &catalogue, const Orienter &orienter,
            bool quiet) {
  for (const std::string &line : catalogue.passedOver.lines())
    std::fputs(("dlfs: passed over: " + line + "\n").c_str(), stderr);
  if (orienter.found() && !orienter.applies())
    std::fputs(fmt::format("dlfs: not upright by their EXIF data, and stored so: {}; --auto-orient "
                           "turns them\n",
                           orienter.found())
                   .c_str(),
               stderr);
  if (quiet)
    return;
  if (!catalogue.classNames.empty())
    say("{} class{}: {}\n", record.classNames.size(), record.classNames.size() == 1 ? "" : "es",
        someClasses(record));
  for (const SourceSplit &source : catalogue.splits) {
    const SplitRecord &split = record.splits.at(source.name);
    say("{}: {} samples in {} chunk{}, {}\n", source.name,
        formatCount(static_cast<int64_t>(split.samples())), split.samplesInChunk.size(),
        split.samplesInChunk.size() == 1 ? "" : "s",
        formatBytes(static_cast<double>(split.payloadBytes)));
  }
  if (orienter.found() && orienter.applies())
    say("turned upright: {}, of them JPEG stored as PNG: {}\n", orienter.found(),
        orienter.repacked());
}

Status import(Arguments arguments) {
  Result<StoreUrl> url = parseDatasetUrl(arguments.url);
  if (!url)
    return std::move(url).status();
  if (!arguments.classFile.empty()) {
    Result<std::vector<std::string>> names = readClassNames(arguments.classFile);
    if (!names)
      return std::move(names).status();
    arguments.source.classNames = std::move(*names);
  }
  Result<std::unique_ptr<SampleSource>> source = openSource(arguments.sourcePath, arguments.source);
  if (!source)
    return std::move(source).status();

  ImportOptions options;
  options.replace = arguments.replace;
  options.strict = arguments.strict;
  Orienter orienter(arguments.autoOrient);
  options.orienter = &orienter;
  options.chunkBytes = arguments.chunkBytes;
  const auto total = static_cast<int64_t>((*source)->catalogue.samples());
  Result<DatasetRecord> record = Status::internal("not imported");
  {
    ProgressLine line(arguments.quiet);
    options.progress = [&](uint64_t samples, uint64_t bytes) {
      if (!line.due())
        return;
      const auto done = static_cast<int64_t>(samples);
      line.show(total ? fmt::format("{} of {} samples ({}%), {}", formatCount(done),
                                    formatCount(total), 100 * done / total,
                                    formatBytes(static_cast<double>(bytes)))
                      : fmt::format("{} samples, {}", formatCount(done),
                                    formatBytes(static_cast<double>(bytes))));
    };
    record = importDataset(*url, **source, options);
  }
  if (!record)
    return std::move(record).status();
  report(*record, (*source)->catalogue, orienter, arguments.quiet);
  return {};
}

} // namespace

void dlfs::addImportCommand(CLI::App &app, Command &chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand("import", "Puts samples into a data set");
  command
      ->add_option(
          "--format", arguments->source.format,
          "What SOURCE is:\n"
          "idx: *-images-idx3-ubyte and *-labels-idx1-ubyte, plain or gzip, or their directory\n"
          "folder: a directory of images for each class, or train/ and test/ (val/) of them\n"
          "tar: a shard with KEY.jpg (.jpeg, .png) and KEY.cls, or a directory of shards")
      ->required()
      ->check(CLI::IsMember(sourceFormats()).description(""))
      ->type_name("idx|folder|tar");
  command->add_option("SOURCE", arguments->sourcePath, "File or directory to read")->required();
  command->add_option("URL", arguments->url, "dlfs:///DIRECTORY/DATASET")->required();
  addSplitOption(*command, arguments->source.split,
                 "The split that SOURCE is: of a folder, all its directories are classes then. "
                 "Without it both splits of a SOURCE that has train and test (t10k, val), else "
                 "train");
  command
      ->add_option("--classes", arguments->classFile,
                   "Names of the classes, one a line, in the order of the labels: needed where one "
                   "split has names and another has numbers")
      ->type_name("FILE");
  command->add_option("--chunk-size", arguments->chunkBytes, "Bytes after which a chunk is closed")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->check(CLI::Range(uint64_t(1), uint64_t(256) << 20).description(""))
      ->type_name("SIZE")
      ->capture_default_str();
  command->add_flag("--replace", arguments->replace,
                    "Replace splits that the data set has already");
  command->add_flag("--auto-orient", arguments->autoOrient,
                    "Turn images upright as their EXIF data say: JPEG without loss where their "
                    "size allows it, else stored as PNG");
  command->add_flag("--strict", arguments->strict,
                    "Take it for an error if anything in SOURCE is passed over");
  command->add_flag("--quiet", arguments->quiet,
                    "Print nothing but errors and what is passed over");
  command->footer(
      "All or nothing: interrupted, it leaves the data set as it was.\n"
      "The samples of train are stored in a fixed random order, so that chunks mix classes.\n"
      "Compressed tar and IDX files are unpacked to a temporary file first (TMPDIR).");
  command->callback([arguments, &chosen] { chosen = [arguments] { return import(*arguments); }; });
}
