//===- CheckpointTest.cpp - states of a training on disk ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint.h"
#include "Fixture.h"
#include "Logistic.h"
#include "runtime/Device.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <thread>

using namespace fanfold;
using namespace fanfold::test;

namespace {

using Names = std::vector<std::string>;

class CheckpointTest : public testing::Test {
protected:
  void SetUp() override {
    Result<std::unique_ptr<Session>> opened = Session::open(logistic, makeCpuDevice(), 1);
    ASSERT_TRUE(opened.ok());
    session = std::move(*opened);
    ASSERT_TRUE(session->initialize(1).ok());
  }

  CheckpointInfo infoAt(int64_t step) const {
    CheckpointInfo info;
    info.position = {step, 2, 24};
    info.batch = logistic.batch;
    info.samples = 64;
    info.fingerprint = logistic.fingerprint;
    info.model = logistic.model;
    info.recipe = settingsToJson(Settings(logistic.recipe), logistic);
    info.import = {"0123456789abcdef", 1'800'000'000};
    info.epochSums = {3, {0.1 + 0.2, NAN}};
    return info;
  }

  /// All bytes of the variables that checkpoints hold.
  static std::string state(Session &session) {
    std::string bytes;
    for (const Variable &variable : logistic.variables) {
      if (!inCheckpoint(variable.role))
        continue;
      size_t begin = bytes.size();
      bytes.resize(begin + variable.bytes);
      EXPECT_TRUE(session.device().read(variable.offset, &bytes[begin], variable.bytes).ok());
    }
    return bytes;
  }

  CheckpointWriter writer(int keep = 2) {
    Result<CheckpointWriter> opened = CheckpointWriter::open(path, keep);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return std::move(*opened);
  }

  TemporaryDirectory directory;
  const std::string path = directory / "nested/run";
  std::unique_ptr<Session> session;
};

TEST_F(CheckpointTest, RoundTrip) {
  Result<std::string> saved = writer().save(*session, infoAt(12));
  ASSERT_TRUE(saved.ok()) << saved.status().message();
  const std::string before = state(*session);

  Result<Checkpoint> checkpoint = Checkpoint::open(*saved);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  EXPECT_EQ(checkpoint->info.position.step, 12);
  EXPECT_EQ(checkpoint->info.position.epoch, 2);
  EXPECT_EQ(checkpoint->info.position.nextSample, 24);
  EXPECT_EQ(checkpoint->info.samples, 64);
  EXPECT_EQ(checkpoint->info.import.id, "0123456789abcdef");
  EXPECT_EQ(checkpoint->info.import.time, 1'800'000'000);
  EXPECT_EQ(checkpoint->info.epochSums.steps, 3);
  ASSERT_EQ(checkpoint->info.epochSums.sums.size(), 2u);
  EXPECT_EQ(checkpoint->info.epochSums.sums[0], 0.1 + 0.2); // To the bit.
  EXPECT_TRUE(std::isnan(checkpoint->info.epochSums.sums[1]));
  EXPECT_FALSE(checkpoint->info.logSums.has_value());
  ASSERT_TRUE(session->initialize(2).ok());
  EXPECT_NE(state(*session), before);
  ASSERT_TRUE(checkpoint->restore(*session).ok());
  EXPECT_EQ(state(*session), before);
}

TEST_F(CheckpointTest, FirstValuesDependOnSeedAndNameAlone) {
  const std::string first = state(*session);
  ASSERT_TRUE(session->initialize(2).ok());
  EXPECT_NE(state(*session), first);
  ASSERT_TRUE(session->initialize(1).ok());
  EXPECT_EQ(state(*session), first);
}

TEST_F(CheckpointTest, KeepsTheLast) {
  CheckpointWriter checkpoints = writer(2);
  for (int64_t step : {8, 9, 10, 100})
    ASSERT_TRUE(checkpoints.save(*session, infoAt(step)).ok());
  EXPECT_EQ(listDirectory(path), (Names{"step-10.safetensors", "step-100.safetensors"}));
  EXPECT_EQ(**findLatestCheckpoint(path), path + "/step-100.safetensors");
}

TEST_F(CheckpointTest, LatestIsByNumberAndIgnoresOthers) {
  (void)writer();
  for (const char *name : {"step-9.safetensors", "step-10.safetensors", "step-99.safetensors.tmp",
                           "step-x.safetensors", "step--3.safetensors", "notes.txt"})
    writeFile(path + "/" + name, "x");
  EXPECT_EQ(**findLatestCheckpoint(path), path + "/step-10.safetensors");
  EXPECT_FALSE(findLatestCheckpoint(directory / "none")->has_value());
  EXPECT_FALSE(findLatestCheckpoint(path + "/notes.txt").ok());
}

TEST_F(CheckpointTest, RemovesHalfWrittenFilesOfItsOwnOnly) {
  (void)writer();
  writeFile(path + "/step-5.safetensors.tmp", "half");
  writeFile(path + "/mine.tmp", "keep");
  (void)writer();
  EXPECT_EQ(listDirectory(path), Names{"mine.tmp"});
}

TEST_F(CheckpointTest, OneWriterAtATime) {
  CheckpointWriter first = writer();
  Result<CheckpointWriter> second = CheckpointWriter::open(path, 2);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(), "another process writes checkpoints to " + path);
}

TEST_F(CheckpointTest, EveryFlippedBitIsFound) {
  Result<std::string> saved = writer().save(*session, infoAt(12));
  ASSERT_TRUE(saved.ok());
  const std::string whole = fileBytes(*saved);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    writeFile(*saved, flipped);
    Result<Checkpoint> opened = Checkpoint::open(*saved);
    ASSERT_FALSE(opened.ok()) << "bit " << bit;
    ASSERT_EQ(opened.status().message().rfind(*saved, 0), 0u) << opened.status().message();
  }
}

TEST_F(CheckpointTest, OfAnotherModel) {
  CheckpointInfo info = infoAt(12);
  info.fingerprint ^= 1;
  Result<std::string> saved = writer().save(*session, info);
  ASSERT_TRUE(saved.ok());
  Status status = Checkpoint::open(*saved)->restore(*session);
  EXPECT_NE(status.message().find("checkpoint of another model: fingerprint"), std::string::npos);
}

TEST_F(CheckpointTest, OfAnotherVersion) {
  const std::string path = directory / "old.safetensors";
  ASSERT_TRUE(writeSafetensors(path, {{"format", "fanfold-checkpoint-1"}}, {}).ok());
  Result<Checkpoint> opened = Checkpoint::open(path);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().message(),
            path + ": not a checkpoint of this version: format is 'fanfold-checkpoint-1', expected "
                   "'fanfold-checkpoint-2'; --weights starts a new training from its values");
}

