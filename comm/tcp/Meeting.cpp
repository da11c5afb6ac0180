//===- Meeting.cpp - how ranks find each other over TCP -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/tcp/Meeting.h"

#include <poll.h>
#include <sys/socket.h>

#include <fcntl.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>

using namespace fanfold;

namespace {

/// How long somebody may take to say hello, before it is nobody.
constexpr std::chrono::seconds helloTime(10);

/// Somebody who has not said hello yet.
struct Guest {
  Socket socket;
  Clock::time_point deadline;
  Hello hello;
  size_t got = 0;
};

class Meeting {
public:
  Meeting(FileDescriptor listener, const Ranks &ranks, const TcpOptions &options)
      : listener(std::move(listener)), ranks(ranks), options(options), members(ranks.size) {}

  Result<std::vector<Socket>> run();

private:
  Status waitForAll();
  Status acceptGuests();
  Status listenTo(Guest &guest);
  Status admit(Guest &guest);
  Status missing() const;

  FileDescriptor listener;
  const Ranks &ranks;
  const TcpOptions &options;
  std::vector<Socket> members; ///< By rank; those that are there are valid.
  std::vector<Guest> guests;   ///< A socket that is not valid any more is removed.
  int present = 1;
};

Result<std::vector<Socket>> Meeting::run() {
  Status status = waitForAll();
  Header welcome;
  welcome.kind = Header::Kind::welcome;
  for (int rank = 1; rank < ranks.size && status.ok(); ++rank)
    status = explain(members[rank].send(&welcome, sizeof(welcome), options.silence), rank,
                     options.silence, true);
  if (status.ok())
    return std::move(members);
  for (Socket &member : members)
    if (member.valid())
      tellFailure(member, status);
  for (Socket &member : members)
    if (member.valid())
      member.finish(Milliseconds(100));
  return status;
}

Status Meeting::waitForAll() {
  const Clock::time_point deadline = Clock::now() + options.meeting;
  while (present < ranks.size) {
    std::vector<pollfd> entries = {{listener.get(), POLLIN, 0}};
    for (const Guest &guest : guests)
      entries.push_back({guest.socket.get(), POLLIN, 0});
    const size_t firstMember = entries.size();
    std::vector<int> memberRanks;
    for (int rank = 1; rank < ranks.size; ++rank)
      if (members[rank].valid()) {
        entries.push_back({members[rank].get(), POLLIN | POLLRDHUP, 0});
        memberRanks.push_back(rank);
      }

    Clock::time_point next = deadline;
    for (const Guest &guest : guests)
      next = std::min(next, guest.deadline);
    const auto left = std::chrono::ceil<Milliseconds>(next - Clock::now()).count();
    const int count = poll(entries.data(), entries.size(),
                           static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX)));
    if (count < 0 && errno != EINTR)
      return Status::fromErrno(errno, "waiting for ranks");
    const Clock::time_point now = Clock::now();
    if (now >= deadline)
      return missing();

    for (size_t i = 0; count > 0 && i < memberRanks.size(); ++i)
      if (entries[firstMember + i].revents) // It has nothing to say before the welcome.
        return explain({Transfer::End::closed}, memberRanks[i], options.silence, false);
    for (size_t i = 0; i < guests.size(); ++i) {
      if (count > 0 && entries[1 + i].revents)
        FANFOLD_RETURN_IF_ERROR(listenTo(guests[i]));
      if (now >= guests[i].deadline)
        guests[i].socket.close();
    }
    if (count > 0 && entries[0].revents)
      FANFOLD_RETURN_IF_ERROR(acceptGuests());
    guests.erase(std::remove_if(guests.begin(), guests.end(),
                                [](const Guest &guest) { return !guest.socket.valid(); }),
                 guests.end());
  }
  return {};
}

