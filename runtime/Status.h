//===- Status.h - errors that gather context on their way up --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runtime, comm and io report failure by value. A function that fails returns a
// Status with a plain sentence; every caller that knows more adds it in front:
//
//   opening chunk 17 of imagenet: checksum mismatch
//
// Nothing here throws and nothing exits: only `main` turns a Status into an
// exit status.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_STATUS_H
#define FANFOLD_RUNTIME_STATUS_H

#include <fmt/format.h>

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace fanfold {

/// Whose fault a failure is. Decides the exit status of a command.
enum class Blame {
  user,     ///< Bad input, missing file, full disk: exit status 1.
  usage,    ///< A command line that makes no sense: exit status 2.
  internal, ///< A broken invariant of ours: exit status 70.
  signal,   ///< None: asked to leave before the end: exit status 128 + the signal's number.
};

/// Success, or a sentence that says what failed and where.
class [[nodiscard]] Status {
public:
  /// Success.
  Status() = default;

  /// A failure that the user can do something about. `format` and `args` follow
  /// fmt; the text is lower case and has no full stop.
  template <typename... Args>
  static Status error(fmt::format_string<Args...> format, Args &&...args) {
    return Status(Blame::user, fmt::format(format, std::forward<Args>(args)...));
  }

  /// A failure of Fanfold itself.
  template <typename... Args>
  static Status internal(fmt::format_string<Args...> format, Args &&...args) {
    return Status(Blame::internal, fmt::format(format, std::forward<Args>(args)...));
  }

  /// A command line that cannot be understood.
  template <typename... Args>
  static Status usage(fmt::format_string<Args...> format, Args &&...args) {
    return Status(Blame::usage, fmt::format(format, std::forward<Args>(args)...));
  }

  /// Not all was done, because `signal` asked to stop. Without a text where all has
  /// been said already.
  template <typename... Args>
  static Status stopped(int signal, fmt::format_string<Args...> format, Args &&...args) {
    Status status(Blame::signal, fmt::format(format, std::forward<Args>(args)...));
    status.failure->signal = signal;
    return status;
  }

  /// The failure of a system call: `what: strerror(code)`. `code` is an errno.
  static Status fromErrno(int code, const std::string &what);

  bool ok() const { return !failure; }
  explicit operator bool() const { return ok(); }

  /// The sentence; empty on success.
  const std::string &message() const;
  Blame blame() const { return failure ? failure->blame : Blame::user; }

  /// The exit status of a command that ends with this status: 0, 1, 2, 70 or, stopped
  /// by a signal, 128 and its number.
  int exitCode() const;

  /// Puts `format: ` in front of the message of a failure; leaves success alone.
  template <typename... Args>
  Status withContext(fmt::format_string<Args...> format, Args &&...args) && {
    if (failure)
      failure->message = fmt::format(format, std::forward<Args>(args)...) + ": " + failure->message;
    return std::move(*this);
  }

private:
  struct Failure {
    Blame blame;
    std::string message;
    int signal = 0;
  };

  Status(Blame blame, std::string message) : failure(Failure{blame, std::move(message)}) {}

  std::optional<Failure> failure;
};

/// A value, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
public:
  Result(T value) : value(std::move(value)) {}         // NOLINT: implicit on purpose
  Result(Status status) : failure(std::move(status)) { // NOLINT: implicit on purpose
    assert(!failure.ok() && "a Result without a value needs a failure");
  }

  bool ok() const { return value.has_value(); }
  explicit operator bool() const { return ok(); }

  T &operator*() { return *value; }
  const T &operator*() const { return *value; }
  T *operator->() { return &*value; }
  const T *operator->() const { return &*value; }

  /// The failure; success if there is a value.
  Status status() const & { return failure; }
  Status status() && { return std::move(failure); }

private:
  std::optional<T> value;
  Status failure;
};

/// Returns from the enclosing function if `expression` is a failure.
#define FANFOLD_RETURN_IF_ERROR(expression)                                                        \
  do {                                                                                             \
    if (::fanfold::Status fanfoldStatus = (expression); !fanfoldStatus.ok())                       \
      return fanfoldStatus;                                                                        \
  } while (false)

} // namespace fanfold

#endif // FANFOLD_RUNTIME_STATUS_H
