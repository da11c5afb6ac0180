//===- Ranks.h - which rank of which job this process is ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whoever starts the ranks of a job says so in the environment: mpirun, torchrun or anything
// that sets its variables, srun.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_RANKS_H
#define FANFOLD_COMM_RANKS_H

#include "runtime/Status.h"

#include <string>

namespace fanfold {

/// A process's place in its job, and how it meets the others.
struct Ranks {
  int rank = 0;
  int size = 1;
  int localRank = 0; ///< Among the ranks of this machine: which of its devices.

  enum class Meeting { alone, tcp, mpi };
  Meeting meeting = Meeting::alone;

  std::string address; ///< Of rank 0: a name or a number; empty unless `meeting` is tcp.
  int port = 0;        ///< That rank 0 listens on; 0 unless `meeting` is tcp.
};

/// What the environment says. The first of these that is there counts; a job of one rank is
/// alone, whoever started it, and an empty variable is one that is not set.
///
/// 1. Open MPI's mpirun (OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK): mpi.
/// 2. RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT and LOCAL_RANK, as torchrun sets them: tcp.
///    Without LOCAL_RANK it is 0, which is right with one rank on each machine. Where torchrun
///    holds MASTER_PORT itself (TORCHELASTIC_USE_AGENT_STORE is True) the port beside it is taken.
/// 3. srun (SLURM_PROCID, and SLURM_NTASKS above 1): tcp, to the first machine of the step, at a
///    port that follows from job and step. The shell of an salloc has no SLURM_PROCID and is alone.
///
/// A set that is not whole or makes no sense is a failure that names the variable.
Result<Ranks> findRanks();

/// The first name of a list of machines as Slurm writes it: "node003" of "node[003-010,012],x".
/// Empty if the list is.
std::string firstOfNodeList(const std::string &list);

} // namespace fanfold

#endif // FANFOLD_COMM_RANKS_H
