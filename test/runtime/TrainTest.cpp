//===- TrainTest.cpp - trainings that go on, stop, fail and resume --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fixture.h"
#include "runtime/Safetensors.h"

#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>

using namespace fanfold;
using namespace fanfold::test;
using nlohmann::json;

namespace {

constexpr const char *data = "--data=memory:train=70,test=20"; // 8 steps and 6 images over.

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

class TrainTest : public testing::Test {
protected:
  TemporaryDirectory directory;
  const std::string run = directory / "run";
  const std::string checkpoint = "--checkpoint=" + run;

  /// The final state of a training that nothing interrupts.
  std::string uninterrupted(std::vector<std::string> more = {}) {
    std::string path = directory / "reference";
    std::vector<std::string> arguments = {"train", data, "--checkpoint=" + path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Outcome outcome = runLogistic(arguments);
    EXPECT_EQ(outcome.exitCode, 0) << outcome.errors;
    return fileBytes(path + "/step-24.safetensors");
  }
  std::string finalState() { return fileBytes(run + "/step-24.safetensors"); }

  bool hasCheckpoint() { return hasCheckpoint(run); }
  static bool hasCheckpoint(const std::string &path) {
    for (const std::string &name : listDirectory(path))
      if (name.find(".tmp") == std::string::npos)
        return true;
    return false;
  }

  static std::vector<json> readLog(const std::string &path) {
    std::vector<json> lines;
    std::istringstream text(fileBytes(path));
    for (std::string line; std::getline(text, line);)
      lines.push_back(json::parse(line));
    return lines;
  }

  /// The lines without what differs from run to run: times, and where checkpoints are.
  static std::vector<std::string> timeless(const std::string &path) {
    std::vector<std::string> lines;
    for (json &line : readLog(path)) {
      for (const char *key : {"time", "seconds", "images_per_s"})
        line.erase(key);
      if (line.contains("path"))
        line["path"] = std::filesystem::path(line["path"].get<std::string>()).filename();
      lines.push_back(line.dump());
    }
    return lines;
  }

  static void expectSameLines(const std::vector<std::string> &found,
                              const std::vector<std::string> &expected) {
    EXPECT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i)
      ASSERT_EQ(found[i], expected[i]) << "in line " << i + 1;
  }

  /// Runs a training in lives that `signal` ends at moments of their own choosing, until
  /// one is long enough; expects the log and the last state of one that nothing ends.
  void expectSameLog(int signal, std::vector<std::string> arguments, const std::string &last) {
    TemporaryDirectory fresh;
    arguments.insert(arguments.begin(), {"train", std::string(data) + ",delay=1000"});
    auto command = [&](const std::string &name) {
      std::vector<std::string> all = arguments;
      all.insert(all.end(), {"--resume", "--checkpoint=" + (fresh / name),
                             "--log=" + (fresh / name + ".jsonl")});
      return all;
    };
    Outcome whole = runLogistic(command("whole"));
    ASSERT_EQ(whole.exitCode, 0) << whole.errors;
    std::vector<std::string> lived = command("lived");
    lived.insert(lived.begin(), logisticPath);
    int ended = 0;
    for (int life = 0;; ++life) {
      ASSERT_LT(life, 1000);
      Process process(lived);
      usleep(static_cast<useconds_t>(20'000 * std::pow(1.07, life)));
      process.kill(signal);
      Outcome outcome = process.wait();
      if (outcome.exitCode == 0)
        break;
      ++ended;
      EXPECT_TRUE(outcome.signal == signal || outcome.exitCode == 128 + signal) << outcome.errors;
    }
    EXPECT_GT(ended, 0);
    expectSameLines(timeless(fresh / "lived.jsonl"), timeless(fresh / "whole.jsonl"));
    EXPECT_EQ(fileBytes(fresh / "lived/" + last), fileBytes(fresh / "whole/" + last));
    EXPECT_NE(fileBytes(fresh / "lived/" + last), "");
  }
};

TEST_F(TrainTest, LearnsAndSummarises) {
  Outcome outcome = runLogistic({"train", data, checkpoint});
  EXPECT_EQ(outcome.exitCode, 0) << outcome.errors;
  EXPECT_EQ(outcome.errors, "");
  EXPECT_TRUE(contains(outcome.output, "3 epochs = 24 steps")) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "epoch 3/3")) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "top1 1.0000")) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, run + "/step-24.safetensors")) << outcome.output;
  EXPECT_FALSE(contains(outcome.output, "\r")) << "not a terminal";
}

