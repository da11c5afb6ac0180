//===- Matmul.cpp - matrix products on cuBLASLt --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cublaslt/Matmul.h"

#include <cublasLt.h>

#include <charconv>
#include <cstring>
#include <stdexcept>

using namespace fanfold;
using namespace fanfold::cublaslt;

namespace {

void check(cublasStatus_t status, const std::string &doing) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw std::runtime_error(doing + ": " + cublasLtGetStatusName(status));
}

cudaDataType_t dataType(ElementType type) {
  switch (type) {
  case ElementType::f16:
    return CUDA_R_16F;
  case ElementType::bf16:
    return CUDA_R_16BF;
  default:
    return CUDA_R_32F; // verify() lets no other pass.
  }
}

/// cuBLASLt's objects are freed by a function each.
template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T *object) const {
    Destroy(object);
  }
};
template <typename Handle, auto Destroy>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Destroyer<Destroy>>;
using Layout = Owned<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Description = Owned<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Preference = Owned<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

/// cuBLASLt is column-major: a row-major matrix is its transpose there.
Layout makeLayout(ElementType type, int64_t columns, int64_t rows, int64_t pitch) {
  cublasLtMatrixLayout_t made = nullptr;
  check(cublasLtMatrixLayoutCreate(&made, dataType(type), columns, rows, pitch ? pitch : columns),
        "describing a matrix");
  return Layout(made);
}

template <typename T>
void setAttribute(const Description &description, cublasLtMatmulDescAttributes_t name, T value) {
  check(cublasLtMatmulDescSetAttribute(description.get(), name, static_cast<const void *>(&value),
                                       sizeof(value)),
        "describing a product");
}

template <typename T>
void setPreference(const Preference &preference, cublasLtMatmulPreferenceAttributes_t name,
                   T value) {
  check(cublasLtMatmulPreferenceSetAttribute(preference.get(), name, &value, sizeof(value)),
        "limiting the choice of algorithms");
}

cublasLtEpilogue_t epilogueOf(const MatmulProblem &problem) {
  switch (problem.epilogue) {
  case Epilogue::bias:
    return CUBLASLT_EPILOGUE_BIAS;
  case Epilogue::biasRelu:
    return CUBLASLT_EPILOGUE_RELU_BIAS;
  case Epilogue::relu:
    return CUBLASLT_EPILOGUE_RELU;
  default:
    return CUBLASLT_EPILOGUE_DEFAULT;
  }
}

std::string algorithmText(const cublasLtMatmulAlgo_t &algorithm) {
  std::string text;
  for (uint64_t word : algorithm.data)
    text += fmt::format("{:016x}", word);
  return text;
}

bool parseAlgorithm(const std::string &text, cublasLtMatmulAlgo_t &algorithm) {
  constexpr size_t digits = 16;
  if (text.size() != digits * std::size(algorithm.data))
    return false;
  for (size_t i = 0; i < std::size(algorithm.data); ++i) {
    const char *begin = text.data() + i * digits;
    const auto [next, error] = std::from_chars(begin, begin + digits, algorithm.data[i], 16);
    if (error != std::errc() || next != begin + digits)
      return false;
  }
  return true;
}

} // namespace

struct Matmul::State {
  MatmulProblem problem;
  cublasLtHandle_t handle;
  int64_t workspaceBytes;
  Description description;
  Layout a, b, c;
  cublasLtMatmulAlgo_t algorithm{};

  State(cublasLtHandle_t handle, const MatmulProblem &problem, int64_t workspaceBytes);
  std::vector<cublasLtMatmulAlgo_t> find(int most) const;
  bool takes(const cublasLtMatmulAlgo_t &candidate) const;
};

