//===- Settings.cpp - the recipe of one run -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Settings.h"
#include "runtime/Ranges.h"

#include <algorithm>
#include <cassert>
#include <charconv>

using namespace fanfold;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr Recipe::Schedule allSchedules[] = {Recipe::Schedule::constant, Recipe::Schedule::step,
                                             Recipe::Schedule::cosine,
                                             Recipe::Schedule::polynomial};

/// The number that all of `text` spells.
template <typename T>
std::optional<T> parseNumber(const std::string &text) {
  T value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

const NumberRange &rangeOf(const char *name) {
  const NumberRange *range = ranges::find(name);
  assert(range && "every number has its range");
  return *range;
}

template <typename T>
Status setNumber(T &target, const SettingsField &field, const std::string &text) {
  const NumberRange &range = rangeOf(field.name);
  std::optional<T> value = parseNumber<T>(text);
  if (!value || !range.contains(static_cast<double>(*value)))
    return Status::usage("{}", range.complaint(text));
  target = *value;
  return {};
}

Status setMilestones(Settings &settings, const std::string &text) {
  const NumberRange &range = rangeOf("milestones");
  std::vector<double> epochs;
  for (size_t begin = 0; !text.empty() && begin <= text.size();) {
    size_t comma = std::min(text.find(',', begin), text.size());
    const std::string item = text.substr(begin, comma - begin);
    std::optional<double> epoch = parseNumber<double>(item);
    if (!epoch || !range.contains(*epoch))
      return Status::usage("{}", range.complaint(item));
    if (!epochs.empty() && *epoch < epochs.back())
      return Status::usage("found {}, expected milestones in ascending order", text);
    epochs.push_back(*epoch);
    begin = comma + 1;
  }
  settings.setMilestones(std::move(epochs));
  return {};
}

} // namespace

void Settings::setMilestones(std::vector<double> epochs) {
  milestones = std::move(epochs);
  values.milestones = {milestones.data(), milestones.size()};
}

bool SettingsField::appliesTo(const Program &program) const {
  if (!scalar)
    return true;
  return std::any_of(program.scalars.begin(), program.scalars.end(),
                     [&](const Scalar &candidate) { return candidate.kind == *scalar; });
}

const std::vector<SettingsField> &fanfold::settingsFields() {
  using Kind = Scalar::Kind;
  static const std::vector<SettingsField> fields = {
      {"epochs", &Recipe::epochs, "passes over the training split"},
      {"seed", &Recipe::seed, "of first values, order of samples, augmentation"},
      {"learning_rate", &Recipe::learningRate, "at its height"},
      {"reference_batch", &Recipe::referenceBatch,
       "batch that learning_rate is meant for (0: any)"},
      {"momentum", &Recipe::momentum, "of the optimizer", Kind::momentum},
      {"weight_decay", &Recipe::weightDecay, "spares biases and norms", Kind::weightDecay},
      {"beta1", &Recipe::beta1, "decay of the first moment", Kind::beta1},
      {"beta2", &Recipe::beta2, "decay of the second moment", Kind::beta2},
      {"epsilon", &Recipe::epsilon, "added to the denominator", Kind::epsilon},
      {"trust", &Recipe::trust, "coefficient of the layer-wise rate", Kind::trust},
      {"schedule", &Recipe::schedule, "constant, step, cosine or polynomial"},
      {"warmup_epochs", &Recipe::warmupEpochs, "epochs of linear warm-up"},
      {"final_learning_rate", &Recipe::finalLearningRate, "where cosine and polynomial end"},
      {"power", &Recipe::power, "of the polynomial"},
      {"milestones", &Recipe::milestones, "epochs at which the step schedule drops"},
      {"gamma", &Recipe::gamma, "factor at each milestone"},
      {"crop_padding", &Recipe::cropPadding, "pixels of padding for random crops"},
      {"flip", &Recipe::flip, "mirror half of the images"},
      {"resized_crop", &Recipe::resizedCrop, "crops of random size and aspect"},
  };
  return fields;
}

const char *fanfold::optimizerName(Recipe::Optimizer optimizer) {
  switch (optimizer) {
  case Recipe::Optimizer::sgd:
    return "sgd";
  case Recipe::Optimizer::adamw:
    return "adamw";
  case Recipe::Optimizer::lars:
    return "lars";
  }
  return "unknown";
}

