//===- Wgmma.cuh - matrix products of a warpgroup on sm_90 ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// wgmma: four neighbouring warps, the first of which has a number divisible by four, multiply
// a 64 x 16 matrix by a 16 x N matrix. Only for code of architecture sm_90a. All 128
// threads call all functions here together.
//
// Threads hold matrices as mma.m16n8k16 has them, of which warp w has the rows from 16 w:
// with lane l, row r = 16 w + l / 4 and column c = 2 (l % 4),
//
//   a[0]: A[r][c], A[r][c + 1];        a[1]: A[r + 8][c], ...;
//   a[2]: A[r][c + 8], ...;            a[3]: A[r + 8][c + 8], ...;
//   d[4 j + 0], d[4 j + 1]: D[r][8 j + c], D[r][8 j + c + 1];    d[4 j + 2], ...: D[r + 8].
//
// In shared memory a matrix consists of cores, 128 contiguous bytes of 8 rows of 16 bytes,
// which may begin at any multiple of 16.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDA_WGMMA_CUH
#define FANFOLD_CODEGEN_KERNELS_CUDA_WGMMA_CUH

#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <type_traits>

namespace fanfold::cuda::wgmma {

/// A matrix B in shared memory: its address, and the bytes from a core to the next along two
/// directions, all multiples of 16. Where cores have columns of B as rows (not RowMajor), the
/// cores at `kBytes` hold k from 8, those at `nBytes`, 2 `nBytes`, ... columns from 8, 16, ....
/// With rows of B as rows (RowMajor) it is the same.
__device__ inline uint64_t matrix(uint32_t address, uint32_t kBytes, uint32_t nBytes) {
  return uint64_t{(address & 0x3ffff) >> 4} | uint64_t{kBytes >> 4} << 16 |
         uint64_t{nBytes >> 4} << 32;
}

/// How the 16-byte pieces of a matrix's rows in shared memory change places, as the copies of
/// BulkCopy.cuh leave them: those of 8 neighbouring rows of 128 bytes, or of 64.
enum class Swizzle : uint64_t { bytes128 = 1, bytes64 = 2 };

/// A matrix in shared memory of such rows, of which 8 lie `groupBytes` behind the 8 before them.
/// Where columns of B (or rows of A) are the rows, 8 of them begin at multiples of eight rows, and
/// 16 further k lie 32 bytes on. Where rows of B (or columns of A) are, there are 64 columns.
__device__ inline uint64_t matrix(uint32_t address, uint32_t groupBytes, Swizzle swizzle) {
  return uint64_t{(address & 0x3ffff) >> 4} | uint64_t{1} << 16 | uint64_t{groupBytes >> 4} << 32 |
         static_cast<uint64_t>(swizzle) << 62;
}

/// Waits for the threads of this warpgroup. Uses the barriers from 1 on, one for each.
__device__ inline void syncWarpgroup() {
  asm volatile("bar.sync %0, 128;" ::"r"(1 + threadIdx.x / 128) : "memory");
}

/// Makes what this thread wrote to shared memory visible to products after the next barrier.
__device__ inline void publish() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

/// Comes before the first of some products, behind the last use of their registers.
__device__ inline void begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

/// Comes behind the last of some products.
__device__ inline void commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

/// Waits for all products that were committed but the last `Pending` groups of them.
template <int Pending>
__device__ inline void wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}

/// Keeps the compiler from moving uses of accumulators across this point.
template <int N>
__device__ inline void fence(float (&d)[N]) {
#pragma unroll
  for (float &each : d)
    asm volatile("" : "+f"(each)::"memory");
}

/// Sets an accumulator, here and not where it is used next: a compiler that puts a plain assignment
/// between products has each of them wait for the one before.
__device__ inline void assign(float &d, float value) {
  asm volatile("mov.f32 %0, %1;" : "=f"(d) : "f"(value));
}

#define FANFOLD_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define FANFOLD_8(i) FANFOLD_4(i), FANFOLD_4(i + 4)
#define FANFOLD_D0 "%0, %1, %2, %3, %4, %5, %6, %7"
#define FANFOLD_D8 "%8, %9, %10, %11, %12, %13, %14, %15"
#define FANFOLD_D16 "%16, %17, %18, %19, %20, %21, %22, %23"
#define FANFOLD_D24 "%24, %25, %26, %27, %28, %29, %30, %31"
#define FANFOLD_D32 "%32, %33, %34, %35, %36, %37, %38, %39"
#define FANFOLD_D40 "%40, %41, %42, %43, %44, %45, %46, %47"
#define FANFOLD_D48 "%48, %49, %50, %51, %52, %53, %54, %55"
#define FANFOLD_D56 "%56, %57, %58, %59, %60, %61, %62, %63"
#define FANFOLD_D64 "%64, %65, %66, %67, %68, %69, %70, %71"
#define FANFOLD_D72 "%72, %73, %74, %75, %76, %77, %78, %79"
#define FANFOLD_D80 "%80, %81, %82, %83, %84, %85, %86, %87"
#define FANFOLD_D88 "%88, %89, %90, %91, %92, %93, %94, %95"
#define FANFOLD_MULTIPLY_TYPES                                                                     \
  if constexpr (std::is_same_v<T, __half>)                                                         \
    FANFOLD_MULTIPLY("f16");                                                                       \
  else                                                                                             \
    FANFOLD_MULTIPLY("bf16");

