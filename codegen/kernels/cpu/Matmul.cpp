//===- Matmul.cpp - matrix products on oneDNN -----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cpu/Matmul.h"

#include "codegen/kernels/cpu/Primitive.h"

#include <stdexcept>

using namespace fanfold::cpu;
using dnnl::memory;

Matmul::Matmul(int64_t m, int64_t n, int64_t k, bool transposeA, bool transposeB, Epilogue epilogue)
    : epilogue(epilogue), m(m), n(n) {
  if (m < 1 || n < 1 || k < 1)
    throw std::invalid_argument("matrix product has an empty dimension");
  using Tag = memory::format_tag;
  const auto f32 = memory::data_type::f32;
  const memory::desc a({m, k}, f32, transposeA ? Tag::ba : Tag::ab);
  const memory::desc b({k, n}, f32, transposeB ? Tag::ba : Tag::ab);
  const memory::desc c({m, n}, f32, Tag::ab);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::matmul::primitive_desc pd({a, b, c}, attributes, engine());
  choose(pd);
  primitive = std::make_unique<Primitive>(
      dnnl::matmul(pd), pd.impl_info_str(),
      std::vector<Primitive::Operand>{{DNNL_ARG_SRC, a, pd.src_desc()},
                                      {DNNL_ARG_WEIGHTS, b, pd.weights_desc()},
                                      {DNNL_ARG_DST, c, pd.dst_desc(), /*output=*/true}},
      pd.scratchpad_desc());
}

Matmul::~Matmul() = default;
size_t Matmul::workspaceBytes() const { return primitive->workspaceBytes(); }
const char *Matmul::implementation() const { return primitive->name().c_str(); }

void Matmul::multiply(const float *a, const float *b, float *c, std::byte *workspace) const {
  primitive->run({a, b, c}, workspace);
}
