//===- ExpandBlocks.cpp - replace every use of a block by its ops ---------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/Expression.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringMap.h"

namespace fanfold {
#define GEN_PASS_DEF_EXPANDBLOCKS
#include "passes/Passes.h.inc"
} // namespace fanfold

using namespace mlir;
using namespace fanfold;
using namespace fanfold::cnn;

namespace {
/// Blocks may use blocks; deeper than this they use themselves.
constexpr unsigned maxDepth = 64;
/// No network is larger, but `repeat(1000000000)` is soon written.
constexpr int64_t maxRepeat = 10000;
/// Blocks that use blocks several times each grow beyond all bounds within a few lines.
constexpr int64_t maxExpanded = 100000;

/// What is known while the body of one block instance is expanded.
struct Instance {
  llvm::StringMap<int64_t> params;
  std::string prefix;                     ///< "layer1.0.", empty in the model.
  std::optional<Location> use;            ///< Where the instance is used.
  llvm::StringMap<int64_t> counters = {}; ///< Numbers for layers without a name.
  unsigned depth = 0;
};

class Expander {
public:
  Expander(ModuleOp module, OpBuilder builder) : symbols(module), builder(builder) {}

  /// Expands the ops of `body`; on success `mapping` holds their new values, and the
  /// result is the value that the body yields, null for the body of a model.
  FailureOr<Value> expandBody(Block &body, IRMapping &mapping, Instance &instance);

  int64_t expanded = 0;

private:
  FailureOr<Value> expandUse(UseOp use, IRMapping &mapping, Instance &instance);
  LogicalResult bindParams(UseOp use, BlockOp block, Instance &outer, Instance &inner);
  LogicalResult cloneLayer(Operation &op, IRMapping &mapping, Instance &instance);
  FailureOr<Attribute> substitute(Operation *op, Attribute attr, const Instance &instance);
  FailureOr<int64_t> evaluateIn(Operation *op, Attribute attr, const Instance &instance);

  std::string nameOf(Operation &op, Instance &instance) {
    if (auto name = op.getAttrOfType<StringAttr>("name"))
      return instance.prefix + name.getValue().str();
    std::string kind = op.getName().stripDialect().str();
    return instance.prefix + kind + "_" + std::to_string(instance.counters[kind]++);
  }

  Location locationOf(Operation &op, const Instance &instance) {
    return instance.use ? Location(CallSiteLoc::get(op.getLoc(), *instance.use)) : op.getLoc();
  }

  SymbolTable symbols;
  OpBuilder builder;
};
} // namespace

FailureOr<int64_t> Expander::evaluateIn(Operation *op, Attribute attr, const Instance &instance) {
  std::string error;
  auto lookup = [&](StringRef name) -> std::optional<int64_t> {
    auto it = instance.params.find(name);
    return it == instance.params.end() ? std::nullopt : std::optional<int64_t>(it->second);
  };
  if (std::optional<int64_t> value = evaluate(attr, lookup, error))
    return *value;
  return emitError(locationOf(*op, instance)) << error;
}

FailureOr<Attribute> Expander::substitute(Operation *op, Attribute attr, const Instance &instance) {
  if (isa<ExprAttr>(attr)) {
    FailureOr<int64_t> value = evaluateIn(op, attr, instance);
    if (failed(value))
      return failure();
    return Attribute(builder.getI64IntegerAttr(*value));
  }
  auto array = dyn_cast<ArrayAttr>(attr);
  if (!array || llvm::none_of(array, llvm::IsaPred<ExprAttr>))
    return attr;
  SmallVector<Attribute> parts;
  for (Attribute part : array) {
    FailureOr<Attribute> value = substitute(op, part, instance);
    if (failed(value))
      return failure();
    parts.push_back(*value);
  }
  return Attribute(builder.getArrayAttr(parts));
}

LogicalResult Expander::cloneLayer(Operation &op, IRMapping &mapping, Instance &instance) {
  SmallVector<NamedAttribute> attributes;
  for (NamedAttribute attr : op.getAttrs()) {
    if (attr.getName() == "name")
      continue;
    FailureOr<Attribute> value = substitute(&op, attr.getValue(), instance);
    if (failed(value))
      return failure();
    attributes.push_back(builder.getNamedAttr(attr.getName(), *value));
  }
  if (isa<LayerOpInterface, InputOp>(op))
    attributes.push_back(builder.getNamedAttr("name", builder.getStringAttr(nameOf(op, instance))));

  OperationState state(locationOf(op, instance), op.getName());
  state.addAttributes(attributes);
  state.addTypes(op.getResultTypes());
  for (Value operand : op.getOperands())
    state.operands.push_back(mapping.lookup(operand));
  Operation *clone = builder.create(state);
  for (auto [from, to] : llvm::zip(op.getResults(), clone->getResults()))
    mapping.map(from, to);
  return success();
}

