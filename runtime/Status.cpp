//===- Status.cpp - errors that gather context on their way up ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Status.h"

#include <system_error>

using namespace fanfold;

Status Status::fromErrno(int code, const std::string &what) {
  // The message of the standard library is strerror() without its shared buffer.
  std::string reason = std::generic_category().message(code);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z')
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  return Status(Blame::user, what + ": " + reason);
}

const std::string &Status::message() const {
  static const std::string none;
  return failure ? failure->message : none;
}

int Status::exitCode() const {
  if (ok())
    return 0;
  switch (blame()) {
  case Blame::user:
    return 1;
  case Blame::usage:
    return 2;
  case Blame::internal:
    return 70;
  case Blame::signal:
    return 128 + failure->signal;
  }
  return 70;
}
