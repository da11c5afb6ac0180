// RUN: fanfold-opt %s --infer-shapes=batch=4 --build-steps --build-backward --split-input-file --verify-diagnostics

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %loss = cnn.softmax_cross_entropy %x, %label
  // expected-error@+1 {{depends on no parameter: there is nothing to train}}
  cnn.loss %loss
}

// -----

// Only the metric depends on a parameter.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %fc = cnn.dense %x units(4)
  %top1 = cnn.accuracy %fc, %label
  %loss = cnn.softmax_cross_entropy %x, %label
  // expected-error@+1 {{depends on no parameter: there is nothing to train}}
  cnn.loss %loss metrics(top1 = %top1)
}

// -----

// expected-error@+1 {{has no output 'loss'}}
cnn.step @train {
  %x = cnn.scalar "seed" : tensor<i32>
  cnn.output %x as "top1" : tensor<i32>
}
