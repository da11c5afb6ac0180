//===- WorkerPool.h - threads that share a loop ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_WORKERPOOL_H
#define FANFOLD_IO_WORKERPOOL_H

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace fanfold::io {

/// Runs the iterations of a loop on several threads, the caller's among them.
/// One loop at a time.
class WorkerPool {
public:
  /// `threads` counts the caller; at least 1.
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  /// Calls body(0) to body(count - 1), each once, in no order; all have returned
  /// on return. `body` must not throw.
  void forEach(size_t count, const std::function<void(size_t)> &body);

private:
  void work();
  /// Takes iterations until there are none. Called and left with the lock held.
  void drain(std::unique_lock<std::mutex> &lock);

  std::mutex mutex;
  std::condition_variable wake; ///< There are iterations to take, or it is over.
  std::condition_variable done; ///< The last iteration has returned.
  const std::function<void(size_t)> *body = nullptr;
  size_t next = 0;
  size_t end = 0;
  size_t running = 0;
  bool stopping = false;
  std::vector<std::thread> threads;
};

} // namespace fanfold::io

#endif // FANFOLD_IO_WORKERPOOL_H
