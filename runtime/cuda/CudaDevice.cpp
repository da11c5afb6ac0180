//===- CudaDevice.cpp - the arena on a GPU, steps as CUDA graphs ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaDevice.h"
#include "runtime/Text.h"
#include "runtime/cuda/CudaChecks.h"
#include "runtime/cuda/CudaHandles.h"
#include "runtime/cuda/CudaStatus.h"
#include "runtime/cuda/CudaStep.h"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

using namespace fanfold;

namespace {

/// Two: while one runs, the next waits. More would only make the host run further
/// ahead of the data.
constexpr int maxUnderWay = 2;

/// Half of an input's double buffer: a place in the arena and pinned memory of the
/// host that stands for it.
struct StagingSlot {
  size_t offset;
  size_t bytes;
  std::byte *host;
  CudaEvent uploaded; ///< The host's memory may be written again.
  CudaEvent consumed; ///< The slot in the arena may be written again.
};

/// A run under way: its words on the way in, its results on the way out.
struct Flight {
  uint32_t *words;
  float *results;
  size_t resultCount = 0;
  std::vector<double> launchSeconds;
  CudaEvent ended;
};

class CudaDevice final : public Device {
public:
  ~CudaDevice() override {
    // Nothing may be freed under the feet of what is still running.
    if (stream)
      (void)cudaStreamSynchronize(stream.get());
    if (copies)
      (void)cudaStreamSynchronize(copies.get());
  }

  std::string description() const override { return gpu.name; }
  Status open(const Program &program, int threads) override;
  std::byte *memoryOfArena() override { return arena.get(); }
  std::byte *staging(size_t offset) override;
  Status stage(size_t to, size_t from, size_t bytes) override;
  Status write(size_t offset, const void *source, size_t bytes) override;
  Status read(size_t offset, void *target, size_t bytes) override;
  int depth() const override { return maxUnderWay; }
  Status submit(const StepRun &run) override;
  Result<StepResult> collect() override;
  int threads() const override { return omp_get_max_threads(); }
  DeviceMemory memory() const override;

private:
  Status findGpu(const Program &program);
  Status allocate(const Program &program);
  Status writeWords(Flight &flight, Span<Word> words);
  StagingSlot *findSlot(size_t offset);
  bool inside(size_t offset, size_t bytes) const {
    return offset <= arenaBytes && bytes <= arenaBytes - offset;
  }

  GpuProperties gpu;
  size_t freeAtStart = 0; ///< Bytes of the GPU, with the context and without the arena.
  size_t arenaBytes = 0;
  CudaMemory arena;
  PinnedMemory pinned; ///< All that slots and flights point to.
  CudaStream stream;   ///< Of the steps.
  CudaStream copies;   ///< Of batches, from the host to their slots.
  std::vector<StagingSlot> slots;
  Flight flights[maxUnderWay];
  size_t submitted = 0;
  size_t collected = 0;
  const Program *program = nullptr;
  std::unique_ptr<CudaStep> train, eval;
};

Status makeEvent(CudaEvent &event) {
  cudaEvent_t made = nullptr;
  // Whoever waits for it sleeps: the cores of the host decode images.
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaEventCreateWithFlags(&made, cudaEventDisableTiming | cudaEventBlockingSync),
               "making an event"));
  event.reset(made);
  return {};
}

Status makeStream(CudaStream &stream) {
  cudaStream_t made = nullptr;
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "making a stream"));
  stream.reset(made);
  return {};
}

} // namespace

Status CudaDevice::findGpu(const Program &program) {
  int driver = 0, runtime = 0, gpus = 0;
  (void)cudaDriverGetVersion(&driver);
  (void)cudaRuntimeGetVersion(&runtime);
  const cudaError_t code = cudaGetDeviceCount(&gpus);
  FANFOLD_RETURN_IF_ERROR(checkDriver(code, gpus, driver, runtime));
  cudaDeviceProp properties;
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaGetDeviceProperties(&properties, localRank), "asking for the GPU's properties"));
  gpu = {properties.name, properties.major, properties.minor};
  FANFOLD_RETURN_IF_ERROR(checkArchitecture(program.target, gpu));
  return fromCuda(cudaSetDevice(localRank), fmt::format("opening {}", gpu.name));
}

