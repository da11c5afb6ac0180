// REQUIRES: cuda

// ResNet-50 with two blocks a layer, DenseNet-121 with four layers a block.
// RUN: sed 's/depth = [0-9]/depth = 2/' %examples/resnet50/resnet50.mlir > %t.resnet.mlir
// RUN: sed 's/repeat([0-9]*)/repeat(4)/' %examples/densenet121/densenet121.mlir > %t.densenet.mlir
// RUN: fanfold compile %t.resnet.mlir --target=cuda:sm_90 --precision=fp16 --batch=64 --memory-budget=800MiB --emit=plan | FileCheck %s
// RUN: not fanfold compile %t.resnet.mlir --target=cuda:sm_90 --precision=fp16 --batch=64 --memory-budget=400MiB --emit=plan 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: fanfold compile %t.densenet.mlir --target=cuda:sm_90 --precision=fp16 --batch=64 --memory-budget=600MiB --emit=plan | FileCheck %s --check-prefix=NESTED

// Convolutions that sum for the statistics run again; the statistics themselves, which
// follow the batch in running averages, do not.
// CHECK: fanfold.recomputation = {extra_seconds = {{.*}}launches = {{[1-9][0-9]*}} : i64
// CHECK-NOT: plan.launch "batch_norm_finalize"{{.*}}again
// CHECK: plan.launch "conv2d_statistics"{{.*}}again
// CHECK-NOT: plan.launch "batch_norm_finalize"{{.*}}layer = {{.*}}again

// ERROR: error: found a memory budget of 419430400 bytes, expected {{[0-9]+}} or more: step @train
// ERROR: bytes  activation
// ERROR: bytes  parameter

// What a dense block concatenates lies in its last concatenation, and is not made again.
// NESTED: fanfold.recomputation = {extra_seconds = {{.*}}launches = {{[1-9][0-9]*}} : i64
// NESTED-NOT: concat.again
