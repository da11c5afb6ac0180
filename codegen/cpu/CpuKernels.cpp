//===- CpuKernels.cpp - the kernels of the CPU target ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuKernels.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fanfold;

const CpuKernel *fanfold::findCpuKernel(StringRef name) {
  const std::pair<const CpuKernel *, size_t> families[] = {
      {cpuProductKernels, cpuProductKernelCount},
      {cpuPointwiseKernels, cpuPointwiseKernelCount},
      {cpuWindowKernels, cpuWindowKernelCount},
      {cpuRowKernels, cpuRowKernelCount},
  };
  for (auto [kernels, count] : families)
    for (size_t i = 0; i < count; ++i)
      if (name == kernels[i].name)
        return &kernels[i];
  return nullptr;
}

int64_t CpuProgramText::offsetOf(Value buffer) {
  while (auto view = buffer.getDefiningOp<plan::ViewOp>())
    buffer = view.getInput();
  if (auto get = buffer.getDefiningOp<plan::GetOp>())
    return symbols.lookup<plan::VariableOp>(get.getVariable()).getOffset();
  return buffer.getDefiningOp<plan::BufferOp>().getOffset();
}

/// The C++ type of a buffer's elements.
static StringRef elementType(Value buffer) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  if (element.isF32())
    return "float";
  if (element.isUnsignedInteger(8))
    return "uint8_t";
  if (element.isInteger(8))
    return "std::byte";
  assert(element.isInteger(32) && "the CPU target has no kernels for other types");
  return "int32_t";
}

std::string CpuProgramText::address(Value buffer) {
  return ("s.at<" + elementType(buffer) + ">(" + std::to_string(offsetOf(buffer)) + ")").str();
}

std::string CpuProgramText::object(StringRef kind, const std::string &make, int64_t workspace,
                                   StringRef layer) {
  auto [it, inserted] = objectIndices.try_emplace(make, objects.size());
  if (inserted) {
    std::string name = kind.str() + std::to_string(objects.size());
    name[0] = llvm::toLower(name[0]);
    objects.push_back({name, kind.str(), make, layer.str(), workspace});
  }
  Object &object = objects[it->second];
  // The smallest plan for one of several launches is what must suffice.
  object.workspace = std::min(object.workspace, workspace);
  return "objects->" + object.name;
}

std::string CpuProgramText::function(StringRef kind, const std::string &text) {
  auto [it, inserted] = functionIndices.try_emplace(text, functions.size());
  if (inserted)
    functions.emplace_back(kind.str() + std::to_string(functions.size()), text);
  return functions[it->second].first;
}
