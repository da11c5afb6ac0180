//===- Conv2d.cpp - convolutions on oneDNN --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cpu/Conv2d.h"

#include "codegen/kernels/cpu/Primitive.h"

#include <stdexcept>

using namespace fanfold::cpu;
using dnnl::memory;

namespace {

/// A shape in oneDNN's terms: logical dimensions are NCHW and (g)OIHW, the
/// padding behind is explicit, adjacent taps have dilation 0.
struct Descriptors {
  memory::desc x, w, y;
  memory::desc anyW; ///< The filters in whatever order oneDNN likes.
  memory::dims stride, dilation, padBefore, padAfter;

  explicit Descriptors(const Conv2dShape &s);

  dnnl::convolution_forward::primitive_desc forward(dnnl::prop_kind kind,
                                                    const dnnl::primitive_attr &attributes) const {
    return {{kind, dnnl::algorithm::convolution_direct, x, anyW, y, stride, dilation, padBefore,
             padAfter},
            attributes,
            engine()};
  }
};

} // namespace

static dnnl::primitive_attr makeAttributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// Padding behind the input so that there are `out` windows.
static int64_t padAfter(const char *direction, int64_t in, int64_t out, int64_t kernel,
                        int64_t stride, int64_t pad, int64_t dilation) {
  if (in < 1 || out < 1 || kernel < 1 || stride < 1 || pad < 0 || dilation < 1)
    throw std::invalid_argument(std::string("convolution has an impossible ") + direction);
  const int64_t reach = (out - 1) * stride + (kernel - 1) * dilation + 1;
  return std::max<int64_t>(0, reach - in - pad);
}

Descriptors::Descriptors(const Conv2dShape &s) {
  if (s.batch < 1 || s.groups < 1 || s.inChannels < 1 || s.outChannels < 1 ||
      s.inChannels % s.groups || s.outChannels % s.groups)
    throw std::invalid_argument("convolution has channels that its groups do not divide");
  using Tag = memory::format_tag;
  const auto f32 = memory::data_type::f32;
  memory::dims wDims = {s.outChannels / s.groups, s.inChannels / s.groups, s.kernelHeight,
                        s.kernelWidth};
  if (s.groups > 1)
    wDims.insert(wDims.begin(), s.groups);
  x = {{s.batch, s.inChannels, s.inHeight, s.inWidth}, f32, Tag::nhwc};
  y = {{s.batch, s.outChannels, s.outHeight, s.outWidth}, f32, Tag::nhwc};
  w = {wDims, f32, s.groups > 1 ? Tag::gohwi : Tag::ohwi};
  anyW = {wDims, f32, Tag::any};
  stride = {s.strideHeight, s.strideWidth};
  dilation = {s.dilationHeight - 1, s.dilationWidth - 1};
  padBefore = {s.padHeight, s.padWidth};
  padAfter = {::padAfter("height", s.inHeight, s.outHeight, s.kernelHeight, s.strideHeight,
                         s.padHeight, s.dilationHeight),
              ::padAfter("width", s.inWidth, s.outWidth, s.kernelWidth, s.strideWidth, s.padWidth,
                         s.dilationWidth)};
}

Conv2d::Conv2d(const Conv2dShape &shape, Epilogue epilogue)
    : epilogue(epilogue), rows(shape.batch * shape.outHeight * shape.outWidth),
      channels(shape.outChannels) {
  const Descriptors d(shape);
  auto pd = d.forward(dnnl::prop_kind::forward_training, makeAttributes());
  choose(pd);
  primitive = std::make_unique<Primitive>(
      dnnl::convolution_forward(pd), pd.impl_info_str(),
      std::vector<Primitive::Operand>{{DNNL_ARG_SRC, d.x, pd.src_desc()},
                                      {DNNL_ARG_WEIGHTS, d.w, pd.weights_desc()},
                                      {DNNL_ARG_DST, d.y, pd.dst_desc(), /*output=*/true}},
      pd.scratchpad_desc());
}

Conv2d::~Conv2d() = default;
size_t Conv2d::workspaceBytes() const { return primitive->workspaceBytes(); }
const char *Conv2d::implementation() const { return primitive->name().c_str(); }

void Conv2d::convolve(const float *x, const float *w, float *y, std::byte *workspace) const {
  primitive->run({x, w, y}, workspace);
}

Conv2dDataGradient::Conv2dDataGradient(const Conv2dShape &shape) {
  const Descriptors d(shape);
  const auto hint = d.forward(dnnl::prop_kind::forward_training, makeAttributes());
  dnnl::convolution_backward_data::primitive_desc pd({dnnl::algorithm::convolution_direct, d.x,
                                                      d.anyW, d.y, d.stride, d.dilation,
                                                      d.padBefore, d.padAfter},
                                                     makeAttributes(), engine(), hint);
  // The direct kernels compute a vector of input channels at a time; with a few
  // channels most lanes are idle, and im2col wins by a factor of four.
  const bool narrow = shape.inChannels / shape.groups < 8 && shape.groups == 1;
  choose(pd, narrow ? "gemm" : nullptr);
  primitive = std::make_unique<Primitive>(
      dnnl::convolution_backward_data(pd), pd.impl_info_str(),
      std::vector<Primitive::Operand>{
          {DNNL_ARG_DIFF_DST, d.y, pd.diff_dst_desc()},
          {DNNL_ARG_WEIGHTS, d.w, pd.weights_desc()},
          {DNNL_ARG_DIFF_SRC, d.x, pd.diff_src_desc(), /*output=*/true}},
      pd.scratchpad_desc());
}

Conv2dDataGradient::~Conv2dDataGradient() = default;
size_t Conv2dDataGradient::workspaceBytes() const { return primitive->workspaceBytes(); }
const char *Conv2dDataGradient::implementation() const { return primitive->name().c_str(); }

void Conv2dDataGradient::run(const float *dy, const float *w, float *dx,
                             std::byte *workspace) const {
  primitive->run({dy, w, dx}, workspace);
}

Conv2dWeightGradient::Conv2dWeightGradient(const Conv2dShape &shape) {
  const Descriptors d(shape);
  const auto hint = d.forward(dnnl::prop_kind::forward_training, makeAttributes());
  dnnl::convolution_backward_weights::primitive_desc pd({dnnl::algorithm::convolution_direct, d.x,
                                                         d.anyW, d.y, d.stride, d.dilation,
                                                         d.padBefore, d.padAfter},
                                                        makeAttributes(), engine(), hint);
  choose(pd);
  primitive = std::make_unique<Primitive>(
      dnnl::convolution_backward_weights(pd), pd.impl_info_str(),
      std::vector<Primitive::Operand>{
          {DNNL_ARG_SRC, d.x, pd.src_desc()},
          {DNNL_ARG_DIFF_DST, d.y, pd.diff_dst_desc()},
          {DNNL_ARG_DIFF_WEIGHTS, d.w, pd.diff_weights_desc(), /*output=*/true}},
      pd.scratchpad_desc());
}

Conv2dWeightGradient::~Conv2dWeightGradient() = default;
size_t Conv2dWeightGradient::workspaceBytes() const { return primitive->workspaceBytes(); }
const char *Conv2dWeightGradient::implementation() const { return primitive->name().c_str(); }

void Conv2dWeightGradient::run(const float *x, const float *dy, float *dw,
                               std::byte *workspace) const {
  primitive->run({x, dy, dw}, workspace);
}
