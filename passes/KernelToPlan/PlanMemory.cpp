//===- PlanMemory.cpp - give every value its place in the arena -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/KernelToPlan/Arena.h"
#include "passes/KernelToPlan/Bodies.h"
#include "passes/KernelToPlan/Kinds.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

namespace fanfold {
#define GEN_PASS_DEF_PLANMEMORY
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;

namespace {
/// Writes one step of the plan: buffers, then launches, in the order of the step.
class StepWriter {
public:
  StepWriter(cnn::StepOp step, const StepLiveness &liveness, ArrayRef<int64_t> offsets,
             ArrayRef<int64_t> workspaces, BodyOutliner &bodies, OpBuilder &builder)
      : step(step), liveness(liveness), offsets(offsets), workspaces(workspaces), bodies(bodies),
        builder(builder), kinds(step) {}

  void write();

private:
  void writeLaunch(Operation *op, int64_t index);
  Value makeBuffer(Value value, StringRef name, StringRef kind, StringAttr inPlaceOf);
  void makePart(Value value, Value whole, int64_t first, StringRef name);
  void makeResult(OpResult result, StringRef name, StringAttr inPlaceOf);
  std::string uniqueName(StringRef name);

  cnn::StepOp step;
  const StepLiveness &liveness;
  ArrayRef<int64_t> offsets;    ///< Of each storage; of variables unused.
  ArrayRef<int64_t> workspaces; ///< Of each launch.
  BodyOutliner &bodies;
  OpBuilder &builder;
  const Kinds kinds;
  llvm::DenseMap<Value, Value> buffers;
  llvm::DenseMap<Value, StringRef> variableOf; ///< Values that a cnn.write takes.
  llvm::StringMap<int64_t> names;
};
} // namespace

static MemRefType memrefType(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get(type.getShape(), type.getElementType());
}

/// The name of the model's layer that `op` computes for.
static StringRef layerName(Operation *op) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return layer ? layer.getValue() : op->getName().stripDialect();
}

std::string StepWriter::uniqueName(StringRef name) {
  int64_t count = names[name]++;
  return count == 0 ? name.str() : name.str() + "#" + std::to_string(count);
}

Value StepWriter::makeBuffer(Value value, StringRef name, StringRef kind, StringAttr inPlaceOf) {
  Value buffer =
      plan::BufferOp::create(builder, value.getLoc(), memrefType(value.getType()), uniqueName(name),
                             kind, offsets[liveness.storageOf(value)], inPlaceOf);
  buffers[value] = buffer;
  return buffer;
}

/// What the plan's launches keep for who reads it or tunes; see KernelOps.td.
static constexpr StringRef choiceAttributes[] = {"reason", "form", "alternatives"};

