//===- Spinning.h - how long idle threads stay on their core --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread of GNU OpenMP that waits, at the end of a parallel loop or for the next
// one, spins for some milliseconds before it sleeps. Where the cores are shared with
// another process, it spins on the very core that the thread it waits for needs: a
// step then takes ten times as long. Some microseconds bridge the gap between two
// launches just as well.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_SPINNING_H
#define FANFOLD_RUNTIME_SPINNING_H

namespace fanfold {

/// Limits how long idle threads of this process spin, unless its environment decides
/// that (OMP_WAIT_POLICY, GOMP_SPINCOUNT). To be called first thing in main: OpenMP
/// has read the environment when it was loaded, so this changes the environment and
/// executes the program again with the same `argv`; the process id stays. Returns
/// where there is nothing to do, and where that is not possible.
void limitSpinning(char **argv);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_SPINNING_H
