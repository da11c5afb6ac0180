//===- PlanDialect.h - the plan level -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_PLAN_PLANDIALECT_H
#define FANFOLD_IR_PLAN_PLANDIALECT_H

#include "ir/Kernel/KernelDialect.h"

#include "ir/Plan/PlanDialect.h.inc"

#define GET_OP_CLASSES
#include "ir/Plan/PlanOps.h.inc"

#endif // FANFOLD_IR_PLAN_PLANDIALECT_H
