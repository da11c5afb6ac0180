//===- TcpJob.h - ranks over TCP in processes of their own ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_COMM_TCPJOB_H
#define FANFOLD_TEST_COMM_TCPJOB_H

#include "comm/tcp/TcpCommunicator.h"

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace fanfold::test {

/// Processes that are forked from the test and meet at a free port of this machine. A rank that
/// is still there when the job is destroyed is killed.
class TcpJob {
public:
  explicit TcpJob(int size);
  ~TcpJob();

  Ranks ranks(int rank) const;

  /// Starts a rank that meets the others and runs `part`, with a short patience. It says the
  /// failure of the meeting or what `part` returns.
  void start(int rank, const std::function<std::string(Communicator &)> &part,
             Milliseconds silence = Milliseconds(20000));

  /// Starts a process that runs `part`; rank 0 has its listener.
  void startRaw(int rank, const std::function<std::string(const Ranks &, TcpOptions)> &part);

  /// What the rank said; "killed" if it ended otherwise, "hangs" if it is still there after `most`.
  std::string said(int rank, std::chrono::seconds most = std::chrono::seconds(40));

  pid_t process(int rank) const { return processes[rank]; }
  int port() const { return thePort; }

private:
  int listener = -1;
  int thePort = 0;
  std::vector<pid_t> processes;
  std::vector<int> pipes;
};

} // namespace fanfold::test

#endif // FANFOLD_TEST_COMM_TCPJOB_H
