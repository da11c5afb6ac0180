// RUN: fanfold-opt %s --expand-blocks --split-input-file --verify-diagnostics

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{expected an integer or a parameter of the block}}
  %y = cnn.dense %x units()
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{expected an integer or a parameter of the block}}
  %y = cnn.dense %x units(2 * + 3)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{expected ')'}}
  %y = cnn.dense %x units((2 + 3)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{expected an integer or a parameter of the block}}
  %y = cnn.dense %x units(1.5)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{integer value too large}}
  %y = cnn.dense %x units(99999999999999999999)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{division by zero}}
  %y = cnn.dense %x units(1 / 0)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{overflow}}
  %y = cnn.dense %x units(9223372036854775807 + 1)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{overflow}}
  %y = cnn.dense %x units(0 - 9223372036854775807 - 2)
  cnn.loss %y
}

// -----

cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{overflow}}
  %y = cnn.dense %x units(4294967296 * 4294967296)
  cnn.loss %y
}

// -----

// The one quotient that does not fit.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{overflow}}
  %y = cnn.dense %x units((0 - 9223372036854775807 - 1) / (0 - 1))
  cnn.loss %y
}

// -----

// A model has no parameters.
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  // expected-error@+1 {{unknown parameter 'n'}}
  %y = cnn.dense %x units(2 * n)
  cnn.loss %y
}

// -----

// Mistakes that depend on the parameters.
cnn.block @b(%x) params(n) {
  // expected-error@+1 {{division by zero}}
  %y = cnn.dense %x units(8 / n)
  cnn.yield %y
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8xf32>
  %y = cnn.use @b(%x) with(n = 0)
  cnn.loss %y
}
