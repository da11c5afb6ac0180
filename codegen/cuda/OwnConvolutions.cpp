//===- OwnConvolutions.cpp - convolutions that our own kernels compute ----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/OwnConvolutions.h"
#include "codegen/kernels/cuda/LineConvTiling.h"
#include "codegen/kernels/cuda/RowConvTiling.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fanfold;
using cudnn::ConvProblem;

/// One type of 16 bits, no prologue.
static bool isHalf(const ConvProblem &problem) {
  return problem.xType != ElementType::f32 && problem.wType == problem.xType &&
         problem.yType == problem.xType && problem.prologue == cudnn::Prologue::none;
}

//===----------------------------------------------------------------------===//
// Lines of pixels
//===----------------------------------------------------------------------===//

/// They have no gradient of x, which images do not need.
static bool hasLineConv(const ConvProblem &problem) {
  const cudnn::Conv2dShape &s = problem.shape;
  // They multiply for 64 filters, however few there are. With more products for each element
  // that moves, that takes longer than memory does, and libraries waste fewer.
  constexpr int64_t mostProducts = 256;
  const int64_t taps = s.kernelHeight * s.kernelWidth;
  const bool isWorthwhile =
      taps * s.inChannels * cuda::lineFilters <= mostProducts * (s.inChannels + s.outChannels);
  // With one tap it is a matrix product.
  return isHalf(problem) && problem.xPitch == 0 && problem.yPitch == 0 && isWorthwhile &&
         taps > 1 &&
         ((problem.pass == cudnn::Pass::forward && cuda::hasLineConv(s)) ||
          (problem.pass == cudnn::Pass::wgrad && cuda::hasLineConvGradient(s)));
}

static int64_t lineConvBytes(const ConvProblem &problem) {
  const bool gradient = problem.pass == cudnn::Pass::wgrad;
  if (!gradient && problem.epilogue != cudnn::Epilogue::statistics)
    return 0;
  return static_cast<int64_t>(gradient ? cuda::lineConvGradientWorkspaceBytes(problem.shape)
                                       : cuda::lineConvWorkspaceBytes(problem.shape));
}

/// `cuda::lineConv2d<__half>(stream(s), cpu::Conv2dShape{...}, x, w, y, {epilogue}, workspace)`,
/// or `cuda::lineConv2dGradient(stream(s), cpu::Conv2dShape{...}, x, dy, dw, workspace)`.
static std::string emitLineConv(CudaProgramText &text, plan::LaunchOp op,
                                const ConvProblem &problem) {
  OperandRange in = op.getInputs(), out = op.getOutputs();
  const std::string type =
      elementTypeText(cast<MemRefType>(in[0].getType()).getElementType()).str();
  if (problem.pass == cudnn::Pass::wgrad)
    return text.call("LineConv.h", "lineConv2dGradient", {conv2dShapeText(problem.shape)},
                     {in[0], in[1], out[0], op.getWorkspace()});
  const bool sums = problem.epilogue == cudnn::Epilogue::statistics;
  const std::string epilogue[] = {text.address(in.size() == 3 ? in[2] : Value()),
                                  op.getConstants().contains("activation") ? "true" : "false",
                                  text.address(sums ? out[1] : Value()),
                                  text.address(sums ? out[2] : Value())};
  return text.call("LineConv.h", "lineConv2d<" + type + ">",
                   {conv2dShapeText(problem.shape), text.address(in[0]), text.address(in[1]),
                    text.address(out[0]), "{" + llvm::join(ArrayRef(epilogue), ", ") + "}"},
                   {op.getWorkspace()});
}

//===----------------------------------------------------------------------===//
// Rows of images
//===----------------------------------------------------------------------===//

/// The convolution that RowConv.h computes for a forward pass or a gradient of the input.
static cpu::Conv2dShape rowConvShape(const ConvProblem &problem) {
  return problem.pass == cudnn::Pass::dgrad ? cuda::rowConvGradient(problem.shape) : problem.shape;
}

/// The same over tensors of their own.
static ConvProblem packed(ConvProblem problem) {
  problem.xPitch = problem.yPitch = 0;
  return problem;
}

static bool hasRowConv(const ConvProblem &problem) {
  const bool isPlain =
      problem.epilogue == cudnn::Epilogue::none || problem.epilogue == cudnn::Epilogue::statistics;
  return isHalf(problem) && isPlain && problem.pass != cudnn::Pass::wgrad &&
         problem.xPitch % 8 == 0 && problem.yPitch % 8 == 0 &&
         cuda::hasRowConv(rowConvShape(problem));
}

