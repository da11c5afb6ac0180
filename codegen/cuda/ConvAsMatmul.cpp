//===- ConvAsMatmul.cpp - 1x1 convolutions as matrix products -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/ConvAsMatmul.h"

using namespace fanfold;
using cublaslt::MatmulProblem;
using cudnn::ConvProblem;

static std::optional<cublaslt::Epilogue> epilogueOf(cudnn::Epilogue epilogue) {
  switch (epilogue) {
  case cudnn::Epilogue::none:
    return cublaslt::Epilogue::none;
  case cudnn::Epilogue::bias:
    return cublaslt::Epilogue::bias;
  case cudnn::Epilogue::biasRelu:
    return cublaslt::Epilogue::biasRelu;
  case cudnn::Epilogue::relu:
    return cublaslt::Epilogue::relu;
  case cudnn::Epilogue::statistics:
    break;
  }
  return std::nullopt;
}

std::optional<MatmulProblem> fanfold::asMatmul(const ConvProblem &problem) {
  const cudnn::Conv2dShape &s = problem.shape;
  std::optional<cublaslt::Epilogue> epilogue = epilogueOf(problem.epilogue);
  if (s.kernelHeight != 1 || s.kernelWidth != 1 || s.strideHeight != 1 || s.strideWidth != 1 ||
      s.padHeight != 0 || s.padWidth != 0 || s.groups != 1 || s.inHeight != s.outHeight ||
      s.inWidth != s.outWidth || problem.prologue != cudnn::Prologue::none || !epilogue)
    return std::nullopt;
  const int64_t pixels = s.batch * s.inHeight * s.inWidth;
  MatmulProblem product;
  product.math = problem.math == cudnn::Math::tf32 ? cublaslt::Math::tf32 : cublaslt::Math::fp32;
  product.epilogue = *epilogue;
  switch (problem.pass) {
  case cudnn::Pass::forward:
    product.m = pixels, product.n = s.outChannels, product.k = s.inChannels;
    product.transposeB = true;
    product.type = problem.xType, product.cType = problem.yType;
    product.pitchA = problem.xPitch, product.pitchC = problem.yPitch;
    break;
  case cudnn::Pass::dgrad:
    product.m = pixels, product.n = s.inChannels, product.k = s.outChannels;
    product.type = problem.yType, product.cType = problem.xType;
    product.pitchA = problem.yPitch, product.pitchC = problem.xPitch;
    break;
  case cudnn::Pass::wgrad:
    product.m = s.outChannels, product.n = s.inChannels, product.k = pixels;
    product.transposeA = true;
    product.type = problem.xType, product.cType = problem.wType;
    product.pitchA = problem.yPitch, product.pitchB = problem.xPitch;
    break;
  }
  if (!product.verify())
    return std::nullopt;
  return product;
}

bool fanfold::prefersMatmul(const ConvProblem &problem) {
  const cudnn::Conv2dShape &s = problem.shape;
  return asMatmul(problem) &&
         (problem.pass == cudnn::Pass::wgrad || (s.inHeight == 1 && s.inWidth == 1) ||
          problem.xPitch || problem.yPitch);
}
