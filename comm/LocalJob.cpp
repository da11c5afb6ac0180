//===- LocalJob.cpp - a job whose ranks one process starts ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/LocalJob.h"
#include "runtime/File.h"
#include "runtime/Stopwatch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace fanfold;

namespace {

/// Seconds that ranks have to end by themselves once one has failed.
constexpr double patience = 10;

struct Rank {
  pid_t process = -1; ///< -1 once it has ended.
  int status = 0;     ///< As waitpid() gives it.
};

/// A socket of rank 0, and its port.
struct Listener {
  FileDescriptor socket;
  int port = 0;
};

Result<Listener> listenOnLoopback() {
  Listener listener;
  // Rank 0 inherits it: no close-on-exec.
  listener.socket = FileDescriptor(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto *plain = reinterpret_cast<sockaddr *>(&address);
  if (listener.socket.get() < 0 || bind(listener.socket.get(), plain, size) != 0 ||
      listen(listener.socket.get(), SOMAXCONN) != 0 ||
      getsockname(listener.socket.get(), plain, &size) != 0)
    return Status::fromErrno(errno, "listening for the ranks on 127.0.0.1");
  listener.port = ntohs(address.sin_port);
  return listener;
}

/// In the new process: becomes the rank.
[[noreturn]] void becomeRank(int rank, const JoinOptions &options, const Listener &listener,
                             bool resumes, const sigset_t &mask) {
  // A rank without anybody who looks after it would wait for ever for one that is gone.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  setenv("RANK", std::to_string(rank).c_str(), 1);
  setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
  setenv("WORLD_SIZE", std::to_string(options.gpus).c_str(), 1);
  setenv("MASTER_ADDR", "127.0.0.1", 1);
  setenv("MASTER_PORT", std::to_string(listener.port).c_str(), 1);
  unsetenv("TORCHELASTIC_USE_AGENT_STORE");
  if (rank == 0)
    setenv("FANFOLD_LISTENER", std::to_string(listener.socket.get()).c_str(), 1);
  else
    close(listener.socket.get());
  std::vector<char *> arguments;
  for (char **argument = options.argv; *argument; ++argument)
    arguments.push_back(*argument);
  char resume[] = "--resume";
  if (resumes && std::none_of(arguments.begin(), arguments.end(),
                              [&](const char *text) { return std::strcmp(text, resume) == 0; }))
    arguments.push_back(resume);
  arguments.push_back(nullptr);
  execv(programPath().c_str(), arguments.data());
  std::fprintf(stderr, "cannot start rank %d: %s\n", rank, std::strerror(errno));
  _exit(1);
}

std::string describeEnd(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
  return fmt::format("ended with exit status {}", WEXITSTATUS(status));
}

int exitCodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

class LocalJob {
public:
  explicit LocalJob(const JoinOptions &options)
      : options(options), ranks(static_cast<size_t>(options.gpus)) {}

  /// Starts the ranks and waits for their end: 0, or the exit status of the first that failed.
  Result<int> run(bool resumes);

  /// Whether a signal asked for the end.
  bool wasStopped() const { return stopped; }

private:
  Status start(bool resumes, const sigset_t &mask);
  void collect();
  void signalAll(int signal);

  const JoinOptions &options;
  std::vector<Rank> ranks;
  int running = 0;
  int firstFailed = -1;
  bool stopped = false;
};

} // namespace

Status LocalJob::start(bool resumes, const sigset_t &mask) {
  Result<Listener> listener = listenOnLoopback();
  if (!listener)
    return std::move(listener).status();
  for (size_t rank = 0; rank < ranks.size(); ++rank) {
    const pid_t process = fork();
    if (process == 0)
      becomeRank(static_cast<int>(rank), options, *listener, resumes, mask);
    if (process < 0) {
      Status status = Status::fromErrno(errno, fmt::format("starting rank {}", rank));
      signalAll(SIGKILL);
      return status;
    }
    ranks[rank] = {process, 0};
    ++running;
  }
  return {};
}

void LocalJob::collect() {
  int status = 0;
  for (pid_t process = 0; (process = waitpid(-1, &status, WNOHANG)) > 0;)
    for (size_t rank = 0; rank < ranks.size(); ++rank)
      if (ranks[rank].process == process) {
        ranks[rank] = {-1, status};
        --running;
        if (status != 0 && firstFailed < 0)
          firstFailed = static_cast<int>(rank);
      }
}

void LocalJob::signalAll(int signal) {
  for (const Rank &rank : ranks)
    if (rank.process > 0)
      kill(rank.process, signal);
}

Result<int> LocalJob::run(bool resumes) {
  firstFailed = -1;
  // Signals are waited for, so that none is lost between a look and a sleep.
  sigset_t awaited, before;
  sigemptyset(&awaited);
  for (int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP})
    sigaddset(&awaited, signal);
  sigprocmask(SIG_BLOCK, &awaited, &before);
  FANFOLD_RETURN_IF_ERROR(start(resumes, before));
  Stopwatch sinceFailure;
  bool told = false;
  while (running > 0) {
    const timespec pause = {1, 0};
    const int signal = sigtimedwait(&awaited, nullptr, &pause);
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
      stopped = true;
      signalAll(signal);
    }
    collect();
    if (firstFailed >= 0 && !told) {
      told = true;
      sinceFailure = Stopwatch();
      if (!stopped)
        std::fputs(fmt::format("rank {} {}\n", firstFailed,
                               describeEnd(ranks[static_cast<size_t>(firstFailed)].status))
                       .c_str(),
                   stderr);
    }
    if (told && !stopped && sinceFailure.seconds() > patience)
      signalAll(SIGKILL);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return firstFailed < 0 ? 0 : exitCodeOf(ranks[static_cast<size_t>(firstFailed)].status);
}

Result<int> fanfold::runLocalJob(const JoinOptions &options) {
  if (options.restarts > 0 && !options.saves)
    return Status::usage("--restart needs --checkpoint");
  LocalJob job(options);
  for (int again = 0;; ++again) {
    Result<int> ended = job.run(/*resumes=*/again > 0);
    if (!ended || *ended == 0 || job.wasStopped() || again == options.restarts)
      return ended;
    std::fputs(fmt::format("beginning again from the last checkpoint ({} of {})\n", again + 1,
                           options.restarts)
                   .c_str(),
               stderr);
  }
}