Status CudaDevice::allocate(const Program &program) {
  size_t total = 0;
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaMemGetInfo(&freeAtStart, &total), "asking for the GPU's free memory"));
  FANFOLD_RETURN_IF_ERROR(checkMemory(program.arenaBytes, freeAtStart, total, gpu));
  void *memory = nullptr;
  cudaError_t code = cudaMalloc(&memory, program.arenaBytes);
  if (code == cudaErrorMemoryAllocation) {
    // Another process was quicker, or what is free is in pieces.
    (void)cudaGetLastError();
    return Status::error("cannot allocate the arena of {} on {}, which had {} free of {}",
                         formatBytes(static_cast<double>(program.arenaBytes)), gpu.name,
                         formatBytes(static_cast<double>(freeAtStart)),
                         formatBytes(static_cast<double>(total)));
  }
  FANFOLD_RETURN_IF_ERROR(fromCuda(code, "allocating the arena"));
  arena.reset(static_cast<std::byte *>(memory));
  arenaBytes = program.arenaBytes;
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaMemsetAsync(memory, 0, arenaBytes, stream.get()), "clearing the arena"));

  // Pinned memory in one piece. The parts begin at multiples of 256, as those of the
  // arena do: copies are fastest so.
  size_t bytes = 0;
  auto reserve = [&bytes](size_t part) {
    size_t begin = bytes;
    bytes += (part + 255) / 256 * 256;
    return begin;
  };
  std::vector<size_t> begins;
  for (const Input &input : program.inputs)
    for (size_t offset : input.staging) {
      slots.push_back({offset, input.bytes, nullptr, nullptr, nullptr});
      begins.push_back(reserve(input.bytes));
    }
  for (int i = 0; i < maxUnderWay; ++i) {
    begins.push_back(reserve(program.scalars.size * sizeof(uint32_t)));
    begins.push_back(reserve(program.metrics.size * sizeof(float)));
  }
  void *allocated = nullptr;
  FANFOLD_RETURN_IF_ERROR(fromCuda(cudaMallocHost(&allocated, std::max<size_t>(bytes, 1)),
                                   fmt::format("pinning {} of the host's memory for inputs",
                                               formatBytes(static_cast<double>(bytes)))));
  auto *host = static_cast<std::byte *>(allocated);
  pinned.reset(host);
  auto begin = begins.begin();
  for (StagingSlot &slot : slots) {
    slot.host = host + *begin++;
    FANFOLD_RETURN_IF_ERROR(makeEvent(slot.uploaded));
    FANFOLD_RETURN_IF_ERROR(makeEvent(slot.consumed));
  }
  for (Flight &flight : flights) {
    flight.words = reinterpret_cast<uint32_t *>(host + *begin++);
    flight.results = reinterpret_cast<float *>(host + *begin++);
    FANFOLD_RETURN_IF_ERROR(makeEvent(flight.ended));
  }
  return {};
}

Status CudaDevice::open(const Program &opened, int threads) {
  assert(!program && "a device is opened once");
  program = &opened;
  if (threads > 0)
    omp_set_num_threads(threads);
  FANFOLD_RETURN_IF_ERROR(findGpu(opened));
  FANFOLD_RETURN_IF_ERROR(makeStream(stream));
  FANFOLD_RETURN_IF_ERROR(makeStream(copies));
  FANFOLD_RETURN_IF_ERROR(allocate(opened));
  const char *variable = std::getenv("CUDA_LAUNCH_BLOCKING");
  const bool blocking = variable && std::string_view(variable) == "1";
  train = std::make_unique<CudaStep>(opened.train, blocking);
  eval = std::make_unique<CudaStep>(opened.eval, blocking);
  if (opened.prepare)
    if (const char *problem = opened.prepare())
      // The machine's doing: its libraries, its memory.
      return Status::error("preparing kernels: {}", problem);
  return fromCuda(cudaStreamSynchronize(stream.get()), "clearing the arena");
}

StagingSlot *CudaDevice::findSlot(size_t offset) {
  for (StagingSlot &slot : slots)
    if (slot.offset == offset)
      return &slot;
  return nullptr;
}

std::byte *CudaDevice::staging(size_t offset) {
  StagingSlot *slot = findSlot(offset);
  assert(slot && "not the offset of a staging slot");
  (void)cudaEventSynchronize(slot->uploaded.get());
  return slot->host;
}

Status CudaDevice::stage(size_t to, size_t from, size_t bytes) {
  StagingSlot *slot = findSlot(from);
  assert(slot && bytes == slot->bytes && inside(to, bytes) && inside(from, bytes) &&
         "not a staging slot, or an input beyond the arena");
  auto check = [](cudaError_t code) { return fromCuda(code, "staging an input"); };
  // The copy from the host waits for the last step that took this slot, two steps ago.
  FANFOLD_RETURN_IF_ERROR(check(cudaStreamWaitEvent(copies.get(), slot->consumed.get())));
  FANFOLD_RETURN_IF_ERROR(check(cudaMemcpyAsync(arena.get() + from, slot->host, bytes,
                                                cudaMemcpyHostToDevice, copies.get())));
  FANFOLD_RETURN_IF_ERROR(check(cudaEventRecord(slot->uploaded.get(), copies.get())));
  FANFOLD_RETURN_IF_ERROR(check(cudaStreamWaitEvent(stream.get(), slot->uploaded.get())));
  if (to != from)
    FANFOLD_RETURN_IF_ERROR(check(cudaMemcpyAsync(arena.get() + to, arena.get() + from, bytes,
                                                  cudaMemcpyDeviceToDevice, stream.get())));
  return check(cudaEventRecord(slot->consumed.get(), stream.get()));
}

