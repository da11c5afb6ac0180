//===- InfoCommand.cpp - the command info ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Commands.h"
#include "runtime/Element.h"
#include "runtime/Session.h"
#include "runtime/Settings.h"
#include "runtime/Text.h"

#include <map>

using namespace fanfold;
using nlohmann::ordered_json;

namespace {

const char *roleName(Variable::Role role) {
  switch (role) {
  case Variable::Role::parameter:
    return "parameter";
  case Variable::Role::statistic:
    return "statistic";
  case Variable::Role::optimizer:
    return "optimizer";
  case Variable::Role::constant:
    return "constant";
  case Variable::Role::gradient:
    return "gradient";
  }
  return "unknown";
}

std::string formatShape(Span<int64_t> shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape.begin(), shape.end(), "x"));
}

std::string bytes(size_t count) { return formatBytes(static_cast<double>(count)); }

ordered_json toJson(const Program &program) {
  ordered_json json = {{"model", program.model},
                       {"source", program.source},
                       {"target", program.target},
                       {"precision", program.precision},
                       {"compiler", program.compiler},
                       {"fingerprint", fmt::format("{:016x}", program.fingerprint)},
                       {"batch", program.batch},
                       {"params", parameterCount(program)},
                       {"arena_bytes", program.arenaBytes},
                       {"lower_bound_bytes", program.lowerBoundBytes},
                       {"peak_step", program.peakLaunch},
                       {"train_launches", program.train.launches.size},
                       {"eval_launches", program.eval.launches.size},
                       {"repeats", program.varyingLaunches == 0},
                       {"varying_launches", program.varyingLaunches},
                       {"recipe", settingsToJson(Settings(program.recipe), program)}};
  ordered_json &inputs = json["inputs"] = ordered_json::array();
  for (const Input &input : program.inputs)
    inputs.push_back({{"name", input.name},
                      {"type", elementTypeName(input.type)},
                      {"shape", std::vector<int64_t>(input.shape.begin(), input.shape.end())}});
  ordered_json &metrics = json["metrics"] = ordered_json::array();
  for (const Metric &metric : program.metrics)
    metrics.push_back(metric.name);
  ordered_json &variables = json["variables"] = ordered_json::array();
  for (const Variable &variable : program.variables)
    variables.push_back(
        {{"name", variable.name},
         {"role", roleName(variable.role)},
         {"type", elementTypeName(variable.type)},
         {"shape", std::vector<int64_t>(variable.shape.begin(), variable.shape.end())},
         {"offset", variable.offset},
         {"bytes", variable.bytes}});
  return json;
}

void printText(const Program &program) {
  fmt::print("{} ({}), compiled for {} by Fanfold {}\n", program.model, program.source,
             program.target, program.compiler);
  fmt::print("  parameters  {}\n", formatCount(parameterCount(program)));
  fmt::print("  precision   {}\n", program.precision);
  fmt::print("  batch       {}\n", program.batch);
  fmt::print("  launches    {} in the train step, {} in the eval step\n",
             program.train.launches.size, program.eval.launches.size);
  if (program.varyingLaunches == 0)
    fmt::print("  repeats     yes: equal runs give equal bits\n");
  else
    fmt::print(
        "  repeats     no: the bits of {} launches vary from run to run (--deterministic has "
        "others)\n",
        program.varyingLaunches);
  fmt::print("  arena       {}, lower bound {}\n", bytes(program.arenaBytes),
             bytes(program.lowerBoundBytes));
  if (program.peakLaunch < program.train.launches.size) {
    const Launch &peak = program.train.launches[program.peakLaunch];
    fmt::print("  peak        at launch {}, {} of {} ({})\n", program.peakLaunch, peak.kernel,
               peak.layer, peak.location);
  }

  fmt::print("\nrecipe\n");
  const ordered_json recipe = settingsToJson(Settings(program.recipe), program);
  for (const auto &[name, value] : recipe.items())
    fmt::print("  {:<20} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());

  fmt::print("\ninputs\n");
  for (const Input &input : program.inputs)
    fmt::print("  {:<20} {} {}\n", input.name, elementTypeName(input.type),
               formatShape(input.shape));

  fmt::print("\nvariables\n");
  size_t width = 0;
  for (const Variable &variable : program.variables)
    width = std::max(width, std::string_view(variable.name).size());
  std::map<std::string, size_t> total;
  for (const Variable &variable : program.variables) {
    fmt::print("  {:<{}}  {:<9}  {:<4}  {:<16}  {:>11}  at {}\n", variable.name, width,
               roleName(variable.role), elementTypeName(variable.type), formatShape(variable.shape),
               bytes(variable.bytes), variable.offset);
    total[roleName(variable.role)] += variable.bytes;
  }
  for (const auto &[role, sum] : total)
    fmt::print("  {:<{}}  {:<9}  {:<4}  {:<16}  {:>11}\n", "in all", width, role, "", "",
               bytes(sum));
}

} // namespace

void fanfold::printJson(const ordered_json &json) {
  fmt::print("{}\n", json.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

Status fanfold::info(Invocation &invocation, const InfoOptions &options) {
  if (options.json)
    printJson(toJson(invocation.program));
  else
    printText(invocation.program);
  return {};
}
