//===- VaryingEngines.cpp - engines whose bits differ from run to run -----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/VaryingEngines.h"

#include <algorithm>
#include <iterator>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

/// What `tune` saw on a card. An engine is taken to vary in every version of cuDNN, because
/// engines keep their numbers and nothing says that one was mended.
struct VaryingEngine {
  Pass pass;
  Epilogue epilogue;
  int64_t engine;
};

constexpr VaryingEngine varying[] = {
    // In 426 of 426 problems and knobs of ResNet-20 and ResNet-50 in f16. cuDNN 9.19.0, H200.
    {Pass::forward, Epilogue::statistics, 2},
    {Pass::forward, Epilogue::statistics, 3},
};

} // namespace

bool fanfold::cudnn::isSeenToVary(const ConvProblem &problem, int64_t engine) {
  return std::any_of(std::begin(varying), std::end(varying), [&](const VaryingEngine &each) {
    return each.engine == engine && each.pass == problem.pass && each.epilogue == problem.epilogue;
  });
}
