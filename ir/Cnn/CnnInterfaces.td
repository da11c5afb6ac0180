//===- CnnInterfaces.td - what passes ask of layers -------------*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_CNN_CNNINTERFACES_TD
#define FANFOLD_IR_CNN_CNNINTERFACES_TD

include "mlir/IR/OpBase.td"

def Cnn_LayerInterface : OpInterface<"LayerOpInterface"> {
  let cppNamespace = "::fanfold::cnn";
  let description = [{
    An op that a model file may contain. `infer-shapes` asks for the variables it
    owns and the type it produces; both see operands of ranked tensor type.
  }];
  let methods = [
    InterfaceMethod<[{
      The type of the result, from the types of the inputs and the attributes. On
      a mismatch, emits a diagnostic and fails. Never looks at variable operands.
    }], "::mlir::FailureOr<::mlir::RankedTensorType>", "inferType", (ins)>,
    InterfaceMethod<[{
      The variables this layer owns, in operand order after the inputs. Valid once
      the inputs are typed and inferType() has succeeded.
    }], "::llvm::SmallVector<::fanfold::cnn::VariableSpec>", "getVariableSpecs", (ins),
      /*methodBody=*/"", /*defaultImplementation=*/"return {};">,
    InterfaceMethod<[{
      Multiply-adds of one sample in the forward pass; zero for layers that are
      not matrix products.
    }], "int64_t", "getMacs", (ins),
      /*methodBody=*/"", /*defaultImplementation=*/"return 0;">,
    InterfaceMethod<[{
      Replaces the op by the form it takes in a training step (`training`) or an
      evaluation step. Layers that are the same in both leave themselves alone.
    }], "void", "specialize", (ins "bool":$training, "::fanfold::cnn::StepBuilder &":$builder),
      /*methodBody=*/"", /*defaultImplementation=*/"return;">,
  ];
}

def Cnn_DifferentiableInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::fanfold::cnn";
  let description = [{
    An op that owns its gradient rule. `build-backward` walks the training step
    backwards and calls it once, when the gradient of the result is whole.
  }];
  let methods = [
    InterfaceMethod<[{
      Builds the gradients of the operands at the builder's insertion point, from
      the gradient of the first result. `wanted(i)` says whether anybody needs the
      gradient of operand i. Sets `gradients[i]` for the operands it has one for
      and leaves null for the others.
    }], "void", "buildGradient",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Value":$gradient,
           "::llvm::function_ref<bool(unsigned)>":$wanted,
           "::llvm::MutableArrayRef<::mlir::Value>":$gradients)>,
  ];
}

#endif // FANFOLD_IR_CNN_CNNINTERFACES_TD
