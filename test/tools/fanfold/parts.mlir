// Products that touch a part of a joined tensor do so where it lies, or over packed elements
// and with a copy. No card here: the measurements are made up.
// REQUIRES: cuda

// Without a database cuBLASLt works in place, and what cuDNN makes is copied. What cuDNN reads
// of a pointwise kernel's result, that kernel writes a second time.
// RUN: rm -rf %t && mkdir %t && touch %t/empty
// RUN: fanfold compile %s --target=cuda:sm_90 --emit=plan -o %t/plan
// RUN: FileCheck %s --input-file=%t/plan
// CHECK-LABEL: plan.step @train
// CHECK: %one = plan.part %both "one" : memref<4x16x16x80xf16> to memref<4x16x16x16xf16, strided<[20480, 1280, 80, 1], offset: 64>>
// CHECK: plan.launch "conv2d"({{.*}}) -> (%one) {{.*}}algorithm = "cublaslt"{{.*}}form = "{{.*}}part in place: not measured", layer = "one"
// CHECK: plan.launch "conv2d"({{.*}}) -> (%grow) {{.*}}algorithm = "cudnn {{.*}}alternatives = [{{.*}}"conv2d forward in=4x16x16x32 out=16x16x32 filter=5x5 pad=2x2 types=f16,f16,f16 y-pitch=80"]{{.*}}form = "{{.*}}part packed: not measured", layer = "grow"
// CHECK: plan.launch "copy"(%grow)
// CHECK: plan.launch "pointwise"{{.*}} -> (%bn.grad, %bn.grad.1) {{.*}}first_channels = array<i64: 0, 32>{{.*}} -> (memref<4x16x16x80xf16>, memref<4x16x16x32xf16>)
// CHECK: %[[ONE:.*]] = plan.part %bn.grad {{.*}}offset: 64>>
// CHECK: plan.launch "conv2d_wgrad"({{.*}}, %[[ONE]]) {{.*}}algorithm = "cublaslt"
// CHECK: plan.launch "conv2d_dgrad"(%[[ONE]], {{.*}}algorithm = "cublaslt"
// CHECK-DAG: plan.launch "conv2d_wgrad"({{.*}}, %bn.grad.1) {{.*}}algorithm = "cudnn
// CHECK-DAG: plan.launch "conv2d_dgrad"(%bn.grad.1, {{.*}}algorithm = "cudnn

// The program has both forms for `tune`, the distance of rows, and what is cut.
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/empty --emit=project -o %t/project 2> %t/warning
// RUN: FileCheck %s --check-prefix=TABLE --input-file=%t/project/program.cpp
// TABLE-DAG: {"conv2d forward in=4x16x16x32 out=16x16x32 filter=5x5 pad=2x2 types=f16,f16,f16", "conv2d", "grow", {{.*}}, 1, false},
// TABLE-DAG: {"conv2d forward in=4x16x16x32 out=16x16x32 filter=5x5 pad=2x2 types=f16,f16,f16 y-pitch=80", "conv2d", "grow", {{.*}}, true},
// TABLE-DAG: {"matmul m=1024 n=16 k=32 transpose=b types=f16,f16 c-pitch=80", "conv2d", "one", {{.*}}, 1, false},
// TABLE-DAG: {"matmul m=1024 n=16 k=32 transpose=b types=f16,f16", "conv2d", "one", {{.*}}, true},
// RUN: FileCheck %s --check-prefix=CALL --input-file=%t/project/steps.cpp
// CALL: cublaslt::Matmul(blas, "matmul m=16 n=32 k=1024 transpose=a types=f16,f16 a-pitch=80"
// CALL: pointwise{{[0-9]+}}(stream(s), 1024, 80, {{.*}}, {80, 32, 32})
// RUN: FileCheck %s --check-prefix=CUT --input-file=%t/project/pointwise.cu
// CUT: kernels::ChannelRange y1Range;
// CUT: if (const int64_t at = y1Range.find(i); at >= 0)
// CUT-NEXT: store(y1 + at, w1);

// Everything takes 4.5 us, so that what saves a copy costs nothing: cuDNN works in place. What
// its maker can write a second time is no matter of measurements.
// RUN: fanfold inspect %s --target=cuda:sm_90 --kernels --format=json -o %t/kernels.json
// RUN: %python %S/Inputs/measure.py %t/project %t/kernels.json %t/warning > %t/db
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/db --emit=plan | FileCheck %s --check-prefix=PLACE
// PLACE-LABEL: plan.step @train
// PLACE: %grow = plan.part %both "grow" {{.*}}offset: 32>>
// PLACE: plan.launch "conv2d"({{.*}}) -> (%grow) {{.*}}algorithm = "cudnn {{.*}}part in place: 4.5 us, packed {{[0-9.]+}}", layer = "grow", reason = "measured 4.5 us (next 9.0)"
// PLACE-NOT: "copy"(%grow)
// PLACE: first_channels = array<i64: 0, 32>
// PLACE-LABEL: plan.step @eval

// An engine that takes far longer for a part than the copy: it is copied.
// RUN: awk -F'\t' -v OFS='\t' '/forward.*y-pitch=80/{$6=90}1' %t/db > %t/slow
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/slow --emit=plan | FileCheck %s --check-prefix=SLOW
// SLOW: plan.launch "conv2d"({{.*}}) -> (%grow) {{.*}}part packed: {{[0-9.]+}} us, in place {{9[0-9.]+}}", layer = "grow"
// SLOW: plan.launch "copy"(%grow)

// oneDNN has no implementation but its reference for parts: the CPU copies what products make.
// RUN: fanfold compile %s --target=cpu --precision=fp32 --emit=plan | FileCheck %s --check-prefix=CPU
// CPU: plan.launch "copy"(%grow)
// CPU: first_channels = array<i64: 0, 32, 64>
// CPU-NOT: {{form =|alternatives}}

cnn.model @parts {
  %image = cnn.input "image" as tensor<?x16x16x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %conv = cnn.conv2d %0 filters(32) kernel(3) pad(1)
  %relu = cnn.relu %conv
  %grow = cnn.conv2d %relu filters(32) kernel(5) pad(2)
  %one = cnn.conv2d %relu filters(16) kernel(1)
  %both = cnn.concat %relu, %grow, %one
  %bn = cnn.batch_norm %both
  %last = cnn.relu %bn
  %pool = cnn.global_avg_pool2d %last
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(10)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
cnn.recipe @parts batch(4) precision(fp16)

// Sums that a convolution leaves for each channel are one row, in their places from the start.
// RUN: fanfold compile %examples/densenet121/densenet121.mlir --target=cuda:sm_90 --batch=256 --precision=fp16 --emit=plan | FileCheck %s --check-prefix=SUMS
// SUMS: plan.launch "conv2d_statistics"(%block1.0.relu2, {{.*}} -> (memref<256x56x56x32xf16, strided<[802816, 14336, 256, 1], offset: 64>>, memref<32xf32, strided<[1], offset: 64>>, memref<32xf32, strided<[1], offset: 64>>)
// SUMS-NOT: sums.copy
