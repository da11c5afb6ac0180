//===- MpiLibrary.h - Open MPI, found when a program runs -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program is never linked with MPI, so that it runs where there is none. The types are those of
// Open MPI's <mpi.h>; its binary interface has been stable since version 3.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_MPI_MPILIBRARY_H
#define FANFOLD_COMM_MPI_MPILIBRARY_H

#include "runtime/Status.h"

// MPI's own C++ interface would want to be linked.
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#include <string>
#include <vector>

namespace fanfold {

/// The functions and constants that are used. The library stays loaded until the process ends:
/// it has threads and handlers of its own.
struct MpiLibrary {
  decltype(&::MPI_Init_thread) initThread;
  decltype(&::MPI_Finalize) finalize;
  decltype(&::MPI_Comm_rank) commRank;
  decltype(&::MPI_Comm_size) commSize;
  decltype(&::MPI_Comm_set_errhandler) commSetErrhandler;
  decltype(&::MPI_Error_string) errorString;
  decltype(&::MPI_Get_library_version) getLibraryVersion;
  decltype(&::MPI_Bcast) bcast;
  decltype(&::MPI_Allgather) allgather;
  decltype(&::MPI_Barrier) barrier;
  decltype(&::MPI_Iallreduce) iallreduce;
  decltype(&::MPI_Wait) wait;

  MPI_Comm world;
  MPI_Datatype byteType;
  MPI_Datatype floatType;
  MPI_Op sum;
  MPI_Errhandler errorsReturn;

  std::string version; ///< "Open MPI 4.1.4".

  /// The first of `names` that can be loaded. None, or one that is not Open MPI, is a failure.
  static Result<MpiLibrary> open(const std::vector<std::string> &names = {"libmpi.so.40",
                                                                          "libmpi.so"});
};

/// "Open MPI 4.1.4" of "Open MPI v4.1.4, package: Debian OpenMPI, ...".
std::string shortVersion(const std::string &version);

} // namespace fanfold

#endif // FANFOLD_COMM_MPI_MPILIBRARY_H