TEST_F(TrainTest, OneSeedOneResult) {
  ASSERT_EQ(runLogistic({"train", data, checkpoint}).exitCode, 0);
  EXPECT_EQ(finalState(), uninterrupted());
  std::string other = directory / "other";
  ASSERT_EQ(runLogistic({"train", data, "--checkpoint=" + other, "--seed=8"}).exitCode, 0);
  EXPECT_NE(fileBytes(other + "/step-24.safetensors"), finalState());
}

TEST_F(TrainTest, StoppedAndResumedEndsWithTheSameBits) {
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
    TemporaryDirectory fresh;
    const std::string where = "--checkpoint=" + (fresh / "run");
    // Slow enough for the signal to come in the middle of the second epoch.
    Process process({logisticPath, "train", std::string(data) + ",delay=50000", where,
                     "--checkpoint-every=11", "--learning-rate=0.3"});
    waitUntil([&] { return hasCheckpoint(fresh / "run"); });
    process.kill(signal);
    Outcome stopped = process.wait();
    EXPECT_EQ(stopped.exitCode, 128 + signal) << stopped.errors;
    EXPECT_EQ(stopped.errors, "");
    EXPECT_TRUE(contains(stopped.output, "stopped by SIG")) << stopped.output;
    EXPECT_TRUE(contains(stopped.output, "saved " + (fresh / "run") + "/step-"));
    EXPECT_EQ(fileBytes(fresh / "run/step-24.safetensors"), "") << "the signal came too late";

    // The learning rate is the checkpoint's; nobody has to repeat it.
    Outcome resumed = runLogistic({"train", data, where, "--resume"});
    EXPECT_EQ(resumed.exitCode, 0) << resumed.errors;
    EXPECT_TRUE(contains(resumed.output, "resuming from")) << resumed.output;
    std::filesystem::remove_all(directory / "reference");
    EXPECT_EQ(fileBytes(fresh / "run/step-24.safetensors"), uninterrupted({"--learning-rate=0.3"}));
  }
}

