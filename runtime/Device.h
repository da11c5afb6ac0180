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
// A device works through a queue: stage(), submit() and what they ask for happen in
// the order of the calls, and submit() may return before the step has begun. While
// one step runs, the host stages and submits the next, so that the device never waits
// for the host; what a step leaves behind is handed over by collect(), a step late.
// The CPU device has a queue of one and works inside submit(): the same loop serves
// both.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_DEVICE_H
#define FANFOLD_RUNTIME_DEVICE_H

#include "runtime/Program.h"
#include "runtime/Status.h"

#include <memory>
#include <string>
#include <vector>

namespace fanfold {

/// Four bytes of the arena.
struct Word {
  size_t offset;
  uint32_t bits;
};

/// One run of a step. The spans are read by submit() alone.
struct StepRun {
  const Step &step;
  Span<Word> words;     ///< Written before the first launch: the step's scalars.
  Span<size_t> results; ///< Offsets of the f32 to read after the last launch.
  /// If set, sees every launch; the run has ended when submit() returns.
  LaunchObserver *observer = nullptr;
  /// Measure every launch by the device's own clock; not together with an observer.
  bool timed = false;
};

/// What a run leaves behind.
struct StepResult {
  std::vector<double> values;        ///< At StepRun::results.
  std::vector<double> launchSeconds; ///< Of each launch, if the run was timed.
};

/// Device memory in use, in bytes.
struct DeviceMemory {
  size_t tensors = 0; ///< The most that was allocated for tensors: the arena.
  /// What the driver counts on top of it since the device was opened: code
  /// of kernels, state of libraries, graphs, rounding to pages. Nothing on the CPU.
  size_t overhead = 0;
};

/// One device with one arena. Not thread-safe, except that host memory of the
/// staging slots may be written by other threads while a step runs.
class Device {
public:
  virtual ~Device() = default;

  /// Before open(): this process is rank `rank` on its machine, and takes the device of that
  /// number. Ranks on the CPU share one.
  void setLocalRank(int rank) { localRank = rank; }

  /// What steps exchange their means through from now on; null: they have none to exchange
  /// with. It outlives the steps.
  void setExchange(StepExchange *with) { exchange = with; }

  /// "AMD EPYC, 2 threads", "NVIDIA H200".
  virtual std::string description() const = 0;

  /// Allocates the arena, every byte zero, and prepares the program's kernels.
  /// `threads` bounds the threads of the CPU device; 0: as many as
  /// OpenMP takes, which is all the machine has unless OMP_NUM_THREADS is set.
  virtual Status open(const Program &program, int threads) = 0;

  /// The arena's memory, as kernels see it; null before open().
  virtual std::byte *memoryOfArena() = 0;

  /// Host memory of the staging slot at `offset` of the arena, for the data source to
  /// write. On the CPU it is the arena itself; elsewhere it stands for the slot until
  /// stage() copies it there, and this waits for the last such copy. A failure of
  /// that shows in the next call.
  virtual std::byte *staging(size_t offset) = 0;

  /// Makes a staging slot (at `from`) the input (at `to`) of the steps submitted from
  /// now on. The slot's host memory must stay as it is until staging() returns it
  /// again.
  virtual Status stage(size_t to, size_t from, size_t bytes) = 0;

  /// Copies between host memory and the arena, after all steps that were submitted;
  /// both have happened on return.
  virtual Status write(size_t offset, const void *source, size_t bytes) = 0;
  virtual Status read(size_t offset, void *target, size_t bytes) = 0;

  /// The most runs that may be submitted and not yet collected; at least 1.
  virtual int depth() const = 0;

  /// Queues a run of a step. With an observer: runs it and makes the observer's last
  /// call. A run that fails here is not to be collected.
  virtual Status submit(const StepRun &run) = 0;

  /// Waits for the end of the oldest run that was not collected.
  virtual Result<StepResult> collect() = 0;

  /// Threads of the host: on the CPU those that run kernels.
  virtual int threads() const = 0;

  virtual DeviceMemory memory() const = 0;

protected:
  int localRank = 0;
  StepExchange *exchange = nullptr;
};

/// The CPU device: the arena is host memory, aligned to 64 bytes.
std::unique_ptr<Device> makeCpuDevice();

} // namespace fanfold

#endif // FANFOLD_RUNTIME_DEVICE_H
