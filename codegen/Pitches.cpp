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

/// Images and matrices; filters and vectors for each channel are whole.
static constexpr Entry productEntries[] = {
    {"conv1x1_add", 1, 0},  {"conv2d", 1, 1},       {"conv2d_statistics", 1, 1},
    {"conv2d_dgrad", 1, 1}, {"conv2d_wgrad", 3, 0}, {"matmul", 3, 1},
};

/// Whether operand or result `number` of a kernel, of that type, may be a part. `extent` is
/// a pointwise kernel's.
static bool takes(StringRef kernel, bool isResult, unsigned number, Type type, Attribute extent,
                  PitchedProducts products) {
  // A vector is one row, which cannot lie apart.
  if (cast<ShapedType>(type).getRank() == 1)
    return true;
  if (auto space = dyn_cast_or_null<DenseI64ArrayAttr>(extent))
    if (kernel::rowsOf(type) != space[0] || kernel::channelsOf(type) != space[1])
      return false;
  for (ArrayRef<Entry> family : {ArrayRef(entries), ArrayRef(productEntries)})
    for (const Entry &entry : family)
      if (entry.kernel == kernel)
        return (family.data() == entries || products == productsTakePitch) &&
               ((isResult ? entry.results : entry.operands) >> number & 1);
  return false;
}

bool fanfold::takesPitch(Operation *launch, Value value, PitchedProducts products) {
  StringRef kernel = launch->getName().stripDialect();
  Attribute extent = launch->getAttr("extent");
  for (OpOperand &operand : launch->getOpOperands())
    if (operand.get() == value &&
        !takes(kernel, false, operand.getOperandNumber(), value.getType(), extent, products))
      return false;
  for (OpResult result : launch->getOpResults())
    if (result == value &&
        !takes(kernel, true, result.getResultNumber(), value.getType(), extent, products))
      return false;
  return true;
}

LogicalResult fanfold::checkPitches(plan::LaunchOp launch, PitchedProducts products) {
  Attribute extent = launch.getConstants().get("extent");
  for (bool isResult : {false, true})
    for (auto [number, buffer] :
         llvm::enumerate(isResult ? ValueRange(launch.getOutputs()) : launch.getInputs()))
      if (plan::layoutOf(buffer).isPitched() &&
          !takes(launch.getKernel(), isResult, number, buffer.getType(), extent, products))
        return launch.emitOpError(isResult ? "output " : "input ")
               << number << " is a part of a larger tensor, which the kernel does not take";
  return success();
}
