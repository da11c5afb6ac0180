//===- Train.cpp - the training loop, as others see it --------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Train.h"
#include "runtime/Trainer.h"

using namespace fanfold;

BatchFormat fanfold::batchFormat(const Program &program, const Recipe &recipe, int threads,
                                 bool train) {
  BatchFormat format;
  format.batch = program.batch;
  for (const Input &input : program.inputs)
    if (input.shape.size == 4) {
      format.height = input.shape[1];
      format.width = input.shape[2];
      format.channels = input.shape[3];
    }
  format.train = train;
  if (train) {
    format.cropPadding = recipe.cropPadding;
    format.flip = recipe.flip;
    format.resizedCrop = recipe.resizedCrop;
  }
  format.seed = recipe.seed;
  format.threads = threads;
  return format;
}

Status fanfold::train(const Program &program, std::unique_ptr<Device> device,
                      OpenDataSource openData, const TrainOptions &options, Communicator *ranks) {
  Trainer trainer(program, options, ranks && ranks->size() > 1 ? ranks : nullptr);
  FANFOLD_RETURN_IF_ERROR(trainer.open(std::move(device), openData));
  return trainer.run();
}
