//===- TcpCommunicator.h - ranks in a star over TCP -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For what is small and rare, and for jobs of the CPU: everything goes through rank 0.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_TCP_TCPCOMMUNICATOR_H
#define FANFOLD_COMM_TCP_TCPCOMMUNICATOR_H

#include "comm/Ranks.h"
#include "comm/tcp/Protocol.h"
#include "runtime/Communicator.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace fanfold {

struct TcpOptions {
  uint64_t fingerprint = 0;    ///< Of what makes ranks one job; the same for all.
  Milliseconds meeting{45000}; ///< How long ranks wait for each other at the start.
  Milliseconds silence{60000}; ///< How long rank 0 waits in a collective for a rank that is silent;
                               ///< the others wait twice that and 2 s for rank 0.
  int listener = -1;           ///< Of rank 0: a socket that listens already, which is taken over,
                               ///< in place of the address and port. -1: none.
};

/// Meets the other ranks at the address and port of `ranks`; returns when all are there. A rank
/// that does not come, or comes with another size or fingerprint, is a failure on all that did.
Result<std::unique_ptr<Communicator>> meetOverTcp(const Ranks &ranks, const TcpOptions &options);

/// A failure that rank 0 sees goes to all others at once, with the same text. Means are of f32 in
/// the host's memory, and are done when they are begun.
class TcpCommunicator final : public Communicator {
public:
  /// `peers` are the connections to all ranks, by rank; of a rank above 0 only that to rank 0.
  TcpCommunicator(int rank, int size, std::vector<Socket> peers, Milliseconds silence);

  std::string description() const override;
  Status broadcast(void *data, size_t bytes, int root) override;
  Status gather(const void *mine, void *all, size_t bytes) override;
  Status sum(double *values, size_t count) override;
  Status barrier() override;
  void beginMean(void *data, size_t count, ElementType type, int ticket, void *stream) override;
  void endMean(int ticket, void *stream) override;
  Status status() override { return failure; }

private:
  /// What one side of a message is: nothing, or memory of the caller.
  struct Bytes {
    const void *data = nullptr;
    size_t size = 0;
  };

  Header nextHeader(Header::Kind kind, size_t bytes, int root = 0);
  Status mean(float *values, size_t count);

  /// The part of a rank above 0: sends `up`, receives `down`.
  Status exchange(const Header &call, Bytes up, void *down, size_t downBytes);

  /// The parts of rank 0: receives the header of each other rank in their order, and what
  /// payload(rank) says follows it; then sends `down` to each. `except` gets the header alone.
  template <typename Payload>
  Status collect(const Header &call, Payload payload);
  Status answer(const Header &call, Bytes down, int except = -1);

  /// Receives from `rank`, as long as no other rank goes.
  Status receive(int rank, void *data, size_t bytes, Clock::time_point deadline);
  Status waitForBytes(int rank, Clock::time_point deadline);

  /// Keeps the first failure. Rank 0 tells it to the others.
  Status settle(const Status &status);

  std::vector<Socket> peers;
  const Milliseconds silence;
  uint64_t sequence = 0;
  Status failure;
};

} // namespace fanfold

#endif // FANFOLD_COMM_TCP_TCPCOMMUNICATOR_H
