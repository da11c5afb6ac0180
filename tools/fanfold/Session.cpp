//===- Session.cpp - one model on its way through the compiler ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/Session.h"
#include "codegen/Targets.h"
#include "frontend/ModelFile.h"
#include "ir/Cnn/Recipe.h"
#include "passes/Passes.h"
#include "runtime/ToolFiles.h"
#include "tools/fanfold/MemoryReport.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"

#include <filesystem>

using namespace mlir;
using namespace fanfold;

Session::Session(const CompileOptions &options)
    : options(options), context(MLIRContext::Threading::DISABLED),
      diagnostics(sources, &context, llvm::errs()) {
  loadDialects(context);
  // The line of the model file says it better than the op's generic form.
  context.printOpOnDiagnostic(false);
}

/// Model files say their precision in the recipe, and the command line has the last word;
/// files of the other levels carry it.
Status Session::choosePrecision() {
  auto carried = (*root)->getAttrOfType<StringAttr>("fanfold.precision");
  std::string precision = options.precision;
  if (levelOf(*root) != Level::cnn) {
    std::string fixed = carried ? carried.getValue().str() : "fp32";
    for (auto arena : root->getOps<plan::ArenaOp>())
      fixed = arena.getPrecision().str();
    if (!precision.empty() && precision != fixed)
      return Status::error("{} is lowered for {} already, not for {}", options.model, fixed,
                           precision);
    precision = fixed;
  } else if (precision.empty()) {
    for (auto recipe : root->getOps<cnn::RecipeOp>()) {
      FailureOr<cnn::RecipeValues> values = cnn::readRecipe(recipe);
      if (failed(values))
        return Status::error("cannot compile the model {}", options.model);
      precision = values->precision;
    }
    // A recipe speaks of the device it was made for.
    if (precision.empty() || !programTarget->supports(precision))
      precision = "fp32";
  }
  if (!programTarget->supports(precision))
    return Status::error("the target {} does not compute in {}", programTarget->name().str(),
                         precision);
  (*root)->setAttr("fanfold.precision", StringAttr::get(&context, precision));
  return {};
}

/// `--batch` binds the batch of a model that leaves it open. A file that has one, typed by
/// hand or by the compiler, keeps it: other choices may follow from it already.
Status Session::checkBatch() {
  const int64_t wanted = options.pipeline.batch;
  bool good = true;
  auto check = [&](Operation *op, int64_t found) {
    if (wanted == 0 || found == wanted || ShapedType::isDynamic(found))
      return WalkResult::advance();
    op->emitError("the batch is ") << found << " already, expected " << wanted << " (--batch)";
    good = false;
    return WalkResult::interrupt();
  };
  root->walk([&](Operation *op) {
    if (auto input = dyn_cast<cnn::InputOp>(op))
      return check(op, cast<RankedTensorType>(input.getTensorType()).getDimSize(0));
    if (auto arena = dyn_cast<plan::ArenaOp>(op))
      return check(op, arena.getBatch());
    return WalkResult::advance();
  });
  return good ? Status() : Status::error("cannot compile the model {}", options.model);
}

Status Session::makeTarget() {
  Result<std::unique_ptr<ProgramTarget>> target = fanfold::makeTarget(
      {options.target, options.device, options.threads, options.deterministic,
       options.tuning == "off" ? "" : options.tuningDatabase, options.tuning == "frozen"});
  if (!target.ok())
    return std::move(target).status();
  programTarget = std::move(*target);
  return {};
}

/// What an earlier dump left behind is written again, and may be what is compiled now.
Status Session::checkDumps() {
  if (options.dumpPhases.empty())
    return {};
  if (std::error_code code = llvm::sys::fs::create_directories(options.dumpPhases))
    return Status::error("making the directory {}: {}", options.dumpPhases, code.message());
  std::error_code code;
  for (const auto &module : std::filesystem::directory_iterator(options.dumpPhases, code)) {
    // A folder of the module's kind and name, and folders for its ops inside.
    if (module.path().filename().string().rfind("builtin_module_", 0) != 0)
      continue;
    for (const auto &file : std::filesystem::recursive_directory_iterator(module, code))
      if (file.is_regular_file(code))
        FANFOLD_RETURN_IF_ERROR(checkOutput(file.path(), options.inputs()));
  }
  return {};
}

