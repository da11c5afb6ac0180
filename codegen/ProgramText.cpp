//===- ProgramText.cpp - the text of a program, launch by launch ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/ProgramText.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace fanfold;

std::string fanfold::enumeratorText(Type type) {
  if (type.isF32())
    return "ElementType::f32";
  if (type.isF16())
    return "ElementType::f16";
  if (type.isBF16())
    return "ElementType::bf16";
  if (type.isF64())
    return "ElementType::f64";
  if (type.isInteger(32))
    return "ElementType::i32";
  assert(type.isInteger(8) && "runtime/Program.h has no such element type");
  return "ElementType::u8";
}

StringRef fanfold::elementTypeText(Type element) {
  if (element.isF32())
    return "float";
  if (element.isF16())
    return "__half";
  if (element.isBF16())
    return "__nv_bfloat16";
  if (element.isUnsignedInteger(8))
    return "uint8_t";
  if (element.isInteger(8))
    return "std::byte";
  assert(element.isInteger(32) && "kernels have no other element types");
  return "int32_t";
}

std::string fanfold::fileBanner(plan::ArenaOp arena) {
  return "// Made by fanfold " FANFOLD_VERSION " from " +
         llvm::sys::path::filename(arena.getSource()).str() + " (model " + arena.getModel().str() +
         ", batch " + std::to_string(arena.getBatch()) + ", target " + arena.getTarget().str() +
         ").\n// Compile the model again instead of editing this file.\n\n";
}

std::string ProgramText::address(Value buffer) {
  if (!buffer)
    return "nullptr";
  StringRef type = elementTypeText(cast<MemRefType>(buffer.getType()).getElementType());
  return ("s.at<" + type + ">(" + std::to_string(plan::byteOffset(buffer, symbols)) + ")").str();
}

std::string ProgramText::arguments(ArrayRef<std::string> constants, ArrayRef<Value> buffers) {
  SmallVector<std::string> all;
  if (!syntax.leading.empty())
    all.push_back(syntax.leading.str());
  all.append(constants.begin(), constants.end());
  for (Value buffer : buffers)
    all.push_back(address(buffer));
  return "(" + llvm::join(all, ", ") + ")";
}

std::string ProgramText::call(StringRef header, StringRef function, ArrayRef<std::string> constants,
                              ArrayRef<Value> buffers) {
  include(header);
  return type(function) + arguments(constants, buffers);
}

std::string ProgramText::object(StringRef kind, const std::string &make, int64_t workspace,
                                StringRef layer) {
  auto [it, inserted] = objectIndices.try_emplace(make, objects.size());
  if (inserted) {
    std::string name = kind.rsplit("::").second.str() + std::to_string(objects.size());
    name[0] = llvm::toLower(name[0]);
    objects.push_back({name, kind.str(), make, layer.str(), workspace});
  }
  Object &object = objects[it->second];
  // The smallest plan for one of several launches is what must suffice.
  object.workspace = std::min(object.workspace, workspace);
  return "objects->" + object.name;
}

std::string ProgramText::function(StringRef kind, const std::string &text) {
  auto [it, inserted] = functionIndices.try_emplace(text, functions.size());
  if (inserted)
    functions.emplace_back(kind.str() + std::to_string(functions.size()), text);
  return functions[it->second].first;
}

std::string ProgramText::structure(StringRef kind, const std::string &text) {
  auto [it, inserted] = structureIndices.try_emplace(text, structures.size());
  if (inserted)
    structures.emplace_back(kind.str() + std::to_string(structures.size()), text);
  return structures[it->second].first;
}

void ProgramText::include(StringRef header) { headers.try_emplace(header); }

std::string ProgramText::includes() const {
  auto names = llvm::to_vector(headers.keys());
  llvm::sort(names);
  std::string lines;
  for (StringRef name : names)
    lines += ("#include \"codegen/kernels/" + syntax.name + "/" + name + "\"\n").str();
  return lines;
}
