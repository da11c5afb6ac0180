//===- MpiCommunicator.h - ranks over Open MPI ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_MPI_MPICOMMUNICATOR_H
#define FANFOLD_COMM_MPI_MPICOMMUNICATOR_H

#include "comm/Ranks.h"
#include "comm/mpi/MpiLibrary.h"
#include "runtime/Communicator.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fanfold {

/// Initialises MPI, once in a process. `ranks` is what mpirun said, which MPI has to confirm.
Result<std::unique_ptr<Communicator>> meetOverMpi(const Ranks &ranks);

/// Means are of f32 in the host's memory. They go on while the ranks compute as far as MPI lets
/// them without a call.
class MpiCommunicator final : public Communicator {
public:
  MpiCommunicator(const MpiLibrary &mpi, int rank, int size);

  /// Finalises MPI, which waits for all ranks, unless something failed or a mean is under way:
  /// then there may be ranks that never come. mpirun notices a process that ends without, and
  /// ends the others.
  ~MpiCommunicator() override;

  std::string description() const override;
  Status broadcast(void *data, size_t bytes, int root) override;
  Status gather(const void *mine, void *all, size_t bytes) override;
  Status sum(double *values, size_t count) override;
  Status barrier() override;
  void beginMean(void *data, size_t count, ElementType type, int ticket, void *stream) override;
  void endMean(int ticket, void *stream) override;
  Status status() override { return failure; }

private:
  struct Mean {
    float *values;
    size_t count;
    std::vector<MPI_Request> requests; ///< One a piece.
  };

  /// Turns what a function of MPI returned into a Status, and keeps the first failure.
  Status check(int code, const char *what);

  const MpiLibrary mpi;
  std::map<int, Mean> means; ///< By ticket: those under way.
  Status failure;
};

} // namespace fanfold

#endif // FANFOLD_COMM_MPI_MPICOMMUNICATOR_H
