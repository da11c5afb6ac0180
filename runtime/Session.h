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

  /// Writes the scalars of train step `step` (from 0); not to be called before an eval step.
  Status writeScalars(const Recipe &recipe, double learningRate, int64_t step);

  /// Makes staging slot `slot` (0 or 1) the input of the next step.
  Status stage(int slot, Phase phase);

  Status run(Phase phase, LaunchObserver *observer = nullptr);

  /// The program's metrics, in its order, as the last step of `phase` left them.
  Result<std::vector<double>> metrics(Phase phase);

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

  const Program &theProgram;
  std::unique_ptr<Device> theDevice;
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_SESSION_H
