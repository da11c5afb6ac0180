//===- CommandLine.cpp - the command line of compiled programs ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Alone here is CLI11 to be found: what each of its users compiles takes seconds.
//
//===----------------------------------------------------------------------===//

#include "runtime/CommandLine.h"
#include "runtime/Ranges.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

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

/// Adds an option for every recipe field that the program heeds and `wanted`
/// accepts; those given end up in `overrides`.
static void addSettingsOptions(CLI::App &command, const Program &program,
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

/// Accepts the whole numbers of a range of Ranges.h; adds nothing to the help.
static CLI::Validator wholeNumber(const char *range) {
  assert(ranges::find(range) && "every number has its range");
  return inRange(*ranges::find(range));
}

/// "--threads=N", no more than the program is compiled for; 0 if it is not given.
static void addThreadsOption(CLI::App &command, const Program &program, int &threads) {
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

/// "--data=URL".
static void addDataOption(CLI::App &command, std::string &url) {
  command.add_option("--data", url, "data set, as dlfs:///directory/dataset")
      ->required()
      ->type_name("URL");
}

/// "--data-threads=N".
static void addDataThreadsOption(CLI::App &command, int &threads) {
  command.add_option("--data-threads", threads, "threads that read and decode [1]")
      ->check(wholeNumber("data_threads"))
      ->type_name("N");
}

/// "--format=text|json".
static void addFormatOption(CLI::App &command, bool &json) {
  command
      .add_option_function<std::string>(
          "--format", [&json](const std::string &format) { json = format == "json"; },
          "text or json [text]")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
}

/// "--gpus=N", of programs for GPUs; else null.
static CLI::Option *addGpusOption(CLI::App &command, const Program &program, int &gpus) {
  if (std::string_view(program.target) == "cpu")
    return nullptr;
  return command.add_option("--gpus", gpus, "GPUs of this machine, one rank each [1]")
      ->check(wholeNumber("gpus"))
      ->type_name("N");
}

static void addTrainCommand(CLI::App &app, const Program &program, Command &chosen) {
  CLI::App *command = app.add_subcommand("train", "Train on a data set");
  auto options = std::make_shared<TrainOptions>();
  auto join = std::make_shared<JoinOptions>();

  addDataOption(*command, options->data);
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
  if (CLI::Option *gpus = addGpusOption(*command, program, join->gpus))
    command
        ->add_option(
            "--restart", join->restarts,
            "with --gpus: begin again from the last checkpoint, up to N times, when one fails")
        ->check(wholeNumber("restart"))
        ->type_name("N")
        ->needs(gpus)
        ->needs(checkpoint);

  addSettingsOptions(*command, program, options->overrides,
                     [](const SettingsField &) { return true; });
  command->add_option("--steps", options->steps, "length of the training in steps")
      ->check(wholeNumber("steps"))
      ->type_name("N")
      ->group("Recipe")
      ->excludes("--epochs");

  command->callback([options, join, &chosen] {
    chosen = [options, join](Invocation &invocation) {
      join->saves = !options->checkpoint.empty();
      return runInJob(invocation, *join, [&](Communicator *ranks) {
        return train(invocation.program, std::move(invocation.device), invocation.openData,
                     *options, ranks);
      });
    };
  });
}

static void addEvalCommand(CLI::App &app, const Program &program, Command &chosen) {
  CLI::App *command = app.add_subcommand("eval", "Evaluate a checkpoint");
  auto options = std::make_shared<EvalOptions>();
  addDataOption(*command, options->data);
  command
      ->add_option("--checkpoint", options->checkpoint,
                   "directory (its latest is taken) or safetensors file")
      ->required()
      ->type_name("PATH");
  command->add_option("--split", options->split, "split of the data set [test]")->type_name("NAME");
  addThreadsOption(*command, program, options->threads);
  addDataThreadsOption(*command, options->dataThreads);
  addFormatOption(*command, options->json);
  command->callback([options, &chosen] {
    chosen = [options](Invocation &invocation) { return eval(invocation, *options); };
  });
}

static void addBenchCommand(CLI::App &app, const Program &program, Command &chosen) {
  CLI::App *command = app.add_subcommand("bench", "Time the training step on made-up images");
  auto options = std::make_shared<BenchOptions>();
  auto join = std::make_shared<JoinOptions>();
  command->add_option("--steps", options->steps, "steps to time [20]")
      ->check(wholeNumber("steps"))
      ->type_name("N");
  command->add_option("--warmup", options->warmup, "steps before the first that counts [3]")
      ->check(wholeNumber("warmup"))
      ->type_name("N");
  addThreadsOption(*command, program, options->threads);
  addFormatOption(*command, options->json);
  command->add_flag("--profile", options->profile, "also time every launch");
  addGpusOption(*command, program, join->gpus);
  command->callback([options, join, &chosen] {
    chosen = [options, join](Invocation &invocation) {
      return runInJob(invocation, *join,
                      [&](Communicator *ranks) { return bench(invocation, *options, ranks); });
    };
  });
}

static void addInfoCommand(CLI::App &app, Command &chosen) {
  CLI::App *command = app.add_subcommand("info", "Say what the compiler decided");
  auto options = std::make_shared<InfoOptions>();
  addFormatOption(*command, options->json);
  command->callback([options, &chosen] {
    chosen = [options](Invocation &invocation) { return info(invocation, *options); };
  });
}

static void addStepCommand(CLI::App &app, const Program &program, Command &chosen) {
  CLI::App *command = app.add_subcommand(
      "step", "Run one step on given inputs and write everything it leaves behind");
  auto options = std::make_shared<StepOptions>();
  command
      ->add_option("--inputs", options->inputs, "safetensors file with the model's inputs by name")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--weights", options->weights,
                   "safetensors file with variables by name; parameters must be complete, what "
                   "else is missing keeps its first value")
      ->type_name("FILE");
  command
      ->add_option("-o,--output", options->output,
                   "safetensors file for the metrics and variables after the step")
      ->required()
      ->type_name("FILE");
  command->add_flag("--eval", options->eval, "the eval step instead of the train step");
  command->add_option("--step", options->step, "number of the step, from 0 [0]")
      ->check(wholeNumber("step"))
      ->type_name("N");
  addThreadsOption(*command, program, options->threads);
  // The step runs at the learning rate itself; what shapes a schedule has no say.
  addSettingsOptions(*command, program, options->overrides, [](const SettingsField &field) {
    std::string_view name = field.name;
    return field.scalar || name == "learning_rate" || name == "reference_batch" || name == "seed";
  });
  command->callback([options, &chosen] {
    chosen = [options](Invocation &invocation) { return step(invocation, *options); };
  });
}

static void addTuneCommand(CLI::App &app, Command &chosen) {
  CLI::App *command =
      app.add_subcommand("tune", "Measure the implementations of convolutions and matrix products");
  auto options = std::make_shared<TuneOptions>();
  command
      ->add_option("-o,--output", options->output,
                   "file of measurements to add to, for fanfold compile --tuning-db")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--layers", options->layers,
                   "only layers whose name contains a match of this regular expression")
      ->type_name("REGEX");
  command->add_flag("--again", options->again, "also measure what the file has already");
  command->callback([options, &chosen] {
    chosen = [options](Invocation &invocation) { return tune(invocation, *options); };
  });
}

void fanfold::parseCommandLine(const Program &program, int argc, char **argv, Command &chosen,
                               int &exitCode) {
  CLI::App app(fmt::format("Trains and runs {} ({}), compiled for {} with batch {}.", program.model,
                           program.source, program.target, program.batch));
  app.set_version_flag("--version", std::string(program.compiler));
  app.require_subcommand(0, 1);
  addTrainCommand(app, program, chosen);
  addEvalCommand(app, program, chosen);
  addBenchCommand(app, program, chosen);
  addInfoCommand(app, chosen);
  addStepCommand(app, program, chosen);
  addTuneCommand(app, chosen);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    // Prints help to stdout, mistakes to stderr.
    exitCode = app.exit(error) == 0 ? 0 : 2;
    return;
  }
  if (!chosen)
    fmt::print("{}", app.help());
}
