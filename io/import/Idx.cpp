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
// of a file with images the labels beside it. Gzip files are unpacked to temporary
// ones first: their samples are read in another order than they have.
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"

#include "io/ChunkFormat.h"
#include "io/import/SourceFiles.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <set>
#include <sys/stat.h>

using namespace fanfold;
using namespace fanfold::io;

namespace {

/// The array of a plain or gzip file, open to be read anywhere.
struct IdxFile {
  std::string path;
  std::vector<uint32_t> extents;
  FileDescriptor file; ///< A temporary one in place of a gzip file.

  /// Opens the file, reads its header and makes sure that the array ends where the
  /// file does.
  static Result<IdxFile> open(const std::string &path);

  /// Reads bytes of the array.
  Status read(uint64_t offset, uint8_t *target, size_t size) const {
    return readAt(file, headerBytes() + offset, target, size).withContext("{}", path);
  }

private:
  uint64_t headerBytes() const { return 4 + 4 * extents.size(); }
  Status readHeader();
  Status checkSize(uint64_t bytes) const;
};

/// Inflates a gzip file. Not by zlib's own reader, which takes what follows the
/// compressed data for nothing.
Status inflateTo(const FileDescriptor &plain, const FileDescriptor &packed, uint64_t packedBytes) {
  z_stream stream = {};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) // The largest window; gzip and nothing else.
    return Status::error("out of memory");
  const std::unique_ptr<z_stream, int (*)(z_stream *)> owned(&stream, inflateEnd);
  Bytes input(1 << 18);
  Bytes output(1 << 18);
  int code = Z_OK;
  for (uint64_t offset = 0; offset < packedBytes || stream.avail_in > 0;) {
    if (stream.avail_in == 0) {
      const size_t size = std::min<uint64_t>(input.size(), packedBytes - offset);
      FANFOLD_RETURN_IF_ERROR(readAt(packed, offset, input.data(), size));
      stream.next_in = input.data();
      stream.avail_in = static_cast<unsigned>(size);
      offset += size;
    }
    // A file may be several, one after the other.
    if (code == Z_STREAM_END)
      inflateReset(&stream);
    do {
      stream.next_out = output.data();
      stream.avail_out = static_cast<unsigned>(output.size());
      code = inflate(&stream, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return Status::error("damaged gzip file: {}", stream.msg ? stream.msg : "no reason given");
      FANFOLD_RETURN_IF_ERROR(writeAll(plain, output.data(), output.size() - stream.avail_out)
                                  .withContext("unpacking to a temporary file (TMPDIR)"));
    } while (code == Z_OK && stream.avail_out == 0);
  }
  if (code != Z_STREAM_END)
    return Status::error("truncated gzip file");
  return {};
}

Result<uint64_t> sizeOf(const FileDescriptor &file) {
  struct stat information;
  if (::fstat(file.get(), &information) != 0)
    return Status::fromErrno(errno, "examining");
  return static_cast<uint64_t>(information.st_size);
}

/// Unpacks a gzip file; one that is plain is as it was.
Result<FileDescriptor> unpack(FileDescriptor file) {
  uint8_t magic[2] = {};
  if (!readAt(file, 0, magic, 2).ok() || magic[0] != 0x1f || magic[1] != 0x8b)
    return file;
  Result<uint64_t> bytes = sizeOf(file);
  if (!bytes)
    return std::move(bytes).status();
  Result<FileDescriptor> plain = openTemporary();
  if (plain)
    FANFOLD_RETURN_IF_ERROR(inflateTo(*plain, file, *bytes));
  return plain;
}

Result<IdxFile> IdxFile::open(const std::string &path) {
  Result<FileDescriptor> opened = openForReading(path);
  if (!opened)
    return std::move(opened).status();
  opened = unpack(std::move(*opened));
  if (!opened)
    return std::move(opened).status().withContext("{}", path);
  IdxFile file;
  file.path = path;
  file.file = std::move(*opened);
  Result<uint64_t> bytes = sizeOf(file.file);
  if (!bytes)
    return std::move(bytes).status().withContext("{}", path);
  FANFOLD_RETURN_IF_ERROR(file.readHeader().withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(file.checkSize(*bytes).withContext("{}", path));
  return file;
}

Status IdxFile::readHeader() {
  uint8_t head[4];
  if (!readAt(file, 0, head, 4).ok())
    return Status::error("truncated: it ends in its header");
  if (head[0] != 0 || head[1] != 0 || head[3] == 0 || head[3] > 4)
    return Status::error("found magic {:02x}{:02x}{:02x}{:02x}, expected an IDX file (000008 and a "
                         "rank of 1 to 4)",
                         head[0], head[1], head[2], head[3]);
  if (head[2] != 8)
    return Status::error("found element type 0x{:02x}, expected 0x08 (u8)", head[2]);
  for (int i = 0; i < head[3]; ++i) {
    uint8_t word[4];
    if (!readAt(file, headerBytes(), word, 4).ok())
      return Status::error("truncated: it ends in its header");
    extents.push_back(uint32_t(word[0]) << 24 | uint32_t(word[1]) << 16 | uint32_t(word[2]) << 8 |
                      word[3]);
  }
  return {};
}

Status IdxFile::checkSize(uint64_t bytes) const {
  const uint64_t found = bytes - headerBytes();
  // The product stops growing where no file can have it any more.
  uint64_t expected = 1;
  for (uint32_t extent : extents)
    expected = extent == 0 ? 0 : std::min<uint64_t>(expected, UINT64_MAX / extent) * extent;
  if (found < expected)
    return Status::error("truncated: it ends {} bytes before the end of its array",
                         expected - found);
  if (found > expected)
    return Status::error("found {} bytes after the end of its array", found - expected);
  return {};
}

/// Where one split comes from.
struct IdxPart {
  std::string split;
  std::string images;
  std::string labels;
};

class IdxSource : public SampleSource {
public:
  /// Adds a split of which the two files fit together.
  Status add(const IdxPart &part);

  Status read(size_t split, const SourceItem &item, SourceSample &sample) override;

private:
  std::vector<IdxFile> images; ///< Split by split; of rank 4.
};

Status IdxSource::add(const IdxPart &part) {
  Result<IdxFile> imageFile = IdxFile::open(part.images);
  if (!imageFile)
    return std::move(imageFile).status();
  Result<IdxFile> labels = IdxFile::open(part.labels);
  if (!labels)
    return std::move(labels).status();

  std::vector<uint32_t> &shape = imageFile->extents;
  if (shape.size() != 3 && shape.size() != 4)
    return Status::error("{}: found an array of rank {}, expected images: rank 3 or 4", part.images,
                         shape.size());
  if (labels->extents.size() != 1)
    return Status::error("{}: found an array of rank {}, expected labels: rank 1", part.labels,
                         labels->extents.size());
  if (shape[0] != labels->extents[0])
    return Status::error("{} has {} labels, expected {}, one for each image of {}", part.labels,
                         labels->extents[0], shape[0], part.images);
  // Each extent is checked before the next product, which therefore fits.
  const uint32_t channels = shape.size() == 4 ? shape[3] : 1;
  uint64_t bytes = channels;
  for (size_t i = 1; i < 3 && bytes <= format::maxPayloadBytes; ++i)
    bytes *= shape[i];
  if (bytes == 0 || bytes > format::maxPayloadBytes || channels > 255)
    return Status::error("{}: found images of {}x{}x{}, expected 1 to {} bytes each", part.images,
                         shape[1], shape[2], channels, format::maxPayloadBytes);

  Bytes numbers(shape[0]);
  FANFOLD_RETURN_IF_ERROR(labels->read(0, numbers.data(), numbers.size()));
  SourceSplit &split = catalogue.splits.emplace_back();
  split.name = part.split;
  for (uint32_t i = 0; i < shape[0]; ++i)
    split.items.push_back({fmt::format("{:06}", i), numbers[i], i});
  images.push_back(std::move(*imageFile));
  return {};
}

Status IdxSource::read(size_t split, const SourceItem &item, SourceSample &sample) {
  const IdxFile &file = images[split];
  sample.info.encoding = Encoding::raw;
  sample.info.height = file.extents[1];
  sample.info.width = file.extents[2];
  sample.info.channels = static_cast<uint8_t>(file.extents.size() == 4 ? file.extents[3] : 1);
  sample.payload.resize(size_t(sample.info.height) * sample.info.width * sample.info.channels);
  return file.read(item.place * sample.payload.size(), sample.payload.data(),
                   sample.payload.size());
}

/// `path` or `path`.gz, whichever exists.
std::string existing(const std::string &path) {
  std::error_code ignored;
  for (const char *suffix : {"", ".gz"})
    if (std::filesystem::exists(path + suffix, ignored))
      return path + suffix;
  return {};
}

/// Images and labels of one split of a directory; empty paths for what is not there.
IdxPart partOf(const std::string &directory, const std::string &split) {
  IdxPart part{split, "", ""};
  const std::vector<std::string> prefixes = split == "train"
                                                ? std::vector<std::string>{"train"}
                                                : std::vector<std::string>{"t10k", "test"};
  for (const std::string &prefix : prefixes) {
    if (!part.images.empty() || !part.labels.empty())
      break;
    for (const char *rank : {"3", "4"})
      if (part.images.empty())
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
  auto source = std::make_unique<IdxSource>();
  source->catalogue.classNames = options.classNames;
  source->catalogue.classesAreGiven = !options.classNames.empty();
  if (!std::filesystem::is_directory(status)) {
    Result<std::string> labels = labelsBeside(path);
    if (!labels)
      return std::move(labels).status();
    FANFOLD_RETURN_IF_ERROR(
        source->add({options.split.empty() ? "train" : options.split, path, *labels}));
    return std::unique_ptr<SampleSource>(std::move(source));
  }
  std::set<std::string> known;
  for (const char *split : {"train", "test"}) {
    const IdxPart part = partOf(path, split);
    known.insert({part.images, part.labels});
    if ((!options.split.empty() && options.split != split) ||
        (part.images.empty() && part.labels.empty()))
      continue;
    if (part.images.empty() || part.labels.empty())
      return Status::error("no {} beside {}", part.labels.empty() ? "labels" : "images",
                           part.labels.empty() ? part.images : part.labels);
    FANFOLD_RETURN_IF_ERROR(source->add(part));
  }
  if (source->catalogue.splits.empty())
    return Status::error("no IDX files in {}: expected {}", path,
                         options.split == "test"
                             ? "t10k-images-idx3-ubyte[.gz] and t10k-labels-idx1-ubyte[.gz]"
                             : "train-images-idx3-ubyte[.gz] and train-labels-idx1-ubyte[.gz]");
  Result<std::vector<std::string>> names = namesIn(path);
  if (!names)
    return std::move(names).status();
  for (const std::string &name : *names)
    if (!known.count(path + "/" + name))
      source->catalogue.passedOver.add("beside the files of the splits", name);
  return std::unique_ptr<SampleSource>(std::move(source));
}
