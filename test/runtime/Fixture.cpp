//===- Fixture.cpp - directories and processes of tests -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace fanfold::test;
namespace fs = std::filesystem;

static std::string makeTemporary(bool directory) {
  std::string name = (fs::temp_directory_path() / "fanfold-test-XXXXXX").string();
  if (directory) {
    if (!mkdtemp(name.data()))
      throw std::runtime_error("cannot create " + name);
  } else {
    int file = mkstemp(name.data());
    if (file < 0)
      throw std::runtime_error("cannot create " + name);
    close(file);
  }
  return name;
}

static Outcome outcomeOf(pid_t id) {
  int status = 0;
  Outcome outcome;
  if (waitpid(id, &status, 0) != id)
    return outcome;
  if (WIFEXITED(status))
    outcome.exitCode = WEXITSTATUS(status);
  else
    outcome.signal = WTERMSIG(status);
  return outcome;
}

std::string fanfold::test::beside(const std::string &name) {
  return (fs::read_symlink("/proc/self/exe").parent_path() / name).string();
}

const std::string fanfold::test::logisticPath = beside(LOGISTIC);

TemporaryDirectory::TemporaryDirectory() : path(makeTemporary(true)) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

Process::Process(const std::vector<std::string> &arguments, const std::function<void()> &prepare)
    : outputPath(makeTemporary(false)), errorPath(makeTemporary(false)) {
  id = fork();
  if (id != 0)
    return;
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(open(outputPath.c_str(), O_WRONLY | O_APPEND), STDOUT_FILENO);
  dup2(open(errorPath.c_str(), O_WRONLY | O_APPEND), STDERR_FILENO);
  // Ignored signals are inherited, of nohup or a shell's background, say.
  for (int signal : {SIGHUP, SIGINT, SIGPIPE, SIGTERM})
    std::signal(signal, SIG_DFL);
  if (prepare)
    prepare();
  std::vector<char *> pointers;
  pointers.reserve(arguments.size() + 1);
  for (const std::string &argument : arguments)
    pointers.push_back(const_cast<char *>(argument.c_str()));
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  _exit(127);
}

Process::~Process() {
  if (id > 0) {
    ::kill(id, SIGKILL);
    waitpid(id, nullptr, 0);
  }
  unlink(outputPath.c_str());
  unlink(errorPath.c_str());
}

void Process::kill(int signal) const { ::kill(id, signal); }

Outcome Process::wait() {
  Outcome outcome = outcomeOf(id);
  id = -1;
  outcome.output = fileBytes(outputPath);
  outcome.errors = fileBytes(errorPath);
  return outcome;
}

Outcome fanfold::test::runLogistic(std::vector<std::string> arguments,
                                   const std::function<void()> &prepare) {
  arguments.insert(arguments.begin(), logisticPath);
  return Process(arguments, prepare).wait();
}

std::string fanfold::test::fileBytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void fanfold::test::writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::vector<std::string> fanfold::test::listDirectory(const std::string &path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(path, error))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void fanfold::test::waitUntil(const std::function<bool()> &condition) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited too long";
    std::this_thread::sleep_for(2ms);
  }
}

bool fanfold::test::mountSmallDisk(const std::string &path, size_t bytes) {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return false;
  std::string options = "size=" + std::to_string(bytes);
  return mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

Outcome fanfold::test::runInChild(const std::function<int()> &body) {
  const std::string errors = makeTemporary(false);
  pid_t id = fork();
  if (id == 0) {
    dup2(open(errors.c_str(), O_WRONLY | O_APPEND), STDERR_FILENO);
    _exit(body());
  }
  Outcome outcome = outcomeOf(id);
  outcome.errors = fileBytes(errors);
  unlink(errors.c_str());
  return outcome;
}
