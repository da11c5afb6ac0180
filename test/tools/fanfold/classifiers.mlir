// A program carries how many classes its layers tell apart, and where they stand: data sets of more
// are refused before the first step.
// RUN: rm -rf %t && fanfold compile %s --target=cpu --emit=project -q -o %t
// RUN: FileCheck %s --input-file=%t/program.cpp

cnn.model @tiny {
  %image = cnn.input "image" as tensor<?x8x8x1xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5) std(0.25)
  %flat = cnn.flatten %0
  %fc = cnn.dense %flat units(7)
  %loss = cnn.softmax_cross_entropy %fc, %label
  %top1 = cnn.accuracy %fc, %label
  cnn.loss %loss metrics(top1 = %top1)
}
cnn.recipe @tiny batch(4)

// CHECK: const Classifier classifiersRows[] = {
// CHECK-DAG: {"loss", "{{.*}}classifiers.mlir:12:{{[0-9]+}}", 7},
// CHECK-DAG: {"top1", "{{.*}}classifiers.mlir:13:{{[0-9]+}}", 7},
// CHECK: const Span<Classifier> classifiers{classifiersRows, 2};
// CHECK: /*classifiers=*/classifiers,
