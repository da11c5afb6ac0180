//===- Shapes.h - shape rules that layers share ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_SHAPES_H
#define FANFOLD_IR_CNN_SHAPES_H

#include "ir/Cnn/Clauses.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace fanfold::cnn {

/// The operand's type, which must be ranked by now.
mlir::RankedTensorType tensorType(mlir::Value value);

/// Fails with "input has rank 2, expected 4" unless the rank is the expected one.
mlir::LogicalResult requireRank(mlir::Operation *op, mlir::RankedTensorType type, int64_t rank,
                                llvm::StringRef what = "input");

/// Extent of the result of a window over `input` elements, with `pad` on both sides;
/// `ceil` rounds up, but no window begins in the padding behind the image (the rule of
/// PyTorch). Fails with a diagnostic if the window does not fit; `axis` is "height" or
/// "width".
mlir::FailureOr<int64_t> windowExtent(mlir::Operation *op, llvm::StringRef axis, int64_t input,
                                      int64_t kernel, int64_t stride, int64_t pad, int64_t dilation,
                                      bool ceil);

/// No kernel, stride, pad or dilation is larger. Products of two still fit an int64_t.
constexpr int64_t maxWindow = int64_t(1) << 20;

/// Fails unless every part of the window that is an integer already is within `least`
/// and maxWindow.
mlir::LogicalResult verifyWindow(mlir::Operation *op, llvm::StringRef name, mlir::Attribute window,
                                 int64_t least);

/// {height, width} as the derived ops carry it.
mlir::DenseI64ArrayAttr windowAttr(mlir::MLIRContext *context, Window window);

/// `name.suffix`, or null if there is no name.
mlir::StringAttr derivedName(mlir::Operation *op, llvm::StringRef suffix);

} // namespace fanfold::cnn

#endif // FANFOLD_IR_CNN_SHAPES_H
