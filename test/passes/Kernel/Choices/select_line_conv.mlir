// Convolutions of folded images take our own kernels, with what cuDNN's engines would have in
// their epilogues: sums for batch normalisation, or bias and relu.
// REQUIRES: cuda
// RUN: rm -rf %t && mkdir %t
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp16 --batch=4 --emit=kernel | FileCheck %s
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=fp32 --batch=4 --emit=kernel | FileCheck %s --check-prefix=FP32
// RUN: fanfold inspect %s --target=cuda:sm_90 --precision=fp16 --batch=4 --kernels | FileCheck %s --check-prefix=TEXT
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=bf16 --batch=4 --emit=project -o %t/project
// RUN: FileCheck %s --check-prefix=STEPS --input-file=%t/project/steps.cpp

cnn.model @m {
  %image = cnn.input "image" as tensor<?x64x64x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %first = cnn.conv2d %0 filters(32) kernel(3) stride(2)
  %norm = cnn.batch_norm %first
  %1 = cnn.relu %norm
  %second = cnn.conv2d %1 filters(48) kernel(2)
  %bias = cnn.bias %second
  %2 = cnn.relu %bias
  %third = cnn.conv2d %2 filters(16) kernel(3) pad(1)
  %pool = cnn.global_avg_pool2d %third
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(8)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
// Gradients of x, and what is padded, are cuDNN's.
// CHECK-LABEL: cnn.step @train
// CHECK: kernel.conv2d_statistics {{.*}}algorithm = "line"{{.*}}layer = "first"{{.*}}reason = "16 channels, 32 filters: one line of pixels"{{.*}}workspace_bytes = [[#]]
// CHECK: kernel.conv2d %{{.*}}, %{{.*}}, %{{.*}} {activation = "relu", algorithm = "line"{{.*}}layer = "second"
// CHECK: kernel.conv2d {{.*}}algorithm = "cudnn {{.*}}layer = "third"
// CHECK-DAG: kernel.conv2d_dgrad {{.*}}algorithm = "cudnn {{.*}}layer = "second.dgrad"
// CHECK-DAG: kernel.conv2d_wgrad {{.*}}algorithm = "line"{{.*}}layer = "second.wgrad"
// CHECK: kernel.conv2d_wgrad {{.*}}algorithm = "line"{{.*}}workspace_bytes = [[#]]

// FP32-NOT: "line"

// TEXT: conv2d_statistics first line {{[0-9]+}} 16 channels, 32 filters: one line of pixels

// STEPS: #include "codegen/kernels/cuda/LineConv.h"
// STEPS: cuda::lineConv2d<__nv_bfloat16>(stream(s), cpu::Conv2dShape{4, 32, 32, 16, 31, 31, 32, 2, 2, 1, 1, 0, 0, 1, 1, 1}, s.at<__nv_bfloat16>([[#]]), s.at<__nv_bfloat16>([[#]]), s.at<__nv_bfloat16>([[#]]), {nullptr, false, s.at<float>([[#]]), s.at<float>([[#]])}, s.at<std::byte>([[#]]))
// STEPS: cuda::lineConv2d<__nv_bfloat16>({{.*}}, {s.at<__nv_bfloat16>([[#]]), true, nullptr, nullptr}, nullptr)
// STEPS: cuda::lineConv2dGradient(stream(s), cpu::Conv2dShape{
