//===- KernelDialect.h - the kernel level ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_KERNEL_KERNELDIALECT_H
#define FANFOLD_IR_KERNEL_KERNELDIALECT_H

#include "ir/Cnn/CnnDialect.h"

namespace fanfold::kernel {
/// One operation for each element of the largest tensor: the estimate for a kernel
/// that is not a matrix product.
double elementwiseFlops(mlir::Operation *op);

/// Suggests names for results from the attribute `layer`.
void nameResults(mlir::Operation *op, mlir::OpAsmSetValueNameFn setName);

/// Type of one element of a tensor in the body of a pointwise kernel: its element type
/// without the sign that `arith` does not take (ui8 becomes i8); arithmetic on fp16 and
/// bf16 is done in fp32.
mlir::Type bodyType(mlir::Type tensor);

/// The type of a value that is a tensor.
mlir::RankedTensorType tensorType(mlir::Value value);

/// Channels: the last extent of a tensor or buffer, 1 without extents. Rows: all the others.
int64_t channelsOf(mlir::Type type);
int64_t rowsOf(mlir::Type type);

/// Elements that the tensors of a bucket begin at multiples of: 256 bytes of the narrowest type.
constexpr int64_t bucketAlignment = 128;

/// Elements of a bucket that a tensor of that type takes.
int64_t bucketElements(mlir::Type type);

/// Whether parts of that type lie in a tensor of type `whole` one behind the other, along the
/// first dimension, as filters do for a convolution that makes the channels of all of them, or in
/// a bucket; and not side by side along the channels. (A vector in a bucket is both.)
bool isStacked(mlir::Type part, mlir::Type whole);

/// Where a part begins that has `offset` channels, or extents of the first dimension, before it:
/// in elements from the begin of `whole`.
int64_t firstElement(mlir::Type part, mlir::Type whole, int64_t offset);

/// Size of the elements of a tensor or buffer in bytes; its shape is static.
int64_t byteSize(mlir::ShapedType type);
} // namespace fanfold::kernel

#include "ir/Kernel/KernelDialect.h.inc"
#include "ir/Kernel/KernelInterfaces.h.inc"

#define GET_OP_CLASSES
#include "ir/Kernel/KernelOps.h.inc"

#endif // FANFOLD_IR_KERNEL_KERNELDIALECT_H
