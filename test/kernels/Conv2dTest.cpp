//===- Conv2dTest.cpp - convolutions against their definition -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTest.h"

#include "codegen/kernels/cpu/Conv2d.h"
#include "codegen/kernels/reference/Conv2d.h"

#include <stdexcept>

using namespace fanfold;
using namespace fanfold::test;
using cpu::Activation;
using cpu::Conv2dShape;

namespace {

class Conv2dTest : public KernelTest {};

/// A shape whose output is as large as the padding on all sides allows.
Conv2dShape makeShape(int64_t batch, std::pair<int64_t, int64_t> size, int64_t in, int64_t out,
                      std::pair<int64_t, int64_t> kernel,
                      std::pair<int64_t, int64_t> stride = {1, 1},
                      std::pair<int64_t, int64_t> pad = {0, 0},
                      std::pair<int64_t, int64_t> dilation = {1, 1}, int64_t groups = 1) {
  const auto windows = [](int64_t size, int64_t kernel, int64_t stride, int64_t pad,
                          int64_t dilation) {
    return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  };
  return {batch,
          size.first,
          size.second,
          in,
          windows(size.first, kernel.first, stride.first, pad.first, dilation.first),
          windows(size.second, kernel.second, stride.second, pad.second, dilation.second),
          out,
          kernel.first,
          kernel.second,
          stride.first,
          stride.second,
          pad.first,
          pad.second,
          dilation.first,
          dilation.second,
          groups};
}

std::vector<Conv2dShape> shapes() {
  std::vector<Conv2dShape> list = {
      makeShape(1, {1, 1}, 1, 1, {1, 1}),
      makeShape(2, {28, 28}, 1, 20, {5, 5}),
      makeShape(2, {12, 12}, 20, 50, {5, 5}),
      makeShape(1, {23, 23}, 3, 64, {7, 7}, {2, 2}, {3, 3}),
      makeShape(1, {35, 35}, 3, 24, {11, 11}, {4, 4}, {2, 2}),
      makeShape(2, {9, 7}, 64, 16, {1, 1}, {2, 2}),
      makeShape(2, {8, 8}, 64, 64, {3, 3}, {1, 1}, {1, 1}),
      makeShape(2, {10, 6}, 16, 17, {1, 7}, {1, 1}, {0, 3}), // Inception's 1x7
      makeShape(2, {6, 10}, 17, 16, {7, 1}, {1, 1}, {3, 0}),
      makeShape(2, {11, 9}, 5, 6, {3, 2}, {2, 1}, {1, 0}), // asymmetric everything
      makeShape(2, {13, 13}, 16, 8, {3, 3}, {1, 1}, {2, 2}, {2, 2}),
      makeShape(1, {13, 12}, 3, 5, {3, 3}, {2, 2}, {2, 1}, {2, 3}),
      makeShape(2, {9, 9}, 16, 32, {5, 5}, {1, 1}, {2, 2}, {1, 1}, 2), // AlexNet
      makeShape(2, {9, 9}, 6, 4, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 2),
      makeShape(2, {9, 9}, 64, 64, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 4),
      makeShape(1, {8, 8}, 15, 10, {3, 3}, {2, 2}, {1, 1}, {2, 2}, 5),
      makeShape(2, {14, 14}, 32, 32, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 32), // depthwise
      makeShape(2, {14, 14}, 24, 24, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 24),
      makeShape(2, {7, 7}, 5, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 5),
      makeShape(1, {9, 9}, 17, 17, {3, 3}, {1, 1}, {2, 2}, {2, 2}, 17),
      makeShape(1, {7, 7}, 8, 16, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 8), // two filters a channel
      makeShape(1, {3, 3}, 4, 4, {3, 3}, {1, 1}, {2, 2}),             // windows mostly padding
      makeShape(1, {5, 5}, 8, 8, {2, 2}, {3, 3}),                     // rows and columns unused
  };
  for (int64_t in : {1, 3, 5, 16, 17, 64})
    for (int64_t out : {1, 5, 16, 17})
      list.push_back(makeShape(1, {6, 5}, in, out, {3, 3}, {1, 1}, {1, 1}));
  return list;
}

std::string describe(const Conv2dShape &s) {
  std::string text = "shape";
  for (int64_t v : {s.batch, s.inHeight, s.inWidth, s.inChannels, s.outHeight, s.outWidth,
                    s.outChannels, s.kernelHeight, s.kernelWidth, s.strideHeight, s.strideWidth,
                    s.padHeight, s.padWidth, s.dilationHeight, s.dilationWidth, s.groups})
    text += " " + std::to_string(v);
  return text;
}

} // namespace