TEST_F(CheckpointTest, SumsOfStrangers) {
  const std::string path = directory / "x.safetensors";
  for (const char *sums : {"", "3", "{}", "{\"steps\":-1,\"sums\":[]}", "{\"steps\":1,\"sums\":3}",
                           "{\"steps\":1,\"sums\":[\"x\"]}"}) {
    SafetensorsMetadata metadata = {
        {"format", "fanfold-checkpoint-2"}, {"recipe", "{}"}, {"epoch_sums", sums}};
    for (const char *key :
         {"step", "epoch", "next_sample", "batch", "samples", "fingerprint", "import_time"})
      metadata[key] = "1";
    ASSERT_TRUE(writeSafetensors(path, metadata, {}).ok());
    Result<Checkpoint> opened = Checkpoint::open(path);
    ASSERT_FALSE(opened.ok()) << sums;
    EXPECT_EQ(opened.status().message(),
              path + ": epoch_sums is '" + sums + "', expected steps and sums");
  }
}

TEST_F(CheckpointTest, FullDiskKeepsThePrevious) {
  CheckpointWriter checkpoints = writer(1);
  ASSERT_TRUE(checkpoints.save(*session, infoAt(1)).ok());
  Outcome outcome = runInChild([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {512, 512};
    setrlimit(RLIMIT_FSIZE, &limit);
    if (checkpoints.check(*session, infoAt(2)).ok())
      return 1;
    return checkpoints.save(*session, infoAt(2)).ok() ? 2 : 0;
  });
  EXPECT_EQ(outcome.exitCode, 0);
  EXPECT_EQ(listDirectory(path), Names{"step-1.safetensors"});
  EXPECT_TRUE(Checkpoint::open(path + "/step-1.safetensors").ok());
}

TEST_F(CheckpointTest, KilledAtAnyMoment) {
  // A child that does nothing but write checkpoints, killed again and again: at least until
  // a machine with other work has written one.
  for (int round = 0; round < 30 || !findLatestCheckpoint(path)->has_value(); ++round) {
    ASSERT_LT(round, 300);
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Result<CheckpointWriter> checkpoints = CheckpointWriter::open(path, 2);
      for (int64_t step = 1; checkpoints.ok(); ++step)
        (void)checkpoints->save(*session, infoAt(100 * round + step));
      _exit(1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + 777 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    Result<std::optional<std::string>> latest = findLatestCheckpoint(path);
    ASSERT_TRUE(latest.ok()) << latest.status().message();
    if (!*latest)
      continue; // Killed before the first was there.
    Result<Checkpoint> checkpoint = Checkpoint::open(**latest);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
    ASSERT_TRUE(checkpoint->restore(*session).ok());
  }
}

} // namespace
