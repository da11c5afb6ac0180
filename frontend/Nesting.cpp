//===- Nesting.cpp - how deep a model file may nest -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Nesting.h"
#include "frontend/ModelText.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace fanfold;

/// Deep enough for every model, and far from the end of an 8 MiB stack.
static constexpr size_t maxDepth = 256;

/// The end of the string literal or comment that begins at `at`, or `at` itself.
static size_t skipText(StringRef text, size_t at) {
  if (text.substr(at).starts_with("//"))
    return text.find_first_of("\r\n", at);
  if (text[at] != '"')
    return at;
  size_t end = at + 1;
  while (end < text.size() && text[end] != '"' && text[end] != '\n')
    end += text[end] == '\\' ? 2 : 1;
  return end;
}

LogicalResult fanfold::checkNesting(llvm::MemoryBufferRef file, MLIRContext &context) {
  StringRef text = file.getBuffer(), opening = "([{<", closing = ")]}>";
  SmallVector<size_t> open; // Kinds of the brackets that are open, outermost first.
  for (size_t at = 0; at < text.size(); ++at) {
    at = skipText(text, at);
    if (at >= text.size())
      break;
    if (size_t kind = opening.find(text[at]); kind != StringRef::npos) {
      open.push_back(kind);
      if (open.size() > maxDepth)
        return emitError(locationAt(file, at, context))
               << "found more than " << maxDepth << " brackets inside each other";
    } else if (size_t kind = closing.find(text[at]); kind != StringRef::npos) {
      // What is open inside of the pair is no bracket but a comparison; what closes none
      // is an arrow or a mistake that the parser finds.
      auto partner = llvm::find(llvm::reverse(open), kind);
      if (partner != open.rend())
        open.truncate(open.rend() - partner - 1);
    }
  }
  return success();
}
