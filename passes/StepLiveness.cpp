//===- StepLiveness.cpp - which values of a step share memory, and when it is live -===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/StepLiveness.h"

using namespace mlir;
using namespace fanfold;

unsigned StepLiveness::makeStorage(Value value, int64_t first) {
  unsigned index = storages.size();
  storages.push_back(
      {kernel::byteSize(cast<RankedTensorType>(value.getType())), first, first, {}, value});
  storage[value] = index;
  return index;
}

unsigned StepLiveness::variableStorage(StringRef name, Value value) {
  auto [it, inserted] = variables.try_emplace(name, storages.size());
  if (inserted) {
    makeStorage(value, 0);
    storages.back().variable = name;
  } else {
    storage[value] = it->second;
  }
  return it->second;
}

/// One storage for all that lies in the outermost value.
unsigned StepLiveness::joinedStorage(Value value, int64_t first) {
  Value whole = joins.placeOf(value).whole;
  auto it = storage.find(whole);
  return storage[value] = it != storage.end() ? it->second : makeStorage(whole, first);
}

void StepLiveness::use(Value value, int64_t launch) {
  Storage &s = storages[storage.lookup(value)];
  s.last = std::max(s.last, launch);
}

StepLiveness::StepLiveness(cnn::StepOp step) : joins(step) {
  Block &body = step.getBody().front();
  for (Operation &op : body) {
    if (!isa<kernel::LaunchOpInterface>(op))
      continue;
    indices[&op] = static_cast<int64_t>(launches.size());
    launches.push_back(&op);
  }
  // Values that live in a variable at the step's end.
  llvm::DenseMap<Value, StringRef> written;
  for (auto write : body.getOps<cnn::WriteOp>())
    written[write.getValue()] = write.getVariable();
  auto end = static_cast<int64_t>(launches.size());

  for (Operation &op : body) {
    if (auto read = dyn_cast<cnn::ReadOp>(op)) {
      variableStorage(read.getVariable(), read);
    } else if (isa<cnn::InputOp, cnn::ScalarOp>(op)) {
      makeStorage(op.getResult(0), 0);
    } else if (isa<kernel::ViewOp, kernel::PartOp, kernel::JoinOp, kernel::BucketOp>(op)) {
      // Storages of all operands are one. Of a join, the launches have made it.
      storage[op.getResult(0)] = storage.lookup(op.getOperand(0));
    } else if (auto output = dyn_cast<cnn::OutputOp>(op)) {
      use(output.getValue(), end - 1);
    } else if (isa<kernel::LaunchOpInterface>(op)) {
      int64_t index = indices.lookup(&op);
      for (Value operand : op.getOperands())
        use(operand, index);
      auto marks = op.getAttrOfType<DenseI64ArrayAttr>("in_place");
      for (OpResult result : op.getResults()) {
        int64_t operand = marks ? marks[result.getResultNumber()] : -1;
        if (auto it = written.find(result); it != written.end())
          variableStorage(it->second, result);
        else if (operand >= 0)
          storage[result] = storage.lookup(op.getOperand(operand));
        else
          joinedStorage(result, index);
        use(result, index);
      }
    }
  }
}

SmallVector<int64_t> StepLiveness::liveBytes(int64_t alignment) const {
  if (launches.empty())
    return {};
  SmallVector<int64_t> change(launches.size() + 1);
  for (const Storage &s : storages) {
    if (!s.variable.empty())
      continue;
    auto bytes = static_cast<int64_t>(llvm::alignTo(s.bytes, alignment));
    change[s.first] += bytes;
    change[s.last + 1] -= bytes;
  }
  SmallVector<int64_t> live;
  int64_t sum = 0;
  for (auto [index, launch] : llvm::enumerate(launches)) {
    sum += change[index];
    auto workspace = launch->getAttrOfType<IntegerAttr>("workspace_bytes");
    live.push_back(sum + (workspace ? llvm::alignTo(workspace.getInt(), alignment) : 0));
  }
  return live;
}
