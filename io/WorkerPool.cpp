//===- WorkerPool.cpp - threads that share a loop -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/WorkerPool.h"

#include <algorithm>

using namespace fanfold::io;

namespace {

/// Iterations are taken in runs: an image of a small data set is decoded faster
/// than a lock changes hands.
constexpr size_t grain = 8;

} // namespace

WorkerPool::WorkerPool(int count) {
  for (int i = 1; i < count; ++i)
    threads.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void WorkerPool::drain(std::unique_lock<std::mutex> &lock) {
  while (next < end) {
    const size_t first = next;
    const size_t last = std::min(end, first + grain);
    next = last;
    ++running;
    const auto *current = body;
    lock.unlock();
    for (size_t i = first; i < last; ++i)
      (*current)(i);
    lock.lock();
    --running;
  }
  if (running == 0)
    done.notify_all();
}

void WorkerPool::work() {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    wake.wait(lock, [this] { return stopping || next < end; });
    if (stopping)
      return;
    drain(lock);
  }
}

void WorkerPool::forEach(size_t count, const std::function<void(size_t)> &newBody) {
  std::unique_lock<std::mutex> lock(mutex);
  body = &newBody;
  next = 0;
  end = count;
  if (count > grain)
    wake.notify_all();
  drain(lock);
  done.wait(lock, [this] { return running == 0 && next >= end; });
  body = nullptr;
}
