//===- RowStatements.cpp - statements of kernels that work by rows --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Statements.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fanfold;

//===----------------------------------------------------------------------===//
// Pieces of statements
//===----------------------------------------------------------------------===//

int64_t fanfold::channelsOf(Value buffer) { return kernel::channelsOf(buffer.getType()); }

int64_t fanfold::rowsOf(Value buffer) { return kernel::rowsOf(buffer.getType()); }

std::string fanfold::channelsText(Value buffer) { return std::to_string(channelsOf(buffer)); }

std::string fanfold::rowsText(Value buffer) { return std::to_string(rowsOf(buffer)); }

std::string fanfold::integerText(plan::LaunchOp op, StringRef name) {
  return std::to_string(op.getConstants().getAs<IntegerAttr>(name).getInt());
}

std::string fanfold::channelRangeText(plan::LaunchOp op, size_t output) {
  auto extent = op.getConstants().getAs<DenseI64ArrayAttr>("extent");
  auto first = op.getConstants().getAs<DenseI64ArrayAttr>("first_channels");
  return llvm::formatv("{{{0}, {1}, {2}}", extent[1], first[output],
                       channelsOf(op.getOutputs()[output]));
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
  std::string head[] = {rowsText(in[0]),           channelsText(in[0]),
                        text.address(in[0]),       std::to_string(plan::layoutOf(in[0]).pitch),
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

/// Where rows lie one behind the other on both sides, all are one.
std::string fanfold::emitCopy(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  plan::RowLayout from = plan::layoutOf(in), to = plan::layoutOf(out);
  if (!from.isPitched() && !to.isPitched()) {
    int64_t count = from.rows * from.channels;
    from = to = {1, count, count, 0};
  }
  return text.call("Copy.h", "copyChannels",
                   {std::to_string(from.rows), std::to_string(from.channels), text.address(in),
                    std::to_string(from.pitch), text.address(out), std::to_string(to.pitch)},
                   {});
}

static std::string emitExchange(ProgramText &text, plan::LaunchOp op, StringRef function) {
  Value in = op.getInputs()[0];
  Type element = cast<MemRefType>(in.getType()).getElementType();
  return text.call("AllReduce.h", function,
                   {"s.exchange", std::to_string(rowsOf(in) * channelsOf(in)),
                    enumeratorText(element), integerText(op, "ticket")},
                   allBuffers(op));
}

std::string fanfold::emitAllReduceBegin(ProgramText &text, plan::LaunchOp op) {
  return emitExchange(text, op, "allReduceBegin");
}

std::string fanfold::emitAllReduceEnd(ProgramText &text, plan::LaunchOp op) {
  return emitExchange(text, op, "allReduceEnd");
}

std::string fanfold::emitSumOfSquares(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0];
  return text.call("Reduce.h", "sumOfSquares", {std::to_string(rowsOf(in) * channelsOf(in))},
                   allBuffers(op));
}
