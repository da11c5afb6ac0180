//===- Plan.cpp - plans as text ------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/Plan.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <sstream>

using namespace fanfold;
using namespace fanfold::cudnn;
// Keeps the order of cuDNN's own fields.
using Json = nlohmann::ordered_json;

namespace {

/// In the order of cudnnBackendKnobType_t.
constexpr const char *knobNames[] = {"split_k",        "swizzle",     "tile_size",
                                     "use_tex",        "edge",        "kblock",
                                     "ldga",           "ldgb",        "chunk_k",
                                     "split_h",        "wino_tile",   "multiply",
                                     "split_k_buf",    "tilek",       "stages",
                                     "reduction_mode", "cta_split_k", "split_k_slc",
                                     "idx_mode",       "sliced",      "split_rs",
                                     "singlebuffer",   "ldgc",        "specfilt",
                                     "kernel_cfg",     "workspace",   "tile_cga",
                                     "tile_cga_m",     "tile_cga_n",  "block_size",
                                     "occupancy",      "array_size",  "num_c_per_block",
                                     "split_cols",     "tile_rows",   "tile_cols",
                                     "load_size",      "cta_count",   "stream_k",
                                     "split_p_slc",    "tile_m",      "tile_n",
                                     "warp_spec_cfg",  "swap_ab"};
constexpr int knownKnobs = sizeof(knobNames) / sizeof(*knobNames);
/// What cuDNN's enumeration can hold.
constexpr int mostKnobs = 64;

bool parseNumber(const std::string &text, int64_t &value) {
  const char *end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && next == end;
}

bool parseKnob(const std::string &name, cudnnBackendKnobType_t &knob) {
  for (int i = 0; i < knownKnobs; ++i)
    if (name == knobNames[i]) {
      knob = static_cast<cudnnBackendKnobType_t>(i);
      return true;
    }
  int64_t number = 0;
  if (name.rfind("knob", 0) != 0 || !parseNumber(name.substr(4), number) || number < knownKnobs ||
      number >= mostKnobs)
    return false;
  knob = static_cast<cudnnBackendKnobType_t>(number);
  return true;
}

} // namespace

std::string fanfold::cudnn::knobName(cudnnBackendKnobType_t knob) {
  return knob >= 0 && knob < knownKnobs ? knobNames[knob] : fmt::format("knob{}", int(knob));
}

std::string EngineChoice::text() const {
  std::string line = fmt::format("{}", id);
  for (const auto &[knob, value] : knobs)
    line += fmt::format(" {}={}", knobName(knob), value);
  return line;
}

Result<EngineChoice> EngineChoice::parse(const std::string &text) {
  std::istringstream stream(text);
  std::string word;
  EngineChoice choice;
  if (!(stream >> word) || !parseNumber(word, choice.id) || choice.id < 0)
    return Status::error("engine is '{}', expected a number and knobs", text);
  while (stream >> word) {
    const size_t equals = word.find('=');
    std::pair<cudnnBackendKnobType_t, int64_t> knob;
    if (equals == std::string::npos || !parseKnob(word.substr(0, equals), knob.first) ||
        !parseNumber(word.substr(equals + 1), knob.second))
      return Status::error("engine '{}' has the knob '{}', expected one like tile_size=4", text,
                           word);
    choice.knobs.push_back(knob);
  }
  return choice;
}

std::string fanfold::cudnn::serialize(const Plan &plan) {
  Json text = {{"cudnn", plan.version},
               {"engine", plan.engine},
               {"workspaceBytes", plan.workspaceBytes},
               {"repeats", plan.repeats ? Json(*plan.repeats) : Json()}};
  if (!plan.serialized.empty())
    text["plan"] = Json::parse(plan.serialized);
  return text.dump();
}

Result<Plan> fanfold::cudnn::parsePlan(const std::string &text) {
  const Json fields = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!fields.is_object())
    return Status::error("plan is no JSON object");
  try {
    Plan plan;
    fields.at("cudnn").get_to(plan.version);
    fields.at("engine").get_to(plan.engine);
    fields.at("workspaceBytes").get_to(plan.workspaceBytes);
    const Json &repeats = fields.at("repeats");
    plan.repeats = repeats.is_null() ? std::nullopt : std::optional(repeats.get<bool>());
    plan.builtAtStart = !fields.contains("plan");
    if (!plan.builtAtStart)
      plan.serialized = fields.at("plan").dump();
    if (plan.workspaceBytes < 0)
      return Status::error("plan has a workspace of {} bytes", plan.workspaceBytes);
    return plan;
  } catch (const Json::exception &error) {
    return Status::error("reading a plan: {}", error.what());
  }
}
