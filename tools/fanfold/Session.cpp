//===- Session.cpp - one model on its way through the compiler ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/Session.h"
#include "frontend/ModelFile.h"
#include "ir/Cnn/Recipe.h"
#include "passes/Passes.h"
#include "tools/fanfold/MemoryReport.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace fanfold;

Session::Session(const CompileOptions &options)
    : options(options), context(MLIRContext::Threading::DISABLED),
      diagnostics(sources, &context, llvm::errs()) {
  loadDialects(context);
  // The line of the model file says it better than the op's generic form.
  context.printOpOnDiagnostic(false);
}

Status Session::checkOptions() {
  if (options.target != "cpu")
    return Status::error("unknown target '{}', expected cpu", options.target);
  if (!options.precision.empty() && options.precision != "fp32")
    return Status::error("the target cpu computes in fp32, not in {}", options.precision);
  return {};
}

Status Session::lower(Level level) {
  FANFOLD_RETURN_IF_ERROR(checkOptions());
  cpuTarget = std::make_unique<CpuTarget>(options.threads);
  root = readModelFile(options.model, sources, context);
  if (!root)
    return Status::error("cannot read the model {}", options.model);
  (*root)->setAttr("fanfold.precision", StringAttr::get(&context, "fp32"));

  PassManager manager(&context);
  if (!options.dumpPhases.empty()) {
    if (std::error_code code = llvm::sys::fs::create_directories(options.dumpPhases))
      return Status::error("making the directory {}: {}", options.dumpPhases, code.message());
    manager.enableIRPrintingToFileTree([](Pass *, Operation *) { return false; },
                                       [](Pass *, Operation *) { return true; },
                                       /*printModuleScope=*/true, /*printAfterOnlyOnChange=*/false,
                                       /*printAfterOnlyOnFailure=*/false, options.dumpPhases);
  }
  buildPipeline(manager, levelOf(*root), level, *cpuTarget, options.pipeline);
  if (failed(manager.run(*root)))
    return Status::error("cannot compile the model {}", options.model);
  return level == Level::plan ? checkBudget() : Status();
}

Status Session::checkBudget() {
  if (options.memoryBudget.empty())
    return {};
  Result<int64_t> budget = parseSize(options.memoryBudget);
  if (!budget.ok())
    return std::move(budget).status();
  MemoryReport report(*root);
  if (report.arenaBytes <= *budget)
    return {};
  std::string peak;
  for (const auto &[kind, bytes] : report.peakByKind())
    peak += fmt::format("\n  {:>12}  {}", formatBytes(bytes), kind);
  return Status::error("the arena needs {} ({} bytes), the budget is {} ({} bytes); at the peak, "
                       "launch {}, there are{}\nthe smallest budget that would do is {} bytes",
                       formatBytes(report.arenaBytes), report.arenaBytes, formatBytes(*budget),
                       *budget, report.peakStep, peak, report.arenaBytes);
}
