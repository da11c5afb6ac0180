//===- WindowStatements.cpp - statements of pooling kernels ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Statements.h"

#include "llvm/Support/FormatVariadic.h"

#include <array>

using namespace mlir;
using namespace fanfold;

/// `cpu::Pool2dShape{...}` of a pool from `x` to `y`, tensors like its input and its output.
/// `pitches` are those of x, y, dx and dy; null for those that the kernel does not have.
static std::string poolShape(ProgramText &text, Value x, Value y, std::array<Value, 4> pitches,
                             DictionaryAttr constants) {
  auto in = cast<MemRefType>(x.getType()), out = cast<MemRefType>(y.getType());
  auto pair = [&](StringRef name) { return constants.getAs<DenseI64ArrayAttr>(name).asArrayRef(); };
  std::string shape =
      llvm::formatv("{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}, {11}",
                    in.getDimSize(0), in.getDimSize(1), in.getDimSize(2), in.getDimSize(3),
                    out.getDimSize(1), out.getDimSize(2), pair("kernel")[0], pair("kernel")[1],
                    pair("stride")[0], pair("stride")[1], pair("pad")[0], pair("pad")[1]);
  for (Value value : pitches)
    shape += ", " + (value ? std::to_string(plan::layoutOf(value).pitch) : "0");
  return text.type("Pool2dShape") + "{" + shape + "}";
}

std::string fanfold::conv2dShapeText(const cpu::Conv2dShape &s) {
  return llvm::formatv("cpu::Conv2dShape{{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}, "
                       "{11}, {12}, {13}, {14}, {15}}",
                       s.batch, s.inHeight, s.inWidth, s.inChannels, s.outHeight, s.outWidth,
                       s.outChannels, s.kernelHeight, s.kernelWidth, s.strideHeight, s.strideWidth,
                       s.padHeight, s.padWidth, s.dilationHeight, s.dilationWidth, s.groups);
}

static std::string countPad(plan::LaunchOp op) {
  return op.getConstants().contains("count_pad") ? "true" : "false";
}

/// Of a max pool with or without prologue, with or without places.
std::string fanfold::emitMaxPool2d(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  SmallVector<Value> buffers(op.getInputs());
  llvm::append_range(buffers, op.getOutputs());
  return text.call("Pool.h", op.getInputs().size() == 1 ? "maxPool2d" : "normalizedMaxPool2d",
                   {poolShape(text, in, out, {in, out}, op.getConstants())}, buffers);
}

std::string fanfold::emitMaxPool2dGrad(ProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs();
  Value out = op.getOutputs()[0];
  return text.call("Pool.h", "maxPool2dGradient",
                   {poolShape(text, in[0], in[1], {in[0], in[1], out, in[2]}, op.getConstants())},
                   {in[0], in[1], in[2], out});
}

std::string fanfold::emitMaxPool2dPlacesGrad(ProgramText &text, plan::LaunchOp op) {
  Value places = op.getInputs()[0], gradient = op.getInputs()[1], out = op.getOutputs()[0];
  return text.call(
      "Pool.h", "maxPool2dGradient",
      {poolShape(text, out, places, {Value(), Value(), out, gradient}, op.getConstants())},
      {places, gradient, out});
}

std::string fanfold::emitAvgPool2d(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return text.call("Pool.h", "avgPool2d",
                   {poolShape(text, in, out, {in, out}, op.getConstants()), countPad(op)},
                   {in, out});
}

std::string fanfold::emitAvgPool2dGrad(ProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return text.call(
      "Pool.h", "avgPool2dGradient",
      {poolShape(text, out, in, {Value(), Value(), out, in}, op.getConstants()), countPad(op)},
      {in, out});
}
