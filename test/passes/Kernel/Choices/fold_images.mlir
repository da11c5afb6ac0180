// REQUIRES: cuda
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp16 --batch=4 --emit=kernel | FileCheck %s

cnn.model @m {
  %image = cnn.input "image" as tensor<?x32x32x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %conv = cnn.conv2d %0 filters(16) kernel(7) stride(2) pad(3)
  %pool = cnn.global_avg_pool2d %conv
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(8)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
// Four pixels of three channels become one of twelve, and four of zeros; the filter has
// taps for two rows in one.
// CHECK-LABEL: cnn.step @train
// CHECK: %[[IMAGE:.*]] = kernel.fold_image %image, {{.*}} {layer = "normalize_0", pad = array<i64: 3, 3>, stride = 2 : i64} : (tensor<4x32x32x3xui8>, tensor<3xf32>, tensor<3xf32>) -> tensor<4x19x19x16xf16>
// CHECK: %[[FILTER:.*]] = kernel.fold_filter %{{.*}} {layer = "conv.fold", stride = 2 : i64} : (tensor<16x7x7x3xf16>) -> tensor<16x4x4x16xf16>
// CHECK: kernel.conv2d %[[IMAGE]], %[[FILTER]] {{.*}}pad = array<i64: 0, 0>, {{.*}}stride = array<i64: 1, 1>{{.*}} -> tensor<4x16x16x16xf16>
// CHECK: %[[WGRAD:.*]] = kernel.conv2d_wgrad %[[IMAGE]], {{.*}} -> tensor<16x4x4x16xf16>
// CHECK: kernel.unfold_filter %[[WGRAD]] {{.*}} : (tensor<16x4x4x16xf16>) -> tensor<16x7x7x3xf16>
