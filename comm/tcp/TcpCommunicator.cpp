//===- TcpCommunicator.cpp - ranks in a star over TCP ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/tcp/TcpCommunicator.h"

#include <poll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>

using namespace fanfold;

namespace {

/// Of one message of a mean: rank 0 keeps its sums in double.
constexpr size_t meanPiece = (size_t(1) << 20) / sizeof(float);

} // namespace

TcpCommunicator::TcpCommunicator(int rank, int size, std::vector<Socket> peers,
                                 Milliseconds silence)
    : Communicator(rank, size), peers(std::move(peers)), silence(silence) {}

std::string TcpCommunicator::description() const {
  return fmt::format("{} ranks over TCP", size());
}

Header TcpCommunicator::nextHeader(Header::Kind kind, size_t bytes, int root) {
  Header header;
  header.kind = kind;
  header.sequence = ++sequence;
  header.bytes = bytes;
  header.root = static_cast<uint32_t>(root);
  return header;
}

Status TcpCommunicator::settle(const Status &status) {
  if (status.ok() || !failure.ok())
    return failure.ok() ? status : failure;
  failure = status;
  if (rank() == 0) {
    for (Socket &peer : peers)
      if (peer.valid())
        tellFailure(peer, failure);
    // Together no longer than a second: each closes as soon as it has read that.
    const Clock::time_point deadline = Clock::now() + std::chrono::seconds(1);
    for (Socket &peer : peers)
      if (peer.valid())
        peer.finish(std::max(Milliseconds(1),
                             std::chrono::duration_cast<Milliseconds>(deadline - Clock::now())));
  }
  peers.clear();
  return failure;
}

Status TcpCommunicator::waitForBytes(int rank, Clock::time_point deadline) {
  std::vector<pollfd> entries;
  std::vector<int> ranks;
  for (int other = 1; other < size(); ++other) {
    entries.push_back(
        {peers[other].get(), static_cast<short>(other == rank ? POLLIN : POLLRDHUP), 0});
    ranks.push_back(other);
  }
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
    const int count = poll(entries.data(), entries.size(),
                           static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX)));
    if (count < 0 && errno != EINTR)
      return Status::fromErrno(errno, "waiting for ranks");
    if (count == 0 && Clock::now() >= deadline)
      return explain({Transfer::End::late}, rank, silence, false);
    if (count <= 0)
      continue;
    // Nobody leaves a collective before its answer.
    for (size_t i = 0; i < entries.size(); ++i)
      if (ranks[i] != rank && entries[i].revents)
        return explain({Transfer::End::closed}, ranks[i], silence, false);
    return {};
  }
}

Status TcpCommunicator::receive(int rank, void *data, size_t bytes, Clock::time_point deadline) {
  auto *cursor = static_cast<char *>(data);
  while (bytes > 0) {
    size_t got = 0;
    const Transfer transfer = peers[rank].receiveSome(cursor, bytes, got);
    if (!transfer.ok())
      return explain(transfer, rank, silence, false);
    cursor += got;
    bytes -= got;
    if (got > 0)
      deadline = Clock::now() + silence;
    else
      FANFOLD_RETURN_IF_ERROR(waitForBytes(rank, deadline));
  }
  return {};
}

template <typename Payload>
Status TcpCommunicator::collect(const Header &call, Payload payload) {
  // All are late at the same time, not one after another.
  const Clock::time_point deadline = Clock::now() + silence;
  for (int other = 1; other < size(); ++other) {
    Header header;
    FANFOLD_RETURN_IF_ERROR(receive(other, &header, sizeof(header), deadline));
    if (std::memcmp(&header, &call, sizeof(header)) != 0)
      return Status::error("rank {} calls {}, expected {} as rank 0 does", other, describe(header),
                           describe(call));
    FANFOLD_RETURN_IF_ERROR(payload(other));
  }
  return {};
}

Status TcpCommunicator::answer(const Header &call, Bytes down, int except) {
  for (int other = 1; other < size(); ++other) {
    Transfer transfer = peers[other].send(&call, sizeof(call), silence);
    if (transfer.ok() && other != except)
      transfer = peers[other].send(down.data, down.size, silence);
    FANFOLD_RETURN_IF_ERROR(explain(transfer, other, silence, true));
  }
  return {};
}

