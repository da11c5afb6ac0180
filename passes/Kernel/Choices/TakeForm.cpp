//===- TakeForm.cpp - takes one of two forms of a computation --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/Choices/TakeForm.h"
#include "passes/LaunchWork.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace fanfold;

/// Notes a choice on `launch`, and what it could pose instead unless that is empty.
static void note(Operation *launch, StringRef reason, ArrayRef<std::string> others) {
  Builder builder(launch->getContext());
  std::string form;
  if (auto before = launch->getAttrOfType<StringAttr>("form"))
    form = before.getValue().str() + "; ";
  launch->setAttr("form", builder.getStringAttr(form + reason));
  if (others.empty())
    return;
  SmallVector<Attribute> alternatives;
  if (auto before = launch->getAttrOfType<ArrayAttr>("alternatives"))
    llvm::append_range(alternatives, before);
  for (const std::string &other : others)
    alternatives.push_back(builder.getStringAttr(other));
  launch->setAttr("alternatives", builder.getArrayAttr(alternatives));
}

void fanfold::handNotes(Operation *from, Operation *to) {
  for (StringRef name : {"form", "alternatives"})
    if (Attribute attribute = from->getAttr(name))
      to->setAttr(name, attribute);
}

bool fanfold::takesFused(const Target *target, StringRef fusion, ArrayRef<Operation *> apart,
                         ArrayRef<Operation *> fused) {
  if (!target)
    return true;
  const FormChoice choice = target->chooseForm(fusion, apart, fused);
  if (choice.reason.empty())
    return choice.fused;
  ArrayRef<Operation *> taken = choice.fused ? fused : apart;
  auto noted = llvm::to_vector(llvm::make_filter_range(taken, isProduct));
  if (noted.empty()) // Ours, which pose no problems.
    noted.push_back(taken.front());
  // What corresponds to none of its own belongs to the last one.
  ArrayRef<std::string> alternatives = choice.alternatives;
  for (auto [index, launch] : llvm::enumerate(noted)) {
    const size_t left = alternatives.size() - std::min(index, alternatives.size());
    const size_t count = &launch == &noted.back() ? left : std::min<size_t>(left, 1);
    note(launch, choice.reason, alternatives.slice(alternatives.size() - left, count));
  }
  return choice.fused;
}
