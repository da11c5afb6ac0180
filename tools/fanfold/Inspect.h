//===- Inspect.h - what inspect shows -------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each view is one function from a lowered module to text or JSON.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TOOLS_FANFOLD_INSPECT_H
#define FANFOLD_TOOLS_FANFOLD_INSPECT_H

#include "tools/fanfold/MemoryReport.h"

#include <nlohmann/json.hpp>

#include <string>

namespace fanfold {

using Json = nlohmann::ordered_json;

/// Layers with shapes, parameters and multiply-adds; a module at level cnn.
std::string layersText(mlir::ModuleOp module);
Json layersJson(mlir::ModuleOp module);

/// Launches of both steps; a module at level plan.
std::string kernelsText(mlir::ModuleOp plan);
Json kernelsJson(mlir::ModuleOp plan);

/// The memory plan of the training step.
std::string memoryText(const MemoryReport &report);
Json memoryJson(const MemoryReport &report);

/// 1234567 as "1,234,567".
std::string withCommas(int64_t value);

} // namespace fanfold

#endif // FANFOLD_TOOLS_FANFOLD_INSPECT_H
