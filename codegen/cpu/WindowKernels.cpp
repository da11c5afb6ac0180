//===- WindowKernels.cpp - pooling on the CPU -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuKernels.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fanfold;

/// `cpu::Pool2dShape{...}` of a pool from `input` to `output`.
static std::string poolShape(Value input, Value output, DictionaryAttr constants) {
  auto in = cast<MemRefType>(input.getType()), out = cast<MemRefType>(output.getType());
  auto pair = [&](StringRef name) { return constants.getAs<DenseI64ArrayAttr>(name).asArrayRef(); };
  return llvm::formatv("cpu::Pool2dShape{{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}, "
                       "{11}}",
                       in.getDimSize(0), in.getDimSize(1), in.getDimSize(2), in.getDimSize(3),
                       out.getDimSize(1), out.getDimSize(2), pair("kernel")[0], pair("kernel")[1],
                       pair("stride")[0], pair("stride")[1], pair("pad")[0], pair("pad")[1]);
}

static std::string call(CpuProgramText &text, const std::string &function,
                        const std::string &constants, ValueRange buffers) {
  text.include("codegen/kernels/cpu/Pool.h");
  std::string statement = function + "(" + constants;
  for (Value buffer : buffers)
    statement += ", " + text.address(buffer);
  return statement + ")";
}

static std::string countPad(plan::LaunchOp op) {
  return op.getConstants().contains("count_pad") ? ", true" : ", false";
}

static std::string emitMax(CpuProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return call(text, "cpu::maxPool2d", poolShape(in, out, op.getConstants()), {in, out});
}

static std::string emitMaxGrad(CpuProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs();
  return call(text, "cpu::maxPool2dGradient", poolShape(in[0], in[1], op.getConstants()),
              {in[0], in[1], in[2], op.getOutputs()[0]});
}

static std::string emitAvg(CpuProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return call(text, "cpu::avgPool2d", poolShape(in, out, op.getConstants()) + countPad(op),
              {in, out});
}

static std::string emitAvgGrad(CpuProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return call(text, "cpu::avgPool2dGradient", poolShape(out, in, op.getConstants()) + countPad(op),
              {in, out});
}

const CpuKernel fanfold::cpuWindowKernels[] = {
    {"max_pool2d", nullptr, emitMax},
    {"max_pool2d_grad", nullptr, emitMaxGrad},
    {"avg_pool2d", nullptr, emitAvg},
    {"avg_pool2d_grad", nullptr, emitAvgGrad},
};
const size_t fanfold::cpuWindowKernelCount = std::size(cpuWindowKernels);
