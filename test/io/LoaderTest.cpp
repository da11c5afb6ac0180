//===- LoaderTest.cpp - batches for training and evaluation ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Loader.h"

#include "test/io/TestData.h"

#include <algorithm>
#include <filesystem>
#include <map>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;

namespace {

constexpr ImageShape shape{7, 9, 1};
constexpr size_t imageBytes = 63;

/// One batch and what was said about it.
struct Batch {
  Bytes images;
  std::vector<int32_t> labels;
  BatchInfo info;

  bool operator==(const Batch &other) const {
    return images == other.images && labels == other.labels && info.epoch == other.info.epoch &&
           info.samples == other.info.samples && info.nextSample == other.info.nextSample &&
           info.lastOfEpoch == other.info.lastOfEpoch;
  }
};

class LoaderTest : public testing::Test {
protected:
  void SetUp() override {
    writeIdx(directory / "idx/train", 203, shape, 10);
    writeIdx(directory / "idx/t10k", 30, shape, 10);
    // 8 samples a chunk: 26 chunks, two windows.
    ASSERT_OK(import(url, directory / "idx", {"idx", "", {}}, 8 * imageBytes));
  }
  static BatchFormat makeFormat(bool train) {
    BatchFormat format;
    format.batch = 16;
    format.height = shape.height;
    format.width = shape.width;
    format.channels = shape.channels;
    format.train = train;
    format.seed = 5;
    format.threads = 2;
    return format;
  }
  std::unique_ptr<DataSource> open(const std::string &split, const BatchFormat &format) {
    Result<std::unique_ptr<DataSource>> source = openDataSource(url, split, format);
    EXPECT_TRUE(source.ok()) << source.status().message();
    return std::move(*source);
  }
  /// Reads with two slots pending, as training does.
  static Result<std::vector<Batch>> read(DataSource &source, const BatchFormat &format,
                                         size_t count) {
    std::vector<Batch> batches(count);
    const auto begin = [&](Batch &batch) {
      // Nothing of a former use may shine through.
      batch.images.assign(
          static_cast<size_t>(format.batch * format.height * format.width * format.channels), 0xee);
      batch.labels.assign(static_cast<size_t>(format.batch), 12345);
      source.prefetch({batch.images.data(), batch.labels.data()});
    };
    Status failure;
    for (size_t i = 0; i < count; ++i) {
      if (i == 0)
        begin(batches[0]);
      if (i + 1 < count)
        begin(batches[i + 1]);
      Result<BatchInfo> info = source.wait();
      if (info)
        batches[i].info = *info;
      else if (failure.ok())
        failure = info.status();
    }
    if (!failure.ok())
      return failure;
    return batches;
  }
  /// Which samples a batch holds, recognised by their pixels.
  static std::vector<uint32_t> samplesOf(const Batch &batch, uint32_t total) {
    std::map<Bytes, uint32_t> known;
    for (uint32_t i = 0; i < total; ++i)
      known[makeImage(shape, i).pixels] = i;
    std::vector<uint32_t> samples;
    for (int64_t i = 0; i < batch.info.samples; ++i) {
      const auto at = batch.images.begin() + i * static_cast<int64_t>(imageBytes);
      const auto found = known.find(Bytes(at, at + imageBytes));
      EXPECT_NE(found, known.end()) << "image " << i << " is no sample";
      samples.push_back(found == known.end() ? ~0u : found->second);
    }
    return samples;
  }

