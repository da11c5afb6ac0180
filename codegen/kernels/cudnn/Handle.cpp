//===- Handle.cpp - cuDNN itself -----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/Handle.h"

#include <fmt/format.h>

#include <cstdio>

using namespace fanfold::cudnn;

std::string fanfold::cudnn::versionText(size_t version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

Handle::Handle() { check(cudnnCreate(&raw), "starting cuDNN"); }

Handle::~Handle() {
  plans.clear();
  cudnnDestroy(raw);
}

void Handle::setStream(void *newStream) {
  if (stream == newStream)
    return;
  check(cudnnSetStream(raw, static_cast<cudaStream_t>(newStream)), "setting cuDNN's stream");
  stream = newStream;
}

std::shared_ptr<const Descriptor> Handle::findPlan(const std::string &key) const {
  const auto found = plans.find(key);
  return found == plans.end() ? nullptr : found->second;
}

void Handle::keepPlan(const std::string &key, std::shared_ptr<const Descriptor> plan) {
  plans[key] = std::move(plan);
}

void Handle::sayOnce(const std::string &sentence) {
  if (sentence == said)
    return;
  said = sentence;
  std::fprintf(stderr, "%s\n", sentence.c_str());
}
