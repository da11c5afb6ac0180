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

#include "codegen/ProgramTarget.h"
#include "tools/fanfold/Techniques.h"

#include <nlohmann/json.hpp>

#include <string>

namespace fanfold {

using Json = nlohmann::ordered_json;

/// Layers with shapes, parameters and multiply-adds; a module at level cnn.
std::string layersText(mlir::ModuleOp module);
Json layersJson(mlir::ModuleOp module);

/// Launches of both steps, with the reason for each choice, and in JSON all that was
/// considered; a module at level plan, for the target it was lowered for.
std::string kernelsText(mlir::ModuleOp plan, const ProgramTarget &target);
Json kernelsJson(mlir::ModuleOp plan, const ProgramTarget &target);

/// The memory plan of the training step, with what each technique saved: `plans` as
/// planTechniques() gives them, the last one being the plan that is shown.
std::string memoryText(const std::vector<TechniquePlan> &plans);
Json memoryJson(const std::vector<TechniquePlan> &plans);

/// Step time against memory budget, as a table, and as the `sweep` of the report.
std::string sweepText(const std::vector<SweepPoint> &points);
Json sweepJson(const std::vector<SweepPoint> &points);

/// The same as one HTML file that needs nothing else and asks no network; `report` is what
/// memoryJson() made, with what another run of inspect made under "compare", if anything.
std::string memoryPage(const Json &report);

/// Reads the output of `inspect --memory --format=json`. A file that is none is a failure
/// that says where it differs.
Result<Json> readMemoryJson(const std::string &path);

/// 1234567 as "1,234,567".
std::string withCommas(int64_t value);

} // namespace fanfold

#endif // FANFOLD_TOOLS_FANFOLD_INSPECT_H