TEST_F(Conv2dTest, AgreesWithDefinition) {
  for (const Conv2dShape &s : shapes()) {
    SCOPED_TRACE(describe(s));
    const Input x = randomInput(s.inputSize()), w = randomInput(s.filterSize());
    const Input dy = randomInput(s.outputSize());
    std::vector<double> y = poisoned(s.outputSize()), dx = poisoned(s.inputSize());
    std::vector<double> dw = poisoned(s.filterSize());
    reference::conv2d(s, x.exact.data(), w.exact.data(), y.data());
    reference::conv2dDataGradient(s, dy.exact.data(), w.exact.data(), dx.data());
    reference::conv2dWeightGradient(s, x.exact.data(), dy.exact.data(), dw.data());

    const cpu::Conv2d forward(s);
    const cpu::Conv2dDataGradient dataGradient(s);
    const cpu::Conv2dWeightGradient weightGradient(s);
    for (const char *name :
         {forward.implementation(), dataGradient.implementation(), weightGradient.implementation()})
      EXPECT_EQ(std::strstr(name, "ref"), nullptr) << name;
    for (int run = 0; run < 2; ++run) { // the second finds its own workspace, not a fresh one
      Buffer<float> yOut(y.size()), dxOut(dx.size()), dwOut(dw.size());
      const Workspace workspace(forward.workspaceBytes());
      forward.run(x.single, w.single, nullptr, yOut, workspace);
      expectClose(yOut, y, 1e-5, "y");
      const Workspace dataWorkspace(dataGradient.workspaceBytes());
      dataGradient.run(dy.single, w.single, dxOut, dataWorkspace);
      expectClose(dxOut, dx, 1e-5, "dx");
      const Workspace weightWorkspace(weightGradient.workspaceBytes());
      weightGradient.run(x.single, dy.single, dwOut, weightWorkspace);
      expectClose(dwOut, dw, 1e-5, "dw");
    }
  }
}

TEST_F(Conv2dTest, RepeatsItsBits) {
  for (const Conv2dShape &s : shapes()) {
    SCOPED_TRACE(describe(s));
    const Input x = randomInput(s.inputSize()), w = randomInput(s.filterSize());
    const Input dy = randomInput(s.outputSize());
    Buffer<float> first[] = {Buffer<float>(s.outputSize()), Buffer<float>(s.inputSize()),
                             Buffer<float>(s.filterSize())};
    for (int run = 0; run < 3; ++run) {
      const cpu::Conv2d forward(s);
      const cpu::Conv2dDataGradient dataGradient(s);
      const cpu::Conv2dWeightGradient weightGradient(s);
      const Workspace workspace(std::max({forward.workspaceBytes(), dataGradient.workspaceBytes(),
                                          weightGradient.workspaceBytes()}));
      Buffer<float> outputs[] = {Buffer<float>(s.outputSize()), Buffer<float>(s.inputSize()),
                                 Buffer<float>(s.filterSize())};
      forward.run(x.single, w.single, nullptr, outputs[0], workspace);
      dataGradient.run(dy.single, w.single, outputs[1], workspace);
      weightGradient.run(x.single, dy.single, outputs[2], workspace);
      for (int i = 0; i < 3; ++i) {
        if (run == 0)
          std::copy(outputs[i].begin(), outputs[i].end(), first[i].begin());
        else
          expectSame(outputs[i], first[i], "output");
      }
    }
  }
}

