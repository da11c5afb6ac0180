//===- Pitches.cpp - which kernels take parts of larger tensors -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Pitches.h"

using namespace mlir;
using namespace fanfold;

namespace {
struct Entry {
  StringLiteral kernel;
  unsigned operands, results; ///< Bit n: of operand or result n.
};
} // namespace

static constexpr Entry entries[] = {
    {"pointwise", ~0u, ~0u}, // Of those that have every element; see below.
    {"conv_pointwise", ~3u, ~0u},     {"copy", 1, 1},
    {"batch_norm_statistics", 1, 0},  {"max_pool2d", 1, 1},
    {"max_pool2d_grad", 7, 1},        {"max_pool2d_places", 1, 1},
    {"max_pool2d_places_grad", 2, 1}, {"avg_pool2d", 1, 1},
    {"avg_pool2d_grad", 1, 1},
};

/// Whether operand or result `number` of a kernel, of that type, may be a part. `extent` is
/// a pointwise kernel's.
static bool takes(StringRef kernel, bool isResult, unsigned number, Type type, Attribute extent) {
  // A vector is one row, which cannot lie apart.
  if (cast<ShapedType>(type).getRank() == 1)
    return true;
  if (auto space = dyn_cast_or_null<DenseI64ArrayAttr>(extent))
    if (kernel::rowsOf(type) != space[0] || kernel::channelsOf(type) != space[1])
      return false;
  for (const Entry &entry : entries)
    if (entry.kernel == kernel)
      return (isResult ? entry.results : entry.operands) >> number & 1;
  return false;
}

bool fanfold::takesPitch(Operation *launch, Value value) {
  StringRef kernel = launch->getName().stripDialect();
  Attribute extent = launch->getAttr("extent");
  for (OpOperand &operand : launch->getOpOperands())
    if (operand.get() == value &&
        !takes(kernel, false, operand.getOperandNumber(), value.getType(), extent))
      return false;
  for (OpResult result : launch->getOpResults())
    if (result == value && !takes(kernel, true, result.getResultNumber(), value.getType(), extent))
      return false;
  return true;
}

LogicalResult fanfold::checkPitches(plan::LaunchOp launch) {
  Attribute extent = launch.getConstants().get("extent");
  for (bool isResult : {false, true})
    for (auto [number, buffer] :
         llvm::enumerate(isResult ? ValueRange(launch.getOutputs()) : launch.getInputs()))
      if (plan::layoutOf(buffer).isPitched() &&
          !takes(launch.getKernel(), isResult, number, buffer.getType(), extent))
        return launch.emitOpError(isResult ? "output " : "input ")
               << number << " is a part of a larger tensor, which the kernel does not take";
  return success();
}
