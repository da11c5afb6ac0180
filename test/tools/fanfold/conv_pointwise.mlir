// The ends of residual blocks and the sums of batch normalisation's gradient run on the products
// of data gradients, where the roofline or measurements say so; evaluation stays as it is.
// REQUIRES: cuda
// RUN: rm -rf %t && fanfold compile %examples/resnet50/resnet50.mlir --target=cuda:sm_90 --batch=256 --precision=fp16 --emit=project -q -o %t
// RUN: FileCheck %s --check-prefix=STEPS --input-file=%t/steps.cpp
// RUN: FileCheck %s --check-prefix=PRODUCTS --input-file=%t/products.cu
// RUN: FileCheck %s --check-prefix=POINTWISE --input-file=%t/pointwise.cu
// RUN: FileCheck %s --check-prefix=TABLE --input-file=%t/program.cpp
// RUN: fanfold inspect %examples/resnet50/resnet50.mlir --target=cuda:sm_90 --batch=256 --precision=fp16 --kernels | FileCheck %s --check-prefix=TEXT

// The addend is overwritten where nobody reads it later.
// STEPS: convPointwise[[#]](stream(s), cpu::Conv2dShape{256, 56, 56, 256, 56, 56, 64, 1, 1, 1, 1, 0, 0, 1, 1, 1}, s.at<__half>({{[0-9]+}}), s.at<__half>({{[0-9]+}}), s.at<__half>([[OVER:[0-9]+]]), s.at<__half>({{[0-9]+}}), s.at<__half>([[OVER]]), s.at<float>({{[0-9]+}}), s.at<std::byte>({{[0-9]+}}));

// PRODUCTS: struct ConvPointwise[[STRUCT:[0-9]+]] {
// PRODUCTS: __device__ Elements elements(ElementIndex i, const Vec<__half, 8> &product) const { return {product, load<8>(x0 + i), load<8>(x1 + i)}; }
// PRODUCTS: const auto product = toFloat(e.product[k]);
// PRODUCTS: terms[0][k] = pointwise_{{[0-9]+}}(product, a0, a1);
// PRODUCTS: void convPointwise{{[0-9]+}}(cudaStream_t stream, const cpu::Conv2dShape &shape, const __half *image, const __half *filter,
// PRODUCTS: cuda::convPointwise<8, 2, cuda::ConvKind::gradient>(stream, shape, image, filter, ConvPointwise[[STRUCT]]{x0, x1, y0}, sums, workspace);
// POINTWISE-NOT: convPointwise

// What was not taken is there for `tune`.
// TABLE: {"conv2d dgrad in=256x56x56x256 out=56x56x64 filter=1x1 types=f16,f16,f16", "conv_pointwise", "layer1.rest.0.expand.norm_sum", {{.*}}, true},

// TEXT: conv_pointwise layer1.rest.0.expand.norm_sum wgmma {{.*}}pointwise fused: {{[0-9.]+}} us, apart {{[0-9.]+}} by the roofline
