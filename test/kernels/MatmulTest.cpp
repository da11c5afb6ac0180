//===- MatmulTest.cpp - matrix products against their definition ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTest.h"

#include "codegen/kernels/cpu/Matmul.h"
#include "codegen/kernels/reference/Conv2d.h"

#include <stdexcept>

using namespace fanfold;
using namespace fanfold::test;

namespace {

class MatmulTest : public KernelTest {};

struct Size {
  int64_t m, n, k;
};
const Size sizes[] = {{1, 1, 1},  {1, 10, 500}, {64, 500, 800}, {800, 500, 64}, {64, 10, 500},
                      {3, 17, 5}, {16, 64, 1},  {17, 1, 33},    {2, 1000, 256}, {128, 96, 64}};

} // namespace

TEST_F(MatmulTest, AgreesWithDefinition) {
  for (const Size &s : sizes)
    for (bool transposeA : {false, true})
      for (bool transposeB : {false, true}) {
        SCOPED_TRACE(::testing::Message()
                     << s.m << " " << s.n << " " << s.k << " " << transposeA << " " << transposeB);
        const Input a = randomInput(s.m * s.k), b = randomInput(s.k * s.n);
        std::vector<double> c = poisoned(s.m * s.n);
        reference::matmul(s.m, s.n, s.k, transposeA, transposeB, a.exact.data(), b.exact.data(),
                          c.data());
        const cpu::Matmul matmul(s.m, s.n, s.k, transposeA, transposeB);
        EXPECT_EQ(std::strstr(matmul.implementation(), "ref"), nullptr) << matmul.implementation();
        const Workspace workspace(matmul.workspaceBytes());
        Buffer<float> first(c.size());
        matmul.run(a.single, b.single, nullptr, first, workspace);
        expectClose(first, c, 1e-5, "c");
        Buffer<float> second(c.size());
        cpu::Matmul(s.m, s.n, s.k, transposeA, transposeB)
            .run(a.single, b.single, nullptr, second, workspace);
        expectSame(second, first, "c");
      }
}

TEST_F(MatmulTest, EpilogueHasTheBitsOfSeparateKernels) {
  for (const Size &s : sizes) {
    const Input a = randomInput(s.m * s.k), b = randomInput(s.k * s.n), bias = randomInput(s.n);
    const cpu::Matmul plain(s.m, s.n, s.k);
    const cpu::Matmul fused(s.m, s.n, s.k, false, false, {true, cpu::Activation::relu});
    const Workspace workspace(std::max(plain.workspaceBytes(), fused.workspaceBytes()));
    Buffer<float> expected(s.m * s.n), actual(s.m * s.n);
    plain.run(a.single, b.single, nullptr, expected, workspace);
    for (int64_t i = 0; i < s.m * s.n; ++i) {
      const float sum = expected[i] + bias.single[i % s.n];
      expected[i] = sum < 0 ? 0 : sum;
    }
    fused.run(a.single, b.single, bias.single, actual, workspace);
    expectSame(actual, expected, "c");
  }
}

TEST_F(MatmulTest, RejectsEmptyDimensions) {
  EXPECT_THROW(cpu::Matmul(0, 1, 1), std::invalid_argument);
  EXPECT_THROW(cpu::Matmul(1, -1, 1), std::invalid_argument);
  EXPECT_THROW(cpu::Matmul(1, 1, 0), std::invalid_argument);
}
