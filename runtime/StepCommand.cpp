//===- StepCommand.cpp - the command step ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Commands.h"
#include "runtime/Safetensors.h"
#include "runtime/Schedule.h"
#include "runtime/Session.h"

#include <cstring>

using namespace fanfold;

namespace {

/// Labels below zero mark padding.
Status checkLabels(const Program &program, const Input &input,
                   const std::vector<std::byte> &bytes) {
  const int64_t classes = fewestLogits(program);
  for (size_t i = 0; input.type == ElementType::i32 && i < bytes.size() / sizeof(int32_t); ++i) {
    int32_t label;
    std::memcpy(&label, bytes.data() + i * sizeof(label), sizeof(label));
    if (label >= classes)
      return Status::error("element {} is label {}, expected at most {}", i, label, classes - 1);
  }
  return {};
}

Status loadInputs(Session &session, const SafetensorsFile &file, Phase phase) {
  std::vector<std::byte> buffer;
  for (const Input &input : session.program().inputs) {
    const SafetensorsFile::Tensor *tensor = file.find(input.name);
    std::string expected = fmt::format("{} {}", safetensorsTypeName(input.type),
                                       fmt::join(input.shape.begin(), input.shape.end(), "x"));
    if (!tensor)
      return Status::error("{}: input {} is missing, expected {}", file.path(), input.name,
                           expected);
    if (!tensor->matches(input.type, input.shape))
      return Status::error("{}: input {} is {}, expected {}", file.path(), input.name,
                           tensor->description(), expected);
    buffer.resize(tensor->bytes);
    FANFOLD_RETURN_IF_ERROR(file.read(*tensor, 0, buffer.data(), buffer.size()));
    FANFOLD_RETURN_IF_ERROR(checkLabels(session.program(), input, buffer)
                                .withContext("{}: input {}", file.path(), input.name));
    FANFOLD_RETURN_IF_ERROR(
        session.device().write(phase == Phase::train ? input.trainOffset : input.evalOffset,
                               buffer.data(), buffer.size()));
  }
  return {};
}

/// Every metric and variable, under its name.
Status writeResults(Session &session, const std::vector<double> &metrics, const std::string &path) {
  std::vector<SafetensorsSource> sources;
  const Program &program = session.program();
  sources.reserve(metrics.size() + program.variables.size);
  for (size_t i = 0; i < metrics.size(); ++i)
    sources.push_back(
        {program.metrics[i].name,
         ElementType::f32,
         {},
         sizeof(float),
         [value = static_cast<float>(metrics[i])](size_t begin, void *target, size_t bytes) {
           std::memcpy(target, reinterpret_cast<const char *>(&value) + begin, bytes);
           return Status();
         }});
  for (const Variable &variable : program.variables)
    sources.push_back(session.source(variable));
  return writeSafetensors(path, {{"model", program.model}}, sources);
}

} // namespace

Status fanfold::step(Invocation &invocation, const StepOptions &options) {
  const Program &program = invocation.program;
  const Phase phase = options.eval ? Phase::eval : Phase::train;
  Settings settings(program.recipe);
  for (const auto &[field, text] : options.overrides)
    FANFOLD_RETURN_IF_ERROR(setField(settings, *field, text));

  Result<SafetensorsFile> inputs = SafetensorsFile::open(options.inputs);
  if (!inputs)
    return std::move(inputs).status();
  Result<std::unique_ptr<Session>> opened =
      Session::open(program, std::move(invocation.device), options.threads);
  if (!opened)
    return std::move(opened).status();
  Session &session = **opened;
  FANFOLD_RETURN_IF_ERROR(session.initialize(settings.recipe().seed));
  if (!options.weights.empty()) {
    Result<SafetensorsFile> weights = SafetensorsFile::open(options.weights);
    if (!weights)
      return std::move(weights).status();
    FANFOLD_RETURN_IF_ERROR(session.load(
        *weights, [](Variable::Role role) { return role == Variable::Role::parameter; }));
  }
  FANFOLD_RETURN_IF_ERROR(loadInputs(session, *inputs, phase));
  FANFOLD_RETURN_IF_ERROR(
      phase == Phase::train
          ? session.submitTrain(settings.recipe(),
                                peakLearningRate(settings.recipe(), program.batch), options.step)
          : session.submitEval());
  Result<StepResult> result = session.collect();
  if (!result)
    return std::move(result).status();
  return writeResults(session, result->values, options.output);
}
