//===- CnnOps.td - all ops of the dialect -------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_CNNOPS_TD
#define FANFOLD_IR_CNN_CNNOPS_TD


// One visible list: a new family of ops is added here.
include "ir/Cnn/FrameOps.td"
include "ir/Cnn/ConvOps.td"
include "ir/Cnn/DenseOps.td"
include "ir/Cnn/LossOps.td"
include "ir/Cnn/NormOps.td"
include "ir/Cnn/OptimizerOps.td"
include "ir/Cnn/PointwiseOps.td"
include "ir/Cnn/PoolOps.td"
include "ir/Cnn/ShapeOps.td"

#endif // FANFOLD_IR_CNN_CNNOPS_TD
