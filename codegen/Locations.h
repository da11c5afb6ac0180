//===- Locations.h - where an op comes from, for people -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_LOCATIONS_H
#define FANFOLD_CODEGEN_LOCATIONS_H

#include "mlir/IR/Location.h"

#include <string>
#include <vector>

namespace fanfold {

/// The place in the model file that an op was made for: "lenet.mlir:12:8". Of a fused op,
/// the place of the last part, which gives the result its name. Empty if unknown.
std::string primaryLocation(mlir::Location location);

/// The places where the blocks around that place are used, innermost first; empty outside
/// of blocks. Of a fused op, those of the last part.
std::vector<std::string> useLocations(mlir::Location location);

/// All of it: "lenet.mlir:5:10, used at 12:8; lenet.mlir:6:10, used at 12:8" for two fused
/// ops of a block.
std::string fullLocation(mlir::Location location);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_LOCATIONS_H