TEST_F(Conv2dTest, EpilogueHasTheBitsOfSeparateKernels) {
  for (const Conv2dShape &s : shapes()) {
    const Input x = randomInput(s.inputSize()), w = randomInput(s.filterSize());
    const Input bias = randomInput(s.outChannels, -3, 3);
    for (bool hasBias : {false, true})
      for (Activation activation : {Activation::none, Activation::relu, Activation::relu6,
                                    Activation::sigmoid, Activation::tanh}) {
        SCOPED_TRACE(describe(s));
        const cpu::Conv2d plain(s), fused(s, {hasBias, activation});
        const Workspace workspace(std::max(plain.workspaceBytes(), fused.workspaceBytes()));
        Buffer<float> expected(s.outputSize()), actual(s.outputSize());
        plain.run(x.single, w.single, nullptr, expected, workspace);
        for (int64_t i = 0; i < s.outputSize(); ++i) {
          float value = expected[i];
          if (hasBias)
            value = value + bias.single[i % s.outChannels];
          switch (activation) {
          case Activation::none:
            break;
          case Activation::relu:
            value = value < 0 ? 0 : value;
            break;
          case Activation::relu6:
            value = value < 0 ? 0 : value > 6 ? 6 : value;
            break;
          case Activation::sigmoid:
            value = 1 / (1 + std::exp(-value));
            break;
          case Activation::tanh:
            value = std::tanh(value);
            break;
          }
          expected[i] = value;
        }
        fused.run(x.single, w.single, hasBias ? bias.single.get() : nullptr, actual, workspace);
        expectSame(actual, expected, "y");
      }
  }
}

TEST_F(Conv2dTest, NanPassesThroughActivations) {
  const Conv2dShape s = makeShape(2, {8, 8}, 16, 16, {3, 3}, {1, 1}, {1, 1});
  const Input x = randomInput(s.inputSize()), w = randomInput(s.filterSize());
  x.single[0] = notANumber;
  for (Activation activation : {Activation::none, Activation::relu, Activation::relu6,
                                Activation::sigmoid, Activation::tanh}) {
    const cpu::Conv2d convolution(s, {false, activation});
    const Workspace workspace(convolution.workspaceBytes());
    Buffer<float> y(s.outputSize());
    convolution.run(x.single, w.single, nullptr, y, workspace);
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_FALSE(std::isnan(y[s.outputSize() - 1])) << "the other sample has none";
  }
}

TEST_F(Conv2dTest, RejectsImpossibleShapes) {
  const Conv2dShape good = makeShape(1, {5, 5}, 4, 4, {3, 3});
  const auto rejects = [&](int64_t Conv2dShape::*field, int64_t value) {
    Conv2dShape bad = good;
    bad.*field = value;
    EXPECT_THROW(cpu::Conv2d{bad}, std::invalid_argument);
    EXPECT_THROW(cpu::Conv2dDataGradient{bad}, std::invalid_argument);
    EXPECT_THROW(cpu::Conv2dWeightGradient{bad}, std::invalid_argument);
  };
  rejects(&Conv2dShape::groups, 3);
  rejects(&Conv2dShape::groups, 0);
  rejects(&Conv2dShape::batch, 0);
  rejects(&Conv2dShape::outHeight, 0);
  rejects(&Conv2dShape::strideWidth, 0);
  rejects(&Conv2dShape::dilationHeight, 0);
  rejects(&Conv2dShape::padWidth, -1);
}

TEST_F(Conv2dTest, ReferenceGradientsAreDerivatives) {
  for (const Conv2dShape &s : {makeShape(2, {5, 4}, 2, 3, {3, 2}, {2, 1}, {1, 0}),
                               makeShape(1, {6, 6}, 4, 6, {2, 2}, {1, 1}, {1, 1}, {2, 2}, 2)}) {
    std::vector<double> x = randomInput(s.inputSize()).exact, w = randomInput(s.filterSize()).exact;
    const std::vector<double> dy = randomInput(s.outputSize()).exact;
    std::vector<double> y(s.outputSize()), dx = poisoned(x.size()), dw = poisoned(w.size());
    const auto loss = [&] {
      reference::conv2d(s, x.data(), w.data(), y.data());
      return dot(y, dy);
    };
    reference::conv2dDataGradient(s, dy.data(), w.data(), dx.data());
    reference::conv2dWeightGradient(s, x.data(), dy.data(), dw.data());
    expectGradient(x, dx, loss, "dx");
    expectGradient(w, dw, loss, "dw");
  }
}
