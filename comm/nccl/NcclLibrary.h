//===- NcclLibrary.h - NCCL, found when a program runs --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_COMM_NCCL_NCCLLIBRARY_H
#define FANFOLD_COMM_NCCL_NCCLLIBRARY_H

#include "runtime/Status.h"

#include <nccl.h>

#include <string>

namespace fanfold {

/// The functions of NCCL that are used. Never linked, so that programs run on one GPU where there
/// is none.
struct NcclLibrary {
  /// Loads libnccl.so.2, for the rest of the process. Sets NCCL_NVLS_ENABLE and
  /// NCCL_GRAPH_MIXING_SUPPORT to 0 unless the environment has them.
  static Result<NcclLibrary> open();

  /// What `code` means, for `what` ("initialising NCCL").
  Status status(ncclResult_t code, const char *what) const;

  std::string version; ///< "NCCL 2.28.9".
  decltype(&ncclGetUniqueId) getUniqueId = nullptr;
  decltype(&ncclCommInitRank) commInitRank = nullptr;
  decltype(&ncclCommAbort) commAbort = nullptr;
  decltype(&ncclCommDestroy) commDestroy = nullptr;
  decltype(&ncclCommGetAsyncError) commGetAsyncError = nullptr;
  decltype(&ncclAllReduce) allReduce = nullptr;
  decltype(&ncclGetErrorString) getErrorString = nullptr;
  decltype(&ncclGetLastError) getLastError = nullptr;
};

} // namespace fanfold

#endif // FANFOLD_COMM_NCCL_NCCLLIBRARY_H
