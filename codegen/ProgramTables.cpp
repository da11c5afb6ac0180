//===- ProgramTables.cpp - the tables of a program ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/ProgramTables.h"
#include "codegen/Locations.h"
#include "codegen/Toolchain.h"
#include "ir/Cnn/Recipe.h"
#include "ir/Plan/PlanDialect.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace fanfold;

namespace {
class TableEmitter {
public:
  TableEmitter(ModuleOp plan, int threads, int64_t varyingLaunches, ArrayRef<TunableRow> tunables)
      : plan(plan), symbols(plan), threads(threads), varyingLaunches(varyingLaunches),
        tunables(tunables) {}
  std::string emit();

private:
  void emitVariables();
  void emitInputs();
  void emitScalars();
  void emitMetrics();
  void emitLaunches(plan::StepOp step);
  void emitTunables();
  void emitClassifiers();
  void emitProgram();
  std::string recipe();

  std::string shape(MemRefType type);
  std::string initializer(DictionaryAttr init, MemRefType type);
  /// `const TYPE NAME[] = {rows};`, and how to name it as a Span.
  void table(StringRef type, StringRef name, ArrayRef<std::string> rows);

  ModuleOp plan;
  SymbolTable symbols;
  int threads;
  int64_t varyingLaunches;
  ArrayRef<TunableRow> tunables;
  std::string text;
  int64_t arrays = 0;
};
} // namespace

static std::string quoted(StringRef string) {
  std::string result = "\"";
  for (char c : string) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + "\"";
}

