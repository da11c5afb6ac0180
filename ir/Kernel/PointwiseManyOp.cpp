//===- PointwiseManyOp.cpp - one function over many tensors ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Kernel/KernelDialect.h"

using namespace mlir;
using namespace fanfold;
using namespace fanfold::kernel;

LogicalResult PointwiseManyOp::verify() {
  auto problems = static_cast<int64_t>(getCounts().size());
  auto operands = static_cast<int64_t>(getNumOperands());
  auto results = static_cast<int64_t>(getNumResults());
  auto shared = static_cast<int64_t>(getScalars());
  if (problems == 0 || shared < 0 || shared > operands || (operands - shared) % problems != 0 ||
      results % problems != 0 || results == 0)
    return emitOpError("has ") << operands << " operands, " << shared << " of them shared, and "
                               << results << " results for " << problems << " problems";
  int64_t operandsEach = getOperandsEach(), resultsEach = getResultsEach();
  Block &body = getBody().front();
  auto yield = body.empty() ? nullptr : dyn_cast<YieldOp>(body.back());
  if (!yield || body.getNumArguments() != operandsEach + shared ||
      yield.getNumOperands() != resultsEach)
    return emitOpError("body does not match the ")
           << operandsEach + shared << " operands and " << resultsEach << " results of a problem";
  auto check = [&](Value value, int64_t count, Type inBody, StringRef what,
                   int64_t index) -> LogicalResult {
    RankedTensorType type = tensorType(value);
    if (type.getNumElements() != count)
      return emitOpError(what) << " " << index << " has " << type.getNumElements()
                               << " elements, expected " << count;
    if (inBody != bodyType(type))
      return emitOpError(what) << " " << index << " is of " << type.getElementType()
                               << ", the body has " << inBody;
    return success();
  };
  for (int64_t i = 0; i < operands; ++i) {
    bool isShared = i >= operands - shared;
    int64_t count = isShared ? 1 : getCounts()[i / operandsEach];
    int64_t argument = isShared ? i - (operands - shared) + operandsEach : i % operandsEach;
    if (failed(check(getOperand(i), count, body.getArgument(argument).getType(), "operand", i)))
      return failure();
  }
  for (int64_t i = 0; i < results; ++i)
    if (failed(check(getResult(i), getCounts()[i / resultsEach],
                     yield.getOperand(i % resultsEach).getType(), "result", i)))
      return failure();
  return success();
}

SmallVector<unsigned> PointwiseManyOp::getInPlaceOperands(unsigned result) {
  SmallVector<unsigned> operands;
  int64_t bytes = byteSize(tensorType(getResult(result)));
  auto each = static_cast<unsigned>(getOperandsEach());
  unsigned problem = result / static_cast<unsigned>(getResultsEach());
  for (unsigned i = problem * each; i < (problem + 1) * each; ++i)
    if (byteSize(tensorType(getOperand(i))) == bytes)
      operands.push_back(i);
  return operands;
}

double PointwiseManyOp::getFlops() {
  double elements = 0;
  for (int64_t count : getCounts())
    elements += static_cast<double>(count);
  return elements * static_cast<double>(llvm::range_size(getBody().front().without_terminator()));
}
