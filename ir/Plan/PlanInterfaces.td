//===- PlanInterfaces.td - none -----------------------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_PLAN_PLANINTERFACES_TD
#define FANFOLD_IR_PLAN_PLANINTERFACES_TD

include "mlir/IR/OpBase.td"

#endif // FANFOLD_IR_PLAN_PLANINTERFACES_TD
