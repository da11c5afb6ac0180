// What a tuning database changes, and what is said where it has no answer. No card here: the
// measurements are made up.
// REQUIRES: cuda

// RUN: rm -rf %t && mkdir %t && touch %t/empty
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/empty --emit=project -o %t/project 2> %t/warning
// RUN: FileCheck %s --check-prefix=EMPTY --input-file=%t/warning
// EMPTY: warning: 8 of 8 convolutions and matrix products have no measurement for NVIDIA H200 with cudnn {{[0-9.]+}} and cublaslt {{[0-9.]+}} in {{.*}}/empty; they run as the libraries estimate
// RUN: fanfold inspect %s --target=cuda:sm_90 --kernels --format=json -o %t/kernels.json
// RUN: %python %S/Inputs/measure.py %t/project %t/kernels.json %t/warning > %t/db

// A whole database decides, and nothing is said.
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/db --tuning=frozen --emit=plan -o %t/plan.mlir 2>&1 | count 0
// RUN: FileCheck %s --check-prefix=PLAN --input-file=%t/plan.mlir
// PLAN-COUNT-5: reason = "measured 4.5 us (next 9.0)"
// RUN: fanfold inspect %s --target=cuda:sm_90 --tuning-db=%t/db --kernels | FileCheck %s --check-prefix=TEXT
// TEXT: step train
// TEXT-NEXT: kernel layer implementation of reason repeats MFLOP data workspace model line
// TEXT: conv2d conv cudnn {{.*}} measured 4.5 us (next 9.0) {{.*}}tuning.mlir:[[#]]:
// TEXT: matmul fc cublaslt 0{{0+}}... 1 measured 2.5 us {{.*}}tuning.mlir:[[#]]:
// RUN: fanfold inspect %s --target=cuda:sm_90 --tuning-db=%t/db --kernels --format=json | FileCheck %s --check-prefix=JSON
// JSON: "layer": "conv",
// JSON-NEXT: "implementation": "cudnn [[CHOICE:.*]]",
// JSON-NEXT: "repeats": true,
// JSON-NEXT: "repeats_by": "cuDNN's word",
// JSON-NEXT: "reason": "measured 4.5 us (next 9.0)",
// JSON: "rank": 0,
// JSON-NEXT: "microseconds": 9.0,
// JSON: "implementation": "cudnn [[CHOICE]]",
// JSON: "microseconds": 4.5,
// JSON-NEXT: "refused": null
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/db --tuning=off --emit=plan | FileCheck %s --check-prefix=OFF
// OFF-NOT: measured

// Half of one: the rest as without, or not at all.
// RUN: grep -v dgrad %t/db > %t/half
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/half --emit=plan 2>&1 | FileCheck %s --check-prefix=HALF
// HALF: warning: 1 of 8 convolutions and matrix products have no measurement for NVIDIA H200
// HALF-DAG: reason = "measured 4.5 us (next 9.0)"
// HALF-DAG: reason = "cuDNN's estimate, 1st of {{[0-9]+}}; not measured"
// RUN: not fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/half --tuning=frozen --emit=plan 2>&1 | FileCheck %s --check-prefix=FROZEN
// FROZEN: tuning.mlir:[[#]]:11: error: {{.*}}conv2d_dgrad{{.*}} gets no implementation: the tuning database {{.*}}/half has no measurement of conv2d dgrad {{.*}} on NVIDIA H200 with cudnn {{.*}}, and --tuning=frozen takes no other
// FROZEN-NOT: gets no implementation
// FROZEN: cannot compile the model

// Without any, each problem is said once, though both steps have it.
// RUN: not fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/empty --tuning=frozen --emit=plan 2>&1 | grep -c "gets no implementation" | FileCheck %s --check-prefix=ALL
// ALL: {{^}}8{{$}}

// Of another card or library: what there is stands beside what was looked for.
// RUN: sed 's/NVIDIA H200/NVIDIA H100/' %t/db > %t/h100
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/h100 --emit=plan -o %t/none 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: warning: 8 of 8 {{.*}} for NVIDIA H200 with {{.*}}/h100, which has NVIDIA H100 with cublaslt {{[0-9.]+}}, NVIDIA H100 with cudnn {{[0-9.]+}};

// An engine that the library does not have, or with such knobs, is passed over, and named by
// the file's line.
// RUN: sed '2s/\(cudnn [0-9.]*\t[^\t]*\t[0-9]*\)[^\t]*/\1 tile_size=2000/' %t/db > %t/refused
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/refused --emit=plan 2>&1 | FileCheck %s --check-prefix=REFUSED
// REFUSED: warning: {{.*}}1 measured engines are refused by cuDNN and were passed over, the first in {{.*}}/refused:2: engine '{{[0-9]+}} tile_size=2000' of cuDNN
// RUN: sed '2s/\(cudnn [0-9.]*\t[^\t]*\t\)[^\t]*/\199999/' %t/db > %t/refused
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/refused --emit=plan 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: warning: {{.*}}/refused:2: engine '99999' of cuDNN {{.*}}: there are {{[0-9]+}}

