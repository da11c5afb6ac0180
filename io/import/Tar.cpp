//===- Tar.cpp - tar shards -----------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sample is two files of a shard whose paths agree up to the ending. What stands
// before the ending is the key, the sample's name:
//
//   n01440764/cat.0001.jpg   the image, JPEG or PNG by content (.jpg .jpeg .png)
//   n01440764/cat.0001.cls   the label: a decimal number
//
// Of a directory every shard (*.tar, *.tar.gz, *.tgz, *.tar.zst ...) is read, in
// byte order of the names.
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"

#include "io/import/SourceFiles.h"
#include "io/import/TarShard.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <unordered_map>

using namespace fanfold;
using namespace fanfold::io;
namespace fs = std::filesystem;

namespace {

class TarSource : public SampleSource {
public:
  Status read(size_t split, const SourceItem &item, SourceSample &sample) override;

  /// Adds the samples of a shard.
  Status add(const std::string &path);

private:
  /// Where the image of an item lies, and its path there.
  struct Image {
    uint32_t shard;
    TarContent content;
    std::string path;
  };

  std::vector<std::string> shards;
  std::vector<Image> images;
  FileDescriptor unpacked; ///< Contents that do not lie in a shard as they are.
};

/// The two files of a sample; null for one that was not found.
struct Pair {
  const TarMember *image = nullptr;
  const TarMember *label = nullptr;
};

Result<int32_t> parseLabel(const Bytes &text) {
  const char *begin = reinterpret_cast<const char *>(text.data());
  const char *end = begin + text.size();
  while (end > begin && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' '))
    --end;
  int32_t label = -1;
  const auto [stop, code] = std::from_chars(begin, end, label);
  if (code != std::errc() || stop != end || label < 0)
    return Status::error("found '{}', expected a label: a number, 0 or more",
                         std::string(begin, std::min<size_t>(end - begin, 40)));
  return label;
}

Status TarSource::add(const std::string &path) {
  Result<TarShard> shard = TarShard::open(path, unpacked);
  if (!shard)
    return std::move(shard).status();
  PassedOver &passedOver = catalogue.passedOver;
  std::vector<std::string> keys; // In the order of the shard.
  std::unordered_map<std::string, Pair> pairs;
  for (const TarMember &member : shard->members()) {
    if (const std::string reason = shard->whyNoFile(member); !reason.empty()) {
      passedOver.add(reason, member.path);
      continue;
    }
    const std::string ending = endingOf(member.path);
    const bool isImage = hasImageEnding(member.path);
    if (!isImage && ending != "cls") {
      passedOver.add("with another ending than .jpg, .jpeg, .png or .cls", member.path);
      continue;
    }
    std::string key = member.path.substr(0, member.path.size() - ending.size() - 1);
    const auto [at, isNew] = pairs.try_emplace(key);
    if (isNew)
      keys.push_back(std::move(key));
    const TarMember *&place = isImage ? at->second.image : at->second.label;
    if (place)
      return Status::error("{}: {}: a second {} of the same sample, after {}", path, member.path,
                           isImage ? "image" : "label", place->path);
    place = &member;
  }

  const auto number = static_cast<uint32_t>(shards.size());
  shards.push_back(path);
  for (std::string &key : keys) {
    const Pair &pair = pairs.at(key);
    if (!pair.image || !pair.label) {
      passedOver.add(pair.image ? "without a label" : "without an image",
                     (pair.image ? pair.image : pair.label)->path);
      continue;
    }
    const TarContent image = shard->contentOf(*pair.image);
    if (image.bytes == 0) {
      passedOver.add("empty", pair.image->path);
      continue;
    }
    Result<Bytes> text = shard->read(shard->contentOf(*pair.label));
    Result<int32_t> label = text ? parseLabel(*text) : Result<int32_t>(std::move(text).status());
    if (!label)
      return std::move(label).status().withContext("{}: {}", path, pair.label->path);
    catalogue.splits[0].items.push_back({std::move(key), *label, images.size()});
    images.push_back({number, image, pair.image->path});
  }
  return {};
}

Status TarSource::read(size_t /*split*/, const SourceItem &item, SourceSample &sample) {
  const Image &image = images[item.place];
  const auto readContent = [&]() -> Result<Bytes> {
    if (image.content.isUnpacked)
      return readPart(unpacked, image.content.offset, image.content.bytes);
    Result<FileDescriptor> file = openForReading(shards[image.shard]);
    if (!file)
      return std::move(file).status();
    return readPart(*file, image.content.offset, image.content.bytes);
  };
  Result<Bytes> payload = readContent();
  if (!payload)
    return std::move(payload).status().withContext("{}: {}", shards[image.shard], image.path);
  sample.payload = std::move(*payload);
  return describeImage(sample).withContext("{}: {}", shards[image.shard], image.path);
}

/// NAME.tar, NAME.tgz, or NAME.tar with the suffix of a compressor.
bool looksLikeShard(fs::path path) {
  for (const char *compressor : {".gz", ".bz2", ".xz", ".zst", ".lz4"})
    if (path.extension() == compressor)
      path = path.stem();
  return path.extension() == ".tar" || path.extension() == ".tgz";
}

} // namespace

Result<std::unique_ptr<SampleSource>> io::openTar(const std::string &path,
                                                  const SourceOptions &options) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (!fs::exists(status))
    return Status::fromErrno(failure ? failure.value() : ENOENT, "opening " + path);
  auto source = std::make_unique<TarSource>();
  Catalogue &catalogue = source->catalogue;
  catalogue.classNames = options.classNames;
  catalogue.classesAreGiven = !options.classNames.empty();
  catalogue.splits.push_back({options.split.empty() ? "train" : options.split, {}});
  if (!fs::is_directory(status)) {
    FANFOLD_RETURN_IF_ERROR(source->add(path));
    return std::unique_ptr<SampleSource>(std::move(source));
  }
  Result<std::vector<std::string>> names = namesIn(path);
  if (!names)
    return std::move(names).status();
  bool found = false;
  for (const std::string &name : *names)
    if (name.front() == '.') {
      catalogue.passedOver.add("hidden", name);
    } else if (looksLikeShard(name)) {
      FANFOLD_RETURN_IF_ERROR(source->add(path + "/" + name));
      found = true;
    } else {
      catalogue.passedOver.add("beside the shards", name);
    }
  if (!found)
    return Status::error("no shards (*.tar, *.tar.gz, *.tgz ...) in {}", path);
  return std::unique_ptr<SampleSource>(std::move(source));
}
