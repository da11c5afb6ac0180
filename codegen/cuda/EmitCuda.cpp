//===- EmitCuda.cpp - the CUDA program as C++ text ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   program.h     what the other files share
//   kernels.h     the functions of pointwise.cu
//   pointwise.cu  the bodies of pointwise kernels, one kernel for each form
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
        const CudaKernel *kernel = findCudaKernel(launch.getKernel());
        if (!kernel)
          return launch.emitOpError("has no kernel for the target ") << targetName;
        return kernel->emit(text, launch);
      });
  if (failed(steps))
    return failure();

  std::string declarations, functions, structures, plans, planNames;
  for (const auto &[name, function] : text.functions) {
    declarations += "void " + name + StringRef(function).split(" {").first.str() + ";\n";
    functions += "\nvoid " + name + function;
  }
  for (const auto &[name, structure] : text.structures)
    structures += "\nstruct " + name + structure;
  for (auto [i, string] : llvm::enumerate(text.strings)) {
    planNames += "extern const char *const plan" + std::to_string(i) + ";\n";
    plans += "\nconst char *const plan" + std::to_string(i) + " =" + literals(string) + ";\n";
  }

  ProjectFiles files;
  files["program.h"] = programHeader(arena);
  files["kernels.h"] =
      fileBanner(arena) +
      "#pragma once\n#include <cstddef>\n#include <cstdint>\n"
      "#include \"program.h\"\n#include <cuda_bf16.h>\n#include <cuda_fp16.h>\n\n" +
      declarations + "\n" + planNames;
  files["pointwise.cu"] = fileBanner(arena) +
                          "#include \"kernels.h\"\n"
                          "#include \"codegen/kernels/Random.h\"\n"
                          "#include \"codegen/kernels/cuda/Pointwise.cuh\"\n"
                          "#include \"codegen/kernels/cuda/PointwiseMany.cuh\"\n"
                          "#include \"codegen/kernels/cuda/PointwiseReduce.cuh\"\n\n"
                          "#include <cmath>\n\n"
                          "using namespace fanfold;\nusing namespace fanfold::cuda;\n\n"
                          "namespace {\n// Functions of one element.\n" +
                          *bodies + structures + "} // namespace\n" + functions;
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
  files["program.cpp"] = fileBanner(arena) + emitTables(plan, /*threads=*/0, text.tunables);
  files["main.cpp"] =
      programMain(arena, {"codegen/kernels/tuning/TuneProgram.h", "runtime/cuda/CudaDevice.h"},
                  "makeCudaDevice()", "tuneCudaProgram");
  files["Makefile"] = cudaMakefile();
  return files;
}
