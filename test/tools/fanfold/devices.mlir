// REQUIRES: cuda
// A program is planned for the device that is named; the names are those of the descriptions.

// RUN: fanfold compile %S/../../../examples/lenet/lenet.mlir --target=cuda:sm_90 --device=nvidia-h100 --emit=plan -o %t.h100
// RUN: fanfold compile %S/../../../examples/lenet/lenet.mlir --target=cuda:sm_90 --device=nvidia-h200 --emit=plan -o %t.h200
// RUN: fanfold compile %S/../../../examples/lenet/lenet.mlir --target=cuda:sm_90 --emit=plan -o %t.default
// RUN: diff %t.h200 %t.default
// RUN: not fanfold compile %S/../../../examples/lenet/lenet.mlir --target=cuda:sm_90 --device=nvidia-v100 --emit=plan 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: found no description of the device 'nvidia-v100', expected nvidia-h100 or nvidia-h200
// RUN: not fanfold compile %S/../../../examples/lenet/lenet.mlir --target=cpu --device=nvidia-h100 --emit=plan 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: the target cpu is the machine that compiles, found the device nvidia-h100
// RUN: fanfold compile --help | FileCheck %s --check-prefix=HELP
// HELP: --device{{.*}}nvidia-h100 or nvidia-h200
