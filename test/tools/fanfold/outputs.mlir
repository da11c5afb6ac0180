// No command overwrites what it reads, by whatever name.
// RUN: rm -rf %t && mkdir -p %t/folder && cp %s %t/m.mlir && cd %t
// RUN: ln -s m.mlir link.mlir && ln m.mlir hard.mlir && ln -s folder/.. up
// RUN: not fanfold compile m.mlir --target=cpu -o m.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold compile link.mlir --target=cpu -o m.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold compile m.mlir --target=cpu -o link.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold compile m.mlir --target=cpu -o hard.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold compile m.mlir --target=cpu -o folder/..//m.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold compile m.mlir --target=cpu -o %t/up/m.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold compile m.mlir --target=cpu --emit=cnn -o m.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold inspect m.mlir --target=cpu --layers -o m.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not fanfold compile - --target=cpu -o m.mlir < m.mlir 2>&1 | FileCheck %s --check-prefix=SAME
// SAME: fanfold: error: writing {{.*}}.mlir: found the input {{m.mlir|link.mlir|-}}, expected another file
// RUN: cmp %s m.mlir

// Other inputs than the model.
// RUN: touch db
// RUN: not fanfold compile m.mlir --target=cpu --tuning-db=db -o ./db 2>&1 | FileCheck %s --check-prefix=DB
// DB: fanfold: error: writing ./db: found the input db, expected another file
// RUN: fanfold inspect m.mlir --target=cpu --memory --format=json -o plan.json
// RUN: cp plan.json before.json
// RUN: not fanfold inspect m.mlir --target=cpu --memory --format=html --compare=plan.json -o plan.json 2>&1 | FileCheck %s --check-prefix=COMPARE
// COMPARE: fanfold: error: writing plan.json: found the input plan.json, expected another file
// RUN: cmp before.json plan.json

// A project's file of the model's name: none is written.
// RUN: mkdir project && cp m.mlir project/Makefile
// RUN: not fanfold compile project/Makefile --target=cpu --emit=project -o project 2>&1 | FileCheck %s --check-prefix=PROJECT
// PROJECT: fanfold: error: writing project/Makefile: found the input project/Makefile, expected another file
// RUN: ls project | FileCheck %s --check-prefix=ALONE
// ALONE-NOT: {{[^M]}}
// ALONE: Makefile
// ALONE-NOT: {{.}}
// RUN: cmp %s project/Makefile
// Beside a model of another name it is.
// RUN: mkdir beside && cp m.mlir beside && fanfold compile beside/m.mlir --target=cpu -q --emit=project -o beside
// RUN: cmp %s beside/m.mlir && ls beside/main.cpp

// Dumps go to folders of their own, over those of an earlier run.
// RUN: fanfold compile m.mlir --target=cpu --emit=cnn --dump-phases=. -o out.mlir
// RUN: fanfold compile m.mlir --target=cpu --emit=cnn --dump-phases=. -o out.mlir
// RUN: cmp %s m.mlir
// RUN: cp builtin_module_*/*infer-shapes.mlir typed.mlir
// RUN: ln -s builtin_module_*/*infer-shapes.mlir phase.mlir
// RUN: not fanfold compile phase.mlir --target=cpu --emit=cnn --dump-phases=. -o out.mlir 2>&1 | FileCheck %s --check-prefix=DUMP
// DUMP: fanfold: error: writing {{.*}}infer-shapes.mlir: found the input phase.mlir, expected another file
// RUN: cmp typed.mlir phase.mlir

// What cannot be written is said before anything is compiled, and leaves nothing behind.
// RUN: not fanfold compile m.mlir --target=cpu -o folder 2>&1 | FileCheck %s --check-prefix=FOLDER
// RUN: not fanfold compile m.mlir --target=cpu --emit=plan -o folder 2>&1 | FileCheck %s --check-prefix=FOLDER
// RUN: not fanfold inspect m.mlir --target=cpu --layers -o folder 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: fanfold: error: writing folder: it is a directory, expected a file
// RUN: not fanfold compile m.mlir --target=cpu -o none/m 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: fanfold: error: writing none/m: no such file or directory
// RUN: not fanfold compile m.mlir --target=cpu -o m.mlir/m 2>&1 | FileCheck %s --check-prefix=BELOW
// BELOW: fanfold: error: writing m.mlir/m: not a directory
// RUN: not fanfold inspect m.mlir --target=cpu --layers -o /dev/full 2>&1 | FileCheck %s --check-prefix=FULL
// FULL: fanfold: error: writing /dev/full: no space left on device

// A link stays one; a device, too.
// RUN: ln -s target.txt linked.txt && touch target.txt
// RUN: fanfold inspect m.mlir --target=cpu --layers -o linked.txt
// RUN: test -L linked.txt && FileCheck %s --check-prefix=LAYERS --input-file=target.txt
// RUN: fanfold inspect m.mlir --target=cpu --layers -o /dev/stdout | FileCheck %s --check-prefix=LAYERS
// RUN: fanfold inspect - --target=cpu --layers -o - < m.mlir | FileCheck %s --check-prefix=LAYERS
// LAYERS: fc
// RUN: fanfold compile m.mlir --target=cpu --emit=cnn -o /dev/null && test -c /dev/null
// RUN: ls | FileCheck %s --check-prefix=LEFT
// LEFT-NOT: .tmp

// RUN: not fanfold compile m.mlir --target=cpu -o - 2>&1 | FileCheck %s --check-prefix=BINARY
// BINARY: fanfold: error: --emit=binary needs an output: -o OUT

cnn.model @m {
  %image = cnn.input "image" as tensor<?x8x8x1xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %x = cnn.normalize %image mean(0.5) std(0.25)
  %flat = cnn.flatten %x
  %fc = cnn.dense %flat units(2)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
cnn.recipe @m batch(2)
