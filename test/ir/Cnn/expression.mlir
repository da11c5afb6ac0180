// RUN: fanfold-opt %s | fanfold-opt | FileCheck %s
// RUN: fanfold-opt %s --expand-blocks | FileCheck %s --check-prefix=VALUE

// An expression of parameters keeps its form; the printed form means the same.
// CHECK-LABEL: cnn.block @b
cnn.block @b(%x) params(n, m) {
  // CHECK: filters(n) kernel(m)
  %0 = cnn.conv2d %x filters(n) kernel(m)
  // CHECK: filters(n * 2 + m) kernel(n - m - 1)
  %1 = cnn.conv2d %x filters(n*2+m) kernel(n-m-1)
  // CHECK: filters(n * (m + 1)) kernel(n / 2 / m)
  %2 = cnn.conv2d %x filters(n*(m+1)) kernel(n/2/m)
  // CHECK: filters(1 + (n == 7)) kernel(1 + (m < n), 1 + (n < m))
  %3 = cnn.conv2d %x filters(1 + (n == 7)) kernel(1 + (m < n), 1 + (n < m))
  // CHECK: filters((0 - n) / m + 9) kernel(n * 0 + 3)
  %4 = cnn.conv2d %x filters((0 - n) / m + 9) kernel(n * 0 + 3)
  cnn.yield %x
}

// VALUE-LABEL: cnn.model @m
// VALUE: conv2d {{.*}} filters(42) kernel(3)
// VALUE: conv2d {{.*}} filters(7) kernel(2)
// VALUE: conv2d {{.*}} filters(16) kernel(4)
// VALUE: conv2d {{.*}} filters(21) kernel(1)
// VALUE: conv2d {{.*}} filters(2) kernel(2, 1)
// Division rounds down: -7 / 2 is -4.
// VALUE: conv2d {{.*}} filters(5) kernel(3)
// CHECK-LABEL: cnn.model @m
cnn.model @m {
  %x = cnn.input "x" as tensor<?x8x8x3xf32>
  // An expression without parameters is a number at once.
  // CHECK: filters(42) kernel(3)
  %y = cnn.conv2d %x filters(6 * (3 + 4)) kernel(7 / 2)
  // Hexadecimal numbers are MLIR's.
  // CHECK: filters(16) kernel(1)
  %z = cnn.conv2d %x filters(0x10) kernel(1)
  %b = cnn.use @b(%x) with(n = 7, m = 2)
  cnn.loss %b
}