TEST_F(TrainTest, KilledAndResumedEndsWithTheSameBits) {
  // Killed at moments of its own choosing until one life is long enough.
  int kills = 0;
  for (int life = 0; finalState().empty(); ++life) {
    ASSERT_LT(life, 1000);
    Process process({logisticPath, "train", std::string(data) + ",delay=3000", checkpoint,
                     "--resume", "--checkpoint-every=1"});
    usleep(static_cast<useconds_t>(20'000 * std::pow(1.07, life))); // A GPU takes a second to open.
    process.kill(SIGKILL);
    kills += process.wait().signal == SIGKILL;
  }
  EXPECT_GT(kills, 0);
  EXPECT_EQ(finalState(), uninterrupted());
}

TEST_F(TrainTest, LogOfAResumedTrainingIsThatOfAWholeOne) {
  // Checkpoints and lines in the middle of epochs, at their ends, and neither; the end too.
  for (int signal : {SIGKILL, SIGTERM}) {
    expectSameLog(signal, {"--checkpoint-every=3", "--log-every=5"}, "step-24.safetensors");
    expectSameLog(signal, {"--log-every=1", "--eval-every=2"}, "step-24.safetensors");
    expectSameLog(signal, {"--steps=21", "--checkpoint-every=1", "--log-every=7"},
                  "step-21.safetensors");
  }
}

TEST_F(TrainTest, LogOfATrainingThatGoesOn) {
  // More steps than were asked for at first: the end and the last evaluation come later.
  const std::string log = directory / "log.jsonl", whole = directory / "whole.jsonl";
  const std::string same = "--schedule=constant";
  for (const char *steps : {"--steps=10", "--steps=16", "--steps=24"}) {
    Outcome outcome = runLogistic(
        {"train", data, checkpoint, "--resume", same, steps, "--log-every=4", "--log=" + log});
    ASSERT_EQ(outcome.exitCode, 0) << outcome.errors;
  }
  ASSERT_EQ(runLogistic({"train", data, "--checkpoint=" + (directory / "whole"), same, "--steps=24",
                         "--log-every=4", "--log=" + whole})
                .exitCode,
            0);
  // Each says with what it began, and where it saved; but nothing comes twice.
  std::vector<std::string> found, expected;
  auto differs = [](const std::string &line) {
    return contains(line, "\"start\"") || contains(line, "\"checkpoint\"");
  };
  for (const std::string &line : timeless(log))
    if (!differs(line))
      found.push_back(line);
  for (const std::string &line : timeless(whole))
    if (!differs(line))
      expected.push_back(line);
  expectSameLines(found, expected);
}

TEST_F(TrainTest, LogOfAnotherTrainingStays) {
  const std::string log = directory / "log.jsonl";
  ASSERT_EQ(runLogistic({"train", data, checkpoint, "--steps=10"}).exitCode, 0);
  ASSERT_EQ(runLogistic({"train", data, "--seed=8", "--log=" + log}).exitCode, 0);
  const std::string others = fileBytes(log);
  ASSERT_EQ(
      runLogistic({"train", data, checkpoint, "--resume", "--steps=20", "--log=" + log}).exitCode,
      0);
  EXPECT_EQ(fileBytes(log).substr(0, others.size()), others);
  // One that had checkpoints is not taken for one that is begun again.
  std::filesystem::remove_all(run);
  writeFile(log, "");
  for (const char *name : {"one", "two"})
    ASSERT_EQ(runLogistic(
                  {"train", data, "--checkpoint=" + (directory / name), "--resume", "--log=" + log})
                  .exitCode,
              0);
  std::map<std::string, int> events;
  for (const json &line : readLog(log))
    ++events[line["event"]];
  EXPECT_EQ(events["start"], 2);
  EXPECT_EQ(events["end"], 2);
}

TEST_F(TrainTest, ResumeWithoutCheckpointBeginsAtTheBeginning) {
  Outcome outcome = runLogistic({"train", data, checkpoint, "--resume"});
  EXPECT_EQ(outcome.exitCode, 0) << outcome.errors;
  EXPECT_TRUE(contains(outcome.output, "holds no checkpoint: starting at the beginning"));
  EXPECT_EQ(finalState(), uninterrupted());
}

TEST_F(TrainTest, ResumeWithMoreEpochs) {
  ASSERT_EQ(runLogistic({"train", data, checkpoint}).exitCode, 0);
  Outcome done = runLogistic({"train", data, checkpoint, "--resume"});
  EXPECT_EQ(done.exitCode, 0);
  EXPECT_TRUE(contains(done.output, "nothing left to train: step 24 of 24")) << done.output;
  Outcome more = runLogistic({"train", data, checkpoint, "--resume", "--epochs=4"});
  EXPECT_EQ(more.exitCode, 0) << more.errors;
  EXPECT_EQ(listDirectory(run),
            (std::vector<std::string>{"step-24.safetensors", "step-32.safetensors"}));
}

TEST_F(TrainTest, DoesNotWriteOverAnotherRun) {
  ASSERT_EQ(runLogistic({"train", data, checkpoint}).exitCode, 0);
  const std::string before = finalState();
  Outcome outcome = runLogistic({"train", data, checkpoint});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "step-24.safetensors is there already: pass --resume"));
  EXPECT_EQ(finalState(), before);
}

