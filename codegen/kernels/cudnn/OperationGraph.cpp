//===- OperationGraph.cpp - a convolution in cuDNN's terms ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/OperationGraph.h"

#include <numeric>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

constexpr ElementType f32 = ElementType::f32;

/// Gathers operations. Descriptors of tensors live as long as the builder, which is
/// longer than finalising the graph takes.
class GraphBuilder {
public:
  explicit GraphBuilder(const ConvProblem &problem) : problem(problem) {}

  Descriptor build(cudnnHandle_t handle);

private:
  using Tensor = const Descriptor &;

  Tensor image(TensorId id, ElementType type, bool output);
  Tensor filter(ElementType type, bool isVirtual = false);
  Tensor channels(TensorId id, ElementType type, int64_t count);
  Tensor virtualImage(bool output, ElementType type);
  Tensor tensor(int64_t id, cudnnDataType_t type, const std::vector<int64_t> &sizes,
                const std::vector<int64_t> &strides, int64_t alignment, bool isVirtual);

  Tensor pointwise(cudnnPointwiseMode_t mode, Tensor a, const Descriptor *b, Tensor result);
  Descriptor convolution() const;
  Tensor prologue(Tensor x);
  void forward();
  void dgrad();
  void wgrad();

  const ConvProblem &problem;
  std::vector<std::unique_ptr<Descriptor>> tensors;
  std::vector<Descriptor> operations;
  int64_t nextVirtual = firstVirtualTensor;
};

cudnnDataType_t dataType(ElementType type) {
  switch (type) {
  case ElementType::f16:
    return CUDNN_DATA_HALF;
  case ElementType::bf16:
    return CUDNN_DATA_BFLOAT16;
  default:
    return CUDNN_DATA_FLOAT; // verify() lets no other pass.
  }
}

} // namespace

int64_t fanfold::cudnn::alignmentOf(const ConvProblem &p, TensorId tensor) {
  int64_t step = 16;
  if (tensor == tensorX && p.xPitch && p.xPitch != p.shape.inChannels)
    step = std::gcd(p.xPitch, p.shape.inChannels) * int64_t(byteSize(p.xType));
  if (tensor == tensorY && p.yPitch && p.yPitch != p.shape.outChannels)
    step = std::gcd(p.yPitch, p.shape.outChannels) * int64_t(byteSize(p.yType));
  return std::gcd<int64_t>(16, step);
}

std::vector<int64_t> fanfold::cudnn::tensorsOf(const ConvProblem &p) {
  std::vector<int64_t> ids = {tensorX, tensorW, tensorY};
  if (p.epilogue == Epilogue::bias || p.epilogue == Epilogue::biasRelu)
    ids.push_back(tensorBias);
  if (p.prologue == Prologue::scaleBiasRelu)
    ids.insert(ids.end(), {tensorScale, tensorShift});
  if (p.epilogue == Epilogue::statistics)
    ids.insert(ids.end(), {tensorSum, tensorSumOfSquares});
  return ids;
}

/// Sizes and strides are in the order NCHW whatever the layout.
const Descriptor &GraphBuilder::tensor(int64_t id, cudnnDataType_t type,
                                       const std::vector<int64_t> &sizes,
                                       const std::vector<int64_t> &strides, int64_t alignment,
                                       bool isVirtual) {
  Descriptor &made =
      *tensors.emplace_back(std::make_unique<Descriptor>(CUDNN_BACKEND_TENSOR_DESCRIPTOR));
  made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, sizes)
      .set(CUDNN_ATTR_TENSOR_STRIDES, strides)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment)
      .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, isVirtual);
  return made.finalize("a tensor");
}

static std::pair<std::vector<int64_t>, std::vector<int64_t>> nhwc(int64_t n, int64_t h, int64_t w,
                                                                  int64_t c, int64_t pitch) {
  return {{n, c, h, w}, {h * w * pitch, 1, w * pitch, pitch}};
}

const Descriptor &GraphBuilder::image(TensorId id, ElementType type, bool output) {
  const Conv2dShape &s = problem.shape;
  const auto [sizes, strides] = output ? nhwc(s.batch, s.outHeight, s.outWidth, s.outChannels,
                                              problem.yPitch ? problem.yPitch : s.outChannels)
                                       : nhwc(s.batch, s.inHeight, s.inWidth, s.inChannels,
                                              problem.xPitch ? problem.xPitch : s.inChannels);
  return tensor(id, dataType(type), sizes, strides, alignmentOf(problem, id), false);
}

const Descriptor &GraphBuilder::filter(ElementType type, bool isVirtual) {
  const Conv2dShape &s = problem.shape;
  const int64_t c = s.inChannels / s.groups;
  const auto [sizes, strides] = nhwc(s.outChannels, s.kernelHeight, s.kernelWidth, c, c);
  return tensor(isVirtual ? nextVirtual++ : int64_t(tensorW), dataType(type), sizes, strides, 16,
                isVirtual);
}

const Descriptor &GraphBuilder::channels(TensorId id, ElementType type, int64_t count) {
  return tensor(id, dataType(type), {1, count, 1, 1}, {count, 1, count, count}, 16, false);
}

