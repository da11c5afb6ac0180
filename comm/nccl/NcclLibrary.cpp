//===- NcclLibrary.cpp - NCCL, found when a program runs ------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/nccl/NcclLibrary.h"

#include <dlfcn.h>

#include <cstdlib>

using namespace fanfold;

Result<NcclLibrary> NcclLibrary::open() {
  // Multicast wants rights that containers seldom have, and then fails late. Graphs of ours that
  // exchange never run beside each other, nor beside an exchange without a graph; to be ready for
  // that costs ResNet-50 1% of a step on two GPUs.
  setenv("NCCL_NVLS_ENABLE", "0", /*overwrite=*/0);
  setenv("NCCL_GRAPH_MIXING_SUPPORT", "0", /*overwrite=*/0);
  void *library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Status::error("several GPUs need NCCL 2: {}", dlerror());
  NcclLibrary nccl;
  decltype(&ncclGetVersion) getVersion = nullptr;
  const char *missing = nullptr;
  const auto find = [&](auto &function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
    if (!function && !missing)
      missing = name;
  };
  find(getVersion, "ncclGetVersion");
  find(nccl.getUniqueId, "ncclGetUniqueId");
  find(nccl.commInitRank, "ncclCommInitRank");
  find(nccl.commAbort, "ncclCommAbort");
  find(nccl.commDestroy, "ncclCommDestroy");
  find(nccl.commGetAsyncError, "ncclCommGetAsyncError");
  find(nccl.allReduce, "ncclAllReduce");
  find(nccl.getErrorString, "ncclGetErrorString");
  find(nccl.getLastError, "ncclGetLastError");
  if (missing)
    return Status::error("libnccl.so.2 has no {}, expected NCCL 2.13 or newer", missing);
  int version = 0;
  FANFOLD_RETURN_IF_ERROR(nccl.status(getVersion(&version), "asking NCCL for its version"));
  nccl.version = fmt::format("NCCL {}.{}.{}", version / 10000, version / 100 % 100, version % 100);
  return nccl;
}

Status NcclLibrary::status(ncclResult_t code, const char *what) const {
  if (code == ncclSuccess)
    return {};
  const char *more = getLastError(nullptr);
  return Status::error("{}: {}{}{}", what, getErrorString(code), more && *more ? ": " : "",
                       more ? more : "");
}
