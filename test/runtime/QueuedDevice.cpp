//===- QueuedDevice.cpp - a device that works while the host goes on ------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QueuedDevice.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

using namespace fanfold;

namespace {

class QueuedDevice final : public Device {
public:
  ~QueuedDevice() override {
    enqueue(nullptr);
    worker.join();
  }

  std::string description() const override { return cpu->description(); }

  Status open(const Program &program, int threads) override {
    for (const Input &input : program.inputs)
      for (size_t offset : input.staging)
        slots[offset].memory.resize(input.bytes);
    return cpu->open(program, threads);
  }

  std::byte *staging(size_t offset) override {
    Slot &slot = slots.at(offset);
    waitUntil([&] { return slot.copies == 0; });
    return slot.memory.data();
  }

  Status stage(size_t to, size_t from, size_t bytes) override {
    Slot &slot = slots.at(from);
    {
      std::lock_guard lock(mutex);
      ++slot.copies;
    }
    enqueue([this, &slot, to, bytes] {
      Status status = cpu->write(to, slot.memory.data(), bytes);
      std::lock_guard lock(mutex);
      --slot.copies;
      if (failure.ok())
        failure = std::move(status);
    });
    return {};
  }

  Status write(size_t offset, const void *source, size_t bytes) override {
    waitUntil([&] { return idle(); });
    return cpu->write(offset, source, bytes);
  }

  Status read(size_t offset, void *target, size_t bytes) override {
    // An observer reads while its step runs, on the thread that runs it.
    if (std::this_thread::get_id() != worker.get_id())
      waitUntil([&] { return idle(); });
    return cpu->read(offset, target, bytes);
  }

  int depth() const override { return 2; }

  Status submit(const StepRun &run) override {
    const bool waits = run.observer || run.timed;
    std::vector<Word> words(run.words.begin(), run.words.end());
    std::vector<size_t> results(run.results.begin(), run.results.end());
    enqueue([=, &step = run.step, observer = run.observer, timed = run.timed] {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      Status status = cpu->submit(
          {step, {words.data(), words.size()}, {results.data(), results.size()}, observer, timed});
      Result<StepResult> result = status.ok() ? cpu->collect() : Result<StepResult>(status);
      std::lock_guard lock(mutex);
      ended.push_back(std::move(result));
    });
    if (waits)
      waitUntil([&] { return idle(); });
    return {};
  }

  Result<StepResult> collect() override {
    waitUntil([&] { return !ended.empty(); });
    std::lock_guard lock(mutex);
    Result<StepResult> result = std::move(ended.front());
    ended.pop_front();
    if (!failure.ok())
      return failure;
    return result;
  }

  std::byte *memoryOfArena() override { return cpu->memoryOfArena(); }

  int threads() const override { return cpu->threads(); }
  DeviceMemory memory() const override { return cpu->memory(); }

private:
  struct Slot {
    std::vector<std::byte> memory;
    int copies = 0; ///< Not done yet.
  };
  using Job = std::function<void()>;

  bool idle() const { return jobs.empty() && !working; }

  void waitUntil(const std::function<bool()> &condition) {
    std::unique_lock lock(mutex);
    changed.wait(lock, condition);
  }

  void enqueue(Job job) {
    std::lock_guard lock(mutex);
    jobs.push_back(std::move(job));
    changed.notify_all();
  }

  /// Works until it finds the empty job.
  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return !jobs.empty(); });
      Job job = std::move(jobs.front());
      jobs.pop_front();
      if (!job)
        return;
      working = true;
      lock.unlock();
      job();
      lock.lock();
      working = false;
      changed.notify_all();
    }
  }

  std::unique_ptr<Device> cpu = makeCpuDevice();
  std::map<size_t, Slot> slots;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool working = false;
  std::deque<Result<StepResult>> ended;
  Status failure;
  std::thread worker{[this] { work(); }};
};

} // namespace

std::unique_ptr<Device> fanfold::test::makeQueuedDevice() {
  return std::make_unique<QueuedDevice>();
}
