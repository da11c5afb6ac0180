//===- CudaDevice.h - the arena on a GPU, steps as CUDA graphs ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One cudaMalloc for the arena, one stream for the steps, one for the copies of
// inputs. The GPU never waits for the host, as long as the host needs less than the
// time of a step for one round of its loop:
//
//   host     | fill slot 1 | submit 1 | fill slot 0 | submit 2 | collect 0 | fill ...
//   copies   |             | slot 1 ->|             | slot 0 ->|
//   steps    | step 0                    | step 1                     | step 2 ...
//
// - Up to two runs are queued: when one ends, the next is in the stream already, and
//   the host takes the results of the first and queues the third meanwhile.
// - A batch lies in pinned host memory, is copied to its staging slot of the arena
//   while the step before runs (stream of copies), and from there to the input when
//   its own step begins (stream of steps, at the speed of device memory).
// - Scalars go and metrics come through pinned memory in the stream of steps, one copy
//   for each range of adjacent words: a plan that lays them side by side has one copy
//   each way.
// - The first run of each step executes launch by launch, waits after each and names the
//   one that fails: libraries load their code there, and allocate what they keep. From
//   the second run on the step is one CUDA graph. Runs with an observer execute launch by
//   launch as well, and so do all where CUDA_LAUNCH_BLOCKING=1 is set: that is how a
//   launch that fails in a later run is named, because CUDA allows a process no second
//   try after a kernel failed.
// - Timed runs replay a second graph with an event before each launch: times of the
//   GPU's own clock, without the host's.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_CUDA_CUDADEVICE_H
#define FANFOLD_RUNTIME_CUDA_CUDADEVICE_H

#include "runtime/Device.h"

namespace fanfold {

/// The first GPU that CUDA shows. Nothing is asked of the driver before open(), which
/// fails with a sentence if there is no GPU, no driver or an old one, a GPU of another
/// architecture, or too little memory. StepContext::stream is a cudaStream_t that does
/// not synchronise with the default stream. Used from one thread, except for the
/// memory of staging().
std::unique_ptr<Device> makeCudaDevice();

} // namespace fanfold

#endif // FANFOLD_RUNTIME_CUDA_CUDADEVICE_H
