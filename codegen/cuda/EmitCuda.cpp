//===- EmitCuda.cpp - the CUDA program as C++ text ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   program.h     what the other files share
//   kernels.h     the functions of the two files that follow
//   pointwise.cu  the bodies of pointwise kernels, one kernel for each form
//   products.cu   the same for those behind convolutions
//   steps.cpp     library objects and the steps: one line for each launch, with the model
//                 line it came from
//   plans.cpp     cuDNN's serialised plans
//   program.cpp   tables: variables, inputs, launches, recipe
//   main.cpp      hands the program to the runtime
//   Makefile      how to build it
//
// nvcc, which is slow, sees only what runs on the device.
//
//===----------------------------------------------------------------------===//

#include "codegen/Bodies.h"
#include "codegen/ProgramTables.h"
#include "codegen/Toolchain.h"
#include "codegen/cuda/CudaKernels.h"
#include "codegen/cuda/CudaToolchain.h"

using namespace mlir;
using namespace fanfold;

/// cuDNN's JSON as string literals: no literal of C++ may be longer than 64 KiB.
static std::string literals(StringRef text) {
  std::string result;
  for (; !text.empty(); text = text.drop_front(std::min<size_t>(text.size(), 8000)))
    result += "\n    R\"json(" + text.take_front(8000).str() + ")json\"";
  return result;
}

namespace {
/// Kernels of a program: functors, and the functions that launch them.
struct DeviceText {
  std::string structures, functions;
};
} // namespace

/// Whether a function or functor is of ConvPointwise.cuh.
static bool isOfProduct(StringRef name) {
  return name.starts_with(convPointwiseName) || name.starts_with(convPointwiseFunctor);
}

/// A file for nvcc with headers of codegen/kernels/cuda.
static std::string deviceFile(plan::ArenaOp arena, ArrayRef<StringRef> headers, StringRef bodies,
                              const DeviceText &text) {
  if (text.functions.empty())
    return fileBanner(arena);
  std::string includes;
  for (StringRef header : headers)
    includes += "#include \"codegen/kernels/cuda/" + header.str() + "\"\n";
  return fileBanner(arena) + "#include \"kernels.h\"\n#include \"codegen/kernels/Random.h\"\n" +
         includes + "\n#include <cmath>\n\nusing namespace fanfold;\n" +
         "using namespace fanfold::cuda;\n\nnamespace {\n// Functions of one element.\n" +
         bodies.str() + text.structures + "} // namespace\n" + text.functions;
}

Status CudaTarget::checkToolchain() const {
  FANFOLD_RETURN_IF_ERROR(checkHostToolchain());
  return checkCudaToolchain();
}

FailureOr<ProjectFiles> CudaTarget::emitProject(ModuleOp plan) const {
  auto arena = *plan.getOps<plan::ArenaOp>().begin();
  FailureOr<std::string> bodies = emitBodies(plan, "static __device__ inline");
  if (failed(bodies))
    return failure();
  CudaProgramText text(plan, *this);
  FailureOr<std::string> steps =
      stepFunctions(plan, [&](plan::LaunchOp launch) -> FailureOr<std::string> {
        if (failed(checkPitches(launch, productsTakePitch)))
          return failure();
        const CudaKernel *kernel = findCudaKernel(launch.getKernel());
        if (!kernel)
          return launch.emitOpError("has no kernel for the target ") << targetName;
        return kernel->emit(text, launch);
      });
  if (failed(steps))
    return failure();

  std::string declarations, plans, planNames;
  DeviceText products, others;
  for (const auto &[name, function] : text.functions) {
    declarations += "void " + name + StringRef(function).split(" {").first.str() + ";\n";
    (isOfProduct(name) ? products : others).functions += "\nvoid " + name + function;
  }
  for (const auto &[name, structure] : text.structures)
    (isOfProduct(name) ? products : others).structures += "\nstruct " + name + structure;
  for (auto [i, string] : llvm::enumerate(text.strings)) {
    planNames += "extern const char *const plan" + std::to_string(i) + ";\n";
    plans += "\nconst char *const plan" + std::to_string(i) + " =" + literals(string) + ";\n";
  }

  ProjectFiles files;
  files["program.h"] = programHeader(arena);
  files["kernels.h"] = fileBanner(arena) +
                       "#pragma once\n#include <cstddef>\n#include <cstdint>\n"
                       "#include \"codegen/kernels/ElementIndex.h\"\n"
                       "#include \"codegen/kernels/cpu/Shapes.h\"\n#include \"program.h\"\n"
                       "#include <cuda_bf16.h>\n#include <cuda_fp16.h>\n\n" +
                       declarations + "\n" + planNames;
  // Two halves of the work for nvcc: what takes longest to compile is apart.
  files["pointwise.cu"] = deviceFile(
      arena, {"Pointwise.cuh", "PointwiseMany.cuh", "PointwiseReduce.cuh"}, *bodies, others);
  files["products.cu"] = deviceFile(arena, {"ConvPointwise.cuh"}, *bodies, products);
  files["steps.cpp"] = fileBanner(arena) +
                       "#include \"program.h\"\n#include \"kernels.h\"\n"
                       "#include \"codegen/kernels/cudnn/Convolution.h\"\n"
                       "#include \"codegen/kernels/cublaslt/Matmul.h\"\n" +
                       text.includes() +
                       "\n#include <array>\n#include <optional>\n#include <stdexcept>\n"
                       "#include <string>\n\nnamespace {\n\n"
                       "cudaStream_t stream(const StepContext &s) {\n"
                       "  return static_cast<cudaStream_t>(s.stream);\n}\n\n" +
                       kernelObjects(text, "  cudnn::Handle library;\n  cublaslt::Handle blas;\n") +
                       *steps;
  files["plans.cpp"] = fileBanner(arena) + "#include \"kernels.h\"\n" + plans;
  files["program.cpp"] =
      fileBanner(arena) +
      emitTables(plan, /*threads=*/0, varyingLaunches(plan, *this), text.tunables);
  files["main.cpp"] = programMain(arena, "cuda", "cudaMain");
  files["Makefile"] = cudaMakefile();
  return files;
}