static std::string number(double value) {
  char buffer[40];
  snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

static std::string bytes(MemRefType type) { return std::to_string(kernel::byteSize(type)); }

void TableEmitter::table(StringRef type, StringRef name, ArrayRef<std::string> rows) {
  if (rows.empty()) {
    text += "const Span<" + type.str() + "> " + name.str() + ";\n\n";
    return;
  }
  text += "const " + type.str() + " " + name.str() + "Rows[] = {\n";
  for (const std::string &row : rows)
    text += "    " + row + ",\n";
  text += "};\nconst Span<" + type.str() + "> " + name.str() + "{" + name.str() + "Rows, " +
          std::to_string(rows.size()) + "};\n\n";
}

std::string TableEmitter::shape(MemRefType type) {
  if (type.getRank() == 0)
    return "{}";
  std::string name = "shape" + std::to_string(arrays++);
  text += "const int64_t " + name + "[] = {" +
          llvm::join(llvm::map_range(type.getShape(), [](int64_t e) { return std::to_string(e); }),
                     ", ") +
          "};\n";
  return "{" + name + ", " + std::to_string(type.getRank()) + "}";
}

std::string TableEmitter::initializer(DictionaryAttr init, MemRefType type) {
  StringRef kind = init.getAs<StringAttr>("kind").getValue();
  if (kind == "data") {
    std::string name = "data" + std::to_string(arrays++);
    auto values = cast<DenseElementsAttr>(init.get("value"));
    assert(type.getElementType().isF32() && "constants are of f32");
    SmallVector<std::string> elements;
    for (float value : values.getValues<float>()) {
      char buffer[40];
      snprintf(buffer, sizeof buffer, "%.9ef", value);
      elements.push_back(buffer);
    }
    text += "const float " + name + "[] = {" + llvm::join(elements, ", ") + "};\n";
    return "{Initializer::Kind::data, 0, 0, " + name + "}";
  }
  auto value = [&](StringRef key) { return number(init.getAs<FloatAttr>(key).getValueAsDouble()); };
  return "{Initializer::Kind::" + kind.str() + ", " + value("a") + ", " + value("b") + ", nullptr}";
}

void TableEmitter::emitVariables() {
  SmallVector<std::string> rows;
  for (auto variable : plan.getOps<plan::VariableOp>()) {
    auto type = cast<MemRefType>(variable.getMemrefType());
    std::string shapeText = shape(type), init = initializer(variable.getInit(), type);
    rows.push_back("{" + quoted(variable.getSymName()) +
                   ", Variable::Role::" + variable.getRole().str() + ", " +
                   enumeratorText(type.getElementType()) + ", " + shapeText + ", " +
                   std::to_string(variable.getOffset()) + ", " + bytes(type) + ", " + init + "}");
  }
  table("Variable", "variables", rows);
}

void TableEmitter::emitInputs() {
  SmallVector<std::string> rows;
  for (auto staging : plan.getOps<plan::StagingOp>()) {
    auto type = cast<MemRefType>(staging.getMemrefType());
    // A step that does not read the input has it copied onto itself.
    auto offsetIn = [&](StringRef name) {
      for (auto step : plan.getOps<plan::StepOp>())
        if (step.getSymName() == name)
          for (auto buffer : step.getBody().getOps<plan::BufferOp>())
            if (buffer.getKind() == "input" && buffer.getName() == staging.getInput())
              return std::to_string(buffer.getOffset());
      return std::to_string(staging.getOffsets()[0]);
    };
    std::string shapeText = shape(type);
    rows.push_back("{" + quoted(staging.getInput()) + ", " + enumeratorText(type.getElementType()) +
                   ", " + shapeText + ", " + offsetIn("train") + ", " + offsetIn("eval") + ", {" +
                   std::to_string(staging.getOffsets()[0]) + ", " +
                   std::to_string(staging.getOffsets()[1]) + "}, " + bytes(type) + "}");
  }
  table("Input", "inputs", rows);
}

/// learning_rate to learningRate.
static std::string camelBack(StringRef snake) {
  std::string result;
  bool upper = false;
  for (char c : snake) {
    if (c == '_') {
      upper = true;
      continue;
    }
    result += upper ? llvm::toUpper(c) : c;
    upper = false;
  }
  return result;
}

void TableEmitter::emitScalars() {
  SmallVector<std::string> rows;
  for (auto step : plan.getOps<plan::StepOp>())
    for (auto buffer : step.getBody().getOps<plan::BufferOp>())
      if (buffer.getKind() == "scalar")
        rows.push_back("{Scalar::Kind::" + camelBack(buffer.getName()) + ", " +
                       std::to_string(buffer.getOffset()) + "}");
  table("Scalar", "scalars", rows);
}

void TableEmitter::emitMetrics() {
  llvm::MapVector<StringRef, std::pair<int64_t, int64_t>> metrics;
  for (auto step : plan.getOps<plan::StepOp>())
    for (auto output : step.getBody().getOps<plan::OutputOp>()) {
      auto &[train, eval] = metrics[output.getMetric()];
      (step.getSymName() == "train" ? train : eval) = plan::byteOffset(output.getValue(), symbols);
    }
  SmallVector<std::string> rows;
  for (auto &[name, offsets] : metrics)
    rows.push_back("{" + quoted(name) + ", " + std::to_string(offsets.first) + ", " +
                   std::to_string(offsets.second) + "}");
  table("Metric", "metrics", rows);
}

void TableEmitter::emitLaunches(plan::StepOp step) {
  SmallVector<std::string> rows;
  std::string name = step.getSymName().str();
  SmallVector<std::string> outputs;
  for (auto launch : step.getBody().getOps<plan::LaunchOp>()) {
    double moved = 0;
    for (Value buffer : launch.getInputs())
      moved += static_cast<double>(kernel::byteSize(cast<MemRefType>(buffer.getType())));
    std::string first = std::to_string(outputs.size());
    for (Value buffer : launch.getOutputs()) {
      auto type = cast<MemRefType>(buffer.getType());
      moved += static_cast<double>(kernel::byteSize(type));
      std::string rows;
      if (plan::RowLayout layout = plan::layoutOf(buffer); layout.isPitched()) {
        int64_t elementBytes = kernel::byteSize(type) / type.getNumElements();
        rows = ", " + std::to_string(layout.channels * elementBytes) + ", " +
               std::to_string(layout.pitch * elementBytes);
      }
      outputs.push_back("{" + std::to_string(plan::byteOffset(buffer, symbols)) + ", " +
                        bytes(type) + ", " + enumeratorText(type.getElementType()) + rows + "}");
    }
    rows.push_back(
        "{" + quoted(launch.getKernel()) + ", " + quoted(launch.getLayer().value_or("")) + ", " +
        quoted(primaryLocation(launch.getLoc())) + ", " +
        number(launch.getFlops().convertToDouble()) + ", " + number(moved) + ", {" + name +
        "OutputsRows + " + first + ", " + std::to_string(launch.getOutputs().size()) + "}}");
  }
  table("LaunchOutput", name + "Outputs", outputs);
  table("Launch", name + "Launches", rows);
}

void TableEmitter::emitTunables() {
  SmallVector<std::string> rows;
  for (const TunableRow &row : tunables) {
    plan::LaunchOp op = row.first;
    std::string workspace =
        op.getWorkspace() ? bytes(cast<MemRefType>(op.getWorkspace().getType())) : "0";
    rows.push_back("{" + quoted(row.problem) + ", " + quoted(op.getKernel()) + ", " +
                   quoted(op.getLayer().value_or("")) + ", " +
                   quoted(primaryLocation(op.getLoc())) + ", " + quoted(row.choice) + ", " +
                   (row.isAlternative ? "0" : workspace) + ", " + std::to_string(row.launches) +
                   ", " + (row.isAlternative ? "true" : "false") + "}");
  }
  table("Tunable", "tunables", rows);
}

void TableEmitter::emitClassifiers() {
  SmallVector<std::string> rows;
  for (auto step : plan.getOps<plan::StepOp>())
    for (auto launch : step.getBody().getOps<plan::LaunchOp>()) {
      if (step.getSymName() != "train" ||
          !llvm::is_contained({"softmax_cross_entropy", "accuracy"}, launch.getKernel()))
        continue;
      auto logits = cast<MemRefType>(launch.getInputs()[0].getType());
      rows.push_back("{" + quoted(launch.getLayer().value_or("")) + ", " +
                     quoted(primaryLocation(launch.getLoc())) + ", " +
                     std::to_string(logits.getShape().back()) + "}");
    }
  table("Classifier", "classifiers", rows);
}

std::string TableEmitter::recipe() {
  cnn::RecipeOp op;
  for (auto found : plan.getOps<cnn::RecipeOp>())
    op = found;
  FailureOr<cnn::RecipeValues> values = cnn::readRecipe(op);
  assert(succeeded(values) && "the recipe has been verified");
  std::string milestones = "{}";
  if (!values->milestones.empty()) {
    text += "const double milestones[] = {" +
            llvm::join(llvm::map_range(values->milestones, number), ", ") + "};\n\n";
    milestones = "{milestones, " + std::to_string(values->milestones.size()) + "}";
  }
  auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  std::string rows;
  auto field = [&](StringRef name, const std::string &value) {
    rows += "        /*" + name.str() + "=*/" + value + ",\n";
  };
  field("optimizer", "Recipe::Optimizer::" + values->optimizer);
  field("learningRate", number(values->learningRate));
  field("referenceBatch", std::to_string(static_cast<int64_t>(values->referenceBatch)));
  field("momentum", number(values->momentum));
  field("weightDecay", number(values->weightDecay));
  field("beta1", number(values->beta1));
  field("beta2", number(values->beta2));
  field("epsilon", number(values->epsilon));
  field("trust", number(values->trust));
  field("schedule", "Recipe::Schedule::" + values->schedule);
  field("warmupEpochs", number(values->warmupEpochs));
  field("finalLearningRate", number(values->finalLearningRate));
  field("power", number(values->power));
  field("gamma", number(values->gamma));
  field("milestones", milestones);
  field("epochs", number(values->epochs));
  field("seed", "0");
  field("cropPadding", std::to_string(static_cast<int64_t>(values->cropPadding)));
  field("flip", flag(values->flip));
  field("resizedCrop", flag(values->resizedCrop));
  return rows;
}

/// Of names, roles and types of what checkpoints hold.
static uint64_t fingerprint(ModuleOp plan) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  for (auto variable : plan.getOps<plan::VariableOp>())
    if (llvm::is_contained({"parameter", "statistic", "optimizer"}, variable.getRole()))
      stream << variable.getSymName() << " " << variable.getRole() << " "
             << variable.getMemrefType() << "\n";
  return llvm::xxh3_64bits(key);
}

