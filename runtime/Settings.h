//===- Settings.h - the recipe of one run ---------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program carries a recipe; a run may change it, from the command line or from
// the checkpoint it resumes. The fields are listed once, here: the list makes the
// command-line options, what checkpoints record and what `info` prints.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_SETTINGS_H
#define FANFOLD_RUNTIME_SETTINGS_H

#include "runtime/Program.h"
#include "runtime/Status.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fanfold {

/// A recipe that owns its milestones. The recipe points into the object, hence
/// no copies.
class Settings {
public:
  explicit Settings(const Recipe &defaults) : values(defaults) {}
  Settings(const Settings &) = delete;
  Settings &operator=(const Settings &) = delete;

  const Recipe &recipe() const { return values; }
  Recipe &recipe() { return values; }
  void setMilestones(std::vector<double> epochs);

  /// Length of the training in steps, where it is not given in epochs.
  std::optional<int64_t> steps;

private:
  Recipe values;
  std::vector<double> milestones;
};

/// One field of a recipe that a run may change.
struct SettingsField {
  using Member = std::variant<double Recipe::*, int64_t Recipe::*, uint64_t Recipe::*,
                              bool Recipe::*, Recipe::Schedule Recipe::*, Span<double> Recipe::*>;
  const char *name; ///< As in model files: "learning_rate". Numbers have a range in Ranges.h.
  Member member;
  const char *help;
  /// If set, the field matters only to programs with a scalar of this kind.
  std::optional<Scalar::Kind> scalar = std::nullopt;

  bool appliesTo(const Program &program) const;
};

/// All of them, in the order in which people want to read them.
const std::vector<SettingsField> &settingsFields();

const char *optimizerName(Recipe::Optimizer optimizer);
const char *scheduleName(Recipe::Schedule schedule);

/// Fails if a number that `program` heeds is out of its range.
Status checkSettings(const Settings &settings, const Program &program);

/// Sets a field from its text on a command line ("0.1", "true", "cosine",
/// "30,60,80"). Fails with what was found and expected.
Status setField(Settings &settings, const SettingsField &field, const std::string &text);

/// The fields that apply to `program`, and `optimizer` and `steps`.
nlohmann::ordered_json settingsToJson(const Settings &settings, const Program &program);

/// Sets the fields that `json` (of settingsToJson) names. Untrusted input.
Status settingsFromJson(Settings &settings, const Program &program, const nlohmann::json &json);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_SETTINGS_H
