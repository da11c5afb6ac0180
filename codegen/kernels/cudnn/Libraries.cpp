//===- Libraries.cpp - what cuDNN loads at run time -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/Libraries.h"

#include <cudnn_graph.h>

#include <dlfcn.h>
#include <string>

using namespace fanfold;

/// The folder of cuDNN, with a slash behind it; "" if it is not known. The toolkit's
/// libraries may lie there too.
static std::string cudnnDirectory() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&cudnnGetVersion), &info) || !info.dli_fname)
    return "";
  const std::string file = info.dli_fname;
  return file.substr(0, file.find_last_of('/') + 1);
}

bool cudnn::ensureDriverLibrary() {
  static const bool there = [] {
    if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL))
      return true;
    // The stub says that it is libcuda.so.1, so that once loaded it answers to that name.
    for (const std::string &directory : {cudnnDirectory(), std::string(FANFOLD_CUDA_LIB_DIR "/")})
      if (dlopen((directory + "stubs/libcuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL))
        return true;
    return false;
  }();
  return there;
}

void cudnn::keepRuntimeCompiler() {
  // The one beside cuDNN is the one that cuDNN finds first.
  static const bool loaded = [] {
    const std::string name = "libnvrtc.so." + std::to_string(cudnnGetCudartVersion() / 1000);
    return dlopen((cudnnDirectory() + name).c_str(), RTLD_LAZY) || dlopen(name.c_str(), RTLD_LAZY);
  }();
  static_cast<void>(loaded);
}
