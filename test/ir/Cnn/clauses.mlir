// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s

// How numbers and clauses are written and printed.
// CHECK-LABEL: cnn.model @numbers
cnn.model @numbers {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // CHECK: cnn.scale %x by(1)
  %a = cnn.scale %x by(1)
  // CHECK: cnn.scale %x by(-0.5)
  %b = cnn.scale %x by(-0.5)
  // CHECK: cnn.scale %x by(0.0001)
  %c = cnn.scale %x by(1e-4)
  // CHECK: cnn.scale %x by(50000)
  %d = cnn.scale %x by(5e4)
  // CHECK: cnn.scale %x by(1.5e+30)
  %e = cnn.scale %x by(1.5e+30)
  // CHECK: cnn.scale %x by(2e+30)
  %f = cnn.scale %x by(2e+30)
  // More digits than an integer holds.
  // CHECK: cnn.scale %x by(1e+30)
  %g = cnn.scale %x by(1000000000000000000000000000000)
  // More than a double holds: the nearest one.
  // CHECK: cnn.scale %x by(0.12345678901234568)
  %h = cnn.scale %x by(0.12345678901234567890)
  // The name of the next op begins like a clause, and so may the name of a layer.
  // CHECK: %ceil = cnn.max_pool2d %x kernel(2)
  // CHECK-NEXT: %kernel = cnn.relu %ceil
  %ceil = cnn.max_pool2d %x kernel(2) %kernel = cnn.relu %ceil
  // A clause may be on another line, behind a comment.
  // CHECK: %pool = cnn.max_pool2d %x kernel(2) stride(1) ceil
  %pool = cnn.max_pool2d %x // the window
    kernel(2)
    // and how it moves
    stride(1) ceil
  cnn.loss %kernel
}