TEST_F(TrainTest, ResumeWithWhatDoesNotFit) {
  ASSERT_EQ(runLogistic({"train", data, checkpoint}).exitCode, 0);
  Outcome model = Process({logisticPath + "_of_4", "train", data, checkpoint, "--resume"}).wait();
  EXPECT_EQ(model.exitCode, 1);
  EXPECT_TRUE(contains(model.errors, "tensor fc.weight is F32 4x3, expected F32 4x4"))
      << model.errors;
  Outcome other = runLogistic({"train", "--data=memory:train=64,test=20", checkpoint, "--resume"});
  EXPECT_EQ(other.exitCode, 1);
  EXPECT_TRUE(contains(other.errors,
                       "it was trained on 70 images of import 0000000000000046 of 2027-01-15 "
                       "08:00:00 UTC, memory:train=64,test=20 has 64 of import 0000000000000040 of "
                       "2027-01-15 08:00:00 UTC; --weights starts a new training"))
      << other.errors;
  // As many images, and perhaps the same: nobody knows in which order.
  Outcome again = runLogistic({"train", std::string(data) + ",import=2", checkpoint, "--resume"});
  EXPECT_EQ(again.exitCode, 1);
  EXPECT_TRUE(contains(again.errors, "70 images of import 0000000000000046 of ")) << again.errors;
  EXPECT_TRUE(contains(again.errors, "has 70 of import 0000000000000816 of ")) << again.errors;
  Outcome seed = runLogistic({"train", data, checkpoint, "--resume", "--seed=9"});
  EXPECT_EQ(seed.exitCode, 1);
  EXPECT_TRUE(contains(seed.errors, "seed is 7, found 9 on the command line")) << seed.errors;
  // The data set may lie elsewhere.
  EXPECT_EQ(runLogistic({"train", std::string(data) + ",delay=1", checkpoint, "--resume"}).exitCode,
            0);

  std::string damaged = finalState();
  damaged[damaged.size() - 5] ^= 1;
  writeFile(run + "/step-24.safetensors", damaged);
  Outcome broken = runLogistic({"train", data, checkpoint, "--resume"});
  EXPECT_EQ(broken.exitCode, 1);
  EXPECT_TRUE(contains(broken.errors, "step-24.safetensors: checksum mismatch")) << broken.errors;
}

TEST_F(TrainTest, StopWithoutCheckpointSaysSo) {
  std::string log = directory / "log.jsonl";
  Process process(
      {logisticPath, "train", std::string(data) + ",delay=20000", "--log=" + log, "--log-every=1"});
  waitUntil([&] { return contains(fileBytes(log), "\"event\":\"step\""); });
  process.kill(SIGTERM);
  Outcome outcome = process.wait();
  EXPECT_EQ(outcome.exitCode, 128 + SIGTERM);
  EXPECT_TRUE(contains(outcome.errors, "stopped by SIGTERM after step")) << outcome.errors;
  EXPECT_TRUE(contains(outcome.errors, "nothing is saved without --checkpoint"));
  EXPECT_EQ(readLog(log).back()["reason"], "SIGTERM");
}

TEST_F(TrainTest, StoppedWhileEvaluatingIsNotDone) {
  // After an epoch, and after the last step, in the middle of an epoch.
  for (const char *steps : {"--epochs=1", "--steps=5"}) {
    TemporaryDirectory fresh;
    const std::string log = fresh / "log.jsonl", where = "--checkpoint=" + (fresh / "run");
    Process process({logisticPath, "train", "--data=memory:train=70,test=8000,delay=2000", where,
                     steps, "--log=" + log});
    waitUntil([&] { return contains(fileBytes(log), "\"event\":\"checkpoint\""); });
    process.kill(SIGTERM);
    Outcome outcome = process.wait();
    EXPECT_EQ(outcome.exitCode, 128 + SIGTERM) << outcome.output;
    EXPECT_TRUE(contains(outcome.output, "--resume continues")) << outcome.output;
    EXPECT_FALSE(contains(outcome.output, "test loss")) << outcome.output;

    Outcome resumed = runLogistic(
        {"train", "--data=memory:train=70,test=8000", where, steps, "--resume", "--log=" + log});
    EXPECT_EQ(resumed.exitCode, 0) << resumed.errors;
    EXPECT_TRUE(contains(resumed.output, "test        loss")) << resumed.output;
  }
}

