//===- TakeForm.cpp - takes one of two forms of a computation --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Kernel/TakeForm.h"
#include "passes/LaunchWork.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace fanfold;

/// Notes a choice on `product`.
static void note(Operation *product, StringRef reason, StringRef alternative) {
  Builder builder(product->getContext());
  std::string form;
  if (auto before = product->getAttrOfType<StringAttr>("form"))
    form = before.getValue().str() + "; ";
  product->setAttr("form", builder.getStringAttr(form + reason));
  SmallVector<Attribute> alternatives;
  if (auto before = product->getAttrOfType<ArrayAttr>("alternatives"))
    llvm::append_range(alternatives, before);
  alternatives.push_back(builder.getStringAttr(alternative));
  product->setAttr("alternatives", builder.getArrayAttr(alternatives));
}

bool fanfold::takesFused(const Target *target, StringRef fusion, ArrayRef<Operation *> apart,
                         ArrayRef<Operation *> fused) {
  if (!target)
    return true;
  const FormChoice choice = target->chooseForm(fusion, apart, fused);
  auto products = llvm::to_vector(llvm::make_filter_range(choice.fused ? fused : apart, isProduct));
  if (choice.alternatives.empty())
    return choice.fused;
  assert(choice.alternatives.size() == products.size() && "one for each product");
  for (auto [product, alternative] : llvm::zip(products, choice.alternatives))
    note(product, choice.reason, alternative);
  return choice.fused;
}
