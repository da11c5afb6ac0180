// Where the sums of the parts would take as many bytes and more launches, the concatenation is
// read: here nothing but a kernel of its own can sum a part, and nothing else wants its sums.
// REQUIRES: cuda
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp16 --batch=64 --emit=kernel | FileCheck %s

cnn.model @m {
  %image = cnn.input "image" as tensor<?x64x64x64xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %first = cnn.max_pool2d %image kernel(2) stride(2)
  %second = cnn.avg_pool2d %image kernel(2) stride(2)
  %concat = cnn.concat %first, %second
  %norm = cnn.batch_norm %concat
  %relu = cnn.relu %norm
  %pool = cnn.global_avg_pool2d %relu
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(8)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
// CHECK-LABEL: cnn.step @train
// CHECK: %concat = kernel.concat %first, %second
// CHECK-NOT: batch_norm_finalize
// CHECK: kernel.batch_norm_statistics %concat
