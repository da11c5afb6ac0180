//===- Project.cpp - the files of a generated program ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Project.h"
#include "codegen/Locations.h"

using namespace mlir;
using namespace fanfold;

std::string fanfold::programHeader(plan::ArenaOp arena) {
  return fileBanner(arena) + R"(#pragma once
#include "runtime/Program.h"

using namespace fanfold;

void trainStep(StepContext &s);
void evalStep(StepContext &s);
const char *prepare();
extern const Program program;
)";
}

std::string fanfold::programMain(plan::ArenaOp arena, StringRef target, StringRef targetMain) {
  return fileBanner(arena) + "#include \"codegen/kernels/" + target.str() +
         "/Main.h\"\n#include \"program.h\"\n\nint main(int argc, char **argv) { return " +
         targetMain.str() + "(program, argc, argv); }\n";
}

FailureOr<std::string>
fanfold::stepFunctions(ModuleOp plan,
                       llvm::function_ref<FailureOr<std::string>(plan::LaunchOp)> emit) {
  std::string text;
  for (auto step : plan.getOps<plan::StepOp>()) {
    text += "\nFANFOLD_STEP_FUNCTION void " + step.getSymName().str() + "Step(StepContext &s) {\n";
    int64_t index = 0;
    for (auto launch : step.getBody().getOps<plan::LaunchOp>()) {
      FailureOr<std::string> statement = emit(launch);
      if (failed(statement))
        return failure();
      std::string number = std::to_string(index++);
      text += "  // " + number + " " + launch.getLayer().value_or("").str() + ": " +
              fullLocation(launch.getLoc()) + "\n";
      text += "  beforeLaunch(s, " + number + "), " + *statement + ";\n";
    }
    text += "}\n";
  }
  return text;
}

std::string fanfold::kernelObjects(const ProgramText &text, StringRef common) {
  std::string members = common.str(), checks;
  for (const ProgramText::Object &object : text.objects) {
    members += "  " + object.kind + " " + object.name + " = " + object.make + ";\n";
    if (object.workspace != ProgramText::unchecked)
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
                             std::to_string(needed) + " bytes on this machine, the plan has " + std::to_string(planned) +
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
