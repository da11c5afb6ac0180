// What is fused is chosen by measurement. No card here: the measurements are made up.
// REQUIRES: cuda

// Without a database statistics are fused behind enough channels, and nothing is normalised in
// a prologue. The program has the other forms for `tune`; `true` says that it does not run them.
// RUN: rm -rf %t && mkdir %t && touch %t/empty
// RUN: fanfold inspect %s --target=cuda:sm_90 --kernels | FileCheck %s --check-prefix=TEXT
// TEXT: conv2d_statistics next {{.*}} cuDNN's estimate, 1st of {{[0-9]+}}; statistics fused: not measured; prologue apart: not measured {{.*}}fusion.mlir:[[#]]:
// TEXT: conv2d_wgrad next.wgrad {{.*}}; prologue apart: not measured
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/empty --emit=project -o %t/project 2> %t/warning
// RUN: FileCheck %s --check-prefix=EMPTY --input-file=%t/warning
// EMPTY: warning: 9 of 9 convolutions and matrix products have no measurement {{.*}}; they run as the libraries estimate; 3 alternatives of them have no measurement in {{.*}}/empty, so what is fused there was not decided by time
// RUN: FileCheck %s --check-prefix=TABLE --input-file=%t/project/program.cpp
// TABLE: const Tunable tunables
// TABLE-DAG: {"conv2d forward in=4x16x16x32 out=16x16x64 filter=3x3 pad=1x1 types=f16,f16,f16 epilogue=statistics", "conv2d_statistics", "next", {{.*}}, 1, false},
// TABLE-DAG: {"conv2d forward in=4x16x16x32 out=16x16x64 filter=3x3 pad=1x1 types=f16,f16,f16 prologue=scale-bias-relu epilogue=statistics", "conv2d_statistics", "next", {{.*}}, "", 0, 0, true},
// TABLE-DAG: {"conv2d wgrad in=4x16x16x32 out=16x16x64 filter=3x3 pad=1x1 types=f16,f16,f16 prologue=scale-bias-relu", "conv2d_wgrad", "next.wgrad", {{.*}}, "", 0, 0, true},
// What is an alternative in training runs in evaluation.
// TABLE-DAG: {"conv2d forward in=4x16x16x32 out=16x16x64 filter=3x3 pad=1x1 types=f16,f16,f16", "conv2d", "next", {{.*}}, 0, false},

// Everything takes 4.5 us, so that a prologue saves nothing, and neither does it cost.
// RUN: fanfold inspect %s --target=cuda:sm_90 --kernels --format=json -o %t/kernels.json
// RUN: %python %S/Inputs/measure.py %t/project %t/kernels.json %t/warning > %t/db
// RUN: grep -c prologue= %t/db | FileCheck %s --check-prefix=COUNT
// COUNT: 4

// Prologues of 1 us are taken by both readers, and the activation has no launch.
// RUN: awk -F'\t' -v OFS='\t' '/prologue=/{$6=1}1' %t/db > %t/fast
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/fast --tuning=frozen --emit=kernel -o %t/fused.mlir
// RUN: FileCheck %s --check-prefix=FUSED --input-file=%t/fused.mlir
// FUSED-LABEL: cnn.step @train
// FUSED-NOT: layer = "relu"
// FUSED: %relu.scale, %relu.scale.1 = kernel.pointwise {{.*}} -> (tensor<32xf16>, tensor<32xf16>)
// FUSED: kernel.conv2d_statistics %conv, {{.*}}, %relu.scale, %relu.scale.1 {{.*}}alternatives = ["conv2d forward in=4x16x16x32 out=16x16x64 filter=3x3 pad=1x1 types=f16,f16,f16", "conv2d forward in=4x16x16x32 out=16x16x64 filter=3x3 pad=1x1 types=f16,f16,f16 epilogue=statistics"]{{.*}}form = "statistics fused: {{[0-9.]+}} us, apart {{[0-9.]+}}; prologue fused: {{[0-9.]+}} us, apart {{[0-9.]+}}"
// FUSED: kernel.conv2d_wgrad %conv, {{.*}}, %relu.scale, %relu.scale.1
// FUSED-LABEL: cnn.step @eval
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/fast --emit=project -o %t/fused
// RUN: FileCheck %s --check-prefix=CALL --input-file=%t/fused/steps.cpp
// CALL: convolution1.run(stream(s), {[[Y:s.at<__half>\([0-9]+\)]], {{[^ ]+}}, {{[^ ]+}}, nullptr, [[SCALE:s.at<__half>\([0-9]+\), s.at<__half>\([0-9]+\)]], s.at<float>({{[0-9]+}}), s.at<float>({{[0-9]+}})},
// CALL: .run(stream(s), {[[Y]], {{[^ ]+}}, {{[^ ]+}}, nullptr, [[SCALE]]},
// RUN: FileCheck %s --check-prefix=FUSEDTABLE --input-file=%t/fused/program.cpp
// FUSEDTABLE-DAG: {"conv2d wgrad {{.*}} prologue=scale-bias-relu", "conv2d_wgrad", "next.wgrad", {{.*}}, 1, false},
// FUSEDTABLE-DAG: {"conv2d wgrad in=4x16x16x32 out=16x16x64 filter=3x3 pad=1x1 types=f16,f16,f16", "conv2d_wgrad", "next.wgrad", {{.*}}, 0, true},

