//===- ScratchMemory.cpp - device memory to tune in ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/ScratchMemory.h"

#include "runtime/Element.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <random>
#include <vector>

using namespace fanfold;

static Status copyBytes(void *target, const void *source, size_t bytes) {
  const cudaError_t code = cudaMemcpy(target, source, bytes, cudaMemcpyDefault);
  return code == cudaSuccess
             ? Status()
             : Status::error("filling memory for tuning: {}", cudaGetErrorString(code));
}

Status ScratchMemory::fillRandomly(ElementType type) {
  constexpr size_t patternBytes = size_t(16) << 20;
  std::vector<std::byte> pattern(std::min(patternBytes, used));
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (size_t i = 0; i < pattern.size() / byteSize(type); ++i)
    storeElement(type, pattern.data(), i, uniform(random));
  for (size_t at = 0; at < used; at += pattern.size())
    FANFOLD_RETURN_IF_ERROR(
        copyBytes(memory + at, at ? memory : pattern.data(), std::min(pattern.size(), used - at)));
  return {};
}

void *ScratchMemory::take(size_t size) {
  const size_t rounded = (size + 255) / 256 * 256;
  if (rounded < size || rounded > available())
    return nullptr;
  void *piece = memory + used;
  used += rounded;
  return piece;
}
