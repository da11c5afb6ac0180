//===- MatmulTuner.cpp - times algorithms of matrix products on the card -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cublaslt/MatmulTuner.h"

#include <algorithm>
#include <exception>

using namespace fanfold;
using namespace fanfold::cublaslt;

namespace {

/// So many bytes of operands that no cache keeps them from one use to the next.
constexpr size_t rotatedBytes = size_t(256) << 20;
constexpr size_t mostSets = 8;
constexpr int mostAlgorithms = 32;

struct Operands {
  void *a, *b, *bias, *addend, *c;
};

size_t matrixBytes(int64_t rows, int64_t columns, int64_t pitch, ElementType type) {
  return size_t(rows) * size_t(std::max(columns, pitch)) * byteSize(type);
}

/// At most so many sets, and no more than keep the caches busy.
std::vector<Operands> takeOperands(const MatmulProblem &p, ScratchMemory &scratch, size_t most) {
  const size_t a = matrixBytes(p.transposeA ? p.k : p.m, p.columnsA(), p.pitchA, p.type);
  const size_t b = matrixBytes(p.transposeB ? p.n : p.k, p.columnsB(), p.pitchB, p.type);
  const size_t c = matrixBytes(p.m, p.n, p.pitchC, p.cType);
  const size_t wanted = std::min(most, rotatedBytes / (a + b + (p.addend ? 2 * c : c)) + 2);
  std::vector<Operands> sets;
  while (sets.size() < wanted) {
    Operands set{scratch.take(a), scratch.take(b), scratch.take(size_t(p.n) * byteSize(p.cType)),
                 nullptr, scratch.take(c)};
    if (p.addend)
      set.addend = scratch.take(c);
    if (!set.a || !set.b || !set.bias || !set.c || (p.addend && !set.addend))
      break;
    sets.push_back(set);
  }
  return sets;
}

} // namespace

std::string fanfold::cublaslt::libraryName() { return "cublaslt " + versionText(); }

Result<std::vector<TuningRecord>>
fanfold::cublaslt::measure(Handle &handle, LaunchTimer &timer, RepeatCheck &check,
                           ScratchMemory &scratch, const std::string &deviceName,
                           const MatmulProblem &problem, int64_t workspaceBytes) {
  FANFOLD_RETURN_IF_ERROR(problem.verify());
  scratch.reset();
  void *workspace = scratch.take(size_t(workspaceBytes));
  std::vector<Operands> sets = takeOperands(problem, scratch, 1);
  const size_t outputBytes = matrixBytes(problem.m, problem.n, problem.pitchC, problem.cType);
  if (!workspace || sets.empty() || !check.reserve({{sets.front().c, outputBytes}}, scratch))
    return Status::error("its matrices and {} bytes of workspace do not fit into the memory to "
                         "tune in",
                         workspaceBytes);
  for (const Operands &set : takeOperands(problem, scratch, mostSets - 1))
    sets.push_back(set);
  FANFOLD_RETURN_IF_ERROR(scratch.fillRandomly(problem.type));
  const bool biased = problem.epilogue == Epilogue::bias || problem.epilogue == Epilogue::biasRelu;
  std::vector<TuningRecord> records;
  try {
    const Matmul first(handle, problem.text(), workspaceBytes);
    for (const std::string &algorithm : first.candidates(mostAlgorithms)) {
      const Matmul matmul(handle, problem.text(), workspaceBytes, algorithm);
      const auto run = [&](void *stream, const Operands &set) {
        matmul.run(stream, set.a, set.b, biased ? set.bias : nullptr, set.addend, set.c, workspace);
      };
      const Result<double> time =
          timer.time([&](void *stream, int i) { run(stream, sets[size_t(i) % sets.size()]); });
      if (!time)
        continue;
      const Result<bool> repeats =
          check.repeats(timer.stream(), [&](void *stream) { run(stream, sets.front()); });
      if (!repeats)
        return repeats.status();
      records.push_back(
          {deviceName, libraryName(), problem.text(), algorithm, workspaceBytes, *time, *repeats});
    }
  } catch (const std::exception &error) {
    return Status::error("{}", error.what());
  }
  return records;
}
