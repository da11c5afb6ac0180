//===- TcpFaultTest.cpp - what goes wrong with ranks over TCP -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/tcp/Protocol.h"
#include "test/comm/TcpJob.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <thread>
#include <vector>

using namespace fanfold;
using namespace fanfold::test;

namespace {

using namespace std::chrono_literals;

/// Sums, until one fails; says why.
std::string sumForever(Communicator &communicator) {
  std::vector<double> values(100000);
  for (;;)
    if (const Status status = communicator.sum(values.data(), values.size()); !status.ok())
      return status.message();
}

/// Like start(), with another patience of the meeting, fingerprint or size.
void startWith(TcpJob &job, int rank, Milliseconds meeting, uint64_t fingerprint, int size) {
  job.startRaw(rank, [=](Ranks ranks, TcpOptions options) {
    options.meeting = meeting;
    options.fingerprint = fingerprint;
    ranks.size = size;
    Result<std::unique_ptr<Communicator>> met = meetOverTcp(ranks, options);
    if (!met)
      return met.status().message();
    const Status status = (*met)->barrier();
    return status.message();
  });
}

/// "(127.0.0.1:41250)" becomes "(there)".
std::string withoutPort(std::string text) {
  const size_t begin = text.find("(127."), end = text.find(')', begin);
  return begin == std::string::npos ? text : text.replace(begin, end - begin, "(there");
}

TEST(TcpFault, ARankThatNeverComes) {
  TcpJob job(5);
  for (const int rank : {3, 1, 0})
    startWith(job, rank, 1500ms, 1, 5);
  for (const int rank : {0, 1, 3})
    EXPECT_EQ(job.said(rank), "ranks 2, 4 have not come within 1500 ms, expected 5 ranks") << rank;
}

TEST(TcpFault, RankZeroNeverComes) {
  int port = 0;
  {
    TcpJob free(1);
    port = free.port();
  }
  TcpJob job(2);
  job.startRaw(1, [&](Ranks ranks, TcpOptions options) {
    ranks.port = port;
    options.meeting = 700ms;
    return meetOverTcp(ranks, options).status().message();
  });
  EXPECT_EQ(job.said(1), fmt::format("rank 0 is not there after 700 ms: connecting to 127.0.0.1 "
                                     "port {}: connection refused",
                                     port));
}

/// Whichever dies, the others say so in seconds, though the patience is 20 s.
TEST(TcpFault, ARankDies) {
  for (int victim = 0; victim < 4; ++victim) {
    TcpJob job(4);
    for (int rank = 0; rank < 4; ++rank)
      job.start(rank, sumForever);
    std::this_thread::sleep_for(600ms);
    kill(job.process(victim), SIGKILL);
    for (int rank = 0; rank < 4; ++rank)
      EXPECT_EQ(job.said(rank, 5s),
                rank == victim ? "killed"
                               : fmt::format("rank {} has gone (connection closed)", victim))
          << "rank " << rank;
  }
}

/// Rank 0 waits for rank 1, and hears of rank 2 all the same.
TEST(TcpFault, ARankDiesWhileAnotherIsLate) {
  TcpJob job(4);
  for (const int rank : {0, 1, 2, 3})
    job.start(rank, [](Communicator &communicator) -> std::string {
      if (communicator.rank() == 2)
        raise(SIGKILL);
      if (communicator.rank() == 1)
        std::this_thread::sleep_for(6s);
      return sumForever(communicator);
    });
  const Clock::time_point begin = Clock::now();
  for (const int rank : {0, 3})
    EXPECT_EQ(job.said(rank), "rank 2 has gone (connection closed)") << "rank " << rank;
  EXPECT_LT(Clock::now() - begin, 4s);
  // When it comes at last, it reads what it was told.
  EXPECT_EQ(job.said(1), "rank 2 has gone (connection closed)");
}

TEST(TcpFault, ARankHangs) {
  TcpJob job(4);
  for (int rank = 0; rank < 4; ++rank)
    job.start(rank, sumForever, 1500ms);
  std::this_thread::sleep_for(600ms);
  kill(job.process(2), SIGSTOP);
  for (const int rank : {0, 1, 3}) {
    const std::string said = job.said(rank, 8s);
    // It may have stopped before or after what it had to send.
    EXPECT_TRUE(said == "rank 2 has sent nothing for 1500 ms" ||
                said == "rank 2 has taken nothing for 1500 ms")
        << "rank " << rank << ": " << said;
  }
}

TEST(TcpFault, RankZeroHangs) {
  TcpJob job(3);
  for (int rank = 0; rank < 3; ++rank)
    job.start(rank, sumForever, 500ms);
  std::this_thread::sleep_for(300ms);
  kill(job.process(0), SIGSTOP);
  for (const int rank : {1, 2}) {
    const std::string said = job.said(rank, 10s);
    EXPECT_TRUE(said == "rank 0 has sent nothing for 3 s" ||
                said == "rank 0 has taken nothing for 3 s")
        << "rank " << rank << ": " << said;
  }
}

/// Whoever else calls at the port is sent away, and the ranks still meet.
TEST(TcpFault, Strangers) {
  TcpJob job(2);
  startWith(job, 0, 20000ms, 1, 2);
  std::vector<Socket> strangers;
  const std::string words[] = {"", "GET / HTTP/1.1\r\nHost: here\r\n\r\n", "\n", "FFrankly",
                               std::string(100000, 'x')};
  for (const std::string &word : words) {
    Result<Socket> socket = connectTo("127.0.0.1", job.port(), Clock::now() + 5s);
    ASSERT_TRUE(socket.ok());
    static_cast<void>(socket->send(word.data(), word.size(), 1000ms));
    strangers.push_back(std::move(*socket));
  }
  { // Comes and goes.
    Result<Socket> scanner = connectTo("127.0.0.1", job.port(), Clock::now() + 5s);
    ASSERT_TRUE(scanner.ok());
  }
  // Who has spoken is sent away before the ranks are there.
  for (size_t i = 1; i < strangers.size(); ++i) {
    char byte;
    EXPECT_EQ(strangers[i].receive(&byte, 1, 5000ms).end, Transfer::End::closed) << i;
  }
  startWith(job, 1, 20000ms, 1, 2);
  EXPECT_EQ(job.said(0), "");
  EXPECT_EQ(job.said(1), "");
}

TEST(TcpFault, SomethingElseListens) {
  TcpJob job(2);
  job.startRaw(0, [](const Ranks &, const TcpOptions &options) -> std::string {
    FileDescriptor listener(options.listener);
    static_cast<void>(waitFor(listener.get(), POLLIN, 10000ms));
    Socket caller{FileDescriptor(accept(listener.get(), nullptr, nullptr))};
    const std::string answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    static_cast<void>(caller.send(answer.data(), answer.size(), 1000ms));
    caller.finish(2000ms);
    return "";
  });
  startWith(job, 1, 20000ms, 1, 2);
  EXPECT_EQ(job.said(1), fmt::format("127.0.0.1:{} answers something that no rank sends, expected "
                                     "rank 0",
                                     job.port()));
}

TEST(TcpFault, AnotherFingerprint) {
  TcpJob job(3);
  startWith(job, 0, 20000ms, 1, 3);
  startWith(job, 1, 20000ms, 1, 3);
  std::this_thread::sleep_for(300ms);
  startWith(job, 2, 20000ms, 0xab, 3);
  for (int rank = 0; rank < 3; ++rank)
    EXPECT_EQ(withoutPort(job.said(rank, 5s)),
              "rank 2 (there) has the job fingerprint 00000000000000ab, expected "
              "0000000000000001 as rank 0: another program or other settings")
        << rank;
}

TEST(TcpFault, AnotherSize) {
  TcpJob job(2);
  startWith(job, 0, 20000ms, 1, 2);
  startWith(job, 1, 20000ms, 1, 3);
  for (int rank = 0; rank < 2; ++rank)
    EXPECT_EQ(withoutPort(job.said(rank, 5s)),
              "rank 1 (there) is of a job of 3 ranks, expected 2 as on rank 0");
}

TEST(TcpFault, ARankTwice) {
  TcpJob job(3);
  startWith(job, 0, 20000ms, 1, 3);
  startWith(job, 1, 20000ms, 1, 3);
  std::this_thread::sleep_for(300ms);
  job.startRaw(2, [](Ranks ranks, TcpOptions options) {
    ranks.rank = 1;
    options.fingerprint = 1;
    return meetOverTcp(ranks, options).status().message();
  });
  for (int rank = 0; rank < 3; ++rank)
    EXPECT_EQ(withoutPort(job.said(rank, 5s)),
              "rank 1 (there) has come twice, expected each rank once");
}

/// A rank of a job of 3 that does something else than the others: what all say.
void expectMismatch(int odd, std::function<Status(Communicator &)> usual,
                    std::function<Status(Communicator &)> other, const std::string &expected) {
  TcpJob job(3);
  for (int rank = 0; rank < 3; ++rank)
    job.start(rank, [&](Communicator &communicator) {
      Status status = communicator.barrier();
      if (status.ok())
        status = communicator.rank() == odd ? other(communicator) : usual(communicator);
      // A failure stays.
      return communicator.barrier().message() == status.message() ? status.message()
                                                                  : "another failure";
    });
  for (int rank = 0; rank < 3; ++rank)
    EXPECT_EQ(job.said(rank, 10s), expected) << "rank " << rank;
}

TEST(TcpFault, Mismatches) {
  std::vector<double> values(1 << 20);
  const auto sum = [&](size_t count) {
    return [&values, count](Communicator &communicator) {
      return communicator.sum(values.data(), count);
    };
  };
  const auto broadcast = [&](int root) {
    return [&values, root](Communicator &communicator) {
      return communicator.broadcast(values.data(), 8, root);
    };
  };
  expectMismatch(2, sum(1), broadcast(1),
                 "rank 2 calls broadcast of 8 bytes from rank 1 as collective 2, expected sum of 8 "
                 "bytes as collective 2 as rank 0 does");
  expectMismatch(0, sum(1), broadcast(0),
                 "rank 1 calls sum of 8 bytes as collective 2, expected broadcast of 8 bytes from "
                 "rank 0 as collective 2 as rank 0 does");
  // More than the buffers of a connection hold: rank 1 is still sending.
  expectMismatch(1, sum(2), sum(1 << 20),
                 "rank 1 calls sum of 8388608 bytes as collective 2, expected sum of 16 bytes as "
                 "collective 2 as rank 0 does");
  expectMismatch(2, broadcast(0), broadcast(1),
                 "rank 2 calls broadcast of 8 bytes from rank 1 as collective 2, expected "
                 "broadcast of 8 bytes from rank 0 as collective 2 as rank 0 does");
  expectMismatch(
      2, sum(0),
      [&](Communicator &communicator) {
        communicator.beginMean(values.data(), 3, ElementType::f32, 0, nullptr);
        communicator.endMean(0, nullptr);
        return communicator.status();
      },
      "rank 2 calls mean of 12 bytes as collective 2, expected sum of 0 bytes as collective 2 as "
      "rank 0 does");
}

} // namespace