TEST_F(TrainTest, SecondSignalEndsAtOnce) {
  // No batch ever comes, so the step that the first signal lets end does not.
  Outcome outcome;
  for (int attempt = 0; attempt < 20; ++attempt) {
    const std::string log = directory / ("log" + std::to_string(attempt));
    Process process({logisticPath, "train", "--data=memory:train=70,delay=60000000", checkpoint,
                     "--eval-every=0", "--log=" + log});
    waitUntil([&] { return contains(fileBytes(log), "\"event\":\"start\""); });
    usleep(20'000);
    process.kill(SIGTERM);
    process.kill(SIGINT); // Of another kind: it is the first that counts.
    usleep(20'000);
    process.kill(SIGTERM);
    outcome = process.wait();
    // On a busy machine the first signal may come before the step, and ends that training at once.
    if (outcome.exitCode != 128 + SIGTERM)
      break;
  }
  EXPECT_EQ(outcome.signal, SIGTERM) << outcome.output << outcome.errors;
}

TEST_F(TrainTest, HangUpThatIsIgnoredStaysSo) {
  const std::string log = directory / "log.jsonl";
  Process process({logisticPath, "train", std::string(data) + ",delay=20000", "--log=" + log},
                  [] { std::signal(SIGHUP, SIG_IGN); });
  waitUntil([&] { return contains(fileBytes(log), "\"event\":\"start\""); });
  process.kill(SIGHUP);
  EXPECT_EQ(process.wait().exitCode, 0);
}

TEST_F(TrainTest, StateThatCannotBeSavedWhenStopped) {
  const std::string log = directory / "log.jsonl";
  Process process({logisticPath, "train", std::string(data) + ",delay=20000", checkpoint,
                   "--log=" + log, "--log-every=1"});
  waitUntil([&] { return contains(fileBytes(log), "\"event\":\"step\""); });
  // Nothing can be made where there is nothing, not even by root.
  std::filesystem::remove_all(run);
  process.kill(SIGTERM);
  Outcome outcome = process.wait();
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "stopped by SIGTERM after step ")) << outcome.errors;
  EXPECT_TRUE(contains(outcome.errors, " is not saved (nor any before)")) << outcome.errors;
}

TEST_F(TrainTest, NotANumber) {
  // Image 9 has a label that the loss answers with NaN.
  Outcome outcome = runLogistic(
      {"train", "--data=memory:train=70,test=20,poison=9", checkpoint, "--checkpoint-every=2"});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "training stopped: loss is nan at step ")) << outcome.errors;
  EXPECT_TRUE(contains(outcome.errors, "launch 1, softmax_cross_entropy of loss "
                                       "(logistic.mlir:6:8), wrote nan at element 0"))
      << outcome.errors;
  // From the last checkpoint, not from the beginning.
  ASSERT_TRUE(hasCheckpoint());
  EXPECT_TRUE(contains(outcome.output, "training again from step 6 (" + run)) << outcome.output;
  // No checkpoint holds the damage.
  for (const std::string &name : listDirectory(run)) {
    Outcome eval = runLogistic({"eval", data, "--checkpoint=" + run + "/" + name, "--format=json"});
    EXPECT_TRUE(json::parse(eval.output)["loss"].is_number()) << eval.output;
  }
}

TEST_F(TrainTest, EvaluationThatIsNoNumberIsSaid) {
  Outcome outcome =
      runLogistic({"train", std::string(data) + ",testpoison=3", "--epochs=2", checkpoint});
  EXPECT_EQ(outcome.exitCode, 0);
  EXPECT_EQ(outcome.errors, "warning: evaluation after step 8: loss is nan over 20 images\n"
                            "warning: evaluation after step 16: loss is nan over 20 images\n");
}

