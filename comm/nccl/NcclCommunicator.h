//===- NcclCommunicator.h - ranks with one GPU each -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Means over NCCL, on a stream of their own beside the steps':
//
//   steps   ... | wgrad | begin |  dgrad, wgrad, ...      | end | updates
//                          | event                  event |
//   means                  +------> all-reduce ---------->+
//
// In a captured step the events become edges of the graph. Everything in the memory of the host
// goes over another communicator, by which the ranks have met.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_NCCL_NCCLCOMMUNICATOR_H
#define FANFOLD_COMM_NCCL_NCCLCOMMUNICATOR_H

#include "comm/nccl/NcclLibrary.h"
#include "runtime/Communicator.h"
#include "runtime/cuda/CudaHandles.h"

#include <memory>
#include <vector>

namespace fanfold {

class NcclCommunicator final : public Communicator {
public:
  /// Meets the ranks of `host` on their GPUs; this one's has number `device` on its machine, and
  /// is the present one of this thread from now on.
  static Result<std::unique_ptr<Communicator>> open(std::unique_ptr<Communicator> host, int device);
  ~NcclCommunicator() override;

  std::string description() const override;
  Status broadcast(void *data, size_t bytes, int root) override;
  Status gather(const void *mine, void *all, size_t bytes) override;
  Status sum(double *values, size_t count) override;
  Status barrier() override;
  void beginMean(void *data, size_t count, ElementType type, int ticket, void *stream) override;
  void endMean(int ticket, void *stream) override;
  Status status() override;

private:
  NcclCommunicator(std::unique_ptr<Communicator> host, NcclLibrary nccl)
      : Communicator(host->rank(), host->size()), host(std::move(host)), nccl(std::move(nccl)) {}

  /// Of a mean: what it waits for, and what waits for it.
  struct Events {
    CudaEvent ready, done;
  };
  Status makeEvents(size_t ticket);
  Status begin(void *data, size_t count, ElementType type, size_t ticket, cudaStream_t stream);

  std::unique_ptr<Communicator> host;
  NcclLibrary nccl;
  ncclComm_t communicator = nullptr;
  CudaStream means;
  std::vector<Events> events; ///< By ticket.
  Status failure;
};

} // namespace fanfold

#endif // FANFOLD_COMM_NCCL_NCCLCOMMUNICATOR_H
