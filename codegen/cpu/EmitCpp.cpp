//===- EmitCpp.cpp - the CPU program as C++ text --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   program.h    what the other files share
//   steps.cpp    bodies of pointwise kernels, library primitives, and the steps: one
//                line for each launch, with the model line it came from
//   program.cpp  tables: variables, inputs, launches, recipe
//   main.cpp     hands the program to the runtime
//   Makefile     how to build it
//
//===----------------------------------------------------------------------===//

#include "codegen/Bodies.h"
#include "codegen/ProgramTables.h"
#include "codegen/Toolchain.h"
#include "codegen/cpu/CpuKernels.h"
#include "codegen/cpu/CpuTarget.h"

using namespace mlir;
using namespace fanfold;

StringRef CpuTarget::programLibraries() const { return FANFOLD_PROGRAM_LIBS; }

Status CpuTarget::checkToolchain() const { return checkHostToolchain(); }

FailureOr<ProjectFiles> CpuTarget::emitProject(ModuleOp plan) const {
  auto arena = *plan.getOps<plan::ArenaOp>().begin();
  FailureOr<std::string> bodies = emitBodies(plan, "static inline");
  if (failed(bodies))
    return failure();
  ProgramText text(plan, {"cpu", ""});
  FailureOr<std::string> steps =
      stepFunctions(plan, [&](plan::LaunchOp launch) -> FailureOr<std::string> {
        if (failed(checkPitches(launch, productsStayPacked)))
          return failure();
        if (launch.getKernel() == "conv2d_wgrad" && launch.getInputs().size() > 2)
          return launch.emitOpError("has a prologue, which no kernel of the target cpu takes");
        const CpuKernel *kernel = findCpuKernel(launch.getKernel());
        if (!kernel)
          return launch.emitOpError("has no kernel for the target cpu");
        return kernel->emit(text, launch);
      });
  if (failed(steps))
    return failure();
  std::string functions;
  for (const auto &[name, function] : text.functions)
    functions += "\nvoid " + name + function;

  ProjectFiles files;
  files["program.h"] = programHeader(arena);
  files["steps.cpp"] = fileBanner(arena) +
                       "#include \"program.h\"\n#include \"codegen/kernels/Random.h\"\n" +
                       text.includes() +
                       "\n#include <cmath>\n#include <optional>\n#include <stdexcept>\n"
                       "#include <string>\n\nnamespace {\n\n"
                       "// Functions of one element.\n" +
                       *bodies + functions + "\n" + kernelObjects(text) + *steps;
  files["program.cpp"] =
      fileBanner(arena) + emitTables(plan, threadCount, varyingLaunches(plan, *this));
  files["main.cpp"] = programMain(arena, "cpu", "cpuMain");
  files["Makefile"] = cpuMakefile();
  return files;
}
