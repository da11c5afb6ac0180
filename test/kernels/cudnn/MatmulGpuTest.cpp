//===- MatmulGpuTest.cpp - matrix products on the card against their definition ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuTest.h"

#include "codegen/kernels/cublaslt/Matmul.h"
#include "codegen/kernels/reference/Conv2d.h"

using namespace fanfold;
using namespace fanfold::cublaslt;
using namespace fanfold::test;

namespace {

class MatmulTest : public GpuTest {
protected:
  static Handle &handle() {
    static Handle one;
    return one;
  }
  void check(const MatmulProblem &p, const std::string &algorithm = "");
};

/// Rows of `columns` at a pitch; NaN between them.
std::vector<double> spread(const std::vector<double> &dense, int64_t columns, int64_t pitch) {
  pitch = pitch ? pitch : columns;
  std::vector<double> wide(dense.size() / columns * pitch, NAN);
  for (size_t i = 0; i < dense.size(); ++i)
    wide[i / columns * pitch + i % columns] = dense[i];
  return wide;
}

void MatmulTest::check(const MatmulProblem &p, const std::string &algorithm) {
  SCOPED_TRACE(p.text());
  const std::vector<double> a = randomValues(p.type, p.m * p.k);
  const std::vector<double> b = randomValues(p.type, p.k * p.n);
  const std::vector<double> bias = randomValues(p.cType, p.n);
  const std::vector<double> addend = randomValues(p.cType, p.m * p.n);
  std::vector<double> expected(p.m * p.n);
  reference::matmul(p.m, p.n, p.k, p.transposeA, p.transposeB, a.data(), b.data(), expected.data());
  const bool adds = p.epilogue == Epilogue::bias || p.epilogue == Epilogue::biasRelu;
  const bool clips = p.epilogue == Epilogue::relu || p.epilogue == Epilogue::biasRelu;
  for (size_t i = 0; i < expected.size(); ++i) {
    expected[i] += (p.addend ? addend[i] : 0) + (adds ? bias[i % p.n] : 0);
    expected[i] = clips ? std::max(0.0, expected[i]) : expected[i];
  }
  const int64_t workspaceBytes = p.advisedWorkspaceBytes();
  const DeviceTensor da(p.type, spread(a, p.columnsA(), p.pitchA));
  const DeviceTensor db(p.type, spread(b, p.columnsB(), p.pitchB));
  const DeviceTensor dbias(p.cType, bias);
  const std::vector<double> wideAddend = spread(addend, p.n, p.pitchC);
  const DeviceTensor workspace(ElementType::u8, size_t(workspaceBytes));
  Matmul matmul(handle(), p.text(), workspaceBytes, algorithm);
  std::vector<double> first;
  for (int run = 0; run < 2; ++run) {
    const DeviceTensor dadd(p.cType, wideAddend);
    const DeviceTensor dc(p.cType, p.m * (p.pitchC ? p.pitchC : p.n));
    matmul.run(stream, da.get(), db.get(), adds ? dbias.get() : nullptr,
               p.addend ? dadd.get() : nullptr, dc.get(), workspace.get());
    EXPECT_CUDA(cudaStreamSynchronize(stream));
    const std::vector<double> wide = dc.values();
    const int64_t pitch = p.pitchC ? p.pitchC : p.n;
    std::vector<double> actual;
    for (size_t i = 0; i < wide.size(); ++i)
      if (int64_t(i) % pitch < p.n)
        actual.push_back(wide[i]);
      else
        ASSERT_TRUE(std::isnan(wide[i])) << "wrote between rows, at " << i;
    const double limit = p.math == Math::tf32 ? 2e-3 : tolerance(p.cType);
    EXPECT_LE(relativeError(actual, expected), limit);
    if (run == 0)
      first = actual;
    else
      EXPECT_EQ(first, actual) << "two runs differ";
  }
}

TEST_F(MatmulTest, MatchesItsDefinition) {
  const ElementType f32 = ElementType::f32;
  for (const auto &[m, n, k] : {std::tuple(64, 40, 128), std::tuple(1, 1000, 2048),
                                std::tuple(37, 10, 50), std::tuple(256, 16, 7)})
    for (ElementType type : {f32, ElementType::f16, ElementType::bf16})
      for (ElementType cType : {type, f32})
        for (int turned = 0; turned < 4; ++turned)
          for (Epilogue epilogue :
               {Epilogue::none, Epilogue::bias, Epilogue::biasRelu, Epilogue::relu}) {
            MatmulProblem p;
            p.m = m, p.n = n, p.k = k;
            p.transposeA = turned & 1, p.transposeB = turned & 2;
            p.type = type, p.cType = cType;
            p.epilogue = epilogue;
            check(p);
          }
}

TEST_F(MatmulTest, AddsAnotherMatrix) {
  for (const auto &[m, n, k] : {std::tuple(640, 256, 64), std::tuple(37, 16, 24)})
    for (ElementType type : {ElementType::f32, ElementType::f16, ElementType::bf16})
      for (Epilogue epilogue :
           {Epilogue::none, Epilogue::bias, Epilogue::biasRelu, Epilogue::relu}) {
        MatmulProblem p;
        p.m = m, p.n = n, p.k = k;
        p.transposeB = true;
        p.type = p.cType = type;
        p.addend = true;
        p.epilogue = epilogue;
        check(p);
        p.pitchC = n + 16;
        check(p);
      }
}

TEST_F(MatmulTest, RoundsToTf32OnRequestOnly) {
  MatmulProblem p;
  p.m = 64, p.n = 64, p.k = 512;
  check(p);
  p.math = Math::tf32;
  check(p);
}

TEST_F(MatmulTest, ReadsAndWritesSlices) {
  for (int turned = 0; turned < 4; ++turned) {
    MatmulProblem p;
    p.m = 64, p.n = 48, p.k = 32;
    p.transposeA = turned & 1, p.transposeB = turned & 2;
    p.type = p.cType = ElementType::f16;
    p.pitchA = 80, p.pitchB = 96, p.pitchC = 256;
    p.epilogue = Epilogue::biasRelu;
    check(p);
  }
}

TEST_F(MatmulTest, AlgorithmsComeBackFromText) {
  MatmulProblem p;
  p.m = 512, p.n = 256, p.k = 1024;
  p.type = p.cType = ElementType::f16;
  const Matmul matmul(handle(), p.text(), p.advisedWorkspaceBytes());
  const std::vector<std::string> texts = matmul.candidates(8);
  ASSERT_FALSE(texts.empty());
  for (const std::string &text : texts) {
    EXPECT_EQ(Matmul(handle(), p.text(), p.advisedWorkspaceBytes(), text).algorithm(), text);
    check(p, text);
  }
  // Damaged text is passed over.
  check(p, "0123");
  check(p, std::string(128, 'f'));
}

TEST_F(MatmulTest, RefusesWhatMakesNoSense) {
  EXPECT_THROW(Matmul(handle(), "matmul m=0 n=1 k=1", 0), std::invalid_argument);
  const Matmul matmul(handle(), "matmul m=16 n=16 k=16 types=f16,f16", 0);
  const DeviceTensor a(ElementType::f16, 256);
  EXPECT_THROW(matmul.run(stream, nullptr, a.get(), nullptr, nullptr, a.get(), nullptr),
               std::invalid_argument);
}

} // namespace