void TableEmitter::emitProgram() {
  auto arena = *plan.getOps<plan::ArenaOp>().begin();
  std::string recipeText = recipe();
  text += "} // namespace\n\nconst Program program = {\n";
  auto field = [&](StringRef name, const std::string &value) {
    text += "    /*" + name.str() + "=*/" + value + ",\n";
  };
  auto size = [](uint64_t value) { return std::to_string(value); };
  field("model", quoted(arena.getModel()));
  field("source", quoted(arena.getSource()));
  field("target", quoted(arena.getTarget()));
  field("precision", quoted(arena.getPrecision()));
  field("compiler", quoted(FANFOLD_VERSION));
  field("fingerprint", size(fingerprint(plan)) + "u");
  field("batch", size(arena.getBatch()));
  field("threads", std::to_string(threads));
  field("arenaBytes", size(arena.getBytes()));
  field("lowerBoundBytes", size(arena.getLowerBound()));
  field("peakLaunch", size(arena.getPeakLaunch()));
  for (StringRef name : {"variables", "inputs", "scalars", "metrics"})
    field(name, name.str());
  field("train", "{trainLaunches, trainStep}");
  field("eval", "{evalLaunches, evalStep}");
  text += "    /*recipe=*/\n    {\n" + recipeText + "    },\n";
  field("prepare", "prepare");
  field("varyingLaunches", std::to_string(varyingLaunches));
  field("tunables", "tunables");
  field("classifiers", "classifiers");
  text += "};\n";
}

std::string TableEmitter::emit() {
  text = "#include \"program.h\"\n\nnamespace {\n\n";
  emitVariables();
  emitInputs();
  emitScalars();
  emitMetrics();
  for (auto step : plan.getOps<plan::StepOp>())
    emitLaunches(step);
  emitTunables();
  emitClassifiers();
  emitProgram();
  return text;
}

std::string fanfold::emitTables(ModuleOp plan, int threads, int64_t varyingLaunches,
                                ArrayRef<TunableRow> tunables) {
  return TableEmitter(plan, threads, varyingLaunches, tunables).emit();
}