/// A packed image inside the kernel.
const Descriptor &GraphBuilder::virtualImage(bool output, ElementType type) {
  const Conv2dShape &s = problem.shape;
  const auto [sizes, strides] =
      output ? nhwc(s.batch, s.outHeight, s.outWidth, s.outChannels, s.outChannels)
             : nhwc(s.batch, s.inHeight, s.inWidth, s.inChannels, s.inChannels);
  return tensor(nextVirtual++, dataType(type), sizes, strides, 16, true);
}

const Descriptor &GraphBuilder::pointwise(cudnnPointwiseMode_t mode, Tensor a, const Descriptor *b,
                                          Tensor result) {
  Descriptor what(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  what.set(CUDNN_ATTR_POINTWISE_MODE, mode)
      .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
      .finalize("a pointwise operation");
  Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, a)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, result);
  if (b)
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  operation.finalize("a pointwise operation");
  operations.push_back(std::move(operation));
  // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): the builder holds all tensors.
  return result;
}

Descriptor GraphBuilder::convolution() const {
  const Conv2dShape &s = problem.shape;
  const auto [padBottom, padRight] = problem.padAfter();
  Descriptor made(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  made.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t(2))
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS,
           std::vector<int64_t>{s.dilationHeight, s.dilationWidth})
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES,
           std::vector<int64_t>{s.strideHeight, s.strideWidth})
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, std::vector<int64_t>{s.padHeight, s.padWidth})
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, std::vector<int64_t>{padBottom, padRight});
  made.finalize("a convolution");
  return made;
}

/// x as the convolution sees it.
const Descriptor &GraphBuilder::prologue(Tensor x) {
  if (problem.prologue == Prologue::none)
    return x; // NOLINT(bugprone-return-const-ref-from-parameter): as in pointwise()
  const int64_t c = problem.shape.inChannels;
  Tensor scale = channels(tensorScale, problem.xType, c);
  Tensor shift = channels(tensorShift, problem.xType, c);
  Tensor scaled = pointwise(CUDNN_POINTWISE_MUL, x, &scale, virtualImage(false, f32));
  Tensor shifted = pointwise(CUDNN_POINTWISE_ADD, scaled, &shift, virtualImage(false, f32));
  // Tensor cores take operands of x's type.
  return pointwise(CUDNN_POINTWISE_RELU_FWD, shifted, nullptr, virtualImage(false, problem.xType));
}

void GraphBuilder::forward() {
  Tensor x = prologue(image(tensorX, problem.xType, false));
  Tensor y = image(tensorY, problem.yType, true);
  const Epilogue epilogue = problem.epilogue;
  const bool addsBias = epilogue == Epilogue::bias || epilogue == Epilogue::biasRelu;
  const bool clips = epilogue == Epilogue::relu || epilogue == Epilogue::biasRelu;
  Tensor sums = addsBias || clips ? virtualImage(true, f32) : y;

  // ALPHA and BETA in the type that products are summed in: cuDNN takes the bits of a
  // double for it as they are, and a plan that did not go through text would multiply by 0.
  Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, convolution())
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, filter(problem.wType))
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, sums)
      .finalize("a forward convolution");
  operations.push_back(std::move(operation));

  const int64_t k = problem.shape.outChannels;
  const Descriptor *value = &sums;
  if (addsBias) {
    Tensor bias = channels(tensorBias, problem.yType, k);
    value = &pointwise(CUDNN_POINTWISE_ADD, *value, &bias, clips ? virtualImage(true, f32) : y);
  }
  if (clips)
    pointwise(CUDNN_POINTWISE_RELU_FWD, *value, nullptr, y);
  if (epilogue == Epilogue::statistics) {
    Descriptor statistics(CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
    statistics.set(CUDNN_ATTR_OPERATION_GENSTATS_MODE, CUDNN_GENSTATS_SUM_SQSUM)
        .set(CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_OPERATION_GENSTATS_XDESC, y)
        .set(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, channels(tensorSum, f32, k))
        .set(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC, channels(tensorSumOfSquares, f32, k))
        .finalize("statistics");
    operations.push_back(std::move(statistics));
  }
}

void GraphBuilder::dgrad() {
  Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, convolution())
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, image(tensorY, problem.yType, true))
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, filter(problem.wType))
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, image(tensorX, problem.xType, false))
      .finalize("a data gradient");
  operations.push_back(std::move(operation));
}

void GraphBuilder::wgrad() {
  Tensor x = prologue(image(tensorX, problem.xType, false));
  // A gradient in fp32 from halves is a pointwise copy of the sums: no engine writes it
  // otherwise.
  const bool widens = problem.wType == f32 && problem.xType != f32;
  Tensor dw = filter(problem.wType);
  Tensor sums = widens ? filter(f32, true) : dw;
  Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, convolution())
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, image(tensorY, problem.yType, true))
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, x)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, sums)
      .finalize("a weight gradient");
  operations.push_back(std::move(operation));
  if (widens)
    pointwise(CUDNN_POINTWISE_IDENTITY, sums, nullptr, dw);
}

Descriptor GraphBuilder::build(cudnnHandle_t handle) {
  switch (problem.pass) {
  case Pass::forward:
    forward();
    break;
  case Pass::dgrad:
    dgrad();
    break;
  case Pass::wgrad:
    wgrad();
    break;
  }
  Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
  if (handle)
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle);
  graph.finalize("the graph of operations");
  return graph;
}

Descriptor fanfold::cudnn::makeOperationGraph(const ConvProblem &problem, cudnnHandle_t handle) {
  return GraphBuilder(problem).build(handle);
}