LogicalResult Session::run(Level level, const PipelineOptions &pipeline) {
  PassManager manager(&context);
  if (!options.dumpPhases.empty())
    manager.enableIRPrintingToFileTree([](Pass *, Operation *) { return false; },
                                       [](Pass *, Operation *) { return true; },
                                       /*printModuleScope=*/true, /*printAfterOnlyOnChange=*/false,
                                       /*printAfterOnlyOnFailure=*/false, options.dumpPhases);
  buildPipeline(manager, given, level, *programTarget, pipeline);
  return manager.run(*root);
}

/// The smallest budget that would do, of a module that did not fit into the one it was given.
static std::optional<int64_t> smallestBudget(ModuleOp module) {
  auto bytes = module->getAttrOfType<IntegerAttr>(smallestBudgetAttribute);
  return bytes ? std::optional(bytes.getInt()) : std::nullopt;
}

/// What convolutions of one input make together is one tensor, which lives as long as any part of
/// it is read. So a budget that no plan with such tensors meets may be met without them.
LogicalResult Session::runWithinBudget(Level level, PipelineOptions pipeline) {
  if (pipeline.memoryBudget == 0 || given != Level::cnn)
    return run(level, pipeline);
  OwningOpRef<ModuleOp> model = root->clone();
  const auto listen = [&](std::vector<Diagnostic> &said) {
    ScopedDiagnosticHandler handler(
        &context, [&](Diagnostic &diagnostic) { said.push_back(std::move(diagnostic)); });
    return run(level, pipeline);
  };
  std::vector<Diagnostic> said;
  LogicalResult result = listen(said);
  const std::optional<int64_t> smallest = smallestBudget(*root);
  if (failed(result) && smallest && hasMergedFans(*root) && makeTarget().ok()) {
    root = std::move(model);
    pipeline.mergeFans = false;
    std::vector<Diagnostic> saidApart;
    result = listen(saidApart);
    // Of two plans that do not fit, the smaller one is what is said.
    if (succeeded(result) || smallestBudget(*root).value_or(*smallest) < *smallest)
      said = std::move(saidApart);
  }
  for (Diagnostic &diagnostic : said)
    context.getDiagEngine().emit(std::move(diagnostic));
  return result;
}

Status Session::lower(Level level) {
  PipelineOptions pipeline = options.pipeline;
  for (auto [text, bytes] : {std::pair(&options.memoryBudget, &pipeline.memoryBudget),
                             std::pair(&options.bucketSize, &pipeline.bucketBytes)}) {
    if (text->empty())
      continue;
    Result<int64_t> size = parseSize(*text);
    if (!size.ok())
      return std::move(size).status();
    *bytes = *size;
  }
  FANFOLD_RETURN_IF_ERROR(makeTarget());
  root = readModelFile(options.model, sources, context);
  if (!root)
    return Status::error("cannot read the model {}", options.model);
  given = levelOf(*root);
  FANFOLD_RETURN_IF_ERROR(checkBatch());
  if (given != Level::cnn && !options.tuningDatabase.empty() && options.tuning != "off")
    return Status::error("the implementations in {} are chosen already: --tuning-db takes a file "
                         "of the level cnn",
                         options.model);
  FANFOLD_RETURN_IF_ERROR(choosePrecision());

  FANFOLD_RETURN_IF_ERROR(checkDumps());
  if (failed(runWithinBudget(level, pipeline)))
    return Status::error("cannot compile the model {}", options.model);
  if (level == Level::plan && pipeline.memoryBudget > 0)
    return checkBudget(pipeline.memoryBudget);
  return {};
}

/// Of a plan that could still be chosen, insert-checkpoints has made one that fits. A plan
/// that was read, or that may not share memory, fits or does not.
Status Session::checkBudget(int64_t budget) {
  MemoryReport report(*root);
  if (report.arenaBytes <= budget)
    return {};
  std::string peak;
  for (const auto &[kind, bytes] : report.peakByKind())
    peak += fmt::format("\n  {:>15} bytes  {}", bytes, kind);
  return Status::error("found a memory budget of {} bytes, expected {} or more: {}; at its peak, "
                       "launch {}, there are{}",
                       budget, report.arenaBytes,
                       given == Level::plan ? "the plan is made already"
                                            : "every value has memory of its own (--no-sharing)",
                       report.peakStep, peak);
}
