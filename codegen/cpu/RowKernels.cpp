//===- RowKernels.cpp - kernels that work row by row on the CPU -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuKernels.h"
#include "codegen/kernels/cpu/BatchNorm.h"
#include "codegen/kernels/cpu/Reduce.h"

using namespace mlir;
using namespace fanfold;

//===----------------------------------------------------------------------===//
// Pieces of statements
//===----------------------------------------------------------------------===//

/// `function(constants..., addresses...)`.
static std::string call(CpuProgramText &text, const std::string &function,
                        ArrayRef<std::string> constants, ArrayRef<Value> buffers) {
  std::string statement = function + "(";
  StringRef separator = "";
  for (const std::string &constant : constants) {
    statement += separator.str() + constant;
    separator = ", ";
  }
  for (Value buffer : buffers) {
    statement += separator.str() + text.address(buffer);
    separator = ", ";
  }
  return statement + ")";
}

static int64_t channels(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getShape().back();
}

static std::string rowsText(Value buffer) {
  return std::to_string(cast<MemRefType>(buffer.getType()).getNumElements() / channels(buffer));
}

static std::string channelsText(Value buffer) { return std::to_string(channels(buffer)); }

static std::string integer(plan::LaunchOp op, StringRef name) {
  return std::to_string(op.getConstants().getAs<IntegerAttr>(name).getInt());
}

/// A number as a float literal that reads back as the same float.
static std::string number(plan::LaunchOp op, StringRef name) {
  char text[40];
  snprintf(text, sizeof text, "%.9ef", op.getConstants().getAs<FloatAttr>(name).getValueAsDouble());
  return text;
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

static Algorithm selectStatistics(Operation *op) {
  auto type = cast<ShapedType>(op->getOperand(0).getType());
  int64_t channels = type.getShape().back();
  return {"", static_cast<int64_t>(
                  cpu::batchNormWorkspaceBytes(type.getNumElements() / channels, channels))};
}

static std::string emitStatistics(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/BatchNorm.h");
  OperandRange in = op.getInputs(), out = op.getOutputs();
  std::string head = "cpu::batchNormStatistics(" + rowsText(in[0]) + ", " + channelsText(in[0]) +
                     ", " + text.address(in[0]) + ", " + number(op, "epsilon") + ", " +
                     number(op, "momentum");
  for (Value buffer : {in[1], in[2], out[2], out[3], out[0], out[1], Value(op.getWorkspace())})
    head += ", " + text.address(buffer);
  return head + ")";
}

static std::string emitLrn(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/Lrn.h");
  Value in = op.getInputs()[0];
  return call(text, "cpu::lrn",
              {rowsText(in), channelsText(in), integer(op, "size"), number(op, "alpha"),
               number(op, "beta"), number(op, "k")},
              {in, op.getOutputs()[0]});
}

static std::string emitLrnGrad(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/Lrn.h");
  OperandRange in = op.getInputs();
  return call(text, "cpu::lrnGradient",
              {rowsText(in[0]), channelsText(in[0]), integer(op, "size"), number(op, "alpha"),
               number(op, "beta"), number(op, "k")},
              {in[0], in[1], op.getOutputs()[0]});
}

//===----------------------------------------------------------------------===//
// Losses and metrics
//===----------------------------------------------------------------------===//

static std::string emitCrossEntropy(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/SoftmaxCrossEntropy.h");
  OperandRange in = op.getInputs(), out = op.getOutputs();
  return call(text, "cpu::softmaxCrossEntropy",
              {rowsText(in[0]), channelsText(in[0]), number(op, "smoothing")},
              {in[0], in[1], out[0], out[1]});
}

static std::string emitCrossEntropyGrad(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/SoftmaxCrossEntropy.h");
  OperandRange in = op.getInputs();
  return call(text, "cpu::softmaxCrossEntropyGradient",
              {rowsText(in[0]), channelsText(in[0]), number(op, "smoothing")},
              {in[0], in[1], in[2], op.getOutputs()[0]});
}

static std::string emitAccuracy(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/Accuracy.h");
  OperandRange in = op.getInputs();
  return call(text, "cpu::accuracy", {rowsText(in[0]), channelsText(in[0]), integer(op, "top")},
              {in[0], in[1], op.getOutputs()[0]});
}

//===----------------------------------------------------------------------===//
// Moving elements, sums
//===----------------------------------------------------------------------===//

static std::string emitConcat(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/Copy.h");
  Value out = op.getOutputs()[0];
  std::string statement, target = text.address(out);
  int64_t offset = 0;
  for (Value in : op.getInputs()) {
    std::string width = channelsText(in);
    statement += (offset ? ", " : "") + ("cpu::copyChannels(" + rowsText(in)) + ", " + width +
                 ", " + text.address(in) + ", " + width + ", " + target + " + " +
                 std::to_string(offset) + ", " + channelsText(out) + ")";
    offset += channels(in);
  }
  return statement;
}

static std::string emitSlice(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/Copy.h");
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return "cpu::copyChannels(" + rowsText(out) + ", " + channelsText(out) + ", " + text.address(in) +
         " + " + integer(op, "offset") + ", " + channelsText(in) + ", " + text.address(out) + ", " +
         channelsText(out) + ")";
}

static std::string emitCopy(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/Copy.h");
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  std::string count = std::to_string(cast<MemRefType>(in.getType()).getNumElements());
  return "cpu::copyChannels(1, " + count + ", " + text.address(in) + ", " + count + ", " +
         text.address(out) + ", " + count + ")";
}

static Algorithm selectSumOfSquares(Operation *op) {
  auto type = cast<ShapedType>(op->getOperand(0).getType());
  return {"", static_cast<int64_t>(cpu::sumOfSquaresWorkspaceBytes(type.getNumElements()))};
}

static std::string emitSumOfSquares(CpuProgramText &text, plan::LaunchOp op) {
  text.include("codegen/kernels/cpu/Reduce.h");
  Value in = op.getInputs()[0];
  return call(text, "cpu::sumOfSquares",
              {std::to_string(cast<MemRefType>(in.getType()).getNumElements())},
              {in, op.getOutputs()[0], op.getWorkspace()});
}

const CpuKernel fanfold::cpuRowKernels[] = {
    {"batch_norm_statistics", selectStatistics, emitStatistics},
    {"lrn", nullptr, emitLrn},
    {"lrn_grad", nullptr, emitLrnGrad},
    {"softmax_cross_entropy", nullptr, emitCrossEntropy},
    {"softmax_cross_entropy_grad", nullptr, emitCrossEntropyGrad},
    {"accuracy", nullptr, emitAccuracy},
    {"concat", nullptr, emitConcat},
    {"slice", nullptr, emitSlice},
    {"copy", nullptr, emitCopy},
    {"sum_of_squares", selectSumOfSquares, emitSumOfSquares},
};
const size_t fanfold::cpuRowKernelCount = std::size(cpuRowKernels);