Status CudaDevice::write(size_t offset, const void *source, size_t bytes) {
  assert(inside(offset, bytes) && "write beyond the arena");
  FANFOLD_RETURN_IF_ERROR(fromCuda(
      cudaMemcpyAsync(arena.get() + offset, source, bytes, cudaMemcpyHostToDevice, stream.get()),
      "writing to the arena"));
  return fromCuda(cudaStreamSynchronize(stream.get()), "writing to the arena");
}

Status CudaDevice::read(size_t offset, void *target, size_t bytes) {
  assert(inside(offset, bytes) && "read beyond the arena");
  FANFOLD_RETURN_IF_ERROR(fromCuda(
      cudaMemcpyAsync(target, arena.get() + offset, bytes, cudaMemcpyDeviceToHost, stream.get()),
      "reading from the arena"));
  return fromCuda(cudaStreamSynchronize(stream.get()), "reading from the arena");
}

/// Copies the words, with one copy for each range of adjacent ones.
Status CudaDevice::writeWords(Flight &flight, Span<Word> words) {
  assert(words.size <= program->scalars.size && "more words than the program has scalars");
  std::vector<Word> sorted(words.begin(), words.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const Word &a, const Word &b) { return a.offset < b.offset; });
  for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    do {
      flight.words[end] = sorted[end].bits;
      ++end;
    } while (end < sorted.size() &&
             sorted[end].offset == sorted[end - 1].offset + sizeof(uint32_t));
    FANFOLD_RETURN_IF_ERROR(fromCuda(
        cudaMemcpyAsync(arena.get() + sorted[begin].offset, flight.words + begin,
                        (end - begin) * sizeof(uint32_t), cudaMemcpyHostToDevice, stream.get()),
        "writing scalars"));
  }
  return {};
}

Status CudaDevice::submit(const StepRun &run) {
  assert(submitted - collected < maxUnderWay && "collect a run first");
  assert(!(run.timed && run.observer) && "an observer would be timed as well");
  assert(run.results.size <= program->metrics.size && "more results than metrics");
  // The run before the last has been collected, so its flight is free.
  Flight &flight = flights[submitted % maxUnderWay];
  FANFOLD_RETURN_IF_ERROR(writeWords(flight, run.words));
  CudaStep &step = &run.step == &program->train ? *train : *eval;
  flight.launchSeconds.clear();
  if (run.timed) {
    Result<std::vector<double>> seconds =
        step.runTimed({arena.get(), nullptr, stream.get(), exchange});
    if (!seconds)
      return std::move(seconds).status();
    flight.launchSeconds = std::move(*seconds);
  } else {
    FANFOLD_RETURN_IF_ERROR(step.run({arena.get(), run.observer, stream.get(), exchange}));
  }
  flight.resultCount = run.results.size;
  for (size_t begin = 0, end = 0; begin < run.results.size; begin = end) {
    do
      ++end;
    while (end < run.results.size && run.results[end] == run.results[end - 1] + sizeof(float));
    FANFOLD_RETURN_IF_ERROR(fromCuda(
        cudaMemcpyAsync(flight.results + begin, arena.get() + run.results[begin],
                        (end - begin) * sizeof(float), cudaMemcpyDeviceToHost, stream.get()),
        "reading metrics"));
  }
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaEventRecord(flight.ended.get(), stream.get()), "recording the end of a step"));
  ++submitted;
  return {};
}

Result<StepResult> CudaDevice::collect() {
  assert(collected < submitted && "nothing was submitted");
  Flight &flight = flights[collected++ % maxUnderWay];
  FANFOLD_RETURN_IF_ERROR(fromCuda(cudaEventSynchronize(flight.ended.get()),
                                   "a launch failed on the GPU, which CUDA_LAUNCH_BLOCKING=1 in "
                                   "the environment of another run would name"));
  return StepResult{std::vector<double>(flight.results, flight.results + flight.resultCount),
                    std::move(flight.launchSeconds)};
}

DeviceMemory CudaDevice::memory() const {
  size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess)
    return {arenaBytes, 0};
  const size_t taken = freeAtStart > free ? freeAtStart - free : 0;
  return {arenaBytes, taken > arenaBytes ? taken - arenaBytes : 0};
}

std::unique_ptr<Device> fanfold::makeCudaDevice() { return std::make_unique<CudaDevice>(); }
