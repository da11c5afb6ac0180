// A tensor of merged convolutions lives as long as any part of it is read, so that the plan with the
// fewest bytes may be one without. What is said to be the smallest budget that would do is that of the
// smaller plan, and it does.
// REQUIRES: cuda

// GoogLeNet up to its second Inception module.
// RUN: sed '/[%]pool3/,/[%]inc5b =/d; s/[%]inc5b/%%inc3b/' %examples/googlenet/googlenet.mlir > %t.mlir
// RUN: not fanfold compile %t.mlir --target=cuda:sm_90 --precision=fp16 --batch=128 --memory-budget=1K --emit=plan -q -o %t.none 2> %t.errors
// RUN: FileCheck %s --check-prefix=ERRORS --input-file=%t.errors --implicit-check-not=error:
// RUN: sed -n 's/.*expected \([0-9]*\) or more.*/\1/p' %t.errors | tr -d '\n' > %t.smallest
// RUN: fanfold compile %t.mlir --target=cuda:sm_90 --precision=fp16 --batch=128 --memory-budget=%{readfile:%t.smallest} --emit=plan -q -o - | FileCheck %s --check-prefix=APART
// RUN: fanfold compile %t.mlir --target=cuda:sm_90 --precision=fp16 --batch=128 --memory-budget=4G --emit=plan -q -o - | FileCheck %s --check-prefix=MERGED

// ERRORS: error: found a memory budget of 1024 bytes
// ERRORS: note: its peak is
// ERRORS: fanfold: error: cannot compile the model

// APART-NOT: inc3a.branch1.conv and 2 more
// MERGED: layer = "inc3a.branch1.conv and 2 more"

// On the CPU parameters are most of what there is, and the merged plan fits as well.
// RUN: not fanfold compile %t.mlir --target=cpu --batch=8 --memory-budget=1K --emit=plan -q -o %t.none 2> %t.errors
// RUN: sed -n 's/.*expected \([0-9]*\) or more.*/\1/p' %t.errors | tr -d '\n' > %t.smallest
// RUN: fanfold compile %t.mlir --target=cpu --batch=8 --memory-budget=%{readfile:%t.smallest} --emit=plan -q -o %t.plan