  TemporaryDirectory directory;
  const std::string url = "dlfs://" + (directory / "store") + "/set";
};

TEST_F(LoaderTest, EvaluationIsInStoredOrderAndPadded) {
  const BatchFormat format = makeFormat(false);
  auto source = open("test", format);
  EXPECT_EQ(source->sampleCount(), 30);
  EXPECT_EQ(source->batchesPerEpoch(), 2);
  EXPECT_EQ(source->classCount(), 10);
  Result<std::vector<Batch>> batches = read(*source, format, 4);
  ASSERT_OK(batches);
  for (int pass = 0; pass < 2; ++pass) {
    const Batch &first = (*batches)[2 * static_cast<size_t>(pass)];
    const Batch &second = (*batches)[2 * static_cast<size_t>(pass) + 1];
    EXPECT_EQ(first.info.epoch, pass);
    EXPECT_EQ(first.info.nextSample, 16);
    EXPECT_FALSE(first.info.lastOfEpoch);
    EXPECT_EQ(second.info.samples, 14);
    EXPECT_EQ(second.info.nextSample, 30);
    EXPECT_TRUE(second.info.lastOfEpoch);
    for (uint32_t i = 0; i < 16; ++i) {
      EXPECT_EQ(samplesOf(first, 30)[i], i);
      EXPECT_EQ(first.labels[i], int32_t(i % 10));
    }
    EXPECT_EQ(samplesOf(second, 30)[13], 29u);
    EXPECT_EQ(second.labels[13], 9);
    EXPECT_EQ(second.labels[14], -1);
    EXPECT_EQ(second.labels[15], -1);
    EXPECT_EQ(Bytes(second.images.end() - 2 * imageBytes, second.images.end()),
              Bytes(2 * imageBytes, 0));
  }
}

TEST_F(LoaderTest, TrainingVisitsEachSampleOnceAnEpoch) {
  const BatchFormat format = makeFormat(true);
  auto source = open("train", format);
  EXPECT_EQ(source->batchesPerEpoch(), 12);
  Result<std::vector<Batch>> batches = read(*source, format, 36);
  ASSERT_OK(batches);
  std::vector<std::vector<uint32_t>> epochs(3);
  for (size_t i = 0; i < 36; ++i) {
    const Batch &batch = (*batches)[i];
    EXPECT_EQ(batch.info.epoch, int64_t(i / 12));
    EXPECT_EQ(batch.info.samples, 16);
    EXPECT_EQ(batch.info.nextSample, int64_t(i % 12 + 1) * 16);
    EXPECT_EQ(batch.info.lastOfEpoch, i % 12 == 11);
    const std::vector<uint32_t> samples = samplesOf(batch, 203);
    for (size_t k = 0; k < samples.size(); ++k)
      EXPECT_EQ(batch.labels[k], int32_t(samples[k] % 10));
    epochs[i / 12].insert(epochs[i / 12].end(), samples.begin(), samples.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  for (std::vector<uint32_t> &samples : epochs) {
    std::sort(samples.begin(), samples.end());
    EXPECT_EQ(std::unique(samples.begin(), samples.end()), samples.end());
  }
}

TEST_F(LoaderTest, EveryImportIsAnotherOne) {
  const auto idOf = [&](const std::string &which, const std::string &split) {
    Result<std::unique_ptr<DataSource>> source =
        openDataSource(which, split, makeFormat(split == "train"));
    EXPECT_TRUE(source.ok()) << source.status().message();
    EXPECT_GT((*source)->importId().time, 1'700'000'000);
    return (*source)->importId().id;
  };
  const std::string train = idOf(url, "train"), test = idOf(url, "test");
  EXPECT_EQ(train.size(), 16u);
  EXPECT_EQ(test, train); // Of one import.
  std::filesystem::copy(directory / "store", directory / "copy",
                        std::filesystem::copy_options::recursive);
  // Only the split that is imported again; and the copy is the first import still.
  ASSERT_OK(import(url, directory / "idx", {"idx", "test", {}}, 8 * imageBytes, true));
  EXPECT_EQ(idOf(url, "train"), train);
  EXPECT_NE(idOf(url, "test"), test);
  ASSERT_OK(import(url, directory / "idx", {"idx", "train", {}}, 8 * imageBytes, true));
  EXPECT_NE(idOf(url, "train"), train);
  EXPECT_EQ(idOf("dlfs://" + (directory / "copy") + "/set", "train"), train);
}

TEST_F(LoaderTest, ThreadsChangeNothing) {
  BatchFormat format = makeFormat(true);
  format.height = 8;
  format.width = 8;
  format.cropPadding = 1;
  format.flip = true;
  format.resizedCrop = true;
  std::vector<std::vector<Batch>> runs;
  for (int threads : {1, 2, 7}) {
    format.threads = threads;
    Result<std::vector<Batch>> batches = read(*open("train", format), format, 30);
    ASSERT_OK(batches);
    runs.push_back(std::move(*batches));
  }
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(runs[0], runs[2]);
  format.seed = 6;
  EXPECT_FALSE(*read(*open("train", format), format, 30) == runs[0]);
}

/// What ranks have of a batch, one behind the other, is the batch of one that has all: over two
/// epochs of training, and to the end of an evaluation, where the last ones have less or nothing.
TEST_F(LoaderTest, RanksShareEachBatch) {
  constexpr int64_t whole = 24;
  for (const bool train : {true, false}) {
    BatchFormat format = makeFormat(train);
    format.batch = whole;
    const std::string split = train ? "train" : "test";
    std::unique_ptr<DataSource> alone = open(split, format);
    const auto count = static_cast<size_t>(alone->batchesPerEpoch() * (train ? 2 : 1));
    Result<std::vector<Batch>> expected = read(*alone, format, count);
    ASSERT_OK(expected.status());
    for (const int ranks : {2, 3, 4}) {
      SCOPED_TRACE(testing::Message() << ranks << " ranks, " << split);
      format.ranks = ranks;
      format.batch = whole / ranks;
      std::vector<Batch> together(count);
      for (format.rank = 0; format.rank < ranks; ++format.rank) {
        std::unique_ptr<DataSource> source = open(split, format);
        EXPECT_EQ(source->batchesPerEpoch(), alone->batchesPerEpoch());
        Result<std::vector<Batch>> share = read(*source, format, count);
        ASSERT_OK(share.status());
        for (size_t i = 0; i < count; ++i) {
          const Batch &mine = (*share)[i];
          Batch &all = together[i];
          all.images.insert(all.images.end(), mine.images.begin(), mine.images.end());
          all.labels.insert(all.labels.end(), mine.labels.begin(), mine.labels.end());
          const int64_t samples = all.info.samples + mine.info.samples;
          all.info = mine.info;
          all.info.samples = samples;
        }
      }
      EXPECT_TRUE(together == *expected);
    }
  }
}

TEST_F(LoaderTest, SeekContinuesToTheBit) {
  BatchFormat format = makeFormat(true);
  format.cropPadding = 2;
  format.flip = true;
  Result<std::vector<Batch>> whole = read(*open("train", format), format, 30);
  ASSERT_OK(whole);
  auto source = open("train", format);
  for (size_t from : {size_t(0), size_t(1), size_t(11), size_t(12), size_t(25), size_t(3)}) {
    const bool atStart = from == 0;
    const BatchInfo &before = (*whole)[atStart ? 0 : from - 1].info;
    ASSERT_OK(source->seek(before.epoch, atStart ? 0 : before.nextSample));
    Result<std::vector<Batch>> rest = read(*source, format, 5);
    ASSERT_OK(rest);
    for (size_t i = 0; i < 5; ++i)
      EXPECT_EQ((*rest)[i], (*whole)[from + i]) << "batch " << from + i;
  }
  EXPECT_FALSE(source->seek(0, 204).ok());
  EXPECT_FALSE(source->seek(-1, 0).ok());
}

TEST_F(LoaderTest, EndsWithBatchesPending) {
  const BatchFormat format = makeFormat(true);
  Bytes images(16 * imageBytes);
  std::vector<int32_t> labels(16);
  for (int i = 0; i < 20; ++i) {
    auto source = open("train", format);
    source->prefetch({images.data(), labels.data()});
    source->prefetch({images.data(), labels.data()});
  }
}

TEST_F(LoaderTest, WaitingForNothingIsOurBug) {
  Result<BatchInfo> info = open("train", makeFormat(true))->wait();
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(info.status().blame(), Blame::internal);
}

TEST_F(LoaderTest, FlippedByteIsAnErrorUntilSeek) {
  const BatchFormat format = makeFormat(false);
  const std::string path = directory / "store/chunks/0000000000000001-test-000002.chunk";
  flipByte(path, std::filesystem::file_size(path) - 1); // The last of samples 16 to 23.
  auto source = open("test", format);
  Result<std::vector<Batch>> batches = read(*source, format, 3);
  for (const char *part : {"split 'test' of dlfs://", "chunk 0000000000000001-test-000002",
                           "checksum mismatch in '000023'"})
    expectError(batches, part);
  ASSERT_OK(source->seek(0, 0));
  EXPECT_TRUE(read(*source, format, 1).ok());
}

TEST_F(LoaderTest, MissingAndTruncatedChunksAreNamed) {
  const BatchFormat format = makeFormat(true);
  const std::string path = directory / "store/chunks/0000000000000001-train-000004.chunk";
  const Bytes good = readFile(path);
  writeFile(path, Bytes(good.begin(), good.end() - 1));
  expectError(read(*open("train", format), format, 12),
              "reading chunk 0000000000000001-train-000004: truncated");
  std::filesystem::remove(path);
  expectError(read(*open("train", format), format, 12),
              "reading chunk 0000000000000001-train-000004");
}

TEST_F(LoaderTest, MistakesAreExplained) {
  BatchFormat format = makeFormat(true);
  expectError(openDataSource("dlfs://" + (directory / "store") + "/sett", "train", format),
              "it has set");
  expectError(openDataSource("dlfs://" + (directory / "stor") + "/set", "train", format),
              "no such directory");
  expectError(openDataSource(url, "val", format), "no split 'val'; it has test, train");
  format.channels = 3;
  expectError(openDataSource(url, "train", format), "images of 1 channels, expected 3");
  format.channels = 1;
  format.batch = 204;
  expectError(openDataSource(url, "train", format),
              "203 samples, expected at least a batch of 204");
  format.batch = 16;
  format.width = 70000; // A model's, and no mistake of ours.
  const Status wide = openDataSource(url, "train", format).status();
  EXPECT_EQ(wide.message(), "the model has images of 7x70000x1, expected at most 65536x65536x255");
  EXPECT_EQ(wide.blame(), Blame::user);
  format.batch = 0;
  format.width = shape.width;
  EXPECT_EQ(openDataSource(url, "train", format).status().blame(), Blame::internal);
}

TEST_F(LoaderTest, ImagesOfManySizesAreResized) {
  for (uint32_t i = 0; i < 12; ++i) {
    const Image image = makeGradient({20 + i, 30, i % 3 ? 3u : 1u});
    writeFile(directory / fmt::format("f/train/c/{}", i),
              i % 2 ? encodeJpeg(image) : encodePng(image));
  }
  const std::string other = "dlfs://" + (directory / "store") + "/photos";
  ASSERT_OK(import(other, directory / "f", {"folder", "", {}}, 5000));
  BatchFormat format = makeFormat(false);
  format.height = 10;
  format.width = 10;
  format.channels = 3;
  Result<std::unique_ptr<DataSource>> source = openDataSource(other, "train", format);
  ASSERT_OK(source);
  Result<std::vector<Batch>> batches = read(**source, format, 1);
  ASSERT_OK(batches);
  EXPECT_EQ((*batches)[0].info.samples, 12);
  // The gradient goes down, in all of them.
  for (size_t i = 0; i < 12; ++i) {
    const uint8_t *image = (*batches)[0].images.data() + i * 300;
    EXPECT_LT(image[0], 30);
    EXPECT_GT(image[9 * 30], 200);
  }
  // Known before the first batch, wherever in the split the other images are.
  for (int64_t channels : {1, 2, 4}) {
    format.channels = channels;
    expectError(openDataSource(other, "train", format),
                fmt::format("images of 1 to 3 channels, expected {}", channels));
  }
}

TEST_F(LoaderTest, ReadersChangeNothing) {
  const auto before = contentOf(directory / "store");
  const BatchFormat format = makeFormat(true);
  auto first = open("train", format);
  auto second = open("train", format);
  Result<std::vector<Batch>> one = read(*first, format, 13);
  Result<std::vector<Batch>> two = read(*second, format, 13);
  ASSERT_OK(one);
  ASSERT_OK(two);
  EXPECT_EQ(*one, *two);
  EXPECT_EQ(contentOf(directory / "store"), before);
}

} // namespace
