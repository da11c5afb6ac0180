//===- OpenRanks.cpp - the communicator of a job --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/OpenRanks.h"

#include "comm/SelfCommunicator.h"
#include "comm/mpi/MpiCommunicator.h"
#include "comm/tcp/TcpCommunicator.h"

#include <cstdlib>
#include <vector>

using namespace fanfold;

namespace {

/// mpirun starts what it is told to, on each machine what it finds there.
Status compareFingerprints(Communicator &communicator, uint64_t fingerprint) {
  std::vector<uint64_t> all(communicator.size());
  FANFOLD_RETURN_IF_ERROR(communicator.gather(&fingerprint, all.data(), sizeof(fingerprint)));
  for (size_t rank = 0; rank < all.size(); ++rank)
    if (all[rank] != all[0])
      return Status::error("rank {} has the job fingerprint {:016x}, expected {:016x} as rank 0: "
                           "another program or other settings",
                           rank, all[rank], all[0]);
  return {};
}

} // namespace

Result<std::unique_ptr<Communicator>> fanfold::openRanks(const Ranks &ranks, uint64_t fingerprint) {
  switch (ranks.meeting) {
  case Ranks::Meeting::alone:
    break;
  case Ranks::Meeting::tcp: {
    TcpOptions options;
    options.fingerprint = fingerprint;
    // Who started rank 0 may have chosen a free port, and kept it.
    if (const char *socket = std::getenv("FANFOLD_LISTENER"); socket && ranks.rank == 0)
      options.listener = std::atoi(socket);
    return meetOverTcp(ranks, options);
  }
  case Ranks::Meeting::mpi: {
    Result<std::unique_ptr<Communicator>> communicator = meetOverMpi(ranks);
    if (!communicator)
      return communicator;
    FANFOLD_RETURN_IF_ERROR(compareFingerprints(**communicator, fingerprint));
    return communicator;
  }
  }
  return std::unique_ptr<Communicator>(std::make_unique<SelfCommunicator>());
}
