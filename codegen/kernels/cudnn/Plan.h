//===- Plan.h - which engine runs a convolution, and how -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cuDNN has for every problem a number of engines, each with knobs (tile sizes, split
// of the sum, ...). A Plan is one choice of engine and knobs, checked: it says what
// workspace it takes and what it does to numbers.
//
// A compiled program carries plans as text, JSON of the form
//
//   {"cudnn": 91900, "engine": "62 tile_size=4 ...", "workspaceBytes": 131, "plan": {...}}
//
// where "plan" is cuDNN's own serialisation. It is bound to the version of cuDNN that
// wrote it, and missing for engines that only a device can plan.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_PLAN_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_PLAN_H

#include "codegen/kernels/cudnn/Descriptor.h"
#include "runtime/Status.h"

#include <memory>
#include <optional>

namespace fanfold::cudnn {

struct Plan {
  /// Engine and knobs: "62 tile_size=4 tilek=0". With the problem's text it says all
  /// that is needed to build the plan again.
  std::string engine;
  int64_t rank = 0; ///< Place in cuDNN's own order, from 0.
  int64_t workspaceBytes = 0;
  bool tensorCores = false;
  /// Equal bits in every run, as far as cuDNN says and was seen (VaryingEngines.h); none: of
  /// an engine that is unknown without a device.
  std::optional<bool> repeats = true;
  /// Its engine is compiled on the device, or unknown without one: a program has its name
  /// and builds the plan when it starts.
  bool builtAtStart = false;
  size_t version = 0;     ///< Of the cuDNN that made it: 91900.
  std::string serialized; ///< cuDNN's JSON; empty if builtAtStart.
  /// The finalised plan, where there is one in this process. Without a device it
  /// cannot be run.
  std::shared_ptr<const Descriptor> finalized;
};

/// The text that compiled programs carry; see above.
std::string serialize(const Plan &plan);

/// The plan of such a text, without `finalized` and notes.
Result<Plan> parsePlan(const std::string &text);

/// "tile_size" of CUDNN_KNOB_TYPE_TILE_SIZE; "knob44" for one that is newer than this.
std::string knobName(cudnnBackendKnobType_t knob);

/// Engine and knobs of an engine's text.
struct EngineChoice {
  int64_t id = 0;
  std::vector<std::pair<cudnnBackendKnobType_t, int64_t>> knobs;

  std::string text() const;
  static Result<EngineChoice> parse(const std::string &text);
};

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_PLAN_H
