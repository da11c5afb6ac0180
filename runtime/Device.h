//===- Device.h - where a program's arena lives and its steps run ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A device allocates one arena and runs steps over it. The generated `main`
// makes the device of its target, so that a program links only what it uses.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_DEVICE_H
#define FANFOLD_RUNTIME_DEVICE_H

#include "runtime/Program.h"
#include "runtime/Status.h"

#include <memory>
#include <string>

namespace fanfold {

/// One device with one arena. Not thread-safe, except that host memory of the
/// staging slots may be written by other threads while a step runs.
class Device {
public:
  virtual ~Device() = default;

  /// "AMD EPYC, 2 threads", "NVIDIA H200".
  virtual std::string description() const = 0;

  /// Allocates the arena, every byte zero, and prepares the program's kernels.
  /// `threads` bounds the threads of the CPU device; 0: as many as
  /// OpenMP takes, which is all the machine has unless OMP_NUM_THREADS is set.
  virtual Status open(const Program &program, int threads) = 0;

  /// Host memory of `bytes` at `offset` of the arena, where the data source
  /// writes staging slots. On the CPU it is the arena itself.
  virtual std::byte *staging(size_t offset) = 0;

  /// Makes a staging slot (at `from`) the input of the next step (at `to`).
  virtual Status stage(size_t to, size_t from, size_t bytes) = 0;

  /// Copies between host memory and the arena; both have happened on return.
  virtual Status write(size_t offset, const void *source, size_t bytes) = 0;
  virtual Status read(size_t offset, void *target, size_t bytes) = 0;

  /// Runs a step and waits for its end; then makes the observer's last call.
  virtual Status run(const Step &step, LaunchObserver *observer) = 0;

  /// Threads of the host that run kernels.
  virtual int threads() const = 0;

  /// Largest number of bytes of device memory in use for tensors so far.
  virtual size_t peakBytes() const = 0;
};

/// The CPU device: the arena is host memory, aligned to 64 bytes.
std::unique_ptr<Device> makeCpuDevice();

} // namespace fanfold

#endif // FANFOLD_RUNTIME_DEVICE_H
