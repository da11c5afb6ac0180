//===- EmitCpp.h - the CPU program as C++ text ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The plan becomes a small C++ project that a person can read:
//
//   program.h    what the other files share
//   steps.cpp    bodies of pointwise kernels, library primitives, and the steps: one
//                line for each launch, with the model line it came from
//   program.cpp  tables: variables, inputs, launches, recipe
//   main.cpp     hands the program to the runtime
//   Makefile     how to build it
//
// Nothing in it depends on when or where it was made.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_EMITCPP_H
#define FANFOLD_CODEGEN_EMITCPP_H

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace fanfold {

/// File name to text.
using ProjectFiles = std::map<std::string, std::string>;

/// The project of `plan`, a module at the plan level whose target is the CPU, for at most
/// `threads` threads. Fails with a diagnostic at an op that has no kernel.
llvm::FailureOr<ProjectFiles> emitCpp(mlir::ModuleOp plan, int threads);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_EMITCPP_H