/// `value` as the part of `whole`'s buffer that begins `first` elements behind its begin.
void StepWriter::makePart(Value value, Value whole, int64_t first, StringRef name) {
  Value buffer = buffers.lookup(whole);
  auto type = cast<MemRefType>(buffer.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  if (type.getRank() == 1 && shape.size() != 1)
    strides = computeStrides(shape);
  auto layout = StridedLayoutAttr::get(builder.getContext(), offset + first, strides);
  buffers[value] = plan::PartOp::create(builder, value.getLoc(),
                                        MemRefType::get(shape, type.getElementType(), layout),
                                        buffer, uniqueName(name));
}

/// Where a launch makes a result: its own buffer, or its part of what it is joined to, whose
/// buffer the first of its launches brings along.
void StepWriter::makeResult(OpResult result, StringRef name, StringAttr inPlaceOf) {
  if (!liveness.getJoins().isJoined(result)) {
    makeBuffer(result, name, kinds.of(result), inPlaceOf);
    return;
  }
  auto [whole, first] = liveness.getJoins().placeOf(result);
  if (!buffers.contains(whole))
    makeBuffer(whole, layerName(whole.getDefiningOp()), kinds.of(whole), StringAttr());
  makePart(result, whole, first, name);
}

void StepWriter::writeLaunch(Operation *op, int64_t index) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  std::string name = layerName(op).str();
  auto marks = op->getAttrOfType<DenseI64ArrayAttr>("in_place");
  SmallVector<Value> inputs, outputs;
  for (Value operand : op->getOperands())
    inputs.push_back(buffers.lookup(operand));
  for (OpResult result : op->getResults()) {
    if (StringRef variable = variableOf.lookup(result); !variable.empty()) {
      buffers[result] =
          plan::GetOp::create(builder, result.getLoc(), memrefType(result.getType()), variable);
    } else {
      int64_t operand = marks ? marks[result.getResultNumber()] : -1;
      StringAttr over;
      if (operand >= 0) {
        over = plan::ownerOf(inputs[operand]).getDefiningOp<plan::BufferOp>().getNameAttr();
      }
      std::string resultName = result.getResultNumber() == 0
                                   ? name
                                   : name + "." + std::to_string(result.getResultNumber());
      makeResult(result, resultName, over);
    }
    outputs.push_back(buffers.lookup(result));
  }
  Value workspace;
  if (auto bytes = op->getAttrOfType<IntegerAttr>("workspace_bytes"))
    workspace = plan::BufferOp::create(
        builder, op->getLoc(), MemRefType::get({bytes.getInt()}, builder.getI8Type()),
        uniqueName(name + ".workspace"), "workspace", workspaces[index], StringAttr());
  SmallVector<NamedAttribute> constants;
  for (NamedAttribute attr : op->getAttrs())
    if (!llvm::is_contained({"layer", "algorithm", "workspace_bytes", "in_place"},
                            attr.getName().getValue()) &&
        !llvm::is_contained(choiceAttributes, attr.getName().getValue()))
      constants.push_back(attr);
  ArrayAttr functions;
  if (isa<kernel::PointwiseOp, kernel::ConvPointwiseOp, kernel::PointwiseManyOp>(op))
    functions = bodies.outline(op->getRegion(0).front());
  auto launch = plan::LaunchOp::create(
      builder, op->getLoc(), builder.getStringAttr(op->getName().stripDialect()), inputs, outputs,
      workspace, functions, layer, op->getAttrOfType<StringAttr>("algorithm"),
      builder.getF64FloatAttr(cast<kernel::LaunchOpInterface>(op).getFlops()),
      builder.getDictionaryAttr(constants));
  for (StringRef name : choiceAttributes)
    if (Attribute attribute = op->getAttr(name))
      launch->setAttr(name, attribute);
}

void StepWriter::write() {
  auto plan = plan::StepOp::create(builder, step.getLoc(), step.getSymName());
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&plan.getBody());
  Block &body = step.getBody().front();
  for (auto write : body.getOps<cnn::WriteOp>())
    variableOf[write.getValue()] = write.getVariable();
  int64_t index = 0;
  for (Operation &op : body) {
    if (auto read = dyn_cast<cnn::ReadOp>(op)) {
      buffers[read] = plan::GetOp::create(builder, read.getLoc(), memrefType(read.getType()),
                                          read.getVariable());
    } else if (auto input = dyn_cast<cnn::InputOp>(op)) {
      makeBuffer(input, input.getSource(), kinds.of(input), StringAttr());
    } else if (auto scalar = dyn_cast<cnn::ScalarOp>(op)) {
      makeBuffer(scalar, scalar.getKind(), kinds.of(scalar), StringAttr());
    } else if (auto view = dyn_cast<kernel::ViewOp>(op)) {
      buffers[view] = plan::ViewOp::create(builder, view.getLoc(), memrefType(view.getType()),
                                           buffers.lookup(view.getInput()));
    } else if (auto part = dyn_cast<kernel::PartOp>(op)) {
      makePart(part, part.getInput(),
               kernel::firstElement(part.getType(), part.getInput().getType(), part.getOffset()),
               layerName(part));
    } else if (auto join = dyn_cast<kernel::JoinOp>(op)) {
      if (liveness.getJoins().isJoined(join)) {
        auto [whole, first] = liveness.getJoins().placeOf(join);
        makePart(join, whole, first, layerName(join));
      }
    } else if (auto output = dyn_cast<cnn::OutputOp>(op)) {
      plan::OutputOp::create(builder, output.getLoc(), buffers.lookup(output.getValue()),
                             output.getMetric());
    } else if (isa<kernel::LaunchOpInterface>(op)) {
      writeLaunch(&op, index++);
    }
  }
}

