//===- TestData.cpp - images, sources and stores for tests of io ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/io/TestData.h"

#include "runtime/Random.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

// Needs <cstdio> before it.
#include <jpeglib.h>
#include <png.h>

using namespace fanfold;
using namespace fanfold::io;
namespace fs = std::filesystem;

test::TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (fs::temp_directory_path() / "fanfold-io-XXXXXX").string();
  path = mkdtemp(pattern.data()) ? pattern : "";
  EXPECT_FALSE(path.empty());
}

test::TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

void test::writeFile(const std::string &path, const Bytes &bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char *>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good());
}

void test::writeFile(const std::string &path, const std::string &text) {
  writeFile(path, Bytes(text.begin(), text.end()));
}

Bytes test::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void test::flipByte(const std::string &path, uint64_t offset) {
  Bytes bytes = readFile(path);
  ASSERT_LT(offset, bytes.size());
  bytes[offset] ^= 1;
  writeFile(path, bytes);
}

std::vector<std::pair<std::string, Bytes>> test::contentOf(const std::string &directory) {
  std::vector<std::pair<std::string, Bytes>> files;
  for (const auto &entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      files.emplace_back(entry.path(), readFile(entry.path()));
  std::sort(files.begin(), files.end());
  return files;
}

Image test::makeImage(ImageShape shape, uint64_t seed) {
  Image image{shape, Bytes(size_t(shape.height) * shape.width * shape.channels)};
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(random::hash(seed, i));
  return image;
}

Image test::makeGradient(ImageShape shape) {
  Image image{shape, {}};
  for (uint32_t y = 0; y < shape.height; ++y)
    for (uint32_t x = 0; x < shape.width; ++x)
      for (uint32_t c = 0; c < shape.channels; ++c)
        image.pixels.push_back(static_cast<uint8_t>(
            (c == 1 ? 255 * x / shape.width : 255 * y / shape.height) / (c == 2 ? 2 : 1)));
  return image;
}

Bytes test::encodeJpeg(const Image &image,
                       const std::function<void(jpeg_compress_struct &)> &configure) {
  jpeg_compress_struct state;
  jpeg_error_mgr manager;
  state.err = jpeg_std_error(&manager);
  jpeg_create_compress(&state);
  unsigned char *memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&state, &memory, &size);
  state.image_width = image.shape.width;
  state.image_height = image.shape.height;
  state.input_components = static_cast<int>(image.shape.channels);
  state.in_color_space = image.shape.channels == 1   ? JCS_GRAYSCALE
                         : image.shape.channels == 3 ? JCS_RGB
                                                     : JCS_CMYK;
  jpeg_set_defaults(&state);
  jpeg_set_quality(&state, 95, TRUE);
  if (configure)
    configure(state);
  jpeg_start_compress(&state, TRUE);
  while (state.next_scanline < state.image_height) {
    auto *row = const_cast<uint8_t *>(image.pixels.data()) +
                size_t(state.next_scanline) * image.shape.width * image.shape.channels;
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  jpeg_destroy_compress(&state);
  Bytes bytes(memory, memory + size);
  std::free(memory);
  return bytes;
}

Bytes test::encodePng(const Image &image) {
  png_image state = {};
  state.version = PNG_IMAGE_VERSION;
  state.width = image.shape.width;
  state.height = image.shape.height;
  state.format = image.shape.channels == 1   ? PNG_FORMAT_GRAY
                 : image.shape.channels == 3 ? PNG_FORMAT_RGB
                                             : PNG_FORMAT_RGBA;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(state);
  Bytes bytes(size);
  EXPECT_TRUE(
      png_image_write_to_memory(&state, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr));
  bytes.resize(size);
  return bytes;
}

Bytes test::makePng(uint32_t width, uint32_t height, uint8_t depth, uint8_t colourType,
                    const Bytes &lines, const std::vector<std::pair<std::string, Bytes>> &chunks) {
  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  const auto word = [](Bytes &bytes, uint64_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<uint8_t>(value >> shift));
  };
  const auto add = [&](const std::string &kind, const Bytes &data) {
    word(file, data.size());
    Bytes body(kind.begin(), kind.end());
    body.insert(body.end(), data.begin(), data.end());
    file.insert(file.end(), body.begin(), body.end());
    word(file, crc32(0, body.data(), static_cast<unsigned>(body.size())));
  };
  Bytes header;
  word(header, width);
  word(header, height);
  header.insert(header.end(), {depth, colourType, 0, 0, 0});
  add("IHDR", header);
  for (const auto &[kind, data] : chunks)
    add(kind, data);
  uLongf size = compressBound(lines.size());
  Bytes packed(size);
  EXPECT_EQ(compress(packed.data(), &size, lines.data(), lines.size()), Z_OK);
  packed.resize(size);
  add("IDAT", packed);
  add("IEND", {});
  return file;
}