/// D += A B, or D = A B with `add` 0: D is 64 x 16; A, 64 x 16, comes from registers, B,
/// 16 x 16, from shared memory. Asynchronous.
template <typename T, bool RowMajor>
__device__ inline void multiply(float (&d)[8], const uint32_t (&a)[4], uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile("{\n.reg .pred p;\n"                                                                \
               "setp.ne.b32 p, %13, 0;\n"                                                          \
               "wgmma.mma_async.sync.aligned.m64n16k16.f32." type "." type " {" FANFOLD_D0 "}, "   \
               "{%8, %9, %10, %11}, %12, p, 1, 1, %14;\n}\n"                                       \
               : FANFOLD_8(0)                                                                      \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add),                     \
                 "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

/// D += A B, or D = A B with `add` 0: D is 64 x 24; A, 64 x 16, comes from registers, B,
/// 16 x 24, from shared memory. Asynchronous.
template <typename T, bool RowMajor>
__device__ inline void multiply(float (&d)[12], const uint32_t (&a)[4], uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile("{\n.reg .pred p;\n"                                                                \
               "setp.ne.b32 p, %17, 0;\n"                                                          \
               "wgmma.mma_async.sync.aligned.m64n24k16.f32." type "." type " {" FANFOLD_D0 ", "    \
               "%8, %9, %10, %11"                                                                  \
               "}, "                                                                               \
               "{%12, %13, %14, %15}, %16, p, 1, 1, %18;\n}\n"                                     \
               : FANFOLD_8(0), FANFOLD_4(8)                                                        \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add),                     \
                 "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

/// D += A B, or D = A B with `add` 0: D is 64 x 32; A, 64 x 16, comes from registers, B,
/// 16 x 32, from shared memory. Asynchronous.
template <typename T, bool RowMajor>
__device__ inline void multiply(float (&d)[16], const uint32_t (&a)[4], uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile("{\n.reg .pred p;\n"                                                                \
               "setp.ne.b32 p, %21, 0;\n"                                                          \
               "wgmma.mma_async.sync.aligned.m64n32k16.f32." type "." type " {" FANFOLD_D0         \
               ", " FANFOLD_D8 "}, "                                                               \
               "{%16, %17, %18, %19}, %20, p, 1, 1, %22;\n}\n"                                     \
               : FANFOLD_8(0), FANFOLD_8(8)                                                        \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add),                     \
                 "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

/// D += A B, or D = A B with `add` 0: D is 64 x 128; A, 64 x 16, comes from registers, B,
/// 16 x 128, from shared memory. Asynchronous.
template <typename T, bool RowMajor>
__device__ inline void multiply(float (&d)[64], const uint32_t (&a)[4], uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile("{\n.reg .pred p;\n"                                                                \
               "setp.ne.b32 p, %69, 0;\n"                                                          \
               "wgmma.mma_async.sync.aligned.m64n128k16.f32." type "." type " {" FANFOLD_D0        \
               ", " FANFOLD_D8 ", " FANFOLD_D16 ", " FANFOLD_D24 ", " FANFOLD_D32 ", " FANFOLD_D40 \
               ", " FANFOLD_D48 ", " FANFOLD_D56 "}, "                                             \
               "{%64, %65, %66, %67}, %68, p, 1, 1, %70;\n}\n"                                     \
               : FANFOLD_8(0), FANFOLD_8(8), FANFOLD_8(16), FANFOLD_8(24), FANFOLD_8(32),          \
                 FANFOLD_8(40), FANFOLD_8(48), FANFOLD_8(56)                                       \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add),                     \
                 "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

/// D += A B, or D = A B with `add` 0: D is 64 x 96; A, 64 x 16, and B, 16 x 96, come from shared
/// memory. What matrix() says of columns of B is so of rows of A: ColumnMajor is to A what
/// RowMajor is to B. Asynchronous.
template <typename T, bool ColumnMajor, bool RowMajor>
__device__ inline void multiply(float (&d)[48], uint64_t a, uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile(                                                                                    \
      "{\n.reg .pred p;\n"                                                                         \
      "setp.ne.b32 p, %50, 0;\n"                                                                   \
      "wgmma.mma_async.sync.aligned.m64n96k16.f32." type "." type " {" FANFOLD_D0 ", " FANFOLD_D8  \
      ", " FANFOLD_D16 ", " FANFOLD_D24 ", " FANFOLD_D32 ", " FANFOLD_D40 "}, "                    \
      "%48, %49, p, 1, 1, %51, %52;\n}\n"                                                          \
      : FANFOLD_8(0), FANFOLD_8(8), FANFOLD_8(16), FANFOLD_8(24), FANFOLD_8(32), FANFOLD_8(40)     \
      : "l"(a), "l"(b), "r"(add), "n"(ColumnMajor ? 1 : 0), "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

/// D += A B, or D = A B with `add` 0: D is 64 x 128; A, 64 x 16, and B, 16 x 128, come from shared
/// memory. Asynchronous.
template <typename T, bool ColumnMajor, bool RowMajor>
__device__ inline void multiply(float (&d)[64], uint64_t a, uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile("{\n.reg .pred p;\n"                                                                \
               "setp.ne.b32 p, %66, 0;\n"                                                          \
               "wgmma.mma_async.sync.aligned.m64n128k16.f32." type "." type " {" FANFOLD_D0        \
               ", " FANFOLD_D8 ", " FANFOLD_D16 ", " FANFOLD_D24 ", " FANFOLD_D32 ", " FANFOLD_D40 \
               ", " FANFOLD_D48 ", " FANFOLD_D56 "}, "                                             \
               "%64, %65, p, 1, 1, %67, %68;\n}\n"                                                 \
               : FANFOLD_8(0), FANFOLD_8(8), FANFOLD_8(16), FANFOLD_8(24), FANFOLD_8(32),          \
                 FANFOLD_8(40), FANFOLD_8(48), FANFOLD_8(56)                                       \
               : "l"(a), "l"(b), "r"(add), "n"(ColumnMajor ? 1 : 0), "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

/// D += A B, or D = A B with `add` 0: D is 64 x 144; A, 64 x 16, and B, 16 x 144, come from shared
/// memory. Asynchronous.
template <typename T, bool ColumnMajor, bool RowMajor>
__device__ inline void multiply(float (&d)[72], uint64_t a, uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile("{\n.reg .pred p;\n"                                                                \
               "setp.ne.b32 p, %74, 0;\n"                                                          \
               "wgmma.mma_async.sync.aligned.m64n144k16.f32." type "." type " {" FANFOLD_D0        \
               ", " FANFOLD_D8 ", " FANFOLD_D16 ", " FANFOLD_D24 ", " FANFOLD_D32 ", " FANFOLD_D40 \
               ", " FANFOLD_D48 ", " FANFOLD_D56 ", " FANFOLD_D64 "}, "                            \
               "%72, %73, p, 1, 1, %75, %76;\n}\n"                                                 \
               : FANFOLD_8(0), FANFOLD_8(8), FANFOLD_8(16), FANFOLD_8(24), FANFOLD_8(32),          \
                 FANFOLD_8(40), FANFOLD_8(48), FANFOLD_8(56), FANFOLD_8(64)                        \
               : "l"(a), "l"(b), "r"(add), "n"(ColumnMajor ? 1 : 0), "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

/// D += A B, or D = A B with `add` 0: D is 64 x 192; A, 64 x 16, and B, 16 x 192, come from shared
/// memory. Asynchronous.
template <typename T, bool ColumnMajor, bool RowMajor>
__device__ inline void multiply(float (&d)[96], uint64_t a, uint64_t b, int add) {
#define FANFOLD_MULTIPLY(type)                                                                     \
  asm volatile(                                                                                    \
      "{\n.reg .pred p;\n"                                                                         \
      "setp.ne.b32 p, %98, 0;\n"                                                                   \
      "wgmma.mma_async.sync.aligned.m64n192k16.f32." type "." type " {" FANFOLD_D0 ", " FANFOLD_D8 \
      ", " FANFOLD_D16 ", " FANFOLD_D24 ", " FANFOLD_D32 ", " FANFOLD_D40 ", " FANFOLD_D48         \
      ", " FANFOLD_D56 ", " FANFOLD_D64 ", " FANFOLD_D72 ", " FANFOLD_D80 ", " FANFOLD_D88 "}, "   \
      "%96, %97, p, 1, 1, %99, %100;\n}\n"                                                         \
      : FANFOLD_8(0), FANFOLD_8(8), FANFOLD_8(16), FANFOLD_8(24), FANFOLD_8(32), FANFOLD_8(40),    \
        FANFOLD_8(48), FANFOLD_8(56), FANFOLD_8(64), FANFOLD_8(72), FANFOLD_8(80), FANFOLD_8(88)   \
      : "l"(a), "l"(b), "r"(add), "n"(ColumnMajor ? 1 : 0), "n"(RowMajor ? 1 : 0))
  FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_MULTIPLY
}

#undef FANFOLD_MULTIPLY_TYPES
#undef FANFOLD_D0
#undef FANFOLD_D8
#undef FANFOLD_D16
#undef FANFOLD_D24
#undef FANFOLD_D32
#undef FANFOLD_D40
#undef FANFOLD_D48
#undef FANFOLD_D56
#undef FANFOLD_D64
#undef FANFOLD_D72
#undef FANFOLD_D80
#undef FANFOLD_D88
#undef FANFOLD_8
#undef FANFOLD_4

} // namespace fanfold::cuda::wgmma

#endif // FANFOLD_CODEGEN_KERNELS_CUDA_WGMMA_CUH
