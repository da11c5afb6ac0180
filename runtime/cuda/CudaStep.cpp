//===- CudaStep.cpp - a step as launches, then as a graph -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaStep.h"
#include "runtime/cuda/CudaStatus.h"
#include "runtime/cuda/LaunchCheck.h"

using namespace fanfold;

namespace {

/// Puts an event into the stream before each launch.
class InstantRecorder final : public LaunchObserver {
public:
  /// `flags` of cudaEventRecordWithFlags: in a graph, an event that is to be read
  /// outside it needs cudaEventRecordExternal.
  InstantRecorder(const std::vector<CudaEvent> &instants, unsigned flags)
      : instants(instants), flags(flags) {}

  void beforeLaunch(StepContext &context, size_t index) override {
    cudaError_t code = cudaEventRecordWithFlags(instants[index].get(),
                                                static_cast<cudaStream_t>(context.stream), flags);
    if (failure.ok())
      failure = fromCuda(code, "recording an event");
  }

  Status failure;

private:
  const std::vector<CudaEvent> &instants;
  const unsigned flags;
};

} // namespace

Status CudaStep::runEagerly(StepContext context, bool wait, LaunchObserver *observer) {
  LaunchCheck check(step, wait, observer);
  context.observer = &check;
  step.run(context);
  beforeLaunch(context, step.launches.size);
  return check.status();
}

Result<CudaGraphExec> CudaStep::capture(StepContext context, LaunchObserver *observer) {
  auto stream = static_cast<cudaStream_t>(context.stream);
  // Of this thread alone: others may work for the data source.
  FANFOLD_RETURN_IF_ERROR(fromCuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal),
                                   "beginning to capture a step"));
  Status launches = runEagerly(context, /*wait=*/false, observer);
  cudaGraph_t captured = nullptr;
  cudaError_t code = cudaStreamEndCapture(stream, &captured);
  CudaGraph graph(captured);
  // A launch that cannot be captured is the reason why the capture failed.
  FANFOLD_RETURN_IF_ERROR(std::move(launches).withContext("capturing a step"));
  FANFOLD_RETURN_IF_ERROR(fromCuda(code, "capturing a step"));
  cudaGraphExec_t made = nullptr;
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaGraphInstantiate(&made, graph.get(), 0), "making a graph of a step"));
  CudaGraphExec exec(made);
  FANFOLD_RETURN_IF_ERROR(fromCuda(cudaGraphUpload(made, stream), "uploading the graph of a step"));
  return exec;
}

Status CudaStep::run(const StepContext &context) {
  if (blocking || context.observer || !warm) {
    FANFOLD_RETURN_IF_ERROR(runEagerly(context, /*wait=*/true, context.observer));
    warm = true;
    return {};
  }
  if (!graph) {
    Result<CudaGraphExec> made = capture(context, nullptr);
    if (!made)
      return std::move(made).status();
    graph = std::move(*made);
  }
  return fromCuda(cudaGraphLaunch(graph.get(), static_cast<cudaStream_t>(context.stream)),
                  "launching a step");
}

Result<std::vector<double>> CudaStep::runTimed(const StepContext &context) {
  auto stream = static_cast<cudaStream_t>(context.stream);
  while (instants.size() <= step.launches.size) {
    cudaEvent_t event = nullptr;
    FANFOLD_RETURN_IF_ERROR(fromCuda(cudaEventCreate(&event), "making an event"));
    instants.emplace_back(event);
  }
  if (blocking || !warm) {
    InstantRecorder recorder(instants, cudaEventRecordDefault);
    FANFOLD_RETURN_IF_ERROR(runEagerly(context, /*wait=*/true, &recorder));
    FANFOLD_RETURN_IF_ERROR(std::move(recorder.failure));
    warm = true;
  } else {
    if (!timedGraph) {
      InstantRecorder recorder(instants, cudaEventRecordExternal);
      Result<CudaGraphExec> made = capture(context, &recorder);
      FANFOLD_RETURN_IF_ERROR(std::move(recorder.failure));
      if (!made)
        return std::move(made).status();
      timedGraph = std::move(*made);
    }
    FANFOLD_RETURN_IF_ERROR(
        fromCuda(cudaGraphLaunch(timedGraph.get(), stream), "launching a timed step"));
  }
  FANFOLD_RETURN_IF_ERROR(fromCuda(cudaStreamSynchronize(stream), "running a timed step"));
  std::vector<double> seconds;
  for (size_t i = 0; i < step.launches.size; ++i) {
    float milliseconds = 0;
    FANFOLD_RETURN_IF_ERROR(
        fromCuda(cudaEventElapsedTime(&milliseconds, instants[i].get(), instants[i + 1].get()),
                 "reading the time of a launch"));
    seconds.push_back(1e-3 * milliseconds);
  }
  return seconds;
}
