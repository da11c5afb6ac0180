// RUN: fanfold-opt %s --expand-blocks --split-input-file --verify-diagnostics

cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{uses the unknown block @nope}}
  %y = cnn.use @nope(%x)
  cnn.loss %y
}

// -----

// A model is no block.
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{uses the unknown block @m}}
  %y = cnn.use @m(%x)
  cnn.loss %y
}

// -----

// expected-note@+1 {{the block is defined here}}
cnn.block @b(%x) {
  cnn.yield %x
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{passes 2 values, expected 1}}
  %y = cnn.use @b(%x, %x)
  cnn.loss %y
}

// -----

// expected-note@+1 {{the block is defined here}}
cnn.block @b(%x) params(n) {
  cnn.yield %x
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{block @b has no parameter 'm'}}
  %y = cnn.use @b(%x) with(n = 1, m = 2)
  cnn.loss %y
}

// -----

// expected-note@+1 {{the block is defined here}}
cnn.block @b(%x) params(n, m = 1) {
  cnn.yield %x
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{gives no value for parameter 'n' of block @b}}
  %y = cnn.use @b(%x) with(m = 2)
  cnn.loss %y
}

// -----

// A block that uses itself.
cnn.block @b(%x) {
  // expected-error@+1 {{blocks are nested more than 64 deep; does @b use itself?}}
  %y = cnn.use @b(%x)
  cnn.yield %y
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  %y = cnn.use @b(%x)
  cnn.loss %y
}

// -----

// Two blocks that use each other.
cnn.block @a(%x) {
  %y = cnn.use @b(%x)
  cnn.yield %y
}
cnn.block @b(%x) {
  // expected-error@+1 {{blocks are nested more than 64 deep; does @a use itself?}}
  %y = cnn.use @a(%x)
  cnn.yield %y
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  %y = cnn.use @a(%x)
  cnn.loss %y
}

// -----

cnn.block @b(%x) {
  cnn.yield %x
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{repeat is -1, expected 0 to 10000}}
  %y = cnn.use @b(%x) repeat(0 - 1)
  cnn.loss %y
}

// -----

cnn.block @b(%x) {
  cnn.yield %x
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  // expected-error@+1 {{repeat is 1000000000, expected 0 to 10000}}
  %y = cnn.use @b(%x) repeat(1000000000)
  cnn.loss %y
}

// -----

// Without an operand there is nothing to pass on.
cnn.block @b() {
  %x = cnn.input "x" as tensor<?xf32>
  cnn.yield %x
}
cnn.model @m {
  // expected-error@+1 {{repeat is 0, expected 1 to 1}}
  %y = cnn.use @b() repeat(0)
  cnn.loss %y
}

// -----

cnn.block @b() {
  %x = cnn.input "x" as tensor<?xf32>
  cnn.yield %x
}
cnn.model @m {
  // expected-error@+1 {{repeat is 2, expected 1 to 1}}
  %y = cnn.use @b() repeat(2)
  cnn.loss %y
}

// -----

// Blocks that grow beyond all bounds within a few lines.
cnn.block @a(%x) {
  cnn.yield %x
}
cnn.block @b(%x) {
  // expected-error@+1 {{makes more than 100000 instances of blocks}}
  %y = cnn.use @a(%x) repeat(10000)
  cnn.yield %y
}
cnn.block @c(%x) {
  %y = cnn.use @b(%x) repeat(10000)
  cnn.yield %y
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  %y = cnn.use @c(%x) repeat(10000)
  cnn.loss %y
}

// -----

cnn.block @b(%x) {
  // expected-error@+1 {{unknown parameter 'n'}}
  %y = cnn.if(n) {
    cnn.yield %x
  } else {
    cnn.yield %x
  }
  cnn.yield %y
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?xf32>
  %y = cnn.use @b(%x)
  cnn.loss %y
}

// -----

// A parameter's value may be out of range only where the block is used.
cnn.block @b(%x) params(n) {
  // expected-error@+1 {{has 0 units, expected at least 1}}
  %y = cnn.dense %x units(n)
  cnn.yield %y
}
cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  %y = cnn.use @b(%x) with(n = 0)
  cnn.loss %y
}
