//===- CudaToolchain.cpp - what builds CUDA programs ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/CudaToolchain.h"
#include "codegen/Installation.h"
#include "codegen/Toolchain.h"
#include "codegen/cuda/CudaTarget.h"

#include "llvm/Support/FileSystem.h"

#include <cstdlib>

using namespace fanfold;
namespace fs = llvm::sys::fs;

std::string fanfold::cudaMakefile() {
  return R"(# Builds the program from the files beside this one.
CXX := )" FANFOLD_CXX R"(
NVCC := $(or $(NVCC),)" FANFOLD_NVCC R"()
CUDA := )" FANFOLD_CUDA_ROOT R"(
# Of Fanfold: headers and libraries.
FANFOLD_INCLUDE := include
FANFOLD_LIB := lib

CXXFLAGS := -std=c++17 -w -I$(FANFOLD_INCLUDE) -isystem $(CUDA)/include
NVCCFLAGS := -std=c++17 -O3 -w -I$(FANFOLD_INCLUDE) -gencode=arch=compute_90a,code=sm_90a
LIBS := )" FANFOLD_CUDA_PROGRAM_LIBS R"(

OBJECTS := products.o pointwise.o steps.o plans.o program.o main.o
program: $(OBJECTS)
	$(CXX) $(LDFLAGS) -o $@ $^ -L$(FANFOLD_LIB) -L$(CUDA)/lib64 $(LIBS)

# The files with device code are the slowest to compile: begun first.
products.o pointwise.o: %.o: %.cu kernels.h
	$(NVCC) $(NVCCFLAGS) -c -o $@ $<

# Host code that runs once a step, or is captured once.
%.o: %.cpp program.h kernels.h
	$(CXX) $(CXXFLAGS) -O0 -c -o $@ $<

clean:
	rm -f program $(OBJECTS)
.PHONY: clean
)";
}

std::string fanfold::cudaCompiler() {
  const char *chosen = std::getenv("NVCC");
  return chosen && *chosen ? chosen : FANFOLD_NVCC;
}

llvm::StringRef CudaTarget::programLibraries() const { return FANFOLD_CUDA_PROGRAM_LIBS; }

Status fanfold::checkCudaToolchain() {
  const std::string compiler = cudaCompiler();
  if (!hasProgram(compiler))
    return Status::error("cannot find '{}', which compiles CUDA programs; install the CUDA "
                         "toolkit, or name its nvcc in the environment variable NVCC",
                         compiler);
  for (const char *library : {"libfanfold_cudnn.a", "libfanfold_cuda_kernels.a",
                              "libfanfold_cuda_runtime.a", "libfanfold_cuda_main.a"})
    if (std::string path = Installation::get().libraries + "/" + library; !fs::exists(path))
      return Status::error("cannot find the library {}; install or build Fanfold again", path);
  return {};
}
