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

#include "runtime/File.h"

using namespace fanfold;

namespace {
struct InspectCommand {
  CompileOptions options;
  bool layers = false, memory = false, kernels = false;
  std::string format = "text", output;

  Status run();
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
  bool json = format == "json";
  Session session(options);
  FANFOLD_RETURN_IF_ERROR(session.lower(layers ? Level::cnn : Level::plan));
  std::string text;
  if (layers && levelOf(session.module()) != Level::cnn)
    return Status::error("{} is beyond the model level and has no layers any more", options.model);
  if (layers)
    text = json ? layersJson(session.module()).dump(2) : layersText(session.module());
  else if (kernels)
    text = json ? kernelsJson(session.module()).dump(2) : kernelsText(session.module());
  else
    text = json ? memoryJson(MemoryReport(session.module())).dump(2)
                : memoryText(MemoryReport(session.module()));
  if (json)
    text += "\n";
  if (output.empty()) {
    fmt::print("{}", text);
    return {};
  }
  return writeFileAtomically(output, text.size(), [&](const FileDescriptor &file) {
    return writeAll(file, text.data(), text.size());
  });
}

void fanfold::addInspectCommand(CLI::App &app, int &exitCode) {
  auto command = std::make_shared<InspectCommand>();
  CLI::App *sub = app.add_subcommand("inspect", "Show what the compiler decided");
  command->options.addTo(*sub);
  sub->add_flag("--layers", command->layers, "Layers: shapes, parameters, multiply-adds");
  sub->add_flag("--memory", command->memory, "The memory plan of the training step");
  sub->add_flag("--kernels", command->kernels, "Launches: kernel, implementation, model line");
  sub->add_option("--format", command->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  sub->add_option("-o,--output", command->output, "File to write (default: standard output)");
  sub->callback([command, &exitCode] {
    Status status = command->run();
    if (!status.ok())
      fmt::print(stderr, "fanfold: error: {}\n", status.message());
    exitCode = status.exitCode();
  });
}
