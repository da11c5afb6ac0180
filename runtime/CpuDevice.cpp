//===- CpuDevice.cpp - the arena in host memory, steps as function calls --===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Device.h"
#include "runtime/Text.h"

#include <omp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>

#include <sys/mman.h>
#include <unistd.h>

using namespace fanfold;

namespace {

/// "AMD EPYC 9B14", as the kernel reports it.
std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0)
      if (size_t colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return "CPU";
}

/// Times launches by the clock of the host.
class LaunchTimer final : public LaunchObserver {
public:
  void beforeLaunch(StepContext &, size_t index) override {
    Clock::time_point now = Clock::now();
    if (index > 0)
      seconds.push_back(std::chrono::duration<double>(now - last).count());
    last = Clock::now();
  }

  std::vector<double> seconds;

private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last;
};

class CpuDevice final : public Device {
public:
  ~CpuDevice() override {
    if (arena)
      munmap(arena, arenaBytes);
  }

  std::string description() const override {
    return fmt::format("{}, {} thread{}", processorName(), threadCount,
                       threadCount == 1 ? "" : "s");
  }

  Status open(const Program &program, int wanted) override {
    assert(!arena && "a device is opened once");
    // Workspaces are sized for a number of threads; more would need more.
    assert((program.threads == 0 || wanted <= program.threads) && "the command line was checked");
    threadCount = wanted > 0 ? wanted : omp_get_max_threads();
    if (program.threads > 0)
      threadCount = std::min(threadCount, program.threads);
    omp_set_num_threads(threadCount);

    // Linux promises memory it does not have and kills whoever comes to use it.
    double machineBytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    if (static_cast<double>(program.arenaBytes) > machineBytes)
      return Status::error("the arena needs {}, the machine has {} of memory",
                           formatBytes(program.arenaBytes), formatBytes(machineBytes));

    // Anonymous pages are zero, and aligned to far more than 64 bytes.
    if (program.arenaBytes > 0) {
      void *memory = mmap(nullptr, program.arenaBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED)
        return Status::fromErrno(
            errno, fmt::format("allocating the arena of {}", formatBytes(program.arenaBytes)));
      arena = static_cast<std::byte *>(memory);
      arenaBytes = program.arenaBytes;
      // Fewer misses of the address cache; a kernel without huge pages declines.
      madvise(memory, arenaBytes, MADV_HUGEPAGE);
    }
    if (program.prepare)
      if (const char *problem = program.prepare())
        // The machine's doing: its instructions, its memory.
        return Status::error("preparing kernels: {}", problem);
    return {};
  }

  std::byte *staging(size_t offset) override {
    assert(offset <= arenaBytes && "staging slot beyond the arena");
    return arena + offset;
  }

  Status stage(size_t to, size_t from, size_t bytes) override {
    assert(inside(to, bytes) && inside(from, bytes) && "input beyond the arena");
    if (to != from)
      std::memmove(arena + to, arena + from, bytes);
    return {};
  }

  Status write(size_t offset, const void *source, size_t bytes) override {
    assert(inside(offset, bytes) && "write beyond the arena");
    if (bytes > 0)
      std::memcpy(arena + offset, source, bytes);
    return {};
  }

  Status read(size_t offset, void *target, size_t bytes) override {
    assert(inside(offset, bytes) && "read beyond the arena");
    if (bytes > 0)
      std::memcpy(target, arena + offset, bytes);
    return {};
  }

  int depth() const override { return 1; }

  Status submit(const StepRun &run) override {
    assert(!result && "the run before was not collected");
    assert(!(run.timed && run.observer) && "an observer would be timed as well");
    for (const Word &word : run.words)
      FANFOLD_RETURN_IF_ERROR(write(word.offset, &word.bits, sizeof(word.bits)));
    LaunchTimer timer;
    StepContext context{arena, run.timed ? &timer : run.observer, nullptr, exchange};
    run.step.run(context);
    beforeLaunch(context, run.step.launches.size);
    result.emplace();
    for (size_t offset : run.results) {
      float value = 0;
      FANFOLD_RETURN_IF_ERROR(read(offset, &value, sizeof(value)));
      result->values.push_back(value);
    }
    result->launchSeconds = std::move(timer.seconds);
    return {};
  }

  Result<StepResult> collect() override {
    assert(result && "nothing was submitted");
    StepResult ended = std::move(*result);
    result.reset();
    return ended;
  }

  std::byte *memoryOfArena() override { return arena; }

  int threads() const override { return threadCount; }

  DeviceMemory memory() const override { return {arenaBytes, 0}; }

private:
  bool inside(size_t offset, size_t bytes) const {
    return offset <= arenaBytes && bytes <= arenaBytes - offset;
  }

  std::byte *arena = nullptr;
  size_t arenaBytes = 0;
  int threadCount = 0;
  std::optional<StepResult> result; ///< Of the run that was not collected.
};

} // namespace

std::unique_ptr<Device> fanfold::makeCpuDevice() { return std::make_unique<CpuDevice>(); }
