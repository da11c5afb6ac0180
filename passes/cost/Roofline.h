//===- Roofline.h - how long a launch takes at least ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_COST_ROOFLINE_H
#define FANFOLD_PASSES_COST_ROOFLINE_H

namespace fanfold {

/// What a launch does. Both are totals, not rates.
struct Work {
  double bytes = 0; ///< Read and written, every tensor once.
  double flops = 0; ///< A multiply-add counts as two.
};

/// A machine in three numbers (Williams, Waterman, Patterson, Roofline, CACM 52, 2009): a
/// launch takes as long as its bytes or its arithmetic, whichever is longer.
///
/// That is what a perfect kernel would take. It ranks launches well, which is what
/// choices between them need; measured times are larger.
struct Roofline {
  double bytesPerSecond = 0; ///< Of large copies; read and written bytes both count.
  double launchSeconds = 0;  ///< What a launch costs beside its work.

  /// Seconds of a launch whose arithmetic runs at `flopsPerSecond`. All rates are above 0.
  double seconds(const Work &work, double flopsPerSecond) const;
};

} // namespace fanfold

#endif // FANFOLD_PASSES_COST_ROOFLINE_H
