//===- Train.h - the training loop ----------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs the train step over a data set until the end of the recipe, a signal, or
// a loss that is not finite; evaluates, logs and saves on the way. A training
// that was stopped or killed and then resumed ends with the same bits as one
// that was not, if the program's launches repeat (Program.h, varyingLaunches).
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_TRAIN_H
#define FANFOLD_RUNTIME_TRAIN_H

#include "runtime/DataSource.h"
#include "runtime/Device.h"
#include "runtime/Program.h"
#include "runtime/Settings.h"
#include "runtime/Status.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fanfold {

class Communicator;

/// Fields of the recipe as the command line gives them: the field, its text.
using SettingsOverrides = std::vector<std::pair<const SettingsField *, std::string>>;

struct TrainOptions {
  std::string data;                 ///< URL.
  std::string checkpoint;           ///< Directory; empty: none are written.
  bool resume = false;              ///< Continue from the latest checkpoint, if there is one.
  std::string weights;              ///< Safetensors file to start from; empty: the initializers.
  std::string log;                  ///< Empty: none.
  int threads = 0;                  ///< Of the device; 0: all.
  int dataThreads = 1;              ///< Decoding.
  int keep = 2;                     ///< Checkpoints that stay.
  int64_t logEvery = 50;            ///< Steps between lines of the log.
  std::optional<int64_t> evalEvery; ///< Epochs; 0: never. Unset: 1 if the data can.
  std::optional<int64_t> checkpointEvery; ///< Steps. Unset: once an epoch.
  std::optional<int64_t> steps;           ///< Length; instead of epochs.
  SettingsOverrides overrides;
};

/// The whole of `train`. Progress goes to stdout.
Status train(const Program &program, std::unique_ptr<Device> device, OpenDataSource openData,
             const TrainOptions &options, Communicator *ranks = nullptr);

/// What a reader of `split` must deliver to this program.
BatchFormat batchFormat(const Program &program, const Recipe &recipe, int threads, bool train);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_TRAIN_H
