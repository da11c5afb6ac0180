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
#include <dlfcn.h>

using namespace fanfold::cudnn;

std::string fanfold::cudnn::versionText(size_t version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

bool fanfold::cudnn::ensureDriverLibrary() {
  static const bool there = [] {
    if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL))
      return true;
    // The stub says that it is libcuda.so.1, so that once loaded it answers to that
    // name. It lies beside the toolkit's libraries, where cuDNN may lie too.
    Dl_info info;
    std::string beside;
    if (dladdr(reinterpret_cast<void *>(&cudnnGetVersion), &info) && info.dli_fname) {
      beside = info.dli_fname;
      beside.resize(beside.find_last_of('/') + 1);
    }
    for (const std::string &directory : {beside, std::string(FANFOLD_CUDA_LIB_DIR "/")})
      if (dlopen((directory + "stubs/libcuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL))
        return true;
    return false;
  }();
  return there;
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
