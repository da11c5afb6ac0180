//===- Session.cpp - a program on a device --------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Session.h"
#include "runtime/Element.h"
#include "runtime/Random.h"
#include "runtime/Schedule.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <thread>

using namespace fanfold;

namespace {

std::string describe(const Variable &variable) {
  std::string type = safetensorsTypeName(variable.type);
  if (variable.shape.empty())
    return type + " scalar";
  return fmt::format("{} {}", type, fmt::join(variable.shape.begin(), variable.shape.end(), "x"));
}

double firstValue(const Initializer &init, uint64_t stream, uint64_t index) {
  switch (init.kind) {
  case Initializer::Kind::uniform:
    return init.a + (init.b - init.a) * random::uniformDouble(stream, index);
  case Initializer::Kind::normal:
    return init.a + init.b * random::normal(stream, index);
  case Initializer::Kind::fill:
  case Initializer::Kind::data:
    break;
  }
  return init.a;
}

/// Calls body(i) for every i below `count`, in parts on as many threads as this machine has.
template <class Body>
void onAllThreads(size_t count, Body body) {
  constexpr size_t worthAThread = 16384;
  const size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const size_t parts = std::clamp<size_t>(count / worthAThread, 1, processors);
  const auto run = [&](size_t part) {
    for (size_t i = count * part / parts; i < count * (part + 1) / parts; ++i)
      body(i);
  };
  std::vector<std::thread> threads;
  for (size_t part = 1; part < parts; ++part)
    threads.emplace_back(run, part);
  run(0);
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace

int64_t fanfold::elementCount(Span<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

int64_t fanfold::parameterCount(const Program &program) {
  int64_t count = 0;
  for (const Variable &variable : program.variables)
    if (variable.role == Variable::Role::parameter)
      count += elementCount(variable.shape);
  return count;
}

int64_t fanfold::fewestLogits(const Program &program) {
  int64_t fewest = std::numeric_limits<int64_t>::max();
  for (const Classifier &classifier : program.classifiers)
    fewest = std::min(fewest, classifier.classes);
  return fewest;
}

Status fanfold::checkClasses(const Program &program, const std::string &data, int64_t classes) {
  for (const Classifier &classifier : program.classifiers)
    if (classes > classifier.classes)
      return Status::error("{} has {} classes, expected at most {}, the logits of layer {} ({})",
                           data, classes, classifier.classes, classifier.layer,
                           classifier.location);
  return {};
}

Result<std::unique_ptr<Session>> Session::open(const Program &program,
                                               std::unique_ptr<Device> device, int threads) {
  std::unique_ptr<Session> session(new Session(program, std::move(device)));
  FANFOLD_RETURN_IF_ERROR(session->device().open(program, threads));
  return session;
}

Status Session::initialize(uint64_t seed) {
  std::vector<std::byte> piece(pieceBytes);
  for (const Variable &variable : theProgram.variables) {
    if (variable.init.kind == Initializer::Kind::data) {
      FANFOLD_RETURN_IF_ERROR(
          theDevice->write(variable.offset, variable.init.data, variable.bytes));
      continue;
    }
    const uint64_t stream = random::hash(seed, variable.name);
    const size_t elementBytes = byteSize(variable.type);
    const auto count = static_cast<size_t>(elementCount(variable.shape));
    const size_t perPiece = pieceBytes / elementBytes;
    for (size_t begin = 0; begin < count; begin += perPiece) {
      size_t elements = std::min(perPiece, count - begin);
      // Each value is a function of its index: any thread may make it.
      onAllThreads(elements, [&](size_t i) {
        storeElement(variable.type, piece.data(), i, firstValue(variable.init, stream, begin + i));
      });
      FANFOLD_RETURN_IF_ERROR(theDevice->write(variable.offset + begin * elementBytes, piece.data(),
                                               elements * elementBytes));
    }
  }
  return {};
}

Status Session::stage(int slot, Phase phase) {
  for (const Input &input : theProgram.inputs)
    FANFOLD_RETURN_IF_ERROR(
        theDevice->stage(phase == Phase::train ? input.trainOffset : input.evalOffset,
                         input.staging[slot], input.bytes));
  return {};
}

Status Session::submitTrain(const Recipe &recipe, double learningRate, int64_t step,
                            StepMode mode) {
  words.clear();
  for (const Scalar &scalar : theProgram.scalars)
    words.push_back({scalar.offset, scalarBits(scalar.kind, recipe, learningRate, step)});
  return submit(Phase::train, mode);
}

Status Session::submitEval() {
  words.clear();
  return submit(Phase::eval, {});
}

Status Session::submit(Phase phase, StepMode mode) {
  assert(canSubmit() && "collect a step first");
  const bool train = phase == Phase::train;
  results.clear();
  for (const Metric &metric : theProgram.metrics)
    results.push_back(train ? metric.trainOffset : metric.evalOffset);
  FANFOLD_RETURN_IF_ERROR(theDevice->submit({train ? theProgram.train : theProgram.eval,
                                             {words.data(), words.size()},
                                             {results.data(), results.size()},
                                             mode.observer,
                                             mode.timed}));
  ++stepsUnderWay;
  return {};
}

Result<StepResult> Session::collect() {
  assert(stepsUnderWay > 0 && "nothing was submitted");
  --stepsUnderWay;
  return theDevice->collect();
}

Status Session::drain() {
  Status first;
  while (stepsUnderWay > 0)
    if (Result<StepResult> result = collect(); !result && first.ok())
      first = std::move(result).status();
  return first;
}

SafetensorsSource Session::source(const Variable &variable) {
  return {variable.name, variable.type,
          std::vector<int64_t>(variable.shape.begin(), variable.shape.end()), variable.bytes,
          [this, offset = variable.offset](size_t begin, void *target, size_t bytes) {
            return theDevice->read(offset + begin, target, bytes);
          }};
}

Status Session::load(const SafetensorsFile &file, bool (*required)(Variable::Role)) {
  // First compare, then write: a file that does not fit changes nothing.
  std::vector<std::pair<const Variable *, const SafetensorsFile::Tensor *>> pairs;
  size_t known = 0;
  for (const Variable &variable : theProgram.variables) {
    const SafetensorsFile::Tensor *tensor = file.find(variable.name);
    if (tensor)
      ++known;
    if (!inCheckpoint(variable.role))
      continue;
    if (!tensor && !required(variable.role))
      continue;
    if (!tensor)
      return Status::error("{}: tensor {} is missing, expected {} (model {})", file.path(),
                           variable.name, describe(variable), theProgram.model);
    if (!tensor->matches(variable.type, variable.shape))
      return Status::error("{}: tensor {} is {}, expected {} (model {})", file.path(),
                           variable.name, tensor->description(), describe(variable),
                           theProgram.model);
    pairs.emplace_back(&variable, tensor);
  }
  for (const Metric &metric : theProgram.metrics)
    known += file.find(metric.name) != nullptr;
  if (known < file.tensors().size())
    for (const SafetensorsFile::Tensor &tensor : file.tensors()) {
      auto named = [&](const auto &item) { return item.name == tensor.name; };
      if (std::none_of(theProgram.variables.begin(), theProgram.variables.end(), named) &&
          std::none_of(theProgram.metrics.begin(), theProgram.metrics.end(), named))
        return Status::error("{}: tensor {} ({}) is no variable of model {}", file.path(),
                             tensor.name, tensor.description(), theProgram.model);
    }

  std::vector<std::byte> piece(pieceBytes);
  for (auto [variable, tensor] : pairs)
    for (size_t begin = 0; begin < tensor->bytes; begin += pieceBytes) {
      size_t bytes = std::min(pieceBytes, tensor->bytes - begin);
      FANFOLD_RETURN_IF_ERROR(file.read(*tensor, begin, piece.data(), bytes));
      FANFOLD_RETURN_IF_ERROR(theDevice->write(variable->offset + begin, piece.data(), bytes));
    }
  return {};
}

Result<Session::DataInputs> Session::dataInputs() const {
  DataInputs found = {nullptr, nullptr};
  for (const Input &input : theProgram.inputs) {
    if (input.type == ElementType::u8 && input.shape.size == 4 && !found.image)
      found.image = &input;
    else if (input.type == ElementType::i32 && input.shape.size == 1 && !found.label)
      found.label = &input;
    else
      return Status::error("input {} ({} of rank {}) has no place in a data set: expected one "
                           "image (u8 of rank 4) and one label (i32 of rank 1)",
                           input.name, elementTypeName(input.type), input.shape.size);
  }
  if (!found.image || !found.label)
    return Status::error("model {} has no {} input, expected one image (u8 of rank 4) and one "
                         "label (i32 of rank 1)",
                         theProgram.model, found.image ? "label" : "image");
  return found;
}
