//===- CnnDialect.cpp - the model level -----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/CnnDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

#include "ir/Cnn/CnnDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "ir/Cnn/CnnTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/Cnn/CnnAttrs.cpp.inc"

#include "ir/Cnn/CnnInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "ir/Cnn/CnnOps.cpp.inc"

void CnnDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "ir/Cnn/CnnTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/Cnn/CnnAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ir/Cnn/CnnOps.cpp.inc"
      >();
}
