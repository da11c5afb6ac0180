//===- ModelFile.cpp - reading a model file -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/ModelFile.h"
#include "frontend/ModelText.h"
#include "frontend/Nesting.h"
#include "ir/Plan/PlanDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace fanfold;

void fanfold::loadDialects(MLIRContext &context) {
  context
      .loadDialect<cnn::CnnDialect, kernel::KernelDialect, plan::PlanDialect, arith::ArithDialect,
                   emitc::EmitCDialect, func::FuncDialect, math::MathDialect>();
}

OwningOpRef<ModuleOp> fanfold::readModelFile(const std::string &path, llvm::SourceMgr &sources,
                                             MLIRContext &context) {
  FailureOr<std::unique_ptr<llvm::MemoryBuffer>> file = readModelText(path, context);
  if (failed(file) || failed(checkNesting(**file, context)))
    return nullptr;
  Location begin = locationAt(**file, 0, context);
  sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return nullptr;
  if (module->getBody()->empty()) {
    emitError(begin) << "the file is empty, expected a cnn.model";
    return nullptr;
  }
  for (auto model : module->getOps<cnn::ModelOp>()) {
    (*module)->setAttr("fanfold.model", model.getSymNameAttr());
    (*module)->setAttr("fanfold.source", StringAttr::get(&context, path));
  }
  return module;
}
