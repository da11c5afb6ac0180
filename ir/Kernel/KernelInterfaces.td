//===- KernelInterfaces.td - what passes ask of kernels -----*- tablegen -*-===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IR_KERNEL_KERNELINTERFACES_TD
#define FANFOLD_IR_KERNEL_KERNELINTERFACES_TD

include "mlir/IR/OpBase.td"

def Kernel_LaunchInterface : OpInterface<"LaunchOpInterface"> {
  let cppNamespace = "::fanfold::kernel";
  let description = [{
    An op of the kernel level that is exactly one launch. kernel.view, kernel.join,
    kernel.part, kernel.bucket and kernel.yield are none.
  }];
  let methods = [
    InterfaceMethod<[{
      The operands that `result` may overwrite: the kernel reads element i of the
      operand no later than it writes element i of the result, and both have the
      same size in bytes.
    }], "::llvm::SmallVector<unsigned>", "getInPlaceOperands", (ins "unsigned":$result),
      /*methodBody=*/"", /*defaultImplementation=*/"return {};">,
    InterfaceMethod<[{
      Floating-point operations of the launch; a multiply-add counts as two.
    }], "double", "getFlops", (ins),
      /*methodBody=*/"", /*defaultImplementation=*/"return elementwiseFlops($_op);">,
  ];
}

#endif // FANFOLD_IR_KERNEL_KERNELINTERFACES_TD