// One that cuDNN knows only on a card is taken by its name, with the workspace it was measured
// with; but not where results must repeat, which nobody knows of it.
// RUN: sed '2s/\(cudnn [0-9.]*\t[^\t]*\t\)[^\t]*\t[0-9]*\t.*/\163 workspace=1\t272\t1.5/' %t/db > %t/card
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/card --tuning=frozen --emit=plan | FileCheck %s --check-prefix=CARD
// CARD: algorithm = "cudnn 63 workspace=1", {{.*}}reason = "measured 1.5 us (next 9.0), planned at start"{{.*}}, memref<272xi8>
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/card --tuning=frozen --deterministic --emit=plan | FileCheck %s --check-prefix=REPEATS
// REPEATS-NOT: cudnn 63
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/card --emit=project -o %t/at_start
// RUN: grep -o '"engine":"63[^}]*}' %t/at_start/plans.cpp | FileCheck %s --check-prefix=START
// RUN: FileCheck %s --check-prefix=VARYING --input-file=%t/at_start/program.cpp
// START: {{^}}"engine":"63 workspace=1","workspaceBytes":272,"repeats":false}{{$}}
// VARYING: /*varyingLaunches=*/1,

// Where a card was asked, its answer decides: the engine that nobody knew of is taken if its runs
// were equal, and one that the library vouches for is not if they were not.
// RUN: sed 's/\t1.5$/\t1.5\trepeats/' %t/card > %t/equal
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/equal --tuning=frozen --deterministic --emit=plan | FileCheck %s --check-prefix=CARD
// RUN: fanfold inspect %s --target=cuda:sm_90 --tuning-db=%t/equal --deterministic --kernels | FileCheck %s --check-prefix=EQUAL
// EQUAL: cudnn 63 workspace=1 {{.*}} yes: its runs were equal
// RUN: fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/equal --deterministic --emit=project -o %t/repeats
// RUN: FileCheck %s --check-prefix=NONE --input-file=%t/repeats/program.cpp
// NONE: /*varyingLaunches=*/0,
// RUN: sed 's/\t4.5$/\t4.5\tvaries/' %t/db > %t/unequal
// RUN: fanfold inspect %s --target=cuda:sm_90 --tuning-db=%t/unequal --kernels --format=json | FileCheck %s --check-prefix=UNEQUAL
// UNEQUAL: "repeats": false,
// UNEQUAL-NEXT: "repeats_by": "its runs differed",
// UNEQUAL-NEXT: "reason": "measured 4.5 us (next 9.0)",
// RUN: fanfold inspect %s --target=cuda:sm_90 --tuning-db=%t/unequal --deterministic --kernels --format=json | FileCheck %s --check-prefix=OTHERS --implicit-check-not='"repeats": false'
// OTHERS: "reason": "measured 9.0 us",
// OTHERS: "microseconds": 4.5,
// OTHERS-NEXT: "refused": "it does not repeat to the bit"

// An algorithm that is none, a line that is none: the file's line.
// RUN: sed 's/\t0000*/\tbeef/' %t/db > %t/algorithm
// RUN: not fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/algorithm --emit=plan 2>&1 | FileCheck %s --check-prefix=ALGORITHM
// ALGORITHM: {{.*}}/algorithm:[[#]]: algorithm of cuBLASLt is 'beef', expected 128 hexadecimal digits
// RUN: head -c 150 %t/db > %t/cut
// RUN: not fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/cut --emit=plan 2>&1 | FileCheck %s --check-prefix=CUT
// CUT: error: reading the tuning database: {{.*}}/cut:[[#]]: line has {{[0-9]}} fields, expected 7 separated by tabs
// RUN: not fanfold compile %s --target=cuda:sm_90 --tuning-db=%t/nowhere --emit=plan 2>&1 | FileCheck %s --check-prefix=NOWHERE
// NOWHERE: error: reading the tuning database: opening {{.*}}/nowhere: no such file or directory

// No toolkit is no reason to fail later, with make's words.
// RUN: not env NVCC=/nowhere/nvcc fanfold compile %s --target=cuda:sm_90 -o %t/program 2>&1 | FileCheck %s --check-prefix=TOOLKIT
// TOOLKIT: error: cannot find '/nowhere/nvcc', which compiles CUDA programs; install the CUDA toolkit, or name its nvcc in the environment variable NVCC

// Where there is nothing to choose.
// RUN: not fanfold compile %s --target=cpu --tuning-db=%t/db --emit=plan 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: the target cpu has one implementation of every kernel, and nothing that the tuning database {{.*}}/db could choose
// RUN: not fanfold compile %t/plan.mlir --target=cuda:sm_90 --tuning-db=%t/db --emit=plan 2>&1 | FileCheck %s --check-prefix=CHOSEN
// CHOSEN: are chosen already: --tuning-db takes a file of the level cnn

cnn.model @tuned {
  %image = cnn.input "image" as tensor<?x16x16x1xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5) std(0.25)
  %conv = cnn.conv2d %0 filters(16) kernel(3) pad(1)
  %relu = cnn.relu %conv
  %next = cnn.conv2d %relu filters(16) kernel(3) pad(1)
  %pool = cnn.global_avg_pool2d %next
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(10)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
cnn.recipe @tuned batch(4) precision(fp16)
