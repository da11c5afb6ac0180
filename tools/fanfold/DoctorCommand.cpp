//===- DoctorCommand.cpp - fanfold doctor ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Targets.h"
#include "codegen/Toolchain.h"
#include "tools/fanfold/Commands.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

#include <nlohmann/json.hpp>
#include <oneapi/dnnl/dnnl.h>

#include <thread>

using namespace fanfold;

namespace {
/// One line of the report.
struct Check {
  std::string name;
  bool found = false;
  bool required = false;
  std::string detail; ///< Version or place; if missing, how to get it.
};
} // namespace

static Check program(const char *name, const std::string &command, bool required,
                     const char *remedy) {
  auto path = llvm::sys::findProgramByName(llvm::StringRef(command).split(' ').first);
  const bool found = hasProgram(command);
  return {name, found, required, found ? *path : remedy};
}

static Check file(const char *name, const char *path, const char *remedy) {
  bool found = llvm::sys::fs::exists(path);
  return {name, found, false, found ? path : remedy};
}

static Check cudaTarget() {
  TargetOptions options;
  options.name = "cuda:sm_90";
  Result<std::unique_ptr<ProgramTarget>> target = makeTarget(options);
  const Status status = target.ok() ? (*target)->checkToolchain() : target.status();
  return {"target cuda:sm_90", status.ok(), false,
          status.ok() ? "CUDA toolkit, cuDNN" : status.message()};
}

static std::vector<Check> examine() {
  std::vector<Check> checks;
  checks.push_back({"fanfold", true, true, FANFOLD_VERSION});
  checks.push_back({"MLIR and LLVM", true, true, LLVM_VERSION_STRING});
  checks.push_back(program("C++ compiler", hostCompiler(), true, "apt-get install g++"));
  checks.push_back(program("make", "make", true, "apt-get install make"));
  Status toolchain = checkHostToolchain();
  checks.push_back({"libraries of programs", toolchain.ok(), true,
                    toolchain.ok() ? "runtime, io, kernels" : toolchain.message()});
  const dnnl_version_t *dnnl = dnnl_version();
  checks.push_back(
      {"oneDNN", true, true, fmt::format("{}.{}.{}", dnnl->major, dnnl->minor, dnnl->patch)});
  checks.push_back(cudaTarget());
  checks.push_back(file("NVIDIA driver", "/dev/nvidiactl",
                        "CUDA programs need one where they run, not where they are compiled"));
  checks.push_back(
      {"processors", true, true, fmt::format("{}", std::thread::hardware_concurrency())});
  checks.push_back(
      program("dlfs", "dlfs", false, "built beside fanfold; put that folder on the PATH"));
  checks.push_back(file("Fashion-MNIST", "/usr/share/datasets/fashion-mnist",
                        "apt-get install dataset-fashion-mnist"));
  return checks;
}

static int doctor(bool json) {
  std::vector<Check> checks = examine();
  bool healthy = true;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Check &check : checks) {
    healthy &= check.found || !check.required;
    rows.push_back({{"name", check.name},
                    {"found", check.found},
                    {"required", check.required},
                    {"detail", check.detail}});
    if (!json)
      fmt::print("{:<8} {:<24} {}\n",
                 check.found      ? "ok"
                 : check.required ? "MISSING"
                                  : "absent",
                 check.name, check.detail);
  }
  if (json)
    fmt::print("{}\n", nlohmann::ordered_json{{"healthy", healthy}, {"checks", rows}}.dump(2));
  else
    fmt::print("{}\n", healthy ? "everything needed for the target cpu is here"
                               : "something needed is missing");
  return healthy ? 0 : 1;
}

void fanfold::addDoctorCommand(CLI::App &app, int &exitCode) {
  CLI::App *sub = app.add_subcommand("doctor", "What is installed, what is missing, how to get it");
  auto format = std::make_shared<std::string>("text");
  sub->add_option("--format", *format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  sub->callback([format, &exitCode] { exitCode = doctor(*format == "json"); });
}
