//===- Idx.cpp - IDX files, plain or gzip ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An IDX file is a big-endian header and an array of bytes:
//
//   0  u8 0, u8 0, u8 element type (8: u8), u8 rank
//   4  u32 extent, `rank` times
//
// Images have rank 3 (samples, height, width) or 4 (and channels), labels rank
// 1. Of a directory both splits are read, `train-*` and `t10k-*` (or `test-*`);
// of a file with images the labels beside it.
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"

#include "io/ChunkFormat.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// A stream over a plain or gzip file.
class IdxFile {
public:
  IdxFile() = default;
  IdxFile(IdxFile &&other) noexcept { *this = std::move(other); }
  IdxFile &operator=(IdxFile &&other) noexcept {
    std::swap(path, other.path);
    std::swap(stream, other.stream);
    std::swap(extents, other.extents);
    return *this;
  }
  ~IdxFile() {
    if (stream)
      gzclose(stream);
  }

  /// Opens the file and reads its header.
  static Result<IdxFile> open(const std::string &path);

  /// Reads exactly `size` bytes.
  Status read(uint8_t *target, size_t size);

  /// Fails unless the file ends here.
  Status expectEnd();

  std::string path;
  std::vector<uint32_t> extents;

private:
  gzFile stream = nullptr;
};

Result<IdxFile> IdxFile::open(const std::string &path) {
  IdxFile file;
  file.path = path;
  errno = 0;
  file.stream = gzopen(path.c_str(), "rb");
  if (!file.stream)
    return Status::fromErrno(errno ? errno : ENOMEM, "opening " + path);
  gzbuffer(file.stream, 1 << 18);
  uint8_t head[4];
  FANFOLD_RETURN_IF_ERROR(file.read(head, 4));
  if (head[0] != 0 || head[1] != 0 || head[3] == 0 || head[3] > 4)
    return Status::error("{}: found magic {:02x}{:02x}{:02x}{:02x}, expected an IDX file "
                         "(000008 and a rank of 1 to 4)",
                         path, head[0], head[1], head[2], head[3]);
  if (head[2] != 8)
    return Status::error("{}: found element type 0x{:02x}, expected 0x08 (u8)", path, head[2]);
  for (int i = 0; i < head[3]; ++i) {
    uint8_t word[4];
    FANFOLD_RETURN_IF_ERROR(file.read(word, 4));
    file.extents.push_back(uint32_t(word[0]) << 24 | uint32_t(word[1]) << 16 |
                           uint32_t(word[2]) << 8 | word[3]);
  }
  return file;
}

Status IdxFile::read(uint8_t *target, size_t size) {
  for (size_t done = 0; done < size;) {
    const auto wanted = static_cast<unsigned>(std::min<size_t>(size - done, 1u << 30));
    const int count = gzread(stream, target + done, wanted);
    int code = Z_OK;
    const char *reason = gzerror(stream, &code);
    if (count < 0 || (count == 0 && code != Z_OK && code != Z_STREAM_END))
      return code == Z_ERRNO
                 ? Status::fromErrno(errno, "reading " + path)
                 : Status::error("{}: damaged or truncated gzip file: {}", path, reason);
    if (count == 0)
      return Status::error("{}: truncated: it ends {} bytes before the end of its array", path,
                           size - done);
    done += static_cast<size_t>(count);
  }
  return {};
}

Status IdxFile::expectEnd() {
  uint8_t byte;
  const int count = gzread(stream, &byte, 1);
  if (count > 0)
    return Status::error("{}: found bytes after the end of its array", path);
  int code = Z_OK;
  const char *reason = gzerror(stream, &code);
  if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
    return Status::error("{}: damaged or truncated gzip file: {}", path, reason);
  return {};
}

/// Where one split comes from.
struct Part {
  std::string split;
  std::string images;
  std::string labels;
};

class IdxSource : public SampleSource {
public:
  explicit IdxSource(std::vector<Part> parts, std::vector<std::string> classes)
      : parts(std::move(parts)), classes(std::move(classes)) {}

  std::vector<std::string> splits() const override;
  std::vector<std::string> classNames() const override { return classes; }
  uint64_t sampleCount() const override { return total; }
  Result<bool> next(SourceSample &sample) override;

  /// Opens part `index`, checks that its two files fit together.
  Status begin(size_t index);

  /// Opens every part once, so that a bad one is found before work begins.
  Status check();

private:
  std::vector<Part> parts;
  std::vector<std::string> classes;
  uint64_t total = 0;
  size_t current = 0;
  uint32_t done = 0; ///< Samples of the current part.
  IdxFile images;
  IdxFile labels;
};

std::vector<std::string> IdxSource::splits() const {
  std::vector<std::string> names;
  names.reserve(parts.size());
  for (const Part &part : parts)
    names.push_back(part.split);
  return names;
}

