//===- Stopwatch.h - seconds that passed ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_STOPWATCH_H
#define FANFOLD_RUNTIME_STOPWATCH_H

#include <chrono>

namespace fanfold {

/// Measures from its construction, by a clock that is never set back.
class Stopwatch {
public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin).count(); }

private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin = Clock::now();
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_STOPWATCH_H
