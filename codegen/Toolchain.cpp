//===- Toolchain.cpp - from a project to a program ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Toolchain.h"
#include "codegen/Installation.h"
#include "runtime/ToolFiles.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstdlib>

using namespace fanfold;
namespace fs = llvm::sys::fs;

std::string fanfold::cpuMakefile() {
  return R"(# Builds the program from the files beside this one.
CXX := )" FANFOLD_CXX R"(
# Of Fanfold: headers, libraries, and where the program looks for the shared ones.
FANFOLD_INCLUDE := include
FANFOLD_LIB := lib
RUNPATH := -Wl,-rpath,'$$ORIGIN/lib'

CXXFLAGS := -std=c++17 -w -I$(FANFOLD_INCLUDE)
KERNELFLAGS := )" FANFOLD_KERNEL_FLAGS R"(
LIBS := )" FANFOLD_PROGRAM_LIBS R"(

program: main.o program.o steps.o
	$(CXX) $(LDFLAGS) -o $@ $^ -L$(FANFOLD_LIB) $(RUNPATH) $(LIBS)

main.o program.o: %.o: %.cpp program.h
	$(CXX) $(CXXFLAGS) -O0 -c -o $@ $<

# The kernels: the only file whose speed matters.
steps.o: steps.cpp program.h
	$(CXX) $(CXXFLAGS) $(KERNELFLAGS) -c -o $@ $<

clean:
	rm -f program main.o program.o steps.o
.PHONY: clean
)";
}

std::string fanfold::hostCompiler() {
  const char *chosen = std::getenv("CXX");
  return chosen && *chosen ? chosen : FANFOLD_CXX;
}

/// Flag for the quickest linker that this machine has; "" for the compiler's own. GNU ld, the
/// usual default, takes three times as long over RocksDB's archive.
static std::string quickLinker() {
  for (const char *linker : {"lld", "gold"})
    if (llvm::sys::findProgramByName(std::string("ld.") + linker))
      return std::string("-fuse-ld=") + linker;
  return "";
}

bool fanfold::hasProgram(llvm::StringRef command) {
  // What has a slash is taken for found, as in a shell.
  auto path = llvm::sys::findProgramByName(command.split(' ').first);
  return path && fs::can_execute(*path);
}

Status fanfold::checkHostToolchain() {
  for (const std::string &tool : {hostCompiler(), std::string("make")})
    if (!hasProgram(tool))
      return Status::error("cannot find '{}', which builds the program; install g++ and make",
                           tool);
  for (const char *library : {"libfanfold_runtime.a", "libfanfold_io.a", "libfanfold_cpu_kernels.a",
                              "libfanfold_cpu_main.a"})
    if (std::string path = Installation::get().libraries + "/" + library; !fs::exists(path))
      return Status::error("cannot find the library {}; install or build Fanfold again", path);
  return {};
}

Status fanfold::writeProject(const ProjectFiles &files, const std::string &directory,
                             const std::vector<std::string> &inputs) {
  if (std::error_code code = fs::create_directories(directory))
    return Status::error("making the directory {}: {}", directory, code.message());
  for (const auto &[name, text] : files)
    FANFOLD_RETURN_IF_ERROR(checkOutput(directory + "/" + name, inputs));
  for (const auto &[name, text] : files)
    FANFOLD_RETURN_IF_ERROR(writeOutput(directory + "/" + name, text));
  return {};
}

Status fanfold::buildProject(const std::string &directory, const std::string &output) {
  auto make = llvm::sys::findProgramByName("make");
  std::string log = directory + "/build.log", cxx = "CXX=" + hostCompiler();
  const std::string include = "FANFOLD_INCLUDE=" + Installation::get().headers;
  const std::string lib = "FANFOLD_LIB=" + Installation::get().libraries;
  const std::string link = "LDFLAGS=" + quickLinker();
  llvm::SmallVector<llvm::StringRef> arguments = {*make, "-s",    "-j2", "-C",       directory,
                                                  cxx,   include, lib,   "RUNPATH=", "program"};
  if (!std::getenv("LDFLAGS")) // Then make has what the user wants.
    arguments.push_back(link);
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), llvm::StringRef(log),
                                                llvm::StringRef(log)};
  std::string message;
  int code = llvm::sys::ExecuteAndWait(*make, arguments, std::nullopt, redirects, 0, 0, &message);
  if (code != 0) {
    std::string words = message;
    if (auto buffer = llvm::MemoryBuffer::getFile(log))
      words += (*buffer)->getBuffer().take_front(4000).trim().str();
    return Status::error("building the program in {} failed:\n{}", directory, words);
  }
  auto program = llvm::MemoryBuffer::getFile(directory + "/program", /*IsText=*/false,
                                             /*RequiresNullTerminator=*/false);
  if (!program)
    return Status::error("reading the program in {}: {}", directory, program.getError().message());
  return writeOutput(output, (*program)->getBuffer(), 0777);
}
