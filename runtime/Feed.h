//===- Feed.h - batches on their way to the step --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Overlap of reading and computing: while a step works on one staging slot, the
// data source fills the other.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_FEED_H
#define FANFOLD_RUNTIME_FEED_H

#include "runtime/DataSource.h"
#include "runtime/Session.h"

#include <memory>

namespace fanfold {

/// Moves batches of one source through the session's two staging slots. Feeds of
/// one session share the slots, so only one of them may have a batch under way:
/// the others must have been drained.
class Feed {
public:
  Feed(Session &session, Session::DataInputs inputs, std::unique_ptr<DataSource> source)
      : session(session), inputs(inputs), theSource(std::move(source)) {}
  /// The source may not write to an arena that is gone.
  ~Feed() { (void)drain(); }

  DataSource &source() { return *theSource; }

  /// Continues at a sample. Drains.
  Status seek(int64_t epoch, int64_t nextSample);

  /// Makes the next batch the input of the next step of `phase`. With
  /// `fetchAhead`, the batch after it is being read when this returns, unless an
  /// epoch ends here.
  Result<BatchInfo> next(Phase phase, bool fetchAhead);

  /// Waits for what is under way and forgets it.
  Status drain();

private:
  void fetch();

  Session &session;
  Session::DataInputs inputs;
  std::unique_ptr<DataSource> theSource;
  int slot = 0;         ///< Being filled, or the next to be.
  bool pending = false; ///< If `slot` is being filled.
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_FEED_H
