//===- Protocol.h - what ranks send each other over TCP -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// protocol.md says when what is sent.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_TCP_PROTOCOL_H
#define FANFOLD_COMM_TCP_PROTOCOL_H

#include "comm/tcp/Socket.h"

#include <cstdint>
#include <string>

namespace fanfold {

/// The first that a rank sends to rank 0.
struct Hello {
  static constexpr uint64_t magicWord = 0x0a736b6e61724646; ///< "FFranks\n".
  static constexpr uint32_t currentVersion = 1;

  uint64_t magic = magicWord;
  uint32_t version = currentVersion;
  uint32_t rank = 0;
  uint32_t size = 0;
  uint32_t reserved = 0;
  uint64_t fingerprint = 0;
};
static_assert(sizeof(Hello) == 32, "part of the protocol");

/// In front of everything else, in both directions.
struct Header {
  static constexpr uint32_t magicWord = 0x736d4646; ///< "FFms".

  enum class Kind : uint32_t { welcome, failure, broadcast, gather, sum, mean, barrier };

  uint32_t magic = magicWord;
  Kind kind = Kind::failure;
  uint64_t sequence = 0; ///< Of the collective, counted from 1; 0 of welcome and failure.
  uint64_t bytes = 0;    ///< Of the collective's argument; of failure: of its text.
  uint32_t root = 0;     ///< Of broadcast; else 0.
  uint32_t reserved = 0;
};
static_assert(sizeof(Header) == 32, "part of the protocol");

/// Longest text of a failure.
inline constexpr uint64_t mostFailureBytes = 1 << 16;

/// "sum of 16 bytes as collective 7", "broadcast of 8 bytes from rank 1 as collective 3".
std::string describe(const Header &header);

/// "rank 3 has gone (connection closed)", "rank 3 has sent nothing for 60 s": what a transfer
/// with rank `rank` that is not whole means. `sending` is the direction.
Status explain(const Transfer &transfer, int rank, Milliseconds silence, bool sending);

/// Sends the text of `failure` to `socket`, if it takes it now.
void tellFailure(Socket &socket, const Status &failure);

/// Receives a header from rank 0 and what follows it, if it is a failure: then that is returned.
/// `patience` is how long rank 0 may be silent.
Status receiveHeader(Socket &socket, Header &header, Milliseconds patience);

} // namespace fanfold

#endif // FANFOLD_COMM_TCP_PROTOCOL_H