Status Meeting::acceptGuests() {
  for (;;) {
    FileDescriptor accepted(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (accepted.valid()) {
      guests.push_back({Socket(std::move(accepted)), Clock::now() + helloTime, {}, 0});
      continue;
    }
    switch (errno) {
    case EAGAIN:
      return {};
    case EMFILE:
    case ENFILE:
      // Too many strangers: the first of them makes room.
      if (guests.empty())
        return Status::fromErrno(errno, "accepting a connection");
      guests.erase(guests.begin());
      return {};
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
      return Status::fromErrno(errno, "accepting a connection");
    default: // What became of that one connection; Linux reports it here.
      continue;
    }
  }
}

Status Meeting::listenTo(Guest &guest) {
  auto *bytes = reinterpret_cast<char *>(&guest.hello);
  size_t got = 0;
  const Transfer transfer =
      guest.socket.receiveSome(bytes + guest.got, sizeof(Hello) - guest.got, got);
  guest.got += got;
  const Hello expected;
  const bool stranger =
      std::memcmp(bytes, &expected, std::min(guest.got, sizeof(expected.magic))) != 0;
  if (stranger || !transfer.ok())
    guest.socket.close();
  else if (guest.got == sizeof(Hello))
    return admit(guest);
  return {};
}

Status Meeting::admit(Guest &guest) {
  const Hello &hello = guest.hello;
  const std::string who = fmt::format("rank {} ({})", hello.rank, peerName(guest.socket.get()));
  Status status;
  if (hello.version != Hello::currentVersion)
    status = Status::error("{} speaks version {} of the protocol, expected {}", who, hello.version,
                           Hello::currentVersion);
  else if (hello.size != static_cast<uint32_t>(ranks.size))
    status = Status::error("{} is of a job of {} ranks, expected {} as on rank 0", who, hello.size,
                           ranks.size);
  else if (hello.rank == 0 || hello.rank >= hello.size)
    status = Status::error("{} has come, expected rank 1 to {}", who, ranks.size - 1);
  else if (hello.fingerprint != options.fingerprint)
    status =
        Status::error("{} has the job fingerprint {:016x}, expected {:016x} as rank 0: another "
                      "program or other settings",
                      who, hello.fingerprint, options.fingerprint);
  else if (members[hello.rank].valid())
    status = Status::error("{} has come twice, expected each rank once", who);
  if (!status.ok()) {
    tellFailure(guest.socket, status);
    return status;
  }
  members[hello.rank] = std::move(guest.socket);
  ++present;
  return {};
}

Status Meeting::missing() const {
  std::string names;
  int count = 0;
  for (int rank = 1; rank < ranks.size; ++rank)
    if (!members[rank].valid())
      names += fmt::format("{}{}", count++ ? ", " : "", rank);
  return Status::error("{} {} not come within {}, expected {} ranks",
                       (count == 1 ? "rank " : "ranks ") + names, count == 1 ? "has" : "have",
                       describe(options.meeting), ranks.size);
}

} // namespace

Result<std::vector<Socket>> fanfold::meetRanks(FileDescriptor listener, const Ranks &ranks,
                                               const TcpOptions &options) {
  // Who has called may be gone again before it is accepted.
  fcntl(listener.get(), F_SETFL, fcntl(listener.get(), F_GETFL) | O_NONBLOCK);
  return Meeting(std::move(listener), ranks, options).run();
}

Result<Socket> fanfold::meetRankZero(const Ranks &ranks, const TcpOptions &options) {
  Result<Socket> socket = connectTo(ranks.address, ranks.port, Clock::now() + options.meeting);
  if (!socket)
    return socket.status().withContext("rank 0 is not there after {}", describe(options.meeting));
  Hello hello;
  hello.rank = static_cast<uint32_t>(ranks.rank);
  hello.size = static_cast<uint32_t>(ranks.size);
  hello.fingerprint = options.fingerprint;
  const Transfer sent = socket->send(&hello, sizeof(hello), options.silence);
  FANFOLD_RETURN_IF_ERROR(explain(sent, 0, options.silence, true));
  // Rank 0 listens, so its own wait ends before this one and it can say who is missing.
  Header header;
  FANFOLD_RETURN_IF_ERROR(receiveHeader(*socket, header, options.meeting + Milliseconds(2000)));
  if (header.kind != Header::Kind::welcome)
    return Status::error("rank 0 answers {}, expected welcome", describe(header));
  return socket;
}

Result<std::unique_ptr<Communicator>> fanfold::meetOverTcp(const Ranks &ranks,
                                                           const TcpOptions &options) {
  assert(ranks.rank >= 0 && ranks.rank < ranks.size && "no rank of the job");
  std::vector<Socket> peers;
  if (ranks.rank == 0) {
    FileDescriptor listener(options.listener);
    if (!listener.valid()) {
      Result<FileDescriptor> made = listenAt(ranks.address, ranks.port);
      if (!made)
        return made.status();
      listener = std::move(*made);
    }
    Result<std::vector<Socket>> met = meetRanks(std::move(listener), ranks, options);
    if (!met)
      return met.status();
    peers = std::move(*met);
  } else {
    Result<Socket> met = meetRankZero(ranks, options);
    if (!met)
      return met.status();
    peers.push_back(std::move(*met));
  }
  return std::unique_ptr<Communicator>(
      std::make_unique<TcpCommunicator>(ranks.rank, ranks.size, std::move(peers), options.silence));
}