TEST_F(TrainTest, AGradientThatOverflowedIsNotTheOrigin) {
  // Unlike image 9, image 5 comes to nothing: its gradients are passed over.
  const std::string overflowing = "--data=memory:train=70,test=20,overflow=5";
  EXPECT_EQ(runLogistic({"train", overflowing, "--epochs=2"}).exitCode, 0);
  // With this seed it comes in step 3.
  const Outcome outcome =
      runLogistic({"train", overflowing + ",poison=9", "--epochs=2", "--seed=4"});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "loss is nan at step 11 ")) << outcome.errors;
  EXPECT_TRUE(contains(outcome.errors, "came in step 11: launch 1, softmax_cross_entropy of loss"))
      << outcome.errors;
}

TEST_F(TrainTest, DivergesByTheLearningRate) {
  Outcome outcome = runLogistic({"train", data, "--learning-rate=1e30"});
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "the first value that is not finite came in step"))
      << outcome.errors;
}

TEST_F(TrainTest, LogIsJsonLines) {
  std::string log = directory / "log.jsonl";
  writeFile(log, "{\"event\":\"torn\""); // The last line of a run that was killed.
  ASSERT_EQ(runLogistic({"train", data, checkpoint, "--log=" + log, "--log-every=5"}).exitCode, 0);
  std::string text = fileBytes(log);
  writeFile(log, text.substr(text.find('\n') + 1));

  std::map<std::string, int> events;
  double time = 0;
  for (const json &line : readLog(log)) {
    ++events[line["event"]];
    EXPECT_GE(line["time"], time);
    time = line["time"];
    if (line["event"] == "step") {
      EXPECT_EQ(line["step"].get<int>() % 5, 0);
      EXPECT_EQ(line["epoch"], (line["step"].get<int>() - 1) / 8 + 1);
      for (const char *key : {"loss", "learning_rate", "images_per_s"})
        EXPECT_TRUE(line[key].is_number()) << key;
      EXPECT_TRUE(line["metrics"]["top1"].is_number());
    }
    if (line["event"] == "eval") {
      EXPECT_EQ(line["samples"], 20);
    }
  }
  EXPECT_EQ(
      events,
      (std::map<std::string, int>{
          {"start", 1}, {"step", 4}, {"epoch", 3}, {"eval", 3}, {"checkpoint", 3}, {"end", 1}}));
}

TEST_F(TrainTest, LogThatFillsUpHasWholeLines) {
  const std::string log = directory / "log.jsonl";
  Outcome outcome = runLogistic({"train", data, "--log=" + log, "--log-every=1"}, [] {
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {2999, 2999}; // Less than the log, more than the output.
    setrlimit(RLIMIT_FSIZE, &limit);
  });
  EXPECT_EQ(outcome.exitCode, 0) << outcome.errors;
  EXPECT_EQ(outcome.errors,
            "warning: log " + log + ": writing: file too large; training goes on without it\n");
  EXPECT_GT(readLog(log).size(), 5u); // Each parses.
  EXPECT_EQ(fileBytes(log).back(), '\n');
}

TEST_F(TrainTest, StepsAndEvaluationAsAsked) {
  std::string log = directory / "log.jsonl";
  Outcome outcome = runLogistic({"train", data, checkpoint, "--steps=20", "--eval-every=2",
                                 "--checkpoint-every=6", "--keep=9", "--log=" + log});
  ASSERT_EQ(outcome.exitCode, 0) << outcome.errors;
  EXPECT_EQ(listDirectory(run),
            (std::vector<std::string>{"step-12.safetensors", "step-18.safetensors",
                                      "step-20.safetensors", "step-6.safetensors"}));
  std::vector<int> evaluations;
  for (const json &line : readLog(log)) {
    if (line["event"] == "eval")
      evaluations.push_back(line["step"]);
  }
  EXPECT_EQ(evaluations, (std::vector<int>{16, 20}));
}

