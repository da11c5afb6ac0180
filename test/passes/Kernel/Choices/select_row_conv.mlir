// Convolutions of three rows of taps and few filters take our own kernel where its model is below
// what is known of cuDNN's; and wherever they make a part of a joined tensor, which cuDNN copies.
// REQUIRES: cuda
// RUN: rm -rf %t && mkdir %t
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp16 --batch=64 --emit=kernel | FileCheck %s
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp32 --batch=64 --emit=kernel | FileCheck %s --check-prefix=FP32
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=bf16 --batch=64 --emit=project -o %t/project
// RUN: FileCheck %s --check-prefix=STEPS --input-file=%t/project/steps.cpp
// RUN: FileCheck %s --check-prefix=TUNE --input-file=%t/project/program.cpp

cnn.model @m {
  %image = cnn.input "image" as tensor<?x64x64x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %stem = cnn.conv2d %0 filters(64) kernel(3) pad(1)
  %stem_bn = cnn.batch_norm %stem
  %1 = cnn.relu %stem_bn
  %narrow = cnn.conv2d %1 filters(32) kernel(3) pad(1)
  %narrow_bn = cnn.batch_norm %narrow
  %2 = cnn.relu %narrow_bn
  %wide = cnn.conv2d %2 filters(64) kernel(5) pad(2)
  %wide_bn = cnn.batch_norm %wide
  %3 = cnn.relu %wide_bn
  %pool = cnn.avg_pool2d %3 kernel(8)
  %reduce = cnn.conv2d %pool filters(128) kernel(1)
  %reduce_bn = cnn.batch_norm %reduce
  %4 = cnn.relu %reduce_bn
  %growth = cnn.conv2d %4 filters(32) kernel(3) pad(1)
  %concat = cnn.concat %pool, %growth
  %concat_bn = cnn.batch_norm %concat
  %5 = cnn.relu %concat_bn
  %mean = cnn.global_avg_pool2d %5
  %flat = cnn.flatten %mean
  %fc = cnn.dense %flat units(8)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
// The images of `growth` are small: apart from the concat it is cuDNN's.
// CHECK-LABEL: cnn.step @train
// CHECK: kernel.conv2d_statistics {{.*}}algorithm = "rows"{{.*}}layer = "narrow"{{.*}}reason = "row by row: {{[0-9.]+}} us by its model, cuDNN {{[0-9.]+}}"{{.*}}workspace_bytes = [[#]]
// CHECK: kernel.conv2d_statistics {{.*}}algorithm = "cudnn {{.*}}layer = "wide"
// CHECK: kernel.conv2d {{.*}}algorithm = "cudnn {{.*}}layer = "growth"

// FP32-NOT: "rows"

// STEPS: #include "codegen/kernels/cuda/RowConv.h"
// STEPS: cuda::rowConv2d(stream(s), cpu::Conv2dShape{64, 64, 64, 64, 64, 64, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1}, {64, 32}, s.at<__nv_bfloat16>([[#]]), s.at<__nv_bfloat16>([[#]]), s.at<__nv_bfloat16>([[#]]), {s.at<float>([[#]]), s.at<float>([[#]])}, s.at<std::byte>([[#]]))
// STEPS: cuda::rowConv2d(stream(s), cpu::Conv2dShape{64, 8, 8, 128, 8, 8, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1}, {128, 96}, s.at<__nv_bfloat16>([[#]]), s.at<__nv_bfloat16>([[#]]), s.at<__nv_bfloat16>([[#]]), {}, nullptr)

// What cuDNN would take in such a place is measured by `tune`.
// TUNE: conv2d forward in=64x8x8x128 out=8x8x32 filter=3x3 pad=1x1 types=bf16,bf16,bf16
