// Numbers of the command line are held to the ranges of model files.
// RUN: not fanfold compile %s --target=cpu --batch=0 -o %t 2>&1 | FileCheck %s --check-prefix=ZERO
// ZERO: --batch: found 0, expected batch in [1, 1000000000] samples, a whole number
// RUN: not fanfold compile %s --target=cpu --batch=1.5 -o %t 2>&1 | FileCheck %s --check-prefix=HALF
// HALF: --batch: found 1.5, expected batch in [1, 1000000000] samples, a whole number
// RUN: not fanfold compile %s --target=cpu --threads=-1 -o %t 2>&1 | FileCheck %s --check-prefix=THREADS
// THREADS: --threads: found -1, expected threads in [1, 4096], a whole number
// Less than a byte is no budget, not any.
// RUN: not fanfold compile %s --target=cpu --memory-budget=0.4 -o %t 2>&1 | FileCheck %s --check-prefix=BUDGET
// BUDGET: fanfold: error: '0.4' is not a size, expected a number with K, M or G

// The help names options, without values that nobody types.
// RUN: fanfold compile --help | FileCheck %s --check-prefix=HELP
// RUN: fanfold inspect --help | FileCheck %s --check-prefix=HELP
// HELP-NOT: {false}
// HELP: --no-fusion {{ *}}One launch for each op
// HELP-NOT: {false}

// RUN: fanfold compile %s --target=cpu --batch=2 --emit=cnn | FileCheck %s --check-prefix=TWO
// TWO: tensor<2x8x8x1xui8>
// What the batch makes impossible is said with the layer's line.
// RUN: not fanfold compile %s --target=cpu --batch=1 -o %t 2>&1 | FileCheck %s --check-prefix=ONE
// ONE: options.mlir:[[@LINE+7]]:9: error: 'cnn.batch_norm' op found 1 value of each channel in 'tensor<1x4xf32>', expected 2 or more, which have a variance
cnn.model @m {
  %image = cnn.input "image" as tensor<?x8x8x1xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %x = cnn.normalize %image mean(0.5) std(0.25)
  %flat = cnn.flatten %x
  %fc = cnn.dense %flat units(4)
  %bn = cnn.batch_norm %fc
  %loss = cnn.softmax_cross_entropy %bn, %label
  cnn.loss %loss
}