double fanfold::rowConvMicroseconds(const ConvProblem &problem) {
  const cpu::Conv2dShape s = rowConvShape(problem);
  const cuda::RowConvTiling tiling(s);
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  // A warpgroup takes its rows and two more, or a little more where tiles end; products of a row
  // take 1.5 times what the matrix units need, one warpgroup of a block after the other.
  constexpr double startMicroseconds = 12, cyclesPerMicrosecond = 1755, share = 1.5;
  const int64_t rows = cuda::divideUp(tiling.rows, tiling.rowBlocks * tiling.warpgroups);
  const int64_t products = s.kernelWidth * cuda::divideUp(s.inChannels, 16);
  const double multiplying = number(rows + 2) * number(tiling.warpgroups * products) *
                             number(tiling.filters * tiling.kernelHeight) / 2 * share /
                             cyclesPerMicrosecond;
  const double moving = number(s.inputSize() + s.outputSize()) * 2 / 3.3e6;
  // A part of the shorter of the two is not hidden behind the longer.
  constexpr double exposed = 0.4;
  return startMicroseconds + std::max(multiplying, moving) +
         exposed * std::min(multiplying, moving);
}

static int64_t rowConvBytes(const ConvProblem &problem) {
  return problem.epilogue == cudnn::Epilogue::statistics
             ? static_cast<int64_t>(cuda::rowConvWorkspaceBytes(problem.shape))
             : 0;
}

/// `cuda::rowConv2d<__half>(stream(s), cpu::Conv2dShape{...}, {pitches}, x, w, y, {sums},
/// workspace)`, or `cuda::rowConv2dInputGradient(stream(s), cpu::Conv2dShape{...}, {pitches}, dy,
/// w, dx)`.
static std::string emitRowConv(CudaProgramText &text, plan::LaunchOp op,
                               const ConvProblem &problem) {
  OperandRange in = op.getInputs(), out = op.getOutputs();
  const cudnn::Conv2dShape &s = problem.shape;
  // What cuDNN takes in such a place, and `tune` measures.
  text.addAlternative(packed(problem).text(), op);
  const auto pitch = [](int64_t pitch, int64_t channels) {
    return std::to_string(pitch ? pitch : channels);
  };
  const std::string pitches =
      "{" + pitch(problem.xPitch, s.inChannels) + ", " + pitch(problem.yPitch, s.outChannels) + "}";
  if (problem.pass == cudnn::Pass::dgrad)
    return text.call("RowConv.h", "rowConv2dInputGradient", {conv2dShapeText(s), pitches},
                     {in[0], in[1], out[0]});
  const bool sums = problem.epilogue == cudnn::Epilogue::statistics;
  return text.call("RowConv.h", "rowConv2d",
                   {conv2dShapeText(s), pitches, text.address(in[0]), text.address(in[1]),
                    text.address(out[0]),
                    sums ? "{" + text.address(out[1]) + ", " + text.address(out[2]) + "}" : "{}"},
                   {op.getWorkspace()});
}

//===----------------------------------------------------------------------===//
// Both
//===----------------------------------------------------------------------===//

std::optional<OwnConvolution> fanfold::ownConvolution(const ConvProblem &problem,
                                                      Chooser &chooser) {
  if (hasLineConv(problem))
    return OwnConvolution{lineConv, lineConvBytes(problem), std::nullopt,
                          fmt::format("{} channels, {} filters: one line of pixels",
                                      problem.shape.inChannels, problem.shape.outChannels)};
  if (!hasRowConv(problem))
    return std::nullopt;
  const double expected = rowConvMicroseconds(problem);
  const std::optional<double> library = chooser.expected(packed(problem));
  const bool isPart = problem.xPitch != 0 || problem.yPitch != 0;
  // cuDNN has no statistics in bf16. What the convolution apart would take is not known; with
  // one block of filters ours reads x once, so that a large one is not far from what memory takes.
  constexpr double largeFlops = 1e9;
  const bool isAlone = !library && problem.flops() >= largeFlops &&
                       !chooser.hasPlan(packed(problem)) &&
                       cuda::RowConvTiling(rowConvShape(problem)).filterBlocks == 1;
  if (!isPart && !isAlone && (!library || *library <= expected))
    return std::nullopt;
  return OwnConvolution{rowConv, rowConvBytes(problem), expected,
                        fmt::format("row by row: {:.1f} us by its model{}", expected,
                                    library ? fmt::format(", cuDNN {:.1f}", *library) : "")};
}

bool fanfold::hasOwnConvolution(StringRef name, const ConvProblem &problem) {
  return (name == lineConv && hasLineConv(problem)) || (name == rowConv && hasRowConv(problem));
}

int64_t fanfold::ownConvolutionBytes(StringRef name, const ConvProblem &problem) {
  return name == lineConv ? lineConvBytes(problem) : rowConvBytes(problem);
}

std::string fanfold::emitOwnConvolution(CudaProgramText &text, plan::LaunchOp op, StringRef name,
                                        const ConvProblem &problem) {
  return name == lineConv ? emitLineConv(text, op, problem) : emitRowConv(text, op, problem);
}
