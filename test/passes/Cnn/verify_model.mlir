// RUN: fanfold-opt %s --infer-shapes=batch=4 --verify-model --split-input-file --verify-diagnostics

// A model that is right says nothing.
cnn.model @right {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %loss = cnn.softmax_cross_entropy %x, %label
  %top1 = cnn.accuracy %x, %label
  cnn.loss %loss metrics(top1 = %top1)
}
cnn.recipe @right

// -----

// expected-error@+1 {{found 0 models, expected one cnn.model}}
module {
}

// -----

// expected-error@+1 {{found 2 models, expected one cnn.model}}
module {
  cnn.model @a {
    %x = cnn.input "x" as tensor<?x4xf32>
    cnn.loss %x
  }
  cnn.model @b {
    %x = cnn.input "x" as tensor<?x4xf32>
    cnn.loss %x
  }
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  cnn.loss %x
}
cnn.recipe @m
// expected-error@+1 {{is the second recipe, expected at most one}}
cnn.recipe @m

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  cnn.loss %x
}
// expected-error@+1 {{is for @other, expected @m}}
cnn.recipe @other

// -----

cnn.model @m {
  // expected-note@+1 {{the other layer is here}}
  %x = cnn.input "x" as tensor<?x4xf32>
  // The generic form can give two layers one name.
  // expected-error@+1 {{has the name 'x' of another layer}}
  %y = "cnn.relu"(%x) {name = "x"} : (!cnn.value) -> !cnn.value
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  // expected-error@+1 {{reads 'x' a second time}}
  %y = cnn.input "x" as tensor<?x4xf32>
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  // expected-error@+1 {{takes 'tensor<4x4xf32>', expected tensor<f32>}}
  cnn.loss %x
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  %label = cnn.input "label" as tensor<?xi32>
  %loss = cnn.softmax_cross_entropy %x, %label
  // expected-error@+1 {{takes 'tensor<4xi32>', expected tensor<f32>}}
  cnn.loss %loss metrics(label = %label)
}
