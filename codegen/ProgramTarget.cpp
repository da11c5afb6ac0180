//===- ProgramTarget.cpp - a target that programs are made for ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/ProgramTarget.h"
#include "passes/Joins.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace fanfold;

bool ProgramTarget::takesLess(llvm::ArrayRef<mlir::Operation *> launches,
                              llvm::ArrayRef<mlir::Operation *> others) const {
  double difference = 0;
  for (mlir::Operation *launch : launches)
    difference += seconds(launch);
  for (mlir::Operation *launch : others)
    difference -= seconds(launch);
  return difference < 0;
}

std::string fanfold::launchKey(mlir::Operation *launch) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << launch->getName();
  for (mlir::NamedAttribute attr : launch->getAttrs())
    if (attr.getName() != "layer")
      stream << " " << attr.getName() << "=" << attr.getValue();
  const auto addTensors = [&](mlir::ValueRange tensors) {
    for (mlir::Value tensor : tensors) {
      stream << " " << tensor.getType();
      if (const int64_t pitch = pitchOf(tensor); pitch != kernel::channelsOf(tensor.getType()))
        stream << "/" << pitch;
    }
  };
  addTensors(launch->getOperands());
  stream << " ->";
  addTensors(launch->getResults());
  return key;
}

int64_t fanfold::varyingLaunches(ModuleOp plan, const ProgramTarget &target) {
  int64_t count = 0;
  for (auto step : plan.getOps<plan::StepOp>())
    if (step.getSymName() == "train")
      for (auto launch : step.getBody().getOps<plan::LaunchOp>())
        count += !target.repeats(launch).repeats;
  return count;
}