// One of the two is slow: neither takes it, and the reason has the sums of all launches.
// RUN: awk -F'\t' -v OFS='\t' '/wgrad.*prologue=/{$6=30}1' %t/fast > %t/slow
// RUN: fanfold inspect %s --target=cuda:sm_90 --tuning-db=%t/slow --kernels --format=json | FileCheck %s --check-prefix=SLOW
// SLOW: "layer": "next",
// SLOW: "reason": "measured 4.5 us (next 9.0)",
// SLOW-NEXT: "form": "statistics fused: {{[0-9.]+}} us, apart {{[0-9.]+}}; prologue apart: [[SUM:1[0-9]\.[0-9]]] us, fused 33.5",
// SLOW-NEXT: "alternatives": [
// SLOW: "problem": "conv2d forward {{.*}} prologue=scale-bias-relu epilogue=statistics",
// SLOW-NEXT: "microseconds": 1.0,
// SLOW: "layer": "next.wgrad",
// SLOW: "form": "prologue apart: [[SUM]] us, fused 33.5",

// Statistics apart, if that is what is faster; then there is no prologue to choose.
// RUN: awk -F'\t' -v OFS='\t' '/statistics/{$6=90}1' %t/db > %t/apart
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/apart --emit=plan | FileCheck %s --check-prefix=APART
// APART-NOT: conv2d_statistics
// APART: plan.launch "conv2d"(%relu, {{.*}}form = "statistics apart: {{[0-9.]+}} us, fused {{[0-9.]+}}"
// APART-NOT: prologue=

// A frozen database has to know both sides of a choice.
// RUN: grep -v 'wgrad.*prologue=' %t/fast > %t/half
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/half --emit=plan 2>&1 | FileCheck %s --check-prefix=HALF
// HALF: warning: 1 alternatives of them have no measurement
// HALF: prologue apart: not measured
// RUN: not fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/half --tuning=frozen --emit=plan 2>&1 | FileCheck %s --check-prefix=FROZEN
// FROZEN: fusion.mlir:[[#]]:{{.*}} error: {{.*}}conv2d_wgrad{{.*}} gets no form: the tuning database {{.*}}/half has no measurement of its alternative conv2d wgrad {{.*}} prologue=scale-bias-relu on NVIDIA H200 with cudnn {{.*}}, and --tuning=frozen decides by measurements alone

// There is nothing to choose in bf16, for which cuDNN has no such engines, nor on the CPU.
// RUN: fanfold compile %s --target=cuda:sm_90 --precision=bf16 --emit=plan | FileCheck %s --check-prefix=NONE
// RUN: fanfold compile %s --target=cpu --precision=fp32 --emit=plan | FileCheck %s --check-prefix=NONE
// NONE-NOT: {{form = "(statistics|prologue)|prologue=|conv2d_statistics}}
// RUN: fanfold compile %s --target=cpu --precision=fp32 --emit=kernel -o %t/cpu.mlir
// RUN: sed -E '/layer = "next.wgrad"/{s/(conv2d_wgrad %%[^ ]*, %%[^ ]*) \{/\1, %%bn.gamma, %%bn.gamma {/; s/\) -> /, tensor<32xf32>, tensor<32xf32>) -> /}' %t/cpu.mlir > %t/by_hand.mlir
// RUN: not fanfold compile %t/by_hand.mlir --target=cpu --emit=project -o %t/none 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: fusion.mlir:[[#]]:[[#]]: error: {{.*}}has a prologue, which no kernel of the target cpu takes

cnn.model @choices {
  %image = cnn.input "image" as tensor<?x16x16x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %conv = cnn.conv2d %0 filters(32) kernel(3) pad(1)
  %bn = cnn.batch_norm %conv
  %relu = cnn.relu %bn
  %next = cnn.conv2d %relu filters(64) kernel(3) pad(1)
  %next_bn = cnn.batch_norm %next
  %next_relu = cnn.relu %next_bn
  %pool = cnn.global_avg_pool2d %next_relu
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(10)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
cnn.recipe @choices batch(4) precision(fp16)