TEST_F(TrainTest, DataWithoutTestSplit) {
  Outcome outcome = runLogistic({"train", "--data=memory:train=70"});
  EXPECT_EQ(outcome.exitCode, 0);
  EXPECT_TRUE(contains(outcome.errors, "warning: no evaluation: ")) << outcome.errors;
  EXPECT_EQ(runLogistic({"train", "--data=memory:train=70", "--eval-every=1"}).exitCode, 1);
  EXPECT_EQ(runLogistic({"train", "--data=memory:train=70", "--eval-every=0"}).errors, "");
}

TEST_F(TrainTest, SaysEarlyWhatCannotWork) {
  writeFile(directory / "file", "x");
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--data=nowhere"}, "nowhere: no such data set"},
      {{"--data=memory:train=5"}, "split train has 5 images, expected at least a batch of 8"},
      {{data, "--checkpoint=" + (directory / "file")}, "creating directory"},
      {{data, "--log=" + (directory / "none/log")}, "opening log"},
      {{data, "--weights=" + (directory / "file")}, "not a safetensors file"}};
  for (const auto &[arguments, complaint] : cases) {
    std::vector<std::string> all = {"train"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Outcome outcome = runLogistic(all);
    EXPECT_EQ(outcome.exitCode, 1);
    EXPECT_TRUE(contains(outcome.errors, complaint)) << outcome.errors;
    EXPECT_FALSE(contains(outcome.output, "epoch 1")) << outcome.output;
  }
}

TEST_F(TrainTest, NoSpaceForACheckpointIsSaidBeforeTheFirstStep) {
  Outcome outcome = runLogistic({"train", data, checkpoint}, [] {
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {700, 700}; // Less than a checkpoint, more than the output.
    setrlimit(RLIMIT_FSIZE, &limit);
  });
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(contains(outcome.errors, "file too large")) << outcome.errors;
  EXPECT_FALSE(contains(outcome.output, "epoch 1")) << outcome.output;
}

TEST_F(TrainTest, DiskThatFillsUpOnTheWay) {
  constexpr int noPrivilege = 77;
  mkdir(run.c_str(), 0777);
  const std::string reference = uninterrupted();
  const std::string log = directory / "log.jsonl";
  Outcome child = runInChild([&] {
    if (!mountSmallDisk(run, 64 << 10))
      return noPrivilege;
    Process process({logisticPath, "train", std::string(data) + ",delay=50000", checkpoint,
                     "--checkpoint-every=2", "--log=" + log});
    waitUntil([&] { return hasCheckpoint(); });
    writeFile(run + "/filler", std::string(64 << 10, 'x'));
    Outcome outcome = process.wait();
    // It went on to the end, said what is missing, and lost nothing it had.
    if (outcome.exitCode != 1)
      return 1;
    if (!contains(outcome.errors, "no space left on device; training goes on"))
      return 2;
    if (!contains(outcome.errors, "step 24 is not saved (the last checkpoint is " + run))
      return 3;
    unlink((run + "/filler").c_str());
    if (runLogistic({"train", data, checkpoint, "--resume"}).exitCode != 0)
      return 4;
    return finalState() == reference ? 0 : 5;
  });
  if (child.exitCode == noPrivilege)
    GTEST_SKIP() << "mounting a small file system needs root";
  EXPECT_EQ(child.exitCode, 0) << child.errors;
}

TEST_F(TrainTest, StartsFromWeights) {
  ASSERT_EQ(runLogistic({"train", data, checkpoint}).exitCode, 0);
  std::string log = directory / "log.jsonl";
  Outcome outcome = runLogistic({"train", data, "--weights=" + run + "/step-24.safetensors",
                                 "--steps=1", "--log-every=1", "--log=" + log});
  ASSERT_EQ(outcome.exitCode, 0) << outcome.errors;
  EXPECT_LT(readLog(log)[1]["loss"], 0.5) << "what is learnt is known from the first step";
}

} // namespace