Status IdxSource::begin(size_t index) {
  Result<IdxFile> imageFile = IdxFile::open(parts[index].images);
  if (!imageFile)
    return std::move(imageFile).status();
  Result<IdxFile> labelFile = IdxFile::open(parts[index].labels);
  if (!labelFile)
    return std::move(labelFile).status();
  images = std::move(*imageFile);
  labels = std::move(*labelFile);
  current = index;
  done = 0;

  std::vector<uint32_t> &shape = images.extents;
  if (shape.size() != 3 && shape.size() != 4)
    return Status::error("{}: found an array of rank {}, expected images: rank 3 or 4", images.path,
                         shape.size());
  if (shape.size() == 3)
    shape.push_back(1);
  if (labels.extents.size() != 1)
    return Status::error("{}: found an array of rank {}, expected labels: rank 1", labels.path,
                         labels.extents.size());
  if (shape[0] != labels.extents[0])
    return Status::error("{} has {} labels, expected {}, one for each image of {}", labels.path,
                         labels.extents[0], shape[0], images.path);
  // Each extent is checked before the next product, which therefore fits.
  uint64_t bytes = 1;
  for (size_t i = 1; i < 4 && bytes <= format::maxPayloadBytes; ++i)
    bytes *= shape[i];
  if (bytes == 0 || bytes > format::maxPayloadBytes || shape[3] > 255)
    return Status::error("{}: found images of {}x{}x{}, expected 1 to {} bytes each", images.path,
                         shape[1], shape[2], shape[3], format::maxPayloadBytes);
  return {};
}

Status IdxSource::check() {
  total = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    FANFOLD_RETURN_IF_ERROR(begin(i));
    total += images.extents[0];
  }
  return begin(0);
}

Result<bool> IdxSource::next(SourceSample &sample) {
  while (done == images.extents[0]) {
    FANFOLD_RETURN_IF_ERROR(images.expectEnd());
    FANFOLD_RETURN_IF_ERROR(labels.expectEnd());
    if (current + 1 == parts.size())
      return false;
    FANFOLD_RETURN_IF_ERROR(begin(current + 1));
  }
  const std::vector<uint32_t> &shape = images.extents;
  sample.split = parts[current].split;
  sample.info.name = fmt::format("{:06}", done);
  sample.info.encoding = Encoding::raw;
  sample.info.height = shape[1];
  sample.info.width = shape[2];
  sample.info.channels = static_cast<uint8_t>(shape[3]);
  sample.payload.resize(size_t(shape[1]) * shape[2] * shape[3]);
  uint8_t label;
  FANFOLD_RETURN_IF_ERROR(labels.read(&label, 1).withContext("label of sample {}", done));
  FANFOLD_RETURN_IF_ERROR(images.read(sample.payload.data(), sample.payload.size())
                              .withContext("image of sample {}", done));
  sample.info.label = label;
  ++done;
  return true;
}

/// `path` or `path`.gz, whichever exists.
std::string existing(const std::string &path) {
  std::error_code ignored;
  for (const char *suffix : {"", ".gz"})
    if (std::filesystem::exists(path + suffix, ignored))
      return path + suffix;
  return {};
}

/// Images and labels of one split of a directory; empty paths if there are none.
Part partOf(const std::string &directory, const std::string &split) {
  Part part{split, "", ""};
  const std::vector<std::string> prefixes = split == "train"
                                                ? std::vector<std::string>{"train"}
                                                : std::vector<std::string>{"t10k", "test"};
  for (const std::string &prefix : prefixes)
    for (const char *rank : {"3", "4"}) {
      if (!part.images.empty())
        break;
      part.images = existing(fmt::format("{}/{}-images-idx{}-ubyte", directory, prefix, rank));
      part.labels = existing(fmt::format("{}/{}-labels-idx1-ubyte", directory, prefix));
    }
  return part;
}

/// The file of labels that belongs to a file of images.
Result<std::string> labelsBeside(const std::string &images) {
  const size_t slash = images.rfind('/') + 1; // 0 if there is none.
  const size_t at = images.find("-images-idx", slash);
  if (at == std::string::npos)
    return Status::error("{}: found another name, expected NAME-images-idx3-ubyte, to find "
                         "NAME-labels-idx1-ubyte beside it",
                         images);
  std::string labels = existing(images.substr(0, at) + "-labels-idx1-ubyte");
  if (labels.empty())
    return Status::error("no file {}-labels-idx1-ubyte (or .gz) beside {}", images.substr(0, at),
                         images);
  return labels;
}

} // namespace

Result<std::unique_ptr<SampleSource>> io::openIdx(const std::string &path,
                                                  const SourceOptions &options) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (!std::filesystem::exists(status))
    return Status::fromErrno(failure ? failure.value() : ENOENT, "opening " + path);
  std::vector<Part> parts;
  if (std::filesystem::is_directory(status)) {
    for (const char *split : {"train", "test"}) {
      if (!options.split.empty() && options.split != split)
        continue;
      Part part = partOf(path, split);
      if (!part.images.empty() && part.labels.empty())
        return Status::error("no labels beside {}", part.images);
      if (!part.images.empty())
        parts.push_back(std::move(part));
    }
    if (parts.empty())
      return Status::error("no IDX files in {}: expected {}", path,
                           options.split == "test"
                               ? "t10k-images-idx3-ubyte[.gz] and t10k-labels-idx1-ubyte[.gz]"
                               : "train-images-idx3-ubyte[.gz] and train-labels-idx1-ubyte[.gz]");
  } else {
    Result<std::string> labels = labelsBeside(path);
    if (!labels)
      return std::move(labels).status();
    parts.push_back({options.split.empty() ? "train" : options.split, path, *labels});
  }
  auto source = std::make_unique<IdxSource>(std::move(parts), options.classNames);
  FANFOLD_RETURN_IF_ERROR(source->check());
  return std::unique_ptr<SampleSource>(std::move(source));
}
