//===- Meeting.h - how ranks find each other over TCP ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_TCP_MEETING_H
#define FANFOLD_COMM_TCP_MEETING_H

#include "comm/Ranks.h"
#include "comm/tcp/TcpCommunicator.h"

#include <vector>

namespace fanfold {

/// The part of rank 0: waits at `listener` until all other ranks are there. Their connections, by
/// rank; that of rank 0 is not valid. Whoever is no rank is sent away and has no effect.
Result<std::vector<Socket>> meetRanks(FileDescriptor listener, const Ranks &ranks,
                                      const TcpOptions &options);

/// The part of another rank: a connection to rank 0, once all are there.
Result<Socket> meetRankZero(const Ranks &ranks, const TcpOptions &options);

} // namespace fanfold

#endif // FANFOLD_COMM_TCP_MEETING_H
