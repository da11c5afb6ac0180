//===- Statements.h - the statements that targets share -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most kernels have the same name and arguments on every target; their statements are
// made here. A target's catalogue names them beside its own.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_STATEMENTS_H
#define FANFOLD_CODEGEN_STATEMENTS_H

#include "codegen/ProgramText.h"
#include "codegen/kernels/cpu/Shapes.h"

namespace fanfold {

//===----------------------------------------------------------------------===//
// Pieces of statements
//===----------------------------------------------------------------------===//

/// Channels: the last extent of a buffer. Rows: all the others.
int64_t channelsOf(mlir::Value buffer);
int64_t rowsOf(mlir::Value buffer);
std::string channelsText(mlir::Value buffer);
std::string rowsText(mlir::Value buffer);

/// `cpu::Conv2dShape{...}`; targets share it.
std::string conv2dShapeText(const cpu::Conv2dShape &s);

/// An integer constant of a launch.
std::string integerText(plan::LaunchOp op, llvm::StringRef name);

/// `{channels, first, count}` of the cut result of a pointwise launch; see ElementIndex.h.
std::string channelRangeText(plan::LaunchOp op, size_t output);

/// A number of a launch, as a float literal that reads back as the same float.
std::string numberText(plan::LaunchOp op, llvm::StringRef name);

//===----------------------------------------------------------------------===//
// Statements, by the name of the launch
//===----------------------------------------------------------------------===//

// Row by row: RowStatements.cpp.
std::string emitBatchNormStatistics(ProgramText &text, plan::LaunchOp op);
std::string emitLrn(ProgramText &text, plan::LaunchOp op);
std::string emitLrnGrad(ProgramText &text, plan::LaunchOp op);
std::string emitSoftmaxCrossEntropy(ProgramText &text, plan::LaunchOp op);
std::string emitSoftmaxCrossEntropyGrad(ProgramText &text, plan::LaunchOp op);
std::string emitAccuracy(ProgramText &text, plan::LaunchOp op);
std::string emitCopy(ProgramText &text, plan::LaunchOp op);
std::string emitAllReduceBegin(ProgramText &text, plan::LaunchOp op);
std::string emitAllReduceEnd(ProgramText &text, plan::LaunchOp op);
std::string emitSumOfSquares(ProgramText &text, plan::LaunchOp op);

// Window by window: WindowStatements.cpp.
std::string emitMaxPool2d(ProgramText &text, plan::LaunchOp op);
std::string emitMaxPool2dGrad(ProgramText &text, plan::LaunchOp op);
std::string emitMaxPool2dPlacesGrad(ProgramText &text, plan::LaunchOp op);
std::string emitAvgPool2d(ProgramText &text, plan::LaunchOp op);
std::string emitAvgPool2dGrad(ProgramText &text, plan::LaunchOp op);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_STATEMENTS_H