namespace {
struct PlanMemoryPass : fanfold::impl::PlanMemoryBase<PlanMemoryPass> {
  explicit PlanMemoryPass(PlanMemoryOptions options = {}, const Target *target = nullptr)
      : PlanMemoryBase(options), target(target) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto steps = llvm::to_vector(module.getOps<cnn::StepOp>());
    if (steps.empty()) {
      module.emitError("found no cnn.step to plan");
      return signalPassFailure();
    }
    for (cnn::StepOp step : steps)
      for (Operation &op : step.getBody().front())
        if (auto launch = dyn_cast<kernel::LaunchOpInterface>(op);
            (launch && failed(checkMarks(launch))) || failed(checkJoin(&op)))
          return signalPassFailure();
    FailureOr<Arena> arena = planArena(module, target ? target->alignment() : 64, sharing);
    if (failed(arena))
      return signalPassFailure();

    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    writeHead(module, *arena, builder);
    BodyOutliner bodies(module);
    for (auto [index, step] : llvm::enumerate(steps)) {
      const ArenaStep &s = arena->steps[index];
      StepWriter(step, *s.liveness, s.offsets, s.workspaces, bodies, builder).write();
    }
    for (cnn::StepOp step : steps)
      step.erase();
    for (cnn::VariableOp variable : llvm::make_early_inc_range(module.getOps<cnn::VariableOp>()))
      variable.erase();
  }

  /// What is joined has one place, in one join, and its own rows have others between them:
  /// it cannot overwrite anything, nor be read where elements lie one behind the other.
  LogicalResult checkJoin(Operation *op) {
    if (!isa<kernel::JoinOp, kernel::BucketOp>(op))
      return success();
    for (OpOperand &operand : op->getOpOperands()) {
      auto result = cast<OpResult>(operand.get());
      for (OpOperand &use : result.getUses())
        if (isa<cnn::WriteOp, cnn::OutputOp, kernel::ViewOp>(use.getOwner()) ||
            (isa<kernel::JoinOp, kernel::BucketOp>(use.getOwner()) && &use != &operand)) {
          InFlightDiagnostic error = op->emitOpError("operand ")
                                     << operand.getOperandNumber()
                                     << " has another place than in this join";
          error.attachNote(use.getOwner()->getLoc()) << "the other one is here";
          return error;
        }
      auto marks = result.getOwner()->getAttrOfType<DenseI64ArrayAttr>("in_place");
      if (marks && marks[result.getResultNumber()] != -1)
        return op->emitOpError("operand ")
               << operand.getOperandNumber() << " overwrites a value, expected its own place";
    }
    return success();
  }

  /// A file of the kernel level may say anything.
  LogicalResult checkMarks(kernel::LaunchOpInterface launch) {
    if (auto bytes = launch->getAttrOfType<IntegerAttr>("workspace_bytes");
        bytes && bytes.getInt() < 1)
      return launch->emitOpError("has a workspace of ")
             << bytes.getInt() << " bytes, expected at least 1";
    auto marks = launch->getAttrOfType<DenseI64ArrayAttr>("in_place");
    if (!marks)
      return success();
    if (marks.size() != static_cast<int64_t>(launch->getNumResults()))
      return launch->emitOpError("has ")
             << marks.size() << " marks in in_place, expected " << launch->getNumResults();
    for (auto [result, operand] : llvm::enumerate(marks.asArrayRef()))
      if (operand != -1 && !llvm::is_contained(launch.getInPlaceOperands(result), operand))
        return launch->emitOpError("result ") << result << " is marked to overwrite operand "
                                              << operand << ", which the kernel cannot";
    return success();
  }

  void writeHead(ModuleOp module, const Arena &arena, OpBuilder &builder) {
    Location loc = module.getLoc();
    auto text = [&](StringRef key) {
      auto attr = module->getAttrOfType<StringAttr>(key);
      return attr ? attr.getValue() : StringRef();
    };
    plan::ArenaOp::create(builder, loc, text("fanfold.model"), text("fanfold.source"),
                          target ? target->name() : "none", text("fanfold.precision"), arena.batch,
                          arena.bytes, arena.lowerBound, arena.peakLaunch);
    for (auto variable : module.getOps<cnn::VariableOp>())
      plan::VariableOp::create(
          builder, variable.getLoc(), variable.getSymName(), variable.getRole(), variable.getInit(),
          arena.variables.lookup(variable.getSymName()), memrefType(variable.getTensorType()));
    for (const StagingSlots &slots : arena.staging) {
      cnn::InputOp input = slots.input;
      plan::StagingOp::create(builder, input.getLoc(), input.getSource(), slots.offsets,
                              memrefType(input.getType()));
    }
  }

  const Target *target;
};
} // namespace

std::unique_ptr<Pass> fanfold::createPlanMemory(const Target &target, bool sharing) {
  PlanMemoryOptions options;
  options.sharing = sharing;
  return std::make_unique<PlanMemoryPass>(options, &target);
}
