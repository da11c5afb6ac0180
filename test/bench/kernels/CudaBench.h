//===- CudaBench.h - timing kernels on a GPU ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel is timed as a compiled program runs it: captured in a graph, which is replayed
// between two events. Launches within the graph rotate among copies of the tensors, so
// that no copy is still in the cache when its turn comes again. The time is the median
// over the replays.
//
// A kernel's GB/s are the bytes that it cannot avoid, each input read once and each output
// written once, over its time; beside them stands their share of what the simplest kernel
// that copies reaches on the same card, which is more than cudaMemcpy does.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_BENCH_KERNELS_CUDABENCH_H
#define FANFOLD_TEST_BENCH_KERNELS_CUDABENCH_H

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cuda_runtime.h>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace fanfold::bench {

inline void check(cudaError_t status, const char *what) {
  if (status != cudaSuccess)
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

/// to = from; 16 bytes for a thread at a time, all threads side by side.
static __global__ void copyKernel(int64_t count, const uint4 *__restrict__ from,
                                  uint4 *__restrict__ to) {
  const int64_t threads = int64_t{gridDim.x} * blockDim.x;
#pragma unroll 4
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += threads)
    to[i] = from[i];
}

/// Memory of one case, freed together. Its content is what `fill` makes of it.
class Memory {
public:
  Memory() = default;
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  ~Memory() {
    for (void *block : blocks)
      cudaFree(block);
  }
  template <typename T>
  T *allocate(int64_t count) {
    void *block = nullptr;
    check(cudaMalloc(&block, std::max<int64_t>(count, 1) * sizeof(T)), "allocating a tensor");
    blocks.push_back(block);
    return static_cast<T *>(block);
  }

private:
  std::vector<void *> blocks;
};

/// Launches a kernel once, on tensors of its own.
using Launch = std::function<void(cudaStream_t)>;
/// Makes a launch on fresh tensors.
using Prepare = std::function<Launch(Memory &)>;

class Bench {
public:
  /// Runs the cases whose names contain `filter`.
  explicit Bench(std::string filter) : filter(std::move(filter)) {
    check(cudaStreamCreate(&stream), "creating a stream");
    cudaDeviceProp device;
    check(cudaGetDeviceProperties(&device, 0), "asking for the device");
    int runtime = 0, driver = 0;
    check(cudaRuntimeGetVersion(&runtime), "asking for the version");
    check(cudaDriverGetVersion(&driver), "asking for the version");
    const int64_t bytes = int64_t{2} << 30;
    copySpeed = 1;
    Memory memory;
    const int64_t words = bytes / static_cast<int64_t>(sizeof(uint4));
    uint4 *from = memory.allocate<uint4>(words), *to = memory.allocate<uint4>(words);
    check(cudaMemset(from, 0x35, bytes), "filling a tensor");
    const unsigned blocks = 8 * static_cast<unsigned>(device.multiProcessorCount);
    const double seconds =
        time({[=](cudaStream_t s) { copyKernel<<<blocks, 256, 0, s>>>(words, from, to); }});
    copySpeed = 2.0 * static_cast<double>(bytes) / seconds;
    std::printf("%s, CUDA %d.%d, driver for %d.%d; a kernel that copies 2 GiB: %.0f GB/s\n",
                device.name, runtime / 1000, runtime % 1000 / 10, driver / 1000, driver % 1000 / 10,
                copySpeed / 1e9);
    std::printf("%-44s %9s %9s %8s %6s\n", "kernel", "MB", "us", "GB/s", "copy");
  }
  ~Bench() { cudaStreamDestroy(stream); }
  Bench(const Bench &) = delete;
  Bench &operator=(const Bench &) = delete;

  /// Times a kernel that has to move `bytes` and, if they matter, to compute `flops`.
  void run(const std::string &name, int64_t bytes, const Prepare &prepare, double flops = 0) {
    if (name.find(filter) == std::string::npos)
      return;
    // More than four times the largest cache between two uses of a tensor.
    const int64_t sets = std::clamp<int64_t>((int64_t{300} << 20) / bytes + 1, 1, 64);
    Memory memory;
    std::vector<Launch> launches;
    for (int64_t set = 0; set < sets; ++set)
      launches.push_back(prepare(memory));
    const double seconds = time(launches);
    const double speed = static_cast<double>(bytes) / seconds;
    std::printf("%-44s %9.2f %9.2f %8.0f %5.1f%%", name.c_str(), static_cast<double>(bytes) / 1e6,
                seconds * 1e6, speed / 1e9, 100 * speed / copySpeed);
    if (flops > 0)
      std::printf(" %6.0f TFLOP/s", flops / seconds / 1e12);
    std::printf("\n");
    std::fflush(stdout);
  }

private:
  /// Seconds of one launch.
  double time(const std::vector<Launch> &launches) {
    const int rounds = static_cast<int>(std::max<size_t>(1, 8 / launches.size()));
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t program = nullptr;
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capturing");
    for (int round = 0; round < rounds; ++round)
      for (const Launch &launch : launches)
        launch(stream);
    check(cudaGetLastError(), "launching");
    check(cudaStreamEndCapture(stream, &graph), "capturing");
    check(cudaGraphInstantiate(&program, graph, 0), "instantiating");
    cudaEvent_t begin = nullptr, end = nullptr;
    check(cudaEventCreate(&begin), "creating an event");
    check(cudaEventCreate(&end), "creating an event");
    std::vector<float> times;
    for (int replay = -3; replay < 21; ++replay) { // three to warm up
      float milliseconds = 0;
      check(cudaEventRecord(begin, stream), "recording an event");
      check(cudaGraphLaunch(program, stream), "replaying");
      check(cudaEventRecord(end, stream), "recording an event");
      check(cudaEventSynchronize(end), "running");
      check(cudaEventElapsedTime(&milliseconds, begin, end), "reading an event");
      if (replay >= 0)
        times.push_back(milliseconds);
    }
    check(cudaEventDestroy(begin), "destroying an event");
    check(cudaEventDestroy(end), "destroying an event");
    check(cudaGraphExecDestroy(program), "destroying a graph");
    check(cudaGraphDestroy(graph), "destroying a graph");
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    return times[times.size() / 2] * 1e-3 / (rounds * static_cast<double>(launches.size()));
  }

  std::string filter;
  cudaStream_t stream = nullptr;
  double copySpeed = 0; ///< Bytes read and written a second.
};

} // namespace fanfold::bench

#endif // FANFOLD_TEST_BENCH_KERNELS_CUDABENCH_H
