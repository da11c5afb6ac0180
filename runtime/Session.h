//===- Session.h - a program on a device ----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What training, evaluation, `bench` and `step` share: the arena's variables,
// scalars, inputs and metrics, by their meaning rather than by offsets.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_SESSION_H
#define FANFOLD_RUNTIME_SESSION_H

#include "runtime/DataSource.h"
#include "runtime/Device.h"
#include "runtime/Program.h"
#include "runtime/Safetensors.h"
#include "runtime/Status.h"

#include <cassert>
#include <memory>
#include <string>
#include <vector>

namespace fanfold {

/// Which of the program's two steps.
enum class Phase { train, eval };

/// If a variable of `role` is part of a checkpoint.
constexpr bool inCheckpoint(Variable::Role role) {
  return role == Variable::Role::parameter || role == Variable::Role::statistic ||
         role == Variable::Role::optimizer;
}

/// Number of elements.
int64_t elementCount(Span<int64_t> shape);

/// Number of trained values of the program.
int64_t parameterCount(const Program &program);

/// The fewest logits of a classifier of the program; the largest number there is
/// without one.
int64_t fewestLogits(const Program &program);

/// Fails if `data`, which has labels of `classes` classes, has more than a classifier of
/// the program has logits for.
Status checkClasses(const Program &program, const std::string &data, int64_t classes);

/// How a step is to be run besides its effect: see StepRun.
struct StepMode {
  LaunchObserver *observer = nullptr;
  bool timed = false;
};

/// A program with its arena, open on a device. Not thread-safe.
class Session {
public:
  /// `threads`: see Device::open. The program must outlive the session.
  static Result<std::unique_ptr<Session>> open(const Program &program,
                                               std::unique_ptr<Device> device, int threads);

  const Program &program() const { return theProgram; }
  Device &device() { return *theDevice; }

  /// Gives every variable its first value, which depends on the seed and the
  /// variable's name alone.
  Status initialize(uint64_t seed);

  /// Makes staging slot `slot` (0 or 1) the input of the next step submitted.
  Status stage(int slot, Phase phase);

  /// Queues train step `step` (from 0) with the scalars it has at that rate, or an
  /// eval step. Only while canSubmit().
  Status submitTrain(const Recipe &recipe, double learningRate, int64_t step, StepMode mode = {});
  Status submitEval();

  /// Waits for the oldest step under way. Its values are the program's metrics, in
  /// their order.
  Result<StepResult> collect();

  /// Steps submitted and not collected.
  int underWay() const { return stepsUnderWay; }
  bool canSubmit() const { return stepsUnderWay < theDevice->depth(); }

  /// Waits for all steps under way and forgets what they leave behind.
  Status drain();

  /// A variable for writeSafetensors. Points into the session.
  SafetensorsSource source(const Variable &variable);

  /// Copies tensors of `file` into the variables of their names. Every variable
  /// for which `required` holds must be there; optional ones keep their value if
  /// they are not. A tensor that fits no variable and no metric of the program
  /// fails, naming the first one that differs, before anything is written.
  Status load(const SafetensorsFile &file, bool (*required)(Variable::Role));

  /// The image and the label input that a data source fills. A program with
  /// other inputs fails.
  struct DataInputs {
    const Input *image;
    const Input *label;
  };
  Result<DataInputs> dataInputs() const;

private:
  Session(const Program &program, std::unique_ptr<Device> device)
      : theProgram(program), theDevice(std::move(device)) {}

  Status submit(Phase phase, StepMode mode);

  const Program &theProgram;
  std::unique_ptr<Device> theDevice;
  std::vector<Word> words;     ///< Of the step being submitted.
  std::vector<size_t> results; ///< Of the step being submitted.
  int stepsUnderWay = 0;
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_SESSION_H
