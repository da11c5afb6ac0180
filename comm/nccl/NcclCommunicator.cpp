//===- NcclCommunicator.cpp - ranks with one GPU each ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/nccl/NcclCommunicator.h"
#include "runtime/cuda/CudaStatus.h"

using namespace fanfold;

static Result<ncclDataType_t> ncclTypeOf(ElementType type) {
  switch (type) {
  case ElementType::f16:
    return ncclFloat16;
  case ElementType::bf16:
    return ncclBfloat16;
  case ElementType::f32:
    return ncclFloat32;
  case ElementType::f64:
  case ElementType::i32:
  case ElementType::u8:
    break;
  }
  return Status::internal("found a mean of another type, expected f32, f16 or bf16");
}

Result<std::unique_ptr<Communicator>> NcclCommunicator::open(std::unique_ptr<Communicator> host,
                                                             int device) {
  Result<NcclLibrary> found = NcclLibrary::open();
  if (!found)
    return std::move(found).status();
  std::unique_ptr<NcclCommunicator> made(new NcclCommunicator(std::move(host), *found));
  FANFOLD_RETURN_IF_ERROR(fromCuda(cudaSetDevice(device), fmt::format("opening GPU {}", device)));
  cudaStream_t stream = nullptr;
  // Means first: who computes can wait, and what is late holds all ranks up.
  int lowest = 0, highest = 0;
  FANFOLD_RETURN_IF_ERROR(
      fromCuda(cudaDeviceGetStreamPriorityRange(&lowest, &highest), "asking for priorities"));
  FANFOLD_RETURN_IF_ERROR(fromCuda(
      cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, highest), "making a stream"));
  made->means.reset(stream);

  ncclUniqueId id = {};
  const NcclLibrary &nccl = made->nccl;
  if (made->rank() == 0)
    FANFOLD_RETURN_IF_ERROR(nccl.status(nccl.getUniqueId(&id), "beginning a meeting over NCCL"));
  FANFOLD_RETURN_IF_ERROR(made->host->broadcast(&id, sizeof(id), 0));
  FANFOLD_RETURN_IF_ERROR(nccl.status(
      nccl.commInitRank(&made->communicator, made->size(), id, made->rank()), "meeting over NCCL"));
  return std::unique_ptr<Communicator>(std::move(made));
}

NcclCommunicator::~NcclCommunicator() {
  if (isAbandoned)
    host->abandon();
  if (!communicator)
    return;
  // Destroying waits for what is under way, which a rank that is gone never ends.
  if (isAbandoned || !failure.ok())
    (void)nccl.commAbort(communicator);
  else
    (void)nccl.commDestroy(communicator);
}

std::string NcclCommunicator::description() const {
  return fmt::format("{} ranks over {}", size(), nccl.version);
}

Status NcclCommunicator::broadcast(void *data, size_t bytes, int root) {
  return host->broadcast(data, bytes, root);
}

Status NcclCommunicator::gather(const void *mine, void *all, size_t bytes) {
  return host->gather(mine, all, bytes);
}

Status NcclCommunicator::sum(double *values, size_t count) { return host->sum(values, count); }

Status NcclCommunicator::barrier() { return host->barrier(); }

Status NcclCommunicator::makeEvents(size_t ticket) {
  while (events.size() <= ticket) {
    Events &made = events.emplace_back();
    for (CudaEvent *event : {&made.ready, &made.done}) {
      cudaEvent_t handle = nullptr;
      FANFOLD_RETURN_IF_ERROR(
          fromCuda(cudaEventCreateWithFlags(&handle, cudaEventDisableTiming), "making an event"));
      event->reset(handle);
    }
  }
  return {};
}

Status NcclCommunicator::begin(void *data, size_t count, ElementType type, size_t ticket,
                               cudaStream_t stream) {
  Result<ncclDataType_t> element = ncclTypeOf(type);
  if (!element)
    return std::move(element).status();
  FANFOLD_RETURN_IF_ERROR(makeEvents(ticket));
  const auto check = [](cudaError_t code) { return fromCuda(code, "beginning a mean"); };
  FANFOLD_RETURN_IF_ERROR(check(cudaEventRecord(events[ticket].ready.get(), stream)));
  FANFOLD_RETURN_IF_ERROR(check(cudaStreamWaitEvent(means.get(), events[ticket].ready.get())));
  FANFOLD_RETURN_IF_ERROR(
      nccl.status(nccl.allReduce(data, data, count, *element, ncclAvg, communicator, means.get()),
                  "beginning a mean"));
  return check(cudaEventRecord(events[ticket].done.get(), means.get()));
}

void NcclCommunicator::beginMean(void *data, size_t count, ElementType type, int ticket,
                                 void *stream) {
  if (failure.ok())
    failure =
        begin(data, count, type, static_cast<size_t>(ticket), static_cast<cudaStream_t>(stream));
}

void NcclCommunicator::endMean(int ticket, void *stream) {
  if (failure.ok())
    failure = fromCuda(cudaStreamWaitEvent(static_cast<cudaStream_t>(stream),
                                           events[static_cast<size_t>(ticket)].done.get()),
                       "ending a mean");
}

Status NcclCommunicator::status() {
  ncclResult_t later = ncclSuccess;
  if (failure.ok() && nccl.commGetAsyncError(communicator, &later) == ncclSuccess)
    failure = nccl.status(later, "exchanging means over NCCL");
  return failure;
}
