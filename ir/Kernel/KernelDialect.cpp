//===- KernelDialect.cpp - the kernel level -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Kernel/KernelDialect.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

#include "ir/Kernel/KernelDialect.cpp.inc"
#include "ir/Kernel/KernelInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "ir/Kernel/KernelOps.cpp.inc"

void KernelDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "ir/Kernel/KernelOps.cpp.inc"
      >();
}
