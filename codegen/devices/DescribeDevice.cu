//===- DescribeDevice.cu - writes the description of the GPU it runs on ----===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints a file of this folder (README.md says what its fields are) for the first GPU:
// properties as the driver and cuDNN tell them; copies and matrix products as measured, the
// best of several runs. Takes some seconds.
//
//===----------------------------------------------------------------------===//

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>
#include <cudnn_graph.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

template <class Code>
static void require(Code code, Code success, const char *what) {
  if (code == success)
    return;
  std::fprintf(stderr, "describe_device: %s: failed with code %d\n", what, static_cast<int>(code));
  std::exit(1);
}
static void cuda(cudaError_t code, const char *what) { require(code, cudaSuccess, what); }
static void blas(cublasStatus_t code, const char *what) {
  require(code, CUBLAS_STATUS_SUCCESS, what);
}
static void dnn(cudnnStatus_t code, const char *what) { require(code, CUDNN_STATUS_SUCCESS, what); }

/// Seconds that `body` takes, which queues work: the fastest of ten times.
template <class Body>
static double bestSeconds(Body body) {
  cudaEvent_t begin, end;
  cuda(cudaEventCreate(&begin), "making an event");
  cuda(cudaEventCreate(&end), "making an event");
  body();
  float best = 1e30F;
  for (int i = 0; i < 10; ++i) {
    float milliseconds = 0;
    cuda(cudaEventRecord(begin), "recording an event");
    body();
    cuda(cudaEventRecord(end), "recording an event");
    cuda(cudaEventSynchronize(end), "measuring");
    cuda(cudaEventElapsedTime(&milliseconds, begin, end), "measuring");
    best = std::min(best, milliseconds);
  }
  return best * 1e-3;
}

static __global__ void fillKernel(unsigned short *data, size_t count, unsigned short exponent) {
  // Numbers of magnitude one with random mantissas: zeros take less power, and more clock.
  for (size_t i = blockIdx.x * size_t{blockDim.x} + threadIdx.x; i < count;
       i += size_t{gridDim.x} * blockDim.x) {
    unsigned hash = static_cast<unsigned>(i) * 2654435761U;
    hash ^= hash >> 15;
    data[i] = static_cast<unsigned short>((hash & 0x807fU) | exponent);
  }
}

/// Floating-point operations a second of products of square matrices.
static double productRate(cublasHandle_t handle, void *memory, cudaDataType type,
                          cublasComputeType_t compute) {
  constexpr int size = 8192;
  const size_t bytes = type == CUDA_R_32F ? 4 : 2;
  char *const a = static_cast<char *>(memory);
  char *const b = a + bytes * size * size;
  char *const c = b + bytes * size * size;
  const size_t halves = 2 * bytes / 2 * size * size;
  fillKernel<<<1024, 256>>>(reinterpret_cast<unsigned short *>(a), halves,
                            type == CUDA_R_16F ? 0x3800 : 0x3f00);
  const float one = 1, zero = 0;
  const double seconds = bestSeconds([&] {
    for (int i = 0; i < 4; ++i)
      blas(cublasGemmEx(handle, CUBLAS_OP_T, CUBLAS_OP_N, size, size, size, &one, a, type, size, b,
                        type, size, &zero, c, type, size, compute, CUBLAS_GEMM_DEFAULT),
           "multiplying matrices");
  });
  return 4 * 2.0 * size * size * size / seconds;
}

static std::string cudnnProperties() {
  cudnnBackendDescriptor_t descriptor = nullptr;
  dnn(cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &descriptor),
      "making cuDNN's descriptor of the device");
  const int32_t device = 0;
  dnn(cudnnBackendSetAttribute(descriptor, CUDNN_ATTR_DEVICEPROP_DEVICE_ID, CUDNN_TYPE_INT32, 1,
                               &device),
      "naming the device");
  dnn(cudnnBackendFinalize(descriptor), "finalising cuDNN's descriptor of the device");
  int64_t length = 0;
  dnn(cudnnBackendGetAttribute(descriptor, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                               CUDNN_TYPE_CHAR, 0, &length, nullptr),
      "reading cuDNN's properties");
  std::string text(static_cast<size_t>(length), '\0');
  dnn(cudnnBackendGetAttribute(descriptor, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                               CUDNN_TYPE_CHAR, length, &length, text.data()),
      "reading cuDNN's properties");
  cudnnBackendDestroyDescriptor(descriptor);
  return text.c_str();
}

/// Stands for kernels that take a multiprocessor whole, as products of warpgroups do.
static __global__ void wholeKernel() {}

/// How many clusters of `size` such blocks the device holds at once; 0 if none.
static int heldClusters(int size, int sharedBytes) {
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(size));
  config.blockDim = dim3(384);
  config.dynamicSmemBytes = static_cast<size_t>(sharedBytes);
  cudaLaunchAttribute cluster = {};
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim.x = static_cast<unsigned>(size);
  cluster.val.clusterDim.y = cluster.val.clusterDim.z = 1;
  config.attrs = &cluster;
  config.numAttrs = 1;
  int clusters = 0;
  if (cudaOccupancyMaxActiveClusters(&clusters, wholeKernel, &config) != cudaSuccess) {
    (void)cudaGetLastError();
    return 0;
  }
  return clusters;
}

int main() {
  cudaDeviceProp device;
  cuda(cudaGetDeviceProperties(&device, 0), "reading the properties of the device");
  void *memory = nullptr;
  constexpr size_t bytes = size_t{4} << 30;
  cuda(cudaMalloc(&memory, bytes), "reserving 4 GiB");
  char *const half = static_cast<char *>(memory) + bytes / 2;
  const double copy =
      bytes / bestSeconds([&] {
        cuda(cudaMemcpyAsync(memory, half, bytes / 2, cudaMemcpyDeviceToDevice), "copying");
      });
  cublasHandle_t handle = nullptr;
  blas(cublasCreate(&handle), "opening cuBLAS");
  const double f16 = productRate(handle, memory, CUDA_R_16F, CUBLAS_COMPUTE_32F);
  const double bf16 = productRate(handle, memory, CUDA_R_16BF, CUBLAS_COMPUTE_32F);
  const double tf32 = productRate(handle, memory, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32);
  const double f32 = productRate(handle, memory, CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC);

  const int shared = static_cast<int>(device.sharedMemPerBlockOptin);
  cuda(cudaFuncSetAttribute(wholeKernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared),
       "asking for shared memory");
  cuda(cudaFuncSetAttribute(wholeKernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
       "asking for large clusters");
  std::string clusters;
  for (int size = 1; size <= 16; ++size)
    clusters += (size > 1 ? ", " : "") + std::to_string(heldClusters(size, shared));

  std::printf("{\n  \"name\": \"%s\",\n  \"architecture\": \"sm_%d%d\",\n  \"memoryBytes\": %zu,\n"
              "  \"multiprocessors\": %d,\n  \"bytesPerSecond\": %.3g,\n"
              "  \"flopsPerSecond\": { \"f16\": %.0fe12, \"bf16\": %.0fe12, \"tf32\": %.0fe12, "
              "\"f32\": %.3ge12 },\n  \"heldClusters\": [%s],\n  \"cudnn\": %s\n}\n",
              device.name, device.major, device.minor, device.totalGlobalMem,
              device.multiProcessorCount, copy, f16 / 1e12, bf16 / 1e12, tf32 / 1e12, f32 / 1e12,
              clusters.c_str(), cudnnProperties().c_str());
  return 0;
}