LogicalResult Expander::bindParams(UseOp use, BlockOp block, Instance &outer, Instance &inner) {
  auto names = block.getParams().getAsRange<StringAttr>();
  for (NamedAttribute argument : use.getArguments()) {
    if (!llvm::is_contained(names, argument.getName())) {
      InFlightDiagnostic error = use.emitOpError("block @")
                                 << use.getBlock() << " has no parameter '"
                                 << argument.getName().getValue() << "'";
      error.attachNote(block.getLoc()) << "the block is defined here";
      return error;
    }
    FailureOr<int64_t> value = evaluateIn(use, argument.getValue(), outer);
    if (failed(value))
      return failure();
    inner.params[argument.getName().getValue()] = *value;
  }
  for (StringAttr name : names) {
    if (inner.params.contains(name.getValue()))
      continue;
    auto value = block.getDefaults().getAs<IntegerAttr>(name);
    if (!value) {
      InFlightDiagnostic error = use.emitOpError("gives no value for parameter '")
                                 << name.getValue() << "' of block @" << use.getBlock();
      error.attachNote(block.getLoc()) << "the block is defined here";
      return error;
    }
    inner.params[name.getValue()] = value.getInt();
  }
  return success();
}

FailureOr<Value> Expander::expandUse(UseOp use, IRMapping &mapping, Instance &instance) {
  auto block = symbols.lookup<BlockOp>(use.getBlock());
  if (!block)
    return use.emitOpError("uses the unknown block @") << use.getBlock();
  if (use.getInputs().size() != block.getBody().getNumArguments()) {
    InFlightDiagnostic error = use.emitOpError("passes ")
                               << use.getInputs().size() << " values, expected "
                               << block.getBody().getNumArguments();
    error.attachNote(block.getLoc()) << "the block is defined here";
    return error;
  }
  if (instance.depth == maxDepth)
    return use.emitOpError("blocks are nested more than ")
           << maxDepth << " deep; does @" << use.getBlock() << " use itself?";

  FailureOr<int64_t> repeat =
      use.getRepeatAttr() ? evaluateIn(use, use.getRepeatAttr(), instance) : 1;
  if (failed(repeat))
    return failure();
  // Without operands there is nothing to chain, and nothing to pass through.
  bool chains = !use.getInputs().empty();
  int64_t least = chains ? 0 : 1, most = chains ? maxRepeat : 1;
  if (*repeat < least || *repeat > most)
    return use.emitOpError("repeat is ") << *repeat << ", expected " << least << " to " << most;

  expanded += *repeat;
  if (expanded > maxExpanded)
    return use.emitOpError("makes more than ") << maxExpanded << " instances of blocks";

  std::string name = nameOf(*use, instance);
  auto inputs = llvm::map_to_vector(use.getInputs(), [&](Value v) { return mapping.lookup(v); });
  Value last = chains ? inputs.front() : Value();
  for (int64_t i = 0; i < *repeat; ++i) {
    Instance inner;
    inner.prefix = name + (use.getRepeatAttr() ? "." + std::to_string(i) : "") + ".";
    inner.use = locationOf(*use, instance);
    inner.depth = instance.depth + 1;
    if (failed(bindParams(use, block, instance, inner)))
      return failure();
    IRMapping innerMapping;
    innerMapping.map(block.getBody().getArguments(), inputs);
    FailureOr<Value> result = expandBody(block.getBody().front(), innerMapping, inner);
    if (failed(result))
      return failure();
    last = *result;
    if (chains)
      inputs.front() = last;
  }
  return last;
}

FailureOr<Value> Expander::expandBody(Block &body, IRMapping &mapping, Instance &instance) {
  for (Operation &op : body) {
    if (auto yield = dyn_cast<YieldOp>(op))
      return mapping.lookup(yield.getValue());
    if (auto use = dyn_cast<UseOp>(op)) {
      FailureOr<Value> result = expandUse(use, mapping, instance);
      if (failed(result))
        return failure();
      mapping.map(use.getResult(), *result);
    } else if (auto choice = dyn_cast<IfOp>(op)) {
      FailureOr<int64_t> condition = evaluateIn(choice, choice.getCondition(), instance);
      if (failed(condition))
        return failure();
      Region &chosen = *condition ? choice.getThenBody() : choice.getElseBody();
      FailureOr<Value> result = expandBody(chosen.front(), mapping, instance);
      if (failed(result))
        return failure();
      mapping.map(choice.getResult(), *result);
    } else if (failed(cloneLayer(op, mapping, instance))) {
      return failure();
    }
  }
  return Value();
}

namespace {
struct ExpandBlocksPass : fanfold::impl::ExpandBlocksBase<ExpandBlocksPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (ModelOp model : llvm::make_early_inc_range(module.getOps<ModelOp>())) {
      OpBuilder builder(model);
      auto flat = ModelOp::create(builder, model.getLoc(), model.getSymName());
      builder.createBlock(&flat.getBody());
      Expander expander(module, builder);
      IRMapping mapping;
      Instance instance;
      FailureOr<Value> result = expander.expandBody(model.getBody().front(), mapping, instance);
      model.erase();
      if (failed(result))
        return signalPassFailure();
      expanded += expander.expanded;
    }
    for (BlockOp block : llvm::make_early_inc_range(module.getOps<BlockOp>()))
      block.erase();
  }
};
} // namespace
