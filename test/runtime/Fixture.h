//===- Fixture.h - directories and processes of tests ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_RUNTIME_FIXTURE_H
#define FANFOLD_TEST_RUNTIME_FIXTURE_H

#include "runtime/Status.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fanfold::test {

/// A directory that is gone with its contents at the end of the scope.
class TemporaryDirectory {
public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  std::string operator/(const std::string &name) const { return path + "/" + name; }
  const std::string path;
};

/// How a process ended and what it said.
struct Outcome {
  int exitCode = -1; ///< -1: ended by `signal`.
  int signal = 0;
  std::string output; ///< stdout.
  std::string errors; ///< stderr.
};

/// A process under way; killed at the end of the scope if it still runs.
class Process {
public:
  /// Starts `arguments[0]`. `prepare` runs in the child before it.
  explicit Process(const std::vector<std::string> &arguments,
                   const std::function<void()> &prepare = nullptr);
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  void kill(int signal) const;
  Outcome wait();

private:
  pid_t id;
  std::string outputPath, errorPath;
};

/// The path of a program that is built into the same directory as this test: a build
/// may be carried to another machine.
std::string beside(const std::string &name);

/// The program that this test is about.
extern const std::string logisticPath;

/// Runs the program of the tests with these arguments to its end.
Outcome runLogistic(std::vector<std::string> arguments,
                    const std::function<void()> &prepare = nullptr);

std::string fileBytes(const std::string &path);
void writeFile(const std::string &path, const std::string &bytes);

/// Names in a directory, sorted.
std::vector<std::string> listDirectory(const std::string &path);

/// Waits until `condition` holds; fails the test after half a minute.
void waitUntil(const std::function<bool()> &condition);

/// Mounts a file system of `bytes` in memory at `path`, seen by this process and
/// its children alone, gone with it. False without the privilege.
bool mountSmallDisk(const std::string &path, size_t bytes);

/// Runs `body` in a child process and returns how it ended: what it does to the
/// process (mounts, limits, kills) ends with it. `body` returns the exit code.
Outcome runInChild(const std::function<int()> &body);

} // namespace fanfold::test

#endif // FANFOLD_TEST_RUNTIME_FIXTURE_H