const char *fanfold::scheduleName(Recipe::Schedule schedule) {
  switch (schedule) {
  case Recipe::Schedule::constant:
    return "constant";
  case Recipe::Schedule::step:
    return "step";
  case Recipe::Schedule::cosine:
    return "cosine";
  case Recipe::Schedule::polynomial:
    return "polynomial";
  }
  return "unknown";
}

Status fanfold::setField(Settings &settings, const SettingsField &field, const std::string &text) {
  Recipe &recipe = settings.recipe();
  return std::visit(
      [&](auto member) -> Status {
        using Type = std::decay_t<decltype(recipe.*member)>;
        if constexpr (std::is_same_v<Type, bool>) {
          if (text != "true" && text != "false")
            return Status::usage("found {}, expected {} true or false",
                                 text.empty() ? "nothing" : text, field.name);
          recipe.*member = text == "true";
          return {};
        } else if constexpr (std::is_arithmetic_v<Type>) {
          return setNumber(recipe.*member, field, text);
        } else if constexpr (std::is_same_v<Type, Recipe::Schedule>) {
          for (Recipe::Schedule schedule : allSchedules)
            if (text == scheduleName(schedule)) {
              recipe.*member = schedule;
              return {};
            }
          return Status::usage("found {}, expected {} {}", text.empty() ? "nothing" : text,
                               field.name, field.help);
        } else {
          return setMilestones(settings, text);
        }
      },
      field.member);
}

Status fanfold::checkSettings(const Settings &settings, const Program &program) {
  const Recipe &recipe = settings.recipe();
  for (const SettingsField &field : settingsFields()) {
    if (!field.appliesTo(program))
      continue;
    Status status = std::visit(
        [&](auto member) -> Status {
          using Type = std::decay_t<decltype(recipe.*member)>;
          if constexpr (std::is_arithmetic_v<Type> && !std::is_same_v<Type, bool>)
            if (const NumberRange &range = rangeOf(field.name);
                !range.contains(static_cast<double>(recipe.*member)))
              return Status::error("{}", range.complaint(fmt::format("{}", recipe.*member)));
          return {};
        },
        field.member);
    FANFOLD_RETURN_IF_ERROR(std::move(status));
  }
  return {};
}

ordered_json fanfold::settingsToJson(const Settings &settings, const Program &program) {
  const Recipe &recipe = settings.recipe();
  ordered_json result;
  result["optimizer"] = optimizerName(recipe.optimizer);
  if (settings.steps)
    result["steps"] = *settings.steps;
  for (const SettingsField &field : settingsFields()) {
    if (!field.appliesTo(program))
      continue;
    std::visit(
        [&](auto member) {
          using Type = std::decay_t<decltype(recipe.*member)>;
          if constexpr (std::is_arithmetic_v<Type>)
            result[field.name] = recipe.*member;
          else if constexpr (std::is_same_v<Type, Recipe::Schedule>)
            result[field.name] = scheduleName(recipe.*member);
          else {
            // One by one: an ordered_json takes a whole vector for an object.
            ordered_json list = ordered_json::array();
            for (double milestone : recipe.*member)
              list.push_back(milestone);
            result[field.name] = std::move(list);
          }
        },
        field.member);
  }
  return result;
}

Status fanfold::settingsFromJson(Settings &settings, const Program &program, const json &object) {
  if (!object.is_object())
    return Status::error("recipe is not an object");
  for (const SettingsField &field : settingsFields()) {
    auto found = object.find(field.name);
    if (found == object.end() || !field.appliesTo(program))
      continue;
    // One parser for both: a JSON value spells itself as the command line does,
    // but for the quotes of a string and the brackets of a list.
    std::string text = found->is_string() ? found->get<std::string>() : found->dump();
    if (found->is_array())
      text = text.substr(1, text.size() - 2);
    if (Status status = setField(settings, field, text); !status.ok())
      return Status::error("recipe field {}: {}", field.name, status.message());
  }
  settings.steps.reset();
  if (auto found = object.find("steps"); found != object.end()) {
    const NumberRange &range = rangeOf("steps");
    if (!found->is_number_unsigned() || !range.contains(found->get<double>()))
      return Status::error("recipe field steps: {}", range.complaint(found->dump()));
    settings.steps = found->get<int64_t>();
  }
  return {};
}
