// Statistics of concatenations from those of their parts, down to the memory.
// REQUIRES: cuda
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp16 --batch=64 --emit=kernel | FileCheck %s
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp16 --batch=64 --emit=plan | FileCheck %s --check-prefix=PLAN
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp32 --batch=64 --emit=kernel | FileCheck %s --check-prefix=FP32

cnn.block @dense_layer(%x) params(growth = 32) {
  %bn1 = cnn.batch_norm %x
  %relu1 = cnn.relu %bn1
  %conv1 = cnn.conv2d %relu1 filters(4 * growth) kernel(1)
  %bn2 = cnn.batch_norm %conv1
  %relu2 = cnn.relu %bn2
  %conv2 = cnn.conv2d %relu2 filters(growth) kernel(3) pad(1)
  %concat = cnn.concat %x, %conv2
  cnn.yield %concat
}

cnn.model @m {
  %image = cnn.input "image" as tensor<?x64x64x64xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %stem = cnn.max_pool2d %image kernel(2) stride(2)
  %block = cnn.use @dense_layer(%stem) repeat(3)
  %last = cnn.batch_norm %block
  %relu = cnn.relu %last
  %pool = cnn.global_avg_pool2d %relu
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(8)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}

// The pool is summed by a kernel that reads it, the convolutions sum what they add; one vector
// grows as the tensor does.
// CHECK-LABEL: cnn.step @train
// CHECK: %stem.sums, %stem.sums.1 = kernel.pointwise %stem {{.*}}sums = 2 : i64
// CHECK: kernel.batch_norm_finalize %stem.sums, %stem.sums.1, {{.*}}layer = "block.0.bn1.statistics"
// CHECK: %block.0.conv2, %block.0.conv2.1, %block.0.conv2.2 = kernel.conv2d_statistics
// CHECK: %block.0.concat.sums = kernel.concat %stem.sums, %block.0.conv2.1
// CHECK-NEXT: %[[SQUARES:.*]] = kernel.concat %stem.sums.1, %block.0.conv2.2
// CHECK: kernel.batch_norm_finalize %block.0.concat.sums, %[[SQUARES]], {{.*}}layer = "block.1.bn1.statistics"
// CHECK: %block.1.concat.sums = kernel.concat %block.0.concat.sums, %block.1.conv2.1
// CHECK: kernel.batch_norm_finalize %block.2.concat.sums, {{.*}}layer = "last.statistics"
// CHECK-NOT: batch_norm_statistics

// No copy: the vectors lie in the last one, where they are made.
// PLAN: %[[WHOLE:block.2.concat.sums]] = plan.buffer "block.2.concat.sums" {{.*}} : memref<160xf32>
// PLAN: %stem.sums = plan.part %[[WHOLE]] {{.*}} to memref<64xf32, strided<[1]>>
// PLAN: %block.0.conv2.1 = plan.part %[[WHOLE]] {{.*}} to memref<32xf32, strided<[1], offset: 64>>
// PLAN: %block.0.concat.sums = plan.part %[[WHOLE]] {{.*}} to memref<96xf32, strided<[1]>>
// PLAN: plan.launch "batch_norm_finalize"(%block.0.concat.sums,
// PLAN: %block.2.conv2.1 = plan.part %[[WHOLE]] {{.*}} to memref<32xf32, strided<[1], offset: 128>>
// PLAN-NOT: plan.launch "copy"{{.*}}xf32

// Full precision keeps the exact statistics.
// FP32: kernel.batch_norm_statistics %block.2.concat
// FP32-NOT: kernel.batch_norm_finalize
