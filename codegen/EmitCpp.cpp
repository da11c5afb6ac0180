//===- EmitCpp.cpp - the CPU program as C++ text --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/EmitCpp.h"
#include "codegen/Bodies.h"
#include "codegen/Locations.h"
#include "codegen/ProgramTables.h"
#include "codegen/Toolchain.h"
#include "codegen/cpu/CpuKernels.h"

using namespace mlir;
using namespace fanfold;

/// One step as a function: a line of comment and a line of code for each launch.
static FailureOr<std::string> emitStep(plan::StepOp step, ProgramText &text) {
  std::string body;
  int64_t index = 0;
  for (auto launch : step.getBody().getOps<plan::LaunchOp>()) {
    const CpuKernel *kernel = findCpuKernel(launch.getKernel());
    if (!kernel)
      return launch.emitOpError("has no kernel for the target cpu");
    std::string number = std::to_string(index++);
    body += "  // " + number + " " + launch.getLayer().value_or("").str() + ": " +
            fullLocation(launch.getLoc()) + "\n";
    body += "  beforeLaunch(s, " + number + "), " + kernel->emit(text, launch) + ";\n";
  }
  return "void " + step.getSymName().str() + "Step(StepContext &s) {\n" + body + "}\n";
}

/// The object that holds library primitives, and prepare(), which makes it.
static std::string emitObjects(const ProgramText &text) {
  std::string members, checks;
  for (const ProgramText::Object &object : text.objects) {
    members += "  " + object.kind + " " + object.name + " = " + object.make + ";\n";
    checks += "    requireWorkspace(\"" + object.layer + "\", objects->" + object.name +
              ".workspaceBytes(), " + std::to_string(object.workspace) + ");\n";
  }
  return R"(// What kernels keep between launches.
struct Kernels {
)" + members +
         R"(};

std::optional<Kernels> objects;

/// The plan reserved `planned` bytes for the primitive of `layer`.
[[maybe_unused]] void requireWorkspace(const char *layer, size_t needed, size_t planned) {
  if (needed > planned)
    throw std::runtime_error(std::string("layer ") + layer + " needs a workspace of " +
                             std::to_string(needed) + " bytes with these threads on this CPU, " +
                             "the plan has " + std::to_string(planned) +
                             "; compile the model on this machine");
}
)" + R"(
} // namespace

const char *prepare() {
  static std::string failure;
  try {
    objects.emplace();
)" + checks +
         R"(  } catch (const std::exception &error) {
    failure = error.what();
    return failure.c_str();
  }
  return nullptr;
}
)";
}

FailureOr<ProjectFiles> fanfold::emitCpp(ModuleOp plan, int threads) {
  auto arena = *plan.getOps<plan::ArenaOp>().begin();
  FailureOr<std::string> bodies = emitBodies(plan, "static inline");
  if (failed(bodies))
    return failure();
  ProgramText text(plan, {"cpu", ""});
  std::string steps;
  for (auto step : plan.getOps<plan::StepOp>()) {
    FailureOr<std::string> function = emitStep(step, text);
    if (failed(function))
      return failure();
    steps += "\n" + *function;
  }

  std::string functions;
  for (const auto &[name, function] : text.functions)
    functions += "\nvoid " + name + function;

  ProjectFiles files;
  files["program.h"] = fileBanner(arena) +
                       R"(#pragma once
#include "runtime/Program.h"

using namespace fanfold;

void trainStep(StepContext &s);
void evalStep(StepContext &s);
const char *prepare();
extern const Program program;
)";
  files["steps.cpp"] = fileBanner(arena) +
                       "#include \"program.h\"\n#include \"codegen/kernels/Random.h\"\n" +
                       text.includes() +
                       "\n#include <cmath>\n#include <optional>\n#include <stdexcept>\n"
                       "#include <string>\n\nnamespace {\n\n"
                       "// Functions of one element.\n" +
                       *bodies + functions + "\n" + emitObjects(text) + steps;
  files["program.cpp"] = fileBanner(arena) + emitTables(plan, threads);
  files["main.cpp"] = fileBanner(arena) +
                      R"(#include "io/Loader.h"
#include "program.h"
#include "runtime/Device.h"
#include "runtime/RunProgram.h"

int main(int argc, char **argv) {
  return runProgram(program, makeCpuDevice(), io::openDataSource, argc, argv);
}
)";
  files["Makefile"] = cpuMakefile();
  return files;
}