Status TcpCommunicator::exchange(const Header &call, Bytes up, void *down, size_t downBytes) {
  const Milliseconds patience = 2 * silence + Milliseconds(2000);
  Transfer transfer = peers[0].send(&call, sizeof(call), patience, /*yields=*/true);
  if (transfer.ok())
    transfer = peers[0].send(up.data, up.size, patience, /*yields=*/true);
  // Of a connection that is closed, the last message can still be read, and it says why.
  if (!transfer.ok() && transfer.end != Transfer::End::interrupted &&
      transfer.end != Transfer::End::closed)
    return explain(transfer, 0, patience, true);
  Header header;
  FANFOLD_RETURN_IF_ERROR(receiveHeader(peers[0], header, patience));
  if (!transfer.ok() || std::memcmp(&header, &call, sizeof(header)) != 0)
    return Status::error("rank 0 answers {}, expected {} as rank {} calls", describe(header),
                         describe(call), rank());
  return explain(peers[0].receive(down, downBytes, patience), 0, patience, false);
}

Status TcpCommunicator::broadcast(void *data, size_t bytes, int root) {
  assert(root >= 0 && root < size() && "root is no rank of the job");
  if (!failure.ok())
    return failure;
  const Header call = nextHeader(Header::Kind::broadcast, bytes, root);
  if (rank() != 0) {
    if (rank() == root)
      return settle(exchange(call, {data, bytes}, nullptr, 0));
    return settle(exchange(call, {}, data, bytes));
  }
  Status status = collect(call, [&](int other) {
    return other == root ? receive(other, data, bytes, Clock::now() + silence) : Status();
  });
  return settle(status.ok() ? answer(call, {data, bytes}, root) : status);
}

Status TcpCommunicator::gather(const void *mine, void *all, size_t bytes) {
  if (!failure.ok())
    return failure;
  const Header call = nextHeader(Header::Kind::gather, bytes);
  if (rank() != 0)
    return settle(exchange(call, {mine, bytes}, all, size() * bytes));
  auto *rows = static_cast<char *>(all);
  if (bytes > 0)
    std::memmove(rows, mine, bytes);
  Status status = collect(call, [&](int other) {
    return receive(other, rows + other * bytes, bytes, Clock::now() + silence);
  });
  return settle(status.ok() ? answer(call, {all, size() * bytes}) : status);
}

Status TcpCommunicator::sum(double *values, size_t count) {
  if (!failure.ok())
    return failure;
  const size_t bytes = count * sizeof(double);
  const Header call = nextHeader(Header::Kind::sum, bytes);
  if (rank() != 0)
    return settle(exchange(call, {values, bytes}, values, bytes));
  std::vector<double> others(count);
  Status status = collect(call, [&](int other) {
    FANFOLD_RETURN_IF_ERROR(receive(other, others.data(), bytes, Clock::now() + silence));
    for (size_t i = 0; i < count; ++i)
      values[i] += others[i];
    return Status();
  });
  return settle(status.ok() ? answer(call, {values, bytes}) : status);
}

Status TcpCommunicator::barrier() {
  if (!failure.ok())
    return failure;
  const Header call = nextHeader(Header::Kind::barrier, 0);
  if (rank() != 0)
    return settle(exchange(call, {}, nullptr, 0));
  Status status = collect(call, [](int) { return Status(); });
  return settle(status.ok() ? answer(call, {}) : status);
}

Status TcpCommunicator::mean(float *values, size_t count) {
  const size_t bytes = count * sizeof(float);
  const Header call = nextHeader(Header::Kind::mean, bytes);
  if (rank() != 0)
    return exchange(call, {values, bytes}, values, bytes);
  std::vector<double> sums(values, values + count);
  std::vector<float> others(count);
  FANFOLD_RETURN_IF_ERROR(collect(call, [&](int other) {
    FANFOLD_RETURN_IF_ERROR(receive(other, others.data(), bytes, Clock::now() + silence));
    for (size_t i = 0; i < count; ++i)
      sums[i] += others[i];
    return Status();
  }));
  const double share = 1.0 / size();
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(sums[i] * share);
  return answer(call, {values, bytes});
}

void TcpCommunicator::beginMean(void *data, size_t count, ElementType type, int ticket,
                                void *stream) {
  assert(!stream && "TCP has no means of a device's memory");
  if (!failure.ok())
    return;
  if (type != ElementType::f32) {
    static_cast<void>(settle(Status::internal("found a mean of another type, expected f32")));
    return;
  }
  // Begun in the same order by all, so that they may as well be done in it. A mean of nothing is
  // a message too, which is compared with those of the others.
  auto *values = static_cast<float *>(data);
  do {
    const size_t piece = std::min(count, meanPiece);
    if (!settle(mean(values, piece)).ok())
      return;
    values += piece;
    count -= piece;
  } while (count > 0);
}

void TcpCommunicator::endMean(int ticket, void *stream) {}
