//===- InspectCommand.cpp - fanfold inspect -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/Commands.h"
#include "tools/fanfold/Inspect.h"
#include "tools/fanfold/Session.h"

#include "runtime/ToolFiles.h"

#include "llvm/Support/Path.h"

using namespace fanfold;

namespace {
struct InspectCommand {
  CompileOptions options;
  bool layers = false, memory = false, kernels = false, sweep = false;
  std::string format = "text", compare, output;

  Status run();

private:
  Result<std::string> showModule();
  Result<std::string> showMemory();
};
} // namespace

std::string fanfold::withCommas(int64_t value) {
  std::string digits = std::to_string(value), result;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-')
      result += ',';
    result += digits[i];
  }
  return result;
}

Status InspectCommand::run() {
  if (layers + memory + kernels != 1)
    return Status::usage("expected one of --layers, --memory, --kernels");
  if (format == "html" && !memory)
    return Status::usage("--format=html shows --memory alone");
  if (!compare.empty() && format != "html")
    return Status::usage("--compare needs --memory --format=html");
  if (sweep && !memory)
    return Status::usage("--sweep needs --memory");
  if (sweep && !options.pipeline.sharing)
    return Status::usage("--sweep finds nothing to vary with --no-sharing");
  std::vector<std::string> inputs = options.inputs();
  inputs.push_back(compare);
  FANFOLD_RETURN_IF_ERROR(checkOutput(output, inputs));
  Result<std::string> text = memory ? showMemory() : showModule();
  if (!text.ok())
    return std::move(text).status();
  return writeOutput(output, *text);
}

Result<std::string> InspectCommand::showModule() {
  bool json = format == "json";
  Session session(options);
  FANFOLD_RETURN_IF_ERROR(session.lower(layers ? Level::cnn : Level::plan));
  if (layers && levelOf(session.module()) != Level::cnn)
    return Status::error("{} is beyond the model level and has no layers any more", options.model);
  if (layers)
    return json ? layersJson(session.module()).dump(2) + "\n" : layersText(session.module());
  return json ? kernelsJson(session.module(), session.target()).dump(2) + "\n"
              : kernelsText(session.module(), session.target());
}

Result<std::string> InspectCommand::showMemory() {
  // The other report first: reading it is quick, planning may not be.
  Json other;
  if (!compare.empty()) {
    Result<Json> read = readMemoryJson(compare);
    if (!read.ok())
      return std::move(read).status();
    other = std::move(*read);
  }
  Result<std::vector<TechniquePlan>> plans = planTechniques(options);
  if (!plans.ok())
    return std::move(plans).status();
  std::vector<SweepPoint> points;
  if (sweep) {
    Result<std::vector<SweepPoint>> swept = sweepModel(options);
    if (!swept.ok())
      return std::move(swept).status();
    points = std::move(*swept);
  }
  if (format == "text")
    return memoryText(*plans) + (sweep ? sweepText(points) : "");
  Json report = memoryJson(*plans);
  if (sweep)
    report["sweep"] = sweepJson(points);
  if (format == "json")
    return report.dump(2) + "\n";
  if (!compare.empty()) {
    other["title"] = llvm::sys::path::filename(compare).str();
    report["compare"] = std::move(other);
  }
  return memoryPage(report);
}

void fanfold::addInspectCommand(CLI::App &app, int &exitCode) {
  auto command = std::make_shared<InspectCommand>();
  CLI::App *sub = app.add_subcommand("inspect", "Show what the compiler decided");
  command->options.addTo(*sub);
  sub->add_flag("--layers", command->layers, "Layers: shapes, parameters, multiply-adds");
  sub->add_flag("--memory", command->memory, "The memory plan of the training step");
  sub->add_flag(
      "--kernels", command->kernels,
      "Launches: kernel, implementation, reason of the choice, model line; in JSON also what else "
      "was considered");
  sub->add_option("--format", command->format, "text or json; html for --memory")
      ->check(CLI::IsMember({"text", "json", "html"}))
      ->capture_default_str();
  sub->add_flag("--sweep", command->sweep,
                "With --memory: the modelled step time against the memory budget");
  sub->add_option("--compare", command->compare,
                  "Memory plan to show beside it: a file of --memory --format=json");
  sub->add_option("-o,--output", command->output, "File to write (default: standard output)");
  sub->callback([command, &exitCode] {
    Status status = command->run();
    if (!status.ok())
      fmt::print(stderr, "fanfold: error: {}\n", status.message());
    exitCode = status.exitCode();
  });
}
