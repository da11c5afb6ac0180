//===- TestData.h - images, sources and stores for tests of io ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_IO_TESTDATA_H
#define FANFOLD_TEST_IO_TESTDATA_H

#include "io/Store.h"
#include "io/decode/Image.h"
#include "io/import/Import.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

struct jpeg_compress_struct; // NOLINT: the name that libjpeg gave it

namespace fanfold::io::test {

/// A directory that is gone when the test ends.
class TemporaryDirectory {
public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  std::string operator/(const std::string &name) const { return path + "/" + name; }

  std::string path;
};

/// Writes a file, and the directories above it.
void writeFile(const std::string &path, const Bytes &bytes);
void writeFile(const std::string &path, const std::string &text);
Bytes readFile(const std::string &path);

/// Flips the lowest bit of one byte.
void flipByte(const std::string &path, uint64_t offset);

/// Every file below a directory with its content, sorted.
std::vector<std::pair<std::string, Bytes>> contentOf(const std::string &directory);

/// How far the values of a JPEG are from those of its turned self: the coefficients are
/// the same, but rows and columns are transformed back in another order, which rounds
/// brightness and colour differently by one, and blue has 1.772 of colour.
inline constexpr int turnedJpegTolerance = 3;

/// Pixels that differ from image to image and from pixel to pixel.
Image makeImage(ImageShape shape, uint64_t seed);
/// A smooth image, which a JPEG keeps within a few levels.
Image makeGradient(ImageShape shape);

/// `configure` changes the encoder's settings before it starts.
Bytes encodeJpeg(const Image &image,
                 const std::function<void(jpeg_compress_struct &)> &configure = nullptr);
Bytes encodePng(const Image &image);

/// A PNG of header values and scan lines (each with its filter byte, not compressed
/// yet), with chunks in between: those after their four letters.
Bytes makePng(uint32_t width, uint32_t height, uint8_t depth, uint8_t colourType,
              const Bytes &lines, const std::vector<std::pair<std::string, Bytes>> &chunks = {});

/// An IDX header and `payload`.
Bytes makeIdx(const std::vector<uint32_t> &extents, const Bytes &payload);

/// Writes PREFIX-images-idx3-ubyte and PREFIX-labels-idx1-ubyte with `count`
/// samples: image i is makeImage(shape, i), its label i % classes.
void writeIdx(const std::string &prefix, uint32_t count, ImageShape shape, uint32_t classes);

/// A member of a tar archive.
struct TarFile {
  enum class Kind { file, hardLink, symbolicLink, pipe };
  std::string path;
  Bytes bytes;
  Kind kind = Kind::file;
  std::string target = {}; ///< Of a link.
};

/// Writes a tar archive; a path that ends so is compressed by gzip.
void writeTar(const std::string &path, const std::vector<TarFile> &files);

/// Imports; chunks of `chunkBytes`.
Result<DatasetRecord> import(const std::string &url, const std::string &source,
                             const SourceOptions &options, uint64_t chunkBytes,
                             bool replace = false);

/// Expects a failure whose message contains `part`.
template <typename T>
void expectError(const Result<T> &result, const std::string &part) {
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find(part), std::string::npos) << result.status().message();
}

inline std::string messageOf(const Status &status) { return status.message(); }
template <typename T>
std::string messageOf(const Result<T> &result) {
  return result.status().message();
}

/// For a Status or a Result; evaluates its argument once.
#define ASSERT_OK(expression)                                                                      \
  do {                                                                                             \
    const auto &okResult = (expression);                                                           \
    ASSERT_TRUE(okResult.ok()) << messageOf(okResult);                                             \
  } while (false)

} // namespace fanfold::io::test

#endif // FANFOLD_TEST_IO_TESTDATA_H
