//===- Main.cpp - mlir-opt with our dialects and passes -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Nesting.h"
#include "passes/Passes.h"
#include "passes/Pipeline.h"

#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<fanfold::cnn::CnnDialect, fanfold::kernel::KernelDialect,
                  fanfold::plan::PlanDialect, mlir::arith::ArithDialect, mlir::emitc::EmitCDialect,
                  mlir::func::FuncDialect, mlir::math::MathDialect>();
  fanfold::registerPasses();
  mlir::registerTransformsPasses();

  auto [input, output] =
      mlir::registerAndParseCLIOptions(argc, argv, "Fanfold's passes, one by one\n", registry);
  // A file that is too deep is reported and not parsed; one that cannot be opened is
  // mlir-opt's to report.
  if (auto file = input == "-" ? nullptr : mlir::openInputFile(input)) {
    mlir::MLIRContext context;
    llvm::SourceMgr sources;
    mlir::SourceMgrDiagnosticHandler handler(sources, &context, llvm::errs());
    if (failed(fanfold::checkNesting(*file, context)))
      return 1;
  }
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
}
