//===- MpiConformance.cpp - one rank that mpirun starts -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   mpi_conformance          checks the communicator; prints what it is
//   mpi_conformance differ   has another fingerprint on each rank
//   mpi_conformance abandon  rank 1 fails, as a program does, while the others wait for it
//   mpi_conformance leave    rank 1 leaves without a word
//
//===----------------------------------------------------------------------===//

#include "comm/OpenRanks.h"
#include "comm/mpi/MpiCommunicator.h"
#include "test/comm/CommConformance.h"

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace fanfold;

int main(int argc, char **argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const Result<Ranks> ranks = findRanks();
  if (!ranks) {
    std::fprintf(stderr, "%s\n", ranks.status().message().c_str());
    return 1;
  }
  // A lone rank is alone; what MPI makes of it is seen here all the same.
  Result<std::unique_ptr<Communicator>> opened =
      ranks->size == 1 ? meetOverMpi(*ranks)
                       : openRanks(*ranks, mode == "differ" ? ranks->rank : 1);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.status().message().c_str());
    return 1;
  }
  Communicator &communicator = **opened;
  if (communicator.rank() == 1 && mode == "abandon") {
    communicator.abandon();
    return 3;
  }
  if (communicator.rank() == 1 && mode == "leave")
    std::_Exit(3);
  const std::string wrong = test::checkCommunicator(communicator);
  if (!wrong.empty()) {
    std::fprintf(stderr, "rank %d: %s\n", communicator.rank(), wrong.c_str());
    communicator.abandon();
    return 1;
  }
  std::printf("rank %d: %s\n", communicator.rank(), communicator.description().c_str());
  return 0;
}
