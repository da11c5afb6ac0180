//===- TcpTest.cpp - ranks over TCP ---------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/OpenRanks.h"
#include "test/comm/CommConformance.h"
#include "test/comm/TcpJob.h"

#include <gtest/gtest.h>

#include <thread>

using namespace fanfold;
using namespace fanfold::test;

namespace {

class Tcp : public testing::TestWithParam<int> {};

TEST_P(Tcp, Conforms) {
  const int size = GetParam();
  TcpJob job(size);
  // From the last on, because they come in any order.
  for (int rank = size - 1; rank >= 0; --rank)
    job.start(rank, checkCommunicator);
  for (int rank = 0; rank < size; ++rank)
    EXPECT_EQ(job.said(rank), "") << "rank " << rank;
}
INSTANTIATE_TEST_SUITE_P(Sizes, Tcp, testing::Values(1, 2, 3, 4));

/// Without a listener that is given: the others are there first, and rank 0 listens itself.
TEST(TcpMeeting, AtAnAddress) {
  for (const char *address : {"localhost", "127.0.0.1", "0.0.0.0"}) {
    int port = 0;
    {
      TcpJob free(1); // Its port is free again behind this.
      port = free.port();
    }
    TcpJob job(3);
    for (int rank = 2; rank >= 0; --rank)
      job.startRaw(rank, [&](Ranks ranks, const TcpOptions &) -> std::string {
        ranks.address = address;
        ranks.port = port;
        if (ranks.rank == 0)
          std::this_thread::sleep_for(std::chrono::milliseconds(300));
        Result<std::unique_ptr<Communicator>> met = openRanks(ranks, 7);
        if (!met)
          return met.status().message();
        double one = 1.0;
        const Status status = (*met)->sum(&one, 1);
        return status.ok() ? fmt::format("{} {}", one, (*met)->description()) : status.message();
      });
    for (int rank = 0; rank < 3; ++rank)
      EXPECT_EQ(job.said(rank), "3 3 ranks over TCP") << address << ", rank " << rank;
  }
}

} // namespace
