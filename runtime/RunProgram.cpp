//===- RunProgram.cpp - the main function of a compiled program -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/RunProgram.h"
#include "runtime/CommandLine.h"
#include "runtime/Spinning.h"

#include <cerrno>
#include <cstdio>
#include <new>
#include <string_view>

using namespace fanfold;

static Status parseAndRun(const Program &program, std::unique_ptr<Device> device,
                          OpenDataSource openData, int argc, char **argv, TuneProgram tune,
                          JoinRanks join, int &exitCode) {
  Command chosen;
  parseCommandLine(program, argc, argv, chosen, exitCode);
  if (!chosen)
    return {};
  Invocation invocation{program, std::move(device), openData, tune, join, argv, exitCode};
  return chosen(invocation);
}

int fanfold::runProgram(const Program &program, std::unique_ptr<Device> device,
                        OpenDataSource openData, int argc, char **argv, TuneProgram tune,
                        JoinRanks join) {
  if (std::string_view(program.target) == "cpu")
    limitSpinning(argv);
  int exitCode = 0;
  Status status;
  try {
    status = parseAndRun(program, std::move(device), openData, argc, argv, tune, join, exitCode);
  } catch (const std::bad_alloc &) {
    status = Status::error("out of memory");
  } catch (const std::system_error &error) {
    // fmt::print says so when stdout takes no more; a thread, when there are too many.
    status = Status::fromErrno(error.code().value(),
                               std::ferror(stdout) ? "writing output" : "starting a thread");
  } catch (const std::exception &error) {
    status = Status::internal("unexpected exception: {}", error.what());
  }
  if (status.ok() && std::fflush(stdout) != 0)
    status = Status::fromErrno(errno, "writing output");
  if (status.ok())
    return exitCode;
  if (!status.message().empty())
    std::fputs(fmt::format("{}: error: {}\n", program.model, status.message()).c_str(), stderr);
  if (status.blame() == Blame::internal)
    std::fputs("this is a bug in Fanfold; please report it with the command line\n", stderr);
  if (status.blame() == Blame::usage)
    std::fputs("run with --help for more information\n", stderr);
  return status.exitCode();
}
