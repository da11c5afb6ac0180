//===- Socket.h - a connection with time limits ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_TCP_SOCKET_H
#define FANFOLD_COMM_TCP_SOCKET_H

#include "runtime/File.h"
#include "runtime/Status.h"

#include <chrono>
#include <cstddef>
#include <string>

namespace fanfold {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// What became of a transfer over a socket.
struct Transfer {
  enum class End {
    whole,       ///< All bytes are over.
    late,        ///< The other side did nothing for the time allowed.
    closed,      ///< The other side closed the connection or died.
    interrupted, ///< The other side spoke up; see Socket::send.
    failed,      ///< The system call failed: `code` is its errno.
  };
  End end = End::whole;
  int code = 0;

  bool ok() const { return end == End::whole; }
};

/// A connected TCP socket that never blocks for longer than it is told to, raises no signal and
/// sends small messages at once. Move-only.
class Socket {
public:
  /// Takes over a connected socket.
  explicit Socket(FileDescriptor connected = FileDescriptor());

  bool valid() const { return descriptor.valid(); }
  int get() const { return descriptor.get(); }
  void close() { descriptor = FileDescriptor(); }

  /// Sends all of `data`. `silence` is how long nothing may get on. If `yields` and the other side
  /// says something before all is sent, the transfer is interrupted, for good.
  Transfer send(const void *data, size_t bytes, Milliseconds silence, bool yields = false);

  /// Receives exactly `bytes`. `silence` is how long nothing may come.
  Transfer receive(void *data, size_t bytes, Milliseconds silence);

  /// What has come so far, at most `bytes`, without waiting. `got` says how many.
  Transfer receiveSome(void *data, size_t bytes, size_t &got);

  /// Says that nothing more will be sent, and takes what comes until the other side closes too or
  /// `most` is over: closing with bytes unread could destroy what was sent before.
  void finish(Milliseconds most);

private:
  FileDescriptor descriptor;
};

/// Waits until `descriptor` has one of `events` of poll(). What came, 0 after `limit`, or -1
/// with errno.
int waitFor(int descriptor, short events, Milliseconds limit);

/// Connects to a name or number, trying each of its addresses until one answers. Gives up at
/// `deadline`.
Result<Socket> connectTo(const std::string &address, int port, Clock::time_point deadline);

/// A socket that listens at `port`: to this machine alone if `address` is localhost or a number
/// of the loopback, else at all of its addresses, because a name may mean different ones here and
/// elsewhere.
Result<FileDescriptor> listenAt(const std::string &address, int port);

/// "10.0.0.7:41250" of the other side; "somebody" if it cannot be told.
std::string peerName(int descriptor);

/// "60 s", "250 ms".
std::string describe(Milliseconds time);

} // namespace fanfold

#endif // FANFOLD_COMM_TCP_SOCKET_H
