// A file of any level that the compiler wrote has its batch; --batch may repeat it.
// RUN: fanfold compile %examples/lenet/lenet.mlir --target=cpu --batch=8 --emit=cnn -o %t.cnn.mlir
// RUN: fanfold compile %t.cnn.mlir --target=cpu --batch=8 --emit=kernel -o %t.kernel.mlir
// RUN: fanfold compile %t.kernel.mlir --target=cpu --batch=8 --emit=plan -o %t.plan.mlir
// RUN: fanfold compile %t.plan.mlir --target=cpu --batch=8 --emit=plan | FileCheck %s --check-prefix=SAME
// RUN: fanfold compile %t.cnn.mlir --target=cpu --emit=plan | FileCheck %s --check-prefix=SAME
// SAME: plan.arena "lenet" {batch = 8 : i64

// RUN: not fanfold compile %t.cnn.mlir --target=cpu --batch=16 --emit=plan -o %t.none 2>&1 | FileCheck %s --check-prefixes=INPUT,END
// RUN: not fanfold compile %t.kernel.mlir --target=cpu --batch=16 --emit=plan -o %t.none 2>&1 | FileCheck %s --check-prefixes=INPUT,END
// RUN: not fanfold inspect %t.plan.mlir --target=cpu --batch=16 --memory 2>&1 | FileCheck %s --check-prefixes=ARENA,END
// INPUT: lenet.mlir:12:12: error: the batch is 8 already, expected 16 (--batch)
// ARENA: error: the batch is 8 already, expected 16 (--batch)
// END: fanfold: error: cannot compile the model {{.*}}.mlir
// END-NOT: error

// So has a model whose inputs are typed by hand.
// RUN: fanfold compile %s --target=cpu --batch=4 --emit=plan | FileCheck %s --check-prefix=HAND
// HAND: plan.arena "fixed" {batch = 4 : i64
// RUN: not fanfold compile %s --target=cpu --batch=5 --emit=plan 2>&1 | FileCheck %s --check-prefix=TYPED
// TYPED: batch.mlir:[[@LINE+2]]:12: error: the batch is 4 already, expected 5 (--batch)
cnn.model @fixed {
  %image = cnn.input "image" as tensor<4x8x8x1xui8>
  %label = cnn.input "label" as tensor<4xi32>
  %0 = cnn.normalize %image mean(0.5) std(0.25)
  %flat = cnn.flatten %0
  %fc = cnn.dense %flat units(10)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
cnn.recipe @fixed
