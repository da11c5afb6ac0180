//===- TcpJob.cpp - ranks over TCP in processes of their own --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/comm/TcpJob.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

using namespace fanfold;
using namespace fanfold::test;

TcpJob::TcpJob(int size) : processes(size, -1), pipes(size, -1) {
  Result<FileDescriptor> made = listenAt("127.0.0.1", 0);
  if (!made)
    std::abort();
  listener = made->release();
  sockaddr_in address = {};
  socklen_t bytes = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr *>(&address), &bytes);
  thePort = ntohs(address.sin_port);
}

TcpJob::~TcpJob() {
  for (size_t rank = 0; rank < processes.size(); ++rank) {
    if (processes[rank] > 0) {
      kill(processes[rank], SIGKILL);
      waitpid(processes[rank], nullptr, 0);
    }
    if (pipes[rank] >= 0)
      close(pipes[rank]);
  }
  if (listener >= 0)
    close(listener);
}

Ranks TcpJob::ranks(int rank) const {
  Ranks ranks;
  ranks.rank = rank;
  ranks.size = static_cast<int>(processes.size());
  ranks.meeting = Ranks::Meeting::tcp;
  ranks.address = "127.0.0.1";
  ranks.port = thePort;
  return ranks;
}

void TcpJob::start(int rank, const std::function<std::string(Communicator &)> &part,
                   Milliseconds silence) {
  startRaw(rank, [part, silence](const Ranks &ranks, TcpOptions options) {
    options.silence = silence;
    Result<std::unique_ptr<Communicator>> met = meetOverTcp(ranks, options);
    return met ? part(**met) : met.status().message();
  });
}

void TcpJob::startRaw(int rank, const std::function<std::string(const Ranks &, TcpOptions)> &part) {
  int ends[2];
  if (pipe(ends) != 0)
    std::abort();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    TcpOptions options;
    options.meeting = Milliseconds(20000);
    options.fingerprint = 0x1234;
    if (rank == 0)
      options.listener = listener;
    else
      close(listener); // Else it would be open as long as this rank.
    const std::string text = part(ranks(rank), options) + "\n";
    const ssize_t put = write(ends[1], text.data(), text.size());
    _exit(put == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  if (rank == 0) { // Only rank 0 listens from here on: when it is gone nobody does.
    close(listener);
    listener = -1;
  }
  processes[rank] = child;
  pipes[rank] = ends[0];
}

std::string TcpJob::said(int rank, std::chrono::seconds most) {
  const auto deadline = Clock::now() + most;
  std::string text;
  for (;;) {
    if (Clock::now() >= deadline || waitFor(pipes[rank], POLLIN, Milliseconds(100)) < 0)
      return "hangs";
    if (waitFor(pipes[rank], POLLIN, Milliseconds(0)) == 0)
      continue;
    char piece[4096];
    const ssize_t got = read(pipes[rank], piece, sizeof(piece));
    if (got <= 0)
      break;
    text.append(piece, static_cast<size_t>(got));
  }
  waitpid(processes[rank], nullptr, 0);
  processes[rank] = -1;
  if (text.empty() || text.back() != '\n')
    return "killed";
  text.pop_back();
  return text;
}
