//===- ModelText.cpp - the text of a model file ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/ModelText.h"
#include "runtime/ToolFiles.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace fanfold;

Location fanfold::locationAt(llvm::MemoryBufferRef file, size_t at, MLIRContext &context) {
  StringRef before = file.getBuffer().take_front(at);
  size_t line = before.count('\n') + 1, column = at - (before.rfind('\n') + 1) + 1;
  return FileLineColLoc::get(&context, file.getBufferIdentifier(), line, column);
}

FailureOr<std::unique_ptr<llvm::MemoryBuffer>> fanfold::readModelText(const std::string &path,
                                                                      MLIRContext &context) {
  Result<std::string> bytes = readInput(path);
  if (!bytes)
    return emitError(UnknownLoc::get(&context)) << bytes.status().message();
  StringRef text = *bytes, name = path == "-" ? "<stdin>" : StringRef(path);
  text.consume_front("\xEF\xBB\xBF");
  std::unique_ptr<llvm::MemoryBuffer> file = llvm::MemoryBuffer::getMemBufferCopy(text, name);
  if (isBytecode(*file))
    return file;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return emitError(locationAt(*file, 0, context)) << "found text in UTF-16, expected UTF-8";
  // The parser would pass over it.
  if (size_t at = text.find('\0'); at != StringRef::npos)
    return emitError(locationAt(*file, at, context)) << "found a NUL byte, expected text in UTF-8";
  return file;
}
