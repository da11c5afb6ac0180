//===- ProductKernels.cpp - convolutions and matrix products on the CPU ---===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuKernels.h"
#include "codegen/kernels/cpu/Conv2d.h"
#include "codegen/kernels/cpu/Matmul.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fanfold;

//===----------------------------------------------------------------------===//
// Shapes, from tensors and from buffers alike
//===----------------------------------------------------------------------===//

static cpu::Conv2dShape convShape(Type inputType, Type filterType, Type outputType,
                                  DictionaryAttr constants) {
  auto input = cast<ShapedType>(inputType), filter = cast<ShapedType>(filterType);
  auto output = cast<ShapedType>(outputType);
  auto pair = [&](StringRef name) { return constants.getAs<DenseI64ArrayAttr>(name).asArrayRef(); };
  cpu::Conv2dShape s{};
  s.batch = input.getDimSize(0);
  s.inHeight = input.getDimSize(1);
  s.inWidth = input.getDimSize(2);
  s.inChannels = input.getDimSize(3);
  s.outHeight = output.getDimSize(1);
  s.outWidth = output.getDimSize(2);
  s.outChannels = output.getDimSize(3);
  s.kernelHeight = filter.getDimSize(1);
  s.kernelWidth = filter.getDimSize(2);
  s.strideHeight = pair("stride")[0];
  s.strideWidth = pair("stride")[1];
  s.padHeight = pair("pad")[0];
  s.padWidth = pair("pad")[1];
  s.dilationHeight = pair("dilation")[0];
  s.dilationWidth = pair("dilation")[1];
  s.groups = constants.getAs<IntegerAttr>("groups").getInt();
  return s;
}

/// m, n, k of a product; `lhs` is m x k unless transposed.
struct MatmulShape {
  int64_t m, n, k;
  bool transposeLhs, transposeRhs;
};

static MatmulShape matmulShape(Type lhsType, Type outputType, DictionaryAttr constants) {
  auto lhs = cast<ShapedType>(lhsType), output = cast<ShapedType>(outputType);
  bool transposeLhs = constants.contains("transpose_lhs");
  return {output.getDimSize(0), output.getDimSize(1), lhs.getDimSize(transposeLhs ? 0 : 1),
          transposeLhs, constants.contains("transpose_rhs")};
}

static cpu::Epilogue epilogue(unsigned operands, DictionaryAttr constants) {
  auto activation = constants.getAs<StringAttr>("activation");
  assert((!activation || activation.getValue() == "relu") && "hasEpilogue lets through relu alone");
  return {operands == 3, activation ? cpu::Activation::relu : cpu::Activation::none};
}

static std::string epilogueText(const cpu::Epilogue &e) {
  return llvm::formatv("cpu::Epilogue{{{0}, cpu::Activation::{1}}", e.bias ? "true" : "false",
                       e.activation == cpu::Activation::relu ? "relu" : "none");
}

//===----------------------------------------------------------------------===//
// Selection: builds the library's primitive, as the program will
//===----------------------------------------------------------------------===//

template <typename Kernel>
static Algorithm describe(const Kernel &kernel) {
  return {kernel.implementation(), static_cast<int64_t>(kernel.workspaceBytes())};
}

static Algorithm selectConv(Operation *op) {
  cpu::Conv2dShape shape = convShape(op->getOperand(0).getType(), op->getOperand(1).getType(),
                                     op->getResult(0).getType(), op->getAttrDictionary());
  return describe(cpu::Conv2d(shape, epilogue(op->getNumOperands(), op->getAttrDictionary())));
}

static Algorithm selectDgrad(Operation *op) {
  return describe(
      cpu::Conv2dDataGradient(convShape(op->getResult(0).getType(), op->getOperand(1).getType(),
                                        op->getOperand(0).getType(), op->getAttrDictionary())));
}

static Algorithm selectWgrad(Operation *op) {
  return describe(
      cpu::Conv2dWeightGradient(convShape(op->getOperand(0).getType(), op->getResult(0).getType(),
                                          op->getOperand(1).getType(), op->getAttrDictionary())));
}

