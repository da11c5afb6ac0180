//===- StepBuilder.h - what layers need to take part in a step ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_STEPBUILDER_H
#define FANFOLD_IR_CNN_STEPBUILDER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include "llvm/ADT/StringMap.h"

#include <string>

namespace fanfold::cnn {

/// A variable that a layer asks for. Its name is the layer's with `.suffix`.
struct VariableSpec {
  llvm::StringRef suffix; ///< "weight".
  llvm::StringRef role;   ///< "parameter" or "statistic".
  mlir::RankedTensorType type;
  mlir::DictionaryAttr init; ///< As cnn.variable has it.
  bool decay = false;        ///< Weight decay applies.
};

/// `init` of a variable that is filled with one number.
mlir::DictionaryAttr fillInit(mlir::MLIRContext *context, double value);

/// `init` of a weight, from a layer's `init` clause (or null for `fallback`), by
/// the number of inputs and outputs of one element of the result. The rules are
/// those of He et al. 2015 and Glorot and Bengio 2010; `lecun_uniform` is uniform
/// in 1 / sqrt(fanIn), the default of PyTorch's dense layers.
mlir::DictionaryAttr weightInit(mlir::MLIRContext *context, mlir::DictionaryAttr clause,
                                llvm::StringRef fallback, int64_t fanIn, int64_t fanOut);

/// Fails with a diagnostic unless `clause` (may be null) is an initialisation.
mlir::LogicalResult verifyInit(mlir::Operation *op, mlir::DictionaryAttr clause);

/// What a layer may ask of the step while it takes its form in it. Ops are created
/// at the builder's insertion point.
class StepBuilder {
public:
  explicit StepBuilder(mlir::OpBuilder &builder) : builder(builder) {}

  /// The runtime's scalar `kind`; one op for each kind and step.
  mlir::Value getScalar(llvm::StringRef kind, mlir::Block *step);

  /// A number that no other random layer of the model has.
  int64_t nextStream() { return stream++; }

  /// Makes `value` the new value of the variable that `read` reads.
  void writeBack(mlir::Value value, mlir::Value read);

  mlir::OpBuilder &builder;

private:
  int64_t stream = 0;
};

} // namespace fanfold::cnn

#endif // FANFOLD_IR_CNN_STEPBUILDER_H