Bytes test::makeIdx(const std::vector<uint32_t> &extents, const Bytes &payload) {
  Bytes bytes = {0, 0, 8, static_cast<uint8_t>(extents.size())};
  for (uint32_t extent : extents)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<uint8_t>(extent >> shift));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

void test::writeIdx(const std::string &prefix, uint32_t count, ImageShape shape, uint32_t classes) {
  Bytes images;
  Bytes labels;
  for (uint32_t i = 0; i < count; ++i) {
    const Image image = makeImage(shape, i);
    images.insert(images.end(), image.pixels.begin(), image.pixels.end());
    labels.push_back(static_cast<uint8_t>(i % classes));
  }
  const bool grey = shape.channels == 1;
  std::vector<uint32_t> extents = {count, shape.height, shape.width};
  if (!grey)
    extents.push_back(shape.channels);
  writeFile(prefix + (grey ? "-images-idx3-ubyte" : "-images-idx4-ubyte"),
            makeIdx(extents, images));
  writeFile(prefix + "-labels-idx1-ubyte", makeIdx({count}, labels));
}

void test::writeTar(const std::string &path, const std::vector<TarFile> &files) {
  fs::create_directories(fs::path(path).parent_path());
  archive *handle = archive_write_new();
  archive_write_set_format_ustar(handle);
  if (fs::path(path).extension() == ".gz")
    archive_write_add_filter_gzip(handle);
  ASSERT_EQ(archive_write_open_filename(handle, path.c_str()), ARCHIVE_OK);
  for (const TarFile &file : files) {
    archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, file.path.c_str());
    archive_entry_set_size(entry, static_cast<int64_t>(file.bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (file.kind == TarFile::Kind::hardLink)
      archive_entry_set_hardlink(entry, file.target.c_str());
    if (file.kind == TarFile::Kind::pipe)
      archive_entry_set_filetype(entry, AE_IFIFO);
    if (file.kind == TarFile::Kind::symbolicLink) {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, file.target.c_str());
    }
    ASSERT_EQ(archive_write_header(handle, entry), ARCHIVE_OK);
    ASSERT_EQ(archive_write_data(handle, file.bytes.data(), file.bytes.size()),
              static_cast<la_ssize_t>(file.bytes.size()));
    archive_entry_free(entry);
  }
  archive_write_free(handle);
}

Result<DatasetRecord> test::import(const std::string &url, const std::string &source,
                                   const SourceOptions &options, uint64_t chunkBytes,
                                   bool replace) {
  Result<StoreUrl> parts = parseDatasetUrl(url);
  if (!parts)
    return std::move(parts).status();
  Result<std::unique_ptr<SampleSource>> opened = openSource(source, options);
  if (!opened)
    return std::move(opened).status();
  ImportOptions importOptions;
  importOptions.chunkBytes = chunkBytes;
  importOptions.replace = replace;
  return importDataset(*parts, **opened, importOptions);
}
