//===- Protocol.cpp - what ranks send each other over TCP -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/tcp/Protocol.h"

#include <algorithm>
#include <cstring>

using namespace fanfold;

std::string fanfold::describe(const Header &header) {
  const auto collective = [&](const char *name) {
    return fmt::format("{} of {} bytes as collective {}", name, header.bytes, header.sequence);
  };
  switch (header.kind) {
  case Header::Kind::welcome:
    return "welcome";
  case Header::Kind::failure:
    return "failure";
  case Header::Kind::broadcast:
    return fmt::format("broadcast of {} bytes from rank {} as collective {}", header.bytes,
                       header.root, header.sequence);
  case Header::Kind::gather:
    return collective("gather");
  case Header::Kind::sum:
    return collective("sum");
  case Header::Kind::mean:
    return collective("mean");
  case Header::Kind::barrier:
    return fmt::format("barrier as collective {}", header.sequence);
  }
  return fmt::format("message of unknown kind {}", static_cast<uint32_t>(header.kind));
}

Status fanfold::explain(const Transfer &transfer, int rank, Milliseconds silence, bool sending) {
  switch (transfer.end) {
  case Transfer::End::whole:
    return {};
  case Transfer::End::late:
    return Status::error("rank {} has {} nothing for {}", rank, sending ? "taken" : "sent",
                         describe(silence));
  case Transfer::End::closed:
    return Status::error("rank {} has gone (connection closed)", rank);
  case Transfer::End::interrupted:
    return Status::error("rank {} has spoken out of turn", rank);
  case Transfer::End::failed:
    break;
  }
  return Status::fromErrno(
      transfer.code, fmt::format("{} rank {}", sending ? "sending to" : "receiving from", rank));
}

void fanfold::tellFailure(Socket &socket, const Status &failure) {
  const std::string text = failure.message().substr(0, mostFailureBytes);
  Header header;
  header.bytes = text.size();
  std::string message(reinterpret_cast<const char *>(&header), sizeof(header));
  message += text;
  // A rank that takes nothing has troubles of its own.
  static_cast<void>(socket.send(message.data(), message.size(), Milliseconds(200)));
}

Status fanfold::receiveHeader(Socket &socket, Header &header, Milliseconds patience) {
  FANFOLD_RETURN_IF_ERROR(
      explain(socket.receive(&header, sizeof(header), patience), 0, patience, false));
  if (header.magic != Header::magicWord ||
      (header.kind == Header::Kind::failure && header.bytes > mostFailureBytes))
    return Status::error("{} answers something that no rank sends, expected rank 0",
                         peerName(socket.get()));
  if (header.kind != Header::Kind::failure)
    return {};
  std::string text(header.bytes, '\0');
  FANFOLD_RETURN_IF_ERROR(
      explain(socket.receive(text.data(), text.size(), patience), 0, patience, false));
  return Status::error("{}", text);
}