static Algorithm selectMatmul(Operation *op) {
  MatmulShape s =
      matmulShape(op->getOperand(0).getType(), op->getResult(0).getType(), op->getAttrDictionary());
  return describe(cpu::Matmul(s.m, s.n, s.k, s.transposeLhs, s.transposeRhs,
                              epilogue(op->getNumOperands(), op->getAttrDictionary())));
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

static std::string layer(plan::LaunchOp op) { return op.getLayer().value_or(op.getKernel()).str(); }

static int64_t workspaceBytes(plan::LaunchOp op) {
  return op.getWorkspace() ? kernel::byteSize(cast<MemRefType>(op.getWorkspace().getType())) : 0;
}

/// `object.run(a, b, ..., workspace)`.
static std::string run(ProgramText &text, const std::string &object, ArrayRef<Value> buffers,
                       plan::LaunchOp op) {
  SmallVector<Value> all(buffers);
  all.push_back(op.getWorkspace());
  return object + ".run" + text.arguments({}, all);
}

static std::string emitConv(ProgramText &text, plan::LaunchOp op) {
  text.include("Conv2d.h");
  OperandRange in = op.getInputs();
  Value out = op.getOutputs()[0], bias = in.size() == 3 ? in[2] : Value();
  std::string make = "cpu::Conv2d(" +
                     conv2dShapeText(convShape(in[0].getType(), in[1].getType(), out.getType(),
                                               op.getConstants())) +
                     ", " + epilogueText(epilogue(in.size(), op.getConstants())) + ")";
  std::string object = text.object("cpu::Conv2d", make, workspaceBytes(op), layer(op));
  return run(text, object, {in[0], in[1], bias, out}, op);
}

static std::string emitDgrad(ProgramText &text, plan::LaunchOp op) {
  text.include("Conv2d.h");
  OperandRange in = op.getInputs();
  Value out = op.getOutputs()[0];
  std::string make = "cpu::Conv2dDataGradient(" +
                     conv2dShapeText(convShape(out.getType(), in[1].getType(), in[0].getType(),
                                               op.getConstants())) +
                     ")";
  std::string object = text.object("cpu::Conv2dDataGradient", make, workspaceBytes(op), layer(op));
  return run(text, object, {in[0], in[1], out}, op);
}

static std::string emitWgrad(ProgramText &text, plan::LaunchOp op) {
  text.include("Conv2d.h");
  OperandRange in = op.getInputs();
  Value out = op.getOutputs()[0];
  std::string make = "cpu::Conv2dWeightGradient(" +
                     conv2dShapeText(convShape(in[0].getType(), out.getType(), in[1].getType(),
                                               op.getConstants())) +
                     ")";
  std::string object =
      text.object("cpu::Conv2dWeightGradient", make, workspaceBytes(op), layer(op));
  return run(text, object, {in[0], in[1], out}, op);
}

static std::string emitMatmul(ProgramText &text, plan::LaunchOp op) {
  text.include("Matmul.h");
  OperandRange in = op.getInputs();
  Value out = op.getOutputs()[0], bias = in.size() == 3 ? in[2] : Value();
  MatmulShape s = matmulShape(in[0].getType(), out.getType(), op.getConstants());
  std::string make = llvm::formatv(
      "cpu::Matmul({0}, {1}, {2}, {3}, {4}, {5})", s.m, s.n, s.k, s.transposeLhs ? "true" : "false",
      s.transposeRhs ? "true" : "false", epilogueText(epilogue(in.size(), op.getConstants())));
  std::string object = text.object("cpu::Matmul", make, workspaceBytes(op), layer(op));
  return run(text, object, {in[0], in[1], bias, out}, op);
}

ArrayRef<CpuKernel> fanfold::cpuProductKernels() {
  static const CpuKernel kernels[] = {
      {"conv2d", selectConv, emitConv},
      {"conv2d_dgrad", selectDgrad, emitDgrad},
      {"conv2d_wgrad", selectWgrad, emitWgrad},
      {"matmul", selectMatmul, emitMatmul},
  };
  return kernels;
}