std::string fanfold::cublaslt::versionText() {
  const size_t version = cublasLtGetVersion();
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

Handle::Handle() {
  check(cublasLtCreate(reinterpret_cast<cublasLtHandle_t *>(&raw)), "starting cuBLASLt");
}

Handle::~Handle() { cublasLtDestroy(static_cast<cublasLtHandle_t>(raw)); }

Matmul::State::State(cublasLtHandle_t handle, const MatmulProblem &p, int64_t workspaceBytes)
    : problem(p), handle(handle), workspaceBytes(workspaceBytes) {
  cublasLtMatmulDesc_t made = nullptr;
  const cublasComputeType_t compute =
      p.math == Math::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  check(cublasLtMatmulDescCreate(&made, compute, CUDA_R_32F), "describing a product");
  description.reset(made);
  // c^T = op(b)^T op(a)^T: cuBLASLt's first operand is b, and what is transposed here
  // is transposed there.
  setAttribute(description, CUBLASLT_MATMUL_DESC_TRANSA, p.transposeB ? CUBLAS_OP_T : CUBLAS_OP_N);
  setAttribute(description, CUBLASLT_MATMUL_DESC_TRANSB, p.transposeA ? CUBLAS_OP_T : CUBLAS_OP_N);
  setAttribute(description, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogueOf(p));
  if (p.epilogue == Epilogue::bias || p.epilogue == Epilogue::biasRelu)
    setAttribute(description, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, dataType(p.cType));
  a = makeLayout(p.type, p.columnsA(), p.transposeA ? p.k : p.m, p.pitchA);
  b = makeLayout(p.type, p.columnsB(), p.transposeB ? p.n : p.k, p.pitchB);
  c = makeLayout(p.cType, p.n, p.m, p.pitchC);
}

/// The heuristic's answers that repeat to the bit and sum in fp32.
std::vector<cublasLtMatmulAlgo_t> Matmul::State::find(int most) const {
  cublasLtMatmulPreference_t made = nullptr;
  check(cublasLtMatmulPreferenceCreate(&made), "limiting the choice of algorithms");
  const Preference preference(made);
  setPreference(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, uint64_t(workspaceBytes));
  // Parts of a split sum are added in fp32 through the workspace, never in c's type.
  setPreference(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                uint32_t(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  for (auto name :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    setPreference(preference, name, uint32_t(problem.alignment()));
  std::vector<cublasLtMatmulHeuristicResult_t> results(most);
  int count = 0;
  check(cublasLtMatmulAlgoGetHeuristic(handle, description.get(), b.get(), a.get(), c.get(),
                                       c.get(), preference.get(), most, results.data(), &count),
        problem.text() + ": asking for algorithms");
  std::vector<cublasLtMatmulAlgo_t> found;
  for (int i = 0; i < count; ++i)
    if (results[i].state == CUBLAS_STATUS_SUCCESS)
      found.push_back(results[i].algo);
  return found;
}

bool Matmul::State::takes(const cublasLtMatmulAlgo_t &candidate) const {
  cublasLtMatmulHeuristicResult_t result{};
  return cublasLtMatmulAlgoCheck(handle, description.get(), b.get(), a.get(), c.get(), c.get(),
                                 &candidate, &result) == CUBLAS_STATUS_SUCCESS &&
         int64_t(result.workspaceSize) <= workspaceBytes;
}

Matmul::Matmul(Handle &handle, const std::string &problemText, int64_t workspaceBytes,
               const std::string &algorithm) {
  Result<MatmulProblem> problem = MatmulProblem::parse(problemText);
  if (!problem)
    throw std::invalid_argument(problem.status().message());
  state = std::make_unique<State>(static_cast<cublasLtHandle_t>(handle.get()), *problem,
                                  workspaceBytes);
  if (parseAlgorithm(algorithm, state->algorithm) && state->takes(state->algorithm))
    return;
  const std::vector<cublasLtMatmulAlgo_t> found = state->find(1);
  if (found.empty())
    throw std::runtime_error(
        fmt::format("{}: cuBLASLt {} has no algorithm within {} bytes of workspace", problemText,
                    versionText(), workspaceBytes));
  state->algorithm = found.front();
}

Matmul::~Matmul() = default;
Matmul::Matmul(Matmul &&other) noexcept = default;

std::string Matmul::algorithm() const { return algorithmText(state->algorithm); }

std::vector<std::string> Matmul::candidates(int most) const {
  std::vector<std::string> texts;
  for (const cublasLtMatmulAlgo_t &candidate : state->find(most))
    texts.push_back(algorithmText(candidate));
  return texts;
}

void Matmul::run(void *stream, const void *a, const void *b, const void *bias, const void *addend,
                 void *c, void *workspace) const {
  const uintptr_t alignment = state->problem.alignment();
  // Without an addend cuBLASLt wants an address in its place all the same.
  const void *added = state->problem.addend ? addend : c;
  for (const void *pointer : {a, b, static_cast<const void *>(c), added})
    if (!pointer || reinterpret_cast<uintptr_t>(pointer) % alignment)
      throw std::invalid_argument(fmt::format("{}: a matrix lies at {}, expected a multiple of {}",
                                              state->problem.text(), pointer, alignment));
  // Copied into the launch, so that one object serves several calls.
  if (bias)
    setAttribute(state->description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  const float one = 1, beta = state->problem.addend ? 1 : 0;
  const cublasStatus_t status = cublasLtMatmul(
      state->handle, state->description.get(), &one, b, state->b.get(), a, state->a.get(), &beta,
      added, state->c.get(), c, state->c.get(), &state->algorithm, workspace, state->workspaceBytes,
      static_cast<cudaStream_t>(stream));
  if (status != CUBLAS_STATUS_SUCCESS)
    check(status, state->problem.text());
}
