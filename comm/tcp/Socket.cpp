//===- Socket.cpp - a connection with time limits -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/tcp/Socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include <fcntl.h>

using namespace fanfold;

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// An errno that means that the other side is no more.
bool meansClosed(int code) { return code == ECONNRESET || code == EPIPE || code == ETIMEDOUT; }

Transfer failure(int code) {
  return {meansClosed(code) ? Transfer::End::closed : Transfer::End::failed, code};
}

void setOption(int descriptor, int level, int name, int value) {
  // All of them make things better, none is needed.
  static_cast<void>(setsockopt(descriptor, level, name, &value, sizeof(value)));
}

Result<Addresses> resolve(const std::string &address, int port, int flags) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo *found = nullptr;
  const int code = getaddrinfo(address.empty() ? nullptr : address.c_str(),
                               std::to_string(port).c_str(), &hints, &found);
  if (code == EAI_SYSTEM)
    return Status::fromErrno(errno, "looking up " + address);
  if (code != 0)
    return Status::error("looking up {}: {}", address, gai_strerror(code));
  return Addresses(found, freeaddrinfo);
}

FileDescriptor makeSocket(const addrinfo &address) {
  return FileDescriptor(socket(
      address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
}

Milliseconds until(Clock::time_point deadline) {
  return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(deadline - Clock::now()));
}

/// Whether the connection is with itself. While nobody listens at a port that the system gives
/// out to those who connect, it may give one the very port, and TCP lets the two ends meet.
bool isWithItself(int descriptor) {
  sockaddr_storage here = {}, there = {};
  socklen_t hereSize = sizeof(here), thereSize = sizeof(there);
  return getsockname(descriptor, reinterpret_cast<sockaddr *>(&here), &hereSize) == 0 &&
         getpeername(descriptor, reinterpret_cast<sockaddr *>(&there), &thereSize) == 0 &&
         hereSize == thereSize && std::memcmp(&here, &there, hereSize) == 0;
}

/// 0, or the errno of the connect.
int connectOne(int descriptor, const addrinfo &address, Clock::time_point deadline) {
  if (connect(descriptor, address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR)
      return errno;
    // A machine that drops packets would take the time of the other addresses.
    const int events = waitFor(descriptor, POLLOUT, std::min(until(deadline), Milliseconds(5000)));
    if (events < 0)
      return errno;
    if (events == 0)
      return ETIMEDOUT;
    int code = 0;
    socklen_t size = sizeof(code);
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
      return errno;
    if (code != 0)
      return code;
  }
  return isWithItself(descriptor) ? ECONNREFUSED : 0;
}

Result<FileDescriptor> listenAtOne(const addrinfo &address, int port) {
  FileDescriptor listener = makeSocket(address);
  if (!listener.valid())
    return Status::fromErrno(errno, "making a socket");
  // A job that starts again finds its port in a state of waiting.
  setOption(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.ai_family == AF_INET6)
    setOption(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(listener.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      listen(listener.get(), SOMAXCONN) != 0)
    return Status::fromErrno(errno, fmt::format("listening at port {}", port));
  return listener;
}

} // namespace

int fanfold::waitFor(int descriptor, short events, Milliseconds limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  for (;;) {
    pollfd entry = {descriptor, events, 0};
    const int64_t left = std::min<int64_t>(until(deadline).count(), INT_MAX);
    const int count = poll(&entry, 1, static_cast<int>(left));
    if (count > 0)
      return entry.revents;
    if (count == 0 && Clock::now() >= deadline)
      return 0;
    if (count < 0 && errno != EINTR)
      return -1;
  }
}

Socket::Socket(FileDescriptor connected) : descriptor(std::move(connected)) {
  if (!valid())
    return;
  const int flags = fcntl(get(), F_GETFL);
  fcntl(get(), F_SETFL, flags | O_NONBLOCK);
  setOption(get(), IPPROTO_TCP, TCP_NODELAY, 1);
  setOption(get(), SOL_SOCKET, SO_KEEPALIVE, 1);
}

Transfer Socket::send(const void *data, size_t bytes, Milliseconds silence, bool yields) {
  auto *cursor = static_cast<const char *>(data);
  while (bytes > 0) {
    const ssize_t put = ::send(get(), cursor, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put >= 0) {
      cursor += put;
      bytes -= static_cast<size_t>(put);
      continue;
    }
    if (errno == EINTR)
      continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      return failure(errno);
    const int events = waitFor(get(), static_cast<short>(POLLOUT | (yields ? POLLIN : 0)), silence);
    if (events < 0)
      return failure(errno);
    if (events == 0)
      return {Transfer::End::late};
    if (yields && (events & POLLIN))
      return {Transfer::End::interrupted};
  }
  return {};
}

Transfer Socket::receive(void *data, size_t bytes, Milliseconds silence) {
  auto *cursor = static_cast<char *>(data);
  while (bytes > 0) {
    size_t got = 0;
    const Transfer transfer = receiveSome(cursor, bytes, got);
    if (!transfer.ok())
      return transfer;
    cursor += got;
    bytes -= got;
    if (got > 0)
      continue;
    const int events = waitFor(get(), POLLIN, silence);
    if (events < 0)
      return failure(errno);
    if (events == 0)
      return {Transfer::End::late};
  }
  return {};
}

Transfer Socket::receiveSome(void *data, size_t bytes, size_t &got) {
  got = 0;
  for (;;) {
    const ssize_t count = recv(get(), data, bytes, MSG_DONTWAIT);
    if (count == 0)
      return {Transfer::End::closed};
    if (count > 0) {
      got = static_cast<size_t>(count);
      return {};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      return {};
    if (errno != EINTR)
      return failure(errno);
  }
}

void Socket::finish(Milliseconds most) {
  const Clock::time_point deadline = Clock::now() + most;
  if (!valid() || shutdown(get(), SHUT_WR) != 0)
    return;
  char ignored[1 << 14];
  size_t got = 0;
  while (Clock::now() < deadline && receiveSome(ignored, sizeof(ignored), got).ok())
    if (got == 0 && waitFor(get(), POLLIN, until(deadline)) <= 0)
      return;
}

Result<Socket> fanfold::connectTo(const std::string &address, int port,
                                  Clock::time_point deadline) {
  constexpr Milliseconds pause(50);
  for (;;) {
    // Looked up each time: a machine's name may come up after the machine.
    Status last;
    const Result<Addresses> addresses = resolve(address, port, AI_ADDRCONFIG);
    if (!addresses)
      last = addresses.status();
    for (const addrinfo *one = addresses ? addresses->get() : nullptr; one; one = one->ai_next) {
      FileDescriptor descriptor = makeSocket(*one);
      const int code = descriptor.valid() ? connectOne(descriptor.get(), *one, deadline) : errno;
      if (code == 0)
        return Socket(std::move(descriptor));
      last = Status::fromErrno(code, fmt::format("connecting to {} port {}", address, port));
    }
    if (Clock::now() + pause >= deadline)
      return last;
    static_cast<void>(poll(nullptr, 0, static_cast<int>(pause.count())));
  }
}

Result<FileDescriptor> fanfold::listenAt(const std::string &address, int port) {
  const bool ofThisMachine =
      address == "localhost" || address == "::1" || address.compare(0, 4, "127.") == 0;
  // [::] takes both kinds of addresses. A machine without IPv6 has it not.
  const std::string everywhere[] = {"::", "0.0.0.0"};
  Status first;
  for (const std::string &where : everywhere) {
    const Result<Addresses> addresses = resolve(ofThisMachine ? address : where, port, AI_PASSIVE);
    if (!addresses)
      return addresses.status();
    for (const addrinfo *one = addresses->get(); one; one = one->ai_next) {
      Result<FileDescriptor> listener = listenAtOne(*one, port);
      if (listener)
        return listener;
      if (first.ok())
        first = listener.status();
    }
    if (ofThisMachine)
      break;
  }
  return first;
}

std::string fanfold::peerName(int descriptor) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  char host[NI_MAXHOST], service[NI_MAXSERV];
  if (getpeername(descriptor, reinterpret_cast<sockaddr *>(&peer), &size) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr *>(&peer), size, host, sizeof(host), service,
                  sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "somebody";
  return fmt::format(std::strchr(host, ':') ? "[{}]:{}" : "{}:{}", host, service);
}

std::string fanfold::describe(Milliseconds time) {
  if (time.count() % 1000 == 0)
    return fmt::format("{} s", time.count() / 1000);
  return fmt::format("{} ms", time.count());
}
