//===- TrainCommand.cpp - the command line of train -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Commands.h"
#include "runtime/Ranges.h"

#include <algorithm>
#include <cassert>
#include <charconv>

using namespace fanfold;

/// "learning_rate" becomes "--learning-rate".
static std::string optionName(const SettingsField &field) {
  std::string name = std::string("--") + field.name;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void fanfold::addSettingsOptions(CLI::App &command, const Program &program,
                                 SettingsOverrides &overrides,
                                 const std::function<bool(const SettingsField &)> &wanted) {
  const Settings defaults(program.recipe);
  const nlohmann::ordered_json values = settingsToJson(defaults, program);
  for (const SettingsField &field : settingsFields()) {
    if (!field.appliesTo(program) || !wanted(field))
      continue;
    const nlohmann::ordered_json &value = values[field.name];
    std::string shown = value.is_string() ? value.get<std::string>()
                        : value.is_array()
                            ? fmt::format("{}", fmt::join(value.get<std::vector<double>>(), ","))
                            : value.dump();
    command
        .add_option_function<std::string>(
            optionName(field),
            [&overrides, &field, &program](const std::string &text) {
              // Mistakes are found here, before any work; the value is used later.
              Settings scratch(program.recipe);
              if (Status status = setField(scratch, field, text); !status.ok())
                throw CLI::ValidationError(optionName(field), status.message());
              overrides.emplace_back(&field, text);
            },
            shown.empty() ? field.help : fmt::format("{} [{}]", field.help, shown))
        ->type_name("")
        ->group("Recipe");
  }
}

/// `why` follows the complaint.
static CLI::Validator inRange(const NumberRange &range, const std::string &why = "") {
  return CLI::Validator(
      [range, why](std::string &text) -> std::string {
        int64_t value = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() ||
            !range.contains(static_cast<double>(value)))
          return range.complaint(text) + why;
        return "";
      },
      "");
}

CLI::Validator fanfold::wholeNumber(const char *range) {
  assert(ranges::find(range) && "every number has its range");
  return inRange(*ranges::find(range));
}

void fanfold::addThreadsOption(CLI::App &command, const Program &program, int &threads) {
  NumberRange range = *ranges::find("threads");
  std::string why;
  if (program.threads > 0) {
    // Workspaces are sized for them.
    range.most = program.threads;
    why = fmt::format(": the program is compiled for {} (fanfold compile --threads=N)",
                      program.threads);
  }
  command.add_option("--threads", threads, "threads of the CPU [all]")
      ->check(inRange(range, why))
      ->type_name("N");
}

void fanfold::addDataThreadsOption(CLI::App &command, int &threads) {
  command.add_option("--data-threads", threads, "threads that read and decode [1]")
      ->check(wholeNumber("data_threads"))
      ->type_name("N");
}

void fanfold::addFormatOption(CLI::App &command, bool &json) {
  command
      .add_option_function<std::string>(
          "--format", [&json](const std::string &format) { json = format == "json"; },
          "text or json [text]")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
}

void fanfold::printJson(const nlohmann::ordered_json &json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void fanfold::addTrainCommand(CLI::App &app, const Program &program, Command &chosen) {
  CLI::App *command = app.add_subcommand("train", "Train on a data set");
  auto options = std::make_shared<TrainOptions>();

  command->add_option("--data", options->data, "data set, as dlfs:///directory/dataset")
      ->required()
      ->type_name("URL");
  CLI::Option *checkpoint =
      command->add_option("--checkpoint", options->checkpoint, "directory for checkpoints")
          ->type_name("DIR");
  CLI::Option *resume =
      command
          ->add_flag("--resume", options->resume,
                     "go on from the latest checkpoint, on the same import of the data")
          ->needs(checkpoint);
  command->add_option("--weights", options->weights, "start from the values in a safetensors file")
      ->type_name("FILE")
      ->excludes(resume);
  command
      ->add_option("--checkpoint-every", options->checkpointEvery,
                   "steps between checkpoints [an epoch]")
      ->check(wholeNumber("checkpoint_every"))
      ->type_name("N");
  command->add_option("--keep", options->keep, "checkpoints that stay [2]")
      ->check(wholeNumber("keep"))
      ->type_name("N");
  command
      ->add_option("--eval-every", options->evalEvery,
                   "epochs between evaluations on split test, 0: none [1]")
      ->check(wholeNumber("eval_every"))
      ->type_name("N");
  command
      ->add_option("--log", options->log,
                   "append JSON lines to a file; resuming removes those that come again")
      ->type_name("FILE");
  command->add_option("--log-every", options->logEvery, "steps between lines of the log [50]")
      ->check(wholeNumber("log_every"))
      ->type_name("N");
  addThreadsOption(*command, program, options->threads);
  addDataThreadsOption(*command, options->dataThreads);

  addSettingsOptions(*command, program, options->overrides,
                     [](const SettingsField &) { return true; });
  command->add_option("--steps", options->steps, "length of the training in steps")
      ->check(wholeNumber("steps"))
      ->type_name("N")
      ->group("Recipe")
      ->excludes("--epochs");

  command->callback([options, &chosen] {
    chosen = [options](Invocation &invocation) {
      return train(invocation.program, std::move(invocation.device), invocation.openData, *options);
    };
  });
}
