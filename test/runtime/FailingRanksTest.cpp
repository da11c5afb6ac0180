//===- FailingRanksTest.cpp - a training whose exchange with others fails -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fixture.h"
#include "Logistic.h"
#include "MemorySource.h"
#include "runtime/Communicator.h"
#include "runtime/Train.h"

#include <algorithm>
#include <cstring>

using namespace fanfold;
using namespace fanfold::test;

namespace {

/// Rank 0 of two that always say the same, until the means of a step fail while words still come
/// through, as they do beside NCCL.
class FailingRanks final : public Communicator {
public:
  explicit FailingRanks(int goodSteps) : Communicator(0, 2), goodSteps(goodSteps) {}

  std::string description() const override { return "2 ranks that fail"; }
  Status broadcast(void *, size_t, int) override { return {}; }
  Status gather(const void *mine, void *all, size_t bytes) override {
    for (size_t rank = 0; rank < 2; ++rank)
      std::memcpy(static_cast<char *>(all) + rank * bytes, mine, bytes);
    return {};
  }
  Status sum(double *values, size_t count) override {
    for (size_t i = 0; i < count; ++i)
      values[i] *= 2;
    return {};
  }
  Status barrier() override { return {}; }
  void beginMean(void *, size_t, ElementType, int, void *) override {}
  void endMean(int, void *) override {}
  Status status() override { return goodSteps-- > 0 ? Status() : Status::error("the wire is cut"); }

private:
  int goodSteps;
};

/// What a rank computes without the others is never saved.
TEST(FailingRanksTest, NothingIsSavedBehindAFailedMean) {
  TemporaryDirectory directory;
  TrainOptions options;
  options.data = "memory:train=70,test=20";
  options.checkpoint = directory / "run";
  options.checkpointEvery = 1;
  options.evalEvery = 0;
  options.keep = 10;
  FailingRanks ranks(3);
  const Status status = train(logistic, makeCpuDevice(), openMemorySource, options, &ranks);
  EXPECT_EQ(status.message(), "step 4: the wire is cut");
  std::vector<std::string> saved = listDirectory(options.checkpoint);
  std::sort(saved.begin(), saved.end());
  EXPECT_EQ(saved, (std::vector<std::string>{"step-1.safetensors", "step-2.safetensors",
                                             "step-3.safetensors"}));
}

} // namespace
