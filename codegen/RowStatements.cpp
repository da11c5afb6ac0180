//===- RowStatements.cpp - statements of kernels that work by rows --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Statements.h"

using namespace mlir;
using namespace fanfold;

//===----------------------------------------------------------------------===//
// Pieces of statements
//===----------------------------------------------------------------------===//

int64_t fanfold::channelsOf(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return type.getRank() ? type.getShape().back() : 1;
}

int64_t fanfold::rowsOf(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getNumElements() / channelsOf(buffer);
}

std::string fanfold::channelsText(Value buffer) { return std::to_string(channelsOf(buffer)); }

std::string fanfold::rowsText(Value buffer) { return std::to_string(rowsOf(buffer)); }

std::string fanfold::integerText(plan::LaunchOp op, StringRef name) {
  return std::to_string(op.getConstants().getAs<IntegerAttr>(name).getInt());
}

std::string fanfold::numberText(plan::LaunchOp op, StringRef name) {
  char text[40];
  snprintf(text, sizeof text, "%.9ef", op.getConstants().getAs<FloatAttr>(name).getValueAsDouble());
  return text;
}

/// The buffers of a launch in the order of most kernels: inputs, outputs, and the
/// workspace if it has one.
static SmallVector<Value> allBuffers(plan::LaunchOp op) {
  SmallVector<Value> buffers(op.getInputs());
  llvm::append_range(buffers, op.getOutputs());
  if (op.getWorkspace())
    buffers.push_back(op.getWorkspace());
  return buffers;
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

std::string fanfold::emitBatchNormStatistics(ProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs(), out = op.getOutputs();
  std::string head[] = {rowsText(in[0]), channelsText(in[0]), text.address(in[0]),
                        numberText(op, "epsilon"), numberText(op, "momentum")};
  return text.call("BatchNorm.h", "batchNormStatistics", head,
                   {in[1], in[2], out[2], out[3], out[0], out[1], op.getWorkspace()});
}

static SmallVector<std::string> lrnConstants(plan::LaunchOp op) {
  Value in = op.getInputs()[0];
  return {
      rowsText(in),           channelsText(in),   integerText(op, "size"), numberText(op, "alpha"),
      numberText(op, "beta"), numberText(op, "k")};
}

std::string fanfold::emitLrn(ProgramText &text, plan::LaunchOp op) {
  return text.call("Lrn.h", "lrn", lrnConstants(op), allBuffers(op));
}

std::string fanfold::emitLrnGrad(ProgramText &text, plan::LaunchOp op) {
  return text.call("Lrn.h", "lrnGradient", lrnConstants(op), allBuffers(op));
}

//===----------------------------------------------------------------------===//
// Losses and metrics
//===----------------------------------------------------------------------===//

std::string fanfold::emitSoftmaxCrossEntropy(ProgramText &text, plan::LaunchOp op) {
  Value logits = op.getInputs()[0];
  return text.call("SoftmaxCrossEntropy.h", "softmaxCrossEntropy",
                   {rowsText(logits), channelsText(logits), numberText(op, "smoothing")},
                   allBuffers(op));
}

std::string fanfold::emitSoftmaxCrossEntropyGrad(ProgramText &text, plan::LaunchOp op) {
  Value probabilities = op.getInputs()[0];
  return text.call(
      "SoftmaxCrossEntropy.h", "softmaxCrossEntropyGradient",
      {rowsText(probabilities), channelsText(probabilities), numberText(op, "smoothing")},
      allBuffers(op));
}

std::string fanfold::emitAccuracy(ProgramText &text, plan::LaunchOp op) {
  Value logits = op.getInputs()[0];
  return text.call("Accuracy.h", "accuracy",
                   {rowsText(logits), channelsText(logits), integerText(op, "top")},
                   allBuffers(op));
}

//===----------------------------------------------------------------------===//
// Moving elements, sums
//===----------------------------------------------------------------------===//

/// One copy of a range of channels.
static std::string copyChannels(ProgramText &text, int64_t rows, int64_t channels, Value from,
                                int64_t fromOffset, int64_t fromStride, Value to, int64_t toOffset,
                                int64_t toStride) {
  auto at = [&](Value buffer, int64_t offset) {
    return text.address(buffer) + (offset ? " + " + std::to_string(offset) : "");
  };
  return text.call("Copy.h", "copyChannels",
                   {std::to_string(rows), std::to_string(channels), at(from, fromOffset),
                    std::to_string(fromStride), at(to, toOffset), std::to_string(toStride)},
                   {});
}

std::string fanfold::emitConcat(ProgramText &text, plan::LaunchOp op) {
  Value out = op.getOutputs()[0];
  std::string statement;
  int64_t offset = 0;
  for (Value in : op.getInputs()) {
    statement += (offset ? ", " : "") + copyChannels(text, rowsOf(in), channelsOf(in), in, 0,
                                                     channelsOf(in), out, offset, channelsOf(out));
    offset += channelsOf(in);
  }
  return statement;
}

std::string fanfold::emitSlice(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return copyChannels(text, rowsOf(out), channelsOf(out), in,
                      op.getConstants().getAs<IntegerAttr>("offset").getInt(), channelsOf(in), out,
                      0, channelsOf(out));
}

std::string fanfold::emitCopy(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  int64_t count = rowsOf(in) * channelsOf(in);
  return copyChannels(text, 1, count, in, 0, count, out, 0, count);
}

std::string fanfold::emitSumOfSquares(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0];
  return text.call("Reduce.h", "sumOfSquares", {std::to_string(rowsOf(in) * channelsOf(in))},
                   allBuffers(op));
}
