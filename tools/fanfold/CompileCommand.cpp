//===- CompileCommand.cpp - fanfold compile -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/SelfContained.h"
#include "codegen/Toolchain.h"
#include "runtime/ToolFiles.h"
#include "tools/fanfold/Commands.h"
#include "tools/fanfold/MemoryReport.h"
#include "tools/fanfold/Session.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace fanfold;

namespace {
struct CompileCommand {
  CompileOptions options;
  std::string output, emit = "binary";
  bool quiet = false;

  Status run();

private:
  /// Lowers, and says what the tuning database did not have.
  Status lower(Session &session, Level level);
  Status emitText(Level level);
  Status emitProject(Session &session, const std::string &directory);
  Status emitBinary(Session &session);
};

/// A directory for the build that is gone when the scope ends.
class ScratchDirectory {
public:
  Status make() {
    llvm::SmallString<128> name;
    if (std::error_code code = llvm::sys::fs::createUniqueDirectory("fanfold", name))
      return Status::error("making a temporary directory: {}", code.message());
    path = name.str();
    return {};
  }
  ~ScratchDirectory() {
    if (!path.empty())
      (void)llvm::sys::fs::remove_directories(path);
  }
  std::string path;
};
} // namespace

Status CompileCommand::lower(Session &session, Level level) {
  FANFOLD_RETURN_IF_ERROR(session.lower(level));
  if (std::string missing = session.target().missingMeasurements(); !missing.empty() && !quiet)
    fmt::print(stderr, "fanfold: warning: {}\n", missing);
  return {};
}

/// The module as text, with locations, so that the file can be compiled further and
/// still names the model's lines.
Status CompileCommand::emitText(Level level) {
  FANFOLD_RETURN_IF_ERROR(checkOutput(output, options.inputs()));
  Session session(options);
  FANFOLD_RETURN_IF_ERROR(lower(session, level));
  std::string text;
  llvm::raw_string_ostream stream(text);
  session.module().print(stream, mlir::OpPrintingFlags().enableDebugInfo(true, false));
  stream << "\n";
  return writeOutput(output, text);
}

Status CompileCommand::emitProject(Session &session, const std::string &directory) {
  llvm::FailureOr<ProjectFiles> files = session.target().emitProject(session.module());
  if (failed(files))
    return Status::error("cannot generate the program for {}", options.model);
  FANFOLD_RETURN_IF_ERROR(writeProject(*files, directory, options.inputs()));
  return emit == "project" ? copyDependencies(*files, session.target().programLibraries(),
                                              directory, options.inputs())
                           : Status();
}

Status CompileCommand::emitBinary(Session &session) {
  FANFOLD_RETURN_IF_ERROR(session.target().checkToolchain());
  ScratchDirectory scratch;
  FANFOLD_RETURN_IF_ERROR(scratch.make());
  FANFOLD_RETURN_IF_ERROR(emitProject(session, scratch.path));
  return buildProject(scratch.path, output);
}

Status CompileCommand::run() {
  if (emit == "cnn")
    return emitText(Level::cnn);
  if (emit == "kernel")
    return emitText(Level::kernel);
  if (emit == "plan")
    return emitText(Level::plan);
  if (output.empty() || output == "-")
    return Status::usage("--emit={} needs an output: -o OUT", emit);

  if (emit == "binary")
    FANFOLD_RETURN_IF_ERROR(checkOutput(output, options.inputs()));
  auto begin = std::chrono::steady_clock::now();
  Session session(options);
  FANFOLD_RETURN_IF_ERROR(lower(session, Level::plan));
  FANFOLD_RETURN_IF_ERROR(emit == "project" ? emitProject(session, output) : emitBinary(session));
  if (!quiet) {
    MemoryReport report(session.module());
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::string again;
    if (report.recomputation && report.recomputation->launches > 0)
      again = fmt::format(", recomputing {} launches, estimated +{:.1f}%",
                          report.recomputation->launches, report.recomputation->percent());
    fmt::print("{}: model {}, batch {}, target {}, {} launches, arena {}{}{}, {:.1f} s\n", output,
               report.model, report.batch, report.target, report.steps.size(),
               formatBytes(report.arenaBytes),
               report.arenaBytes == report.lowerBoundBytes ? " (the lower bound)" : "", again,
               seconds.count());
  }
  return {};
}

void fanfold::addCompileCommand(CLI::App &app, int &exitCode) {
  auto command = std::make_shared<CompileCommand>();
  CLI::App *sub = app.add_subcommand("compile", "Compile a model file to a training program");
  command->options.addTo(*sub);
  sub->add_option(
      "-o,--output", command->output,
      "Program, project directory or text file to write; not one that is read (text: default "
      "standard output)");
  sub->add_option("--emit", command->emit,
                  "binary: the program; project: its C++ source; cnn, kernel, plan: the model at "
                  "that level")
      ->check(CLI::IsMember({"binary", "project", "cnn", "kernel", "plan"}))
      ->capture_default_str();
  sub->add_flag("-q,--quiet", command->quiet, "Say nothing but errors");
  sub->callback([command, &exitCode] {
    Status status = command->run();
    if (!status.ok())
      fmt::print(stderr, "fanfold: error: {}\n", status.message());
    exitCode = status.exitCode();
  });
}
