//===- LaunchTimer.cpp - times launches on the GPU -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/LaunchTimer.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <exception>
#include <utility>

using namespace fanfold;

static Status statusOf(cudaError_t code, const char *doing) {
  if (code == cudaSuccess)
    return {};
  return Status::error("{}: {}", doing, cudaGetErrorString(code));
}

Result<std::string> fanfold::currentDeviceName() {
  int device = 0;
  cudaDeviceProp properties;
  FANFOLD_RETURN_IF_ERROR(statusOf(cudaGetDevice(&device), "finding the GPU"));
  FANFOLD_RETURN_IF_ERROR(
      statusOf(cudaGetDeviceProperties(&properties, device), "asking for the GPU's name"));
  return std::string(properties.name);
}

Result<LaunchTimer> LaunchTimer::create() {
  LaunchTimer timer;
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr, end = nullptr;
  // Does not wait for the default stream, and may be captured.
  FANFOLD_RETURN_IF_ERROR(
      statusOf(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream"));
  timer.queue = stream;
  FANFOLD_RETURN_IF_ERROR(statusOf(cudaEventCreate(&begin), "making an event"));
  timer.begin = begin;
  FANFOLD_RETURN_IF_ERROR(statusOf(cudaEventCreate(&end), "making an event"));
  timer.end = end;
  return timer;
}

LaunchTimer::LaunchTimer(LaunchTimer &&other) noexcept
    : queue(std::exchange(other.queue, nullptr)), begin(std::exchange(other.begin, nullptr)),
      end(std::exchange(other.end, nullptr)) {}

LaunchTimer::~LaunchTimer() {
  if (begin)
    cudaEventDestroy(static_cast<cudaEvent_t>(begin));
  if (end)
    cudaEventDestroy(static_cast<cudaEvent_t>(end));
  if (queue)
    cudaStreamDestroy(static_cast<cudaStream_t>(queue));
}

Result<double> LaunchTimer::replay(void *graph, int count) {
  const auto stream = static_cast<cudaStream_t>(queue);
  const auto first = static_cast<cudaEvent_t>(begin), last = static_cast<cudaEvent_t>(end);
  const auto executable = static_cast<cudaGraphExec_t>(graph);
  constexpr int repeats = 5;
  std::vector<double> times;
  for (int i = 0; i <= repeats; ++i) {
    FANFOLD_RETURN_IF_ERROR(statusOf(cudaEventRecord(first, stream), "recording an event"));
    FANFOLD_RETURN_IF_ERROR(statusOf(cudaGraphLaunch(executable, stream), "launching"));
    FANFOLD_RETURN_IF_ERROR(statusOf(cudaEventRecord(last, stream), "recording an event"));
    FANFOLD_RETURN_IF_ERROR(statusOf(cudaEventSynchronize(last), "running"));
    float milliseconds = 0;
    FANFOLD_RETURN_IF_ERROR(
        statusOf(cudaEventElapsedTime(&milliseconds, first, last), "reading a time"));
    if (i > 0) // The first replay uploads the graph.
      times.push_back(milliseconds);
  }
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[repeats / 2] * 1e3 / count;
}

Result<double> LaunchTimer::time(const std::function<void(void *, int)> &launch, int count) {
  const auto stream = static_cast<cudaStream_t>(queue);
  try {
    launch(stream, 0);
  } catch (const std::exception &error) {
    return Status::error("{}", error.what());
  }
  FANFOLD_RETURN_IF_ERROR(statusOf(cudaStreamSynchronize(stream), "running"));

  FANFOLD_RETURN_IF_ERROR(
      statusOf(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capturing"));
  Status launched;
  try {
    for (int i = 0; i < count; ++i)
      launch(stream, i);
  } catch (const std::exception &error) {
    launched = Status::error("{}", error.what());
  }
  cudaGraph_t graph = nullptr;
  Status captured = statusOf(cudaStreamEndCapture(stream, &graph), "capturing");
  if (!launched || !captured) {
    if (graph)
      cudaGraphDestroy(graph);
    // What a failed capture leaves behind would be taken for the next call's failure.
    (void)cudaGetLastError();
    return launched ? captured : launched;
  }
  cudaGraphExec_t executable = nullptr;
  Status made = statusOf(cudaGraphInstantiate(&executable, graph, 0), "making a graph");
  cudaGraphDestroy(graph);
  if (!made)
    return made;
  Result<double> time = replay(executable, count);
  cudaGraphExecDestroy(executable);
  return time;
}
