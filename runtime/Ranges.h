//===- Ranges.h - which values numbers may take ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one list of ranges: model files, command lines of programs and the settings in
// checkpoints are held to it, and refuse a number in the same words:
//
//   found 1, expected beta1 in [0, 1)
//   found 2000, expected crop_padding in [0, 1024] pixels, a whole number
//
// For every side that reads numbers, so nothing but the standard library is in here.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_RANGES_H
#define FANFOLD_RUNTIME_RANGES_H

#include <cstdio>
#include <string>
#include <string_view>

namespace fanfold {

/// An interval. NaN lies in none, infinities neither.
struct NumberRange {
  enum Kind : unsigned char {
    closed = 0,
    openBelow = 1, ///< `least` itself is outside.
    openAbove = 2, ///< `most` itself is outside.
    whole = 4,     ///< Whole numbers only.
  };

  const char *name; ///< As in model files.
  double least;
  double most;
  unsigned char kind = closed;
  const char *unit = ""; ///< Plural; empty: a bare number.

  constexpr bool is(Kind flag) const { return (kind & flag) != 0; }

  /// If the number is inside. An open end is kept clear in fp32 too, which is what
  /// kernels compute in: 1 - 1e-12 is 1 there.
  constexpr bool contains(double value) const {
    if (!(value >= least && value <= most))
      return false;
    // Beyond 2^62 every number is whole.
    if (is(whole) && value < 4e18)
      return value == static_cast<double>(static_cast<long long>(value));
    return !(is(openBelow) && static_cast<double>(static_cast<float>(value)) <= least) &&
           !(is(openAbove) && static_cast<double>(static_cast<float>(value)) >= most);
  }

  /// "beta1 in [0, 1)", "crop_padding in [0, 1024] pixels, a whole number".
  std::string expected() const {
    std::string text = std::string(name) + " in " + (is(openBelow) ? '(' : '[') + spell(least) +
                       ", " + spell(most) + (is(openAbove) ? ')' : ']');
    if (*unit)
      text += std::string(" ") + unit;
    if (is(whole))
      text += ", a whole number";
    return text;
  }

  /// The sentence about a number that is not inside, or about a text that is none.
  std::string complaint(const std::string &found) const {
    return "found " + (found.empty() ? "nothing" : found) + ", expected " + expected();
  }

private:
  std::string spell(double bound) const {
    char text[40];
    if (is(whole)) // A double has 2^64 for the largest of all, which is one less.
      std::snprintf(text, sizeof(text), "%llu",
                    bound < 0x1p64 ? static_cast<unsigned long long>(bound) : ~0ull);
    else
      std::snprintf(text, sizeof(text), "%g", bound);
    return text;
  }
};

namespace ranges {

using Range = NumberRange;

/// Large enough for whatever is to diverge; fp32 has it, and a batch times it too.
inline constexpr double huge = 1e30;
/// Epochs, and the steps in them, that a counter holds.
inline constexpr double manyEpochs = 1e9;
inline constexpr double manySteps = 1e12;

/// The recipe's, then those of a run.
inline constexpr NumberRange table[] = {
    {"batch", 1, 1e9, Range::whole, "samples"},
    {"epochs", 0, manyEpochs, Range::openBelow},
    {"learning_rate", 0, huge},
    {"reference_batch", 0, 1e9, Range::whole, "samples"},
    {"momentum", 0, 1},
    {"weight_decay", 0, huge},
    {"beta1", 0, 1, Range::openAbove},      // At 1 the correction of the bias divides by 0.
    {"beta2", 0, 1, Range::openAbove},      // The same.
    {"epsilon", 0, huge, Range::openBelow}, // At 0 a gradient that stays 0 gives 0 / 0.
    {"trust", 0, huge},
    {"warmup_epochs", 0, manyEpochs},
    {"final_learning_rate", 0, huge},
    {"power", 0, huge},
    {"milestones", 0, manyEpochs},
    {"gamma", 0, huge},
    {"crop_padding", 0, 1024, Range::whole, "pixels"},
    {"seed", 0, 18446744073709551615.0, Range::whole},

    {"steps", 1, manySteps, Range::whole},
    {"step", 0, manySteps, Range::whole},
    {"warmup", 0, manySteps, Range::whole, "steps"},
    {"checkpoint_every", 1, manySteps, Range::whole, "steps"},
    {"eval_every", 0, manyEpochs, Range::whole, "epochs"},
    {"log_every", 1, manySteps, Range::whole, "steps"},
    {"keep", 1, 1e6, Range::whole, "checkpoints"},
    {"threads", 1, 4096, Range::whole},
    {"data_threads", 1, 4096, Range::whole},
    {"gpus", 1, 1024, Range::whole},
    {"restart", 0, 1000000, Range::whole},
};

/// The range of that name; null if nothing has it.
constexpr const NumberRange *find(std::string_view name) {
  for (const NumberRange &range : table)
    if (name == range.name)
      return &range;
  return nullptr;
}

} // namespace ranges

} // namespace fanfold

#endif // FANFOLD_RUNTIME_RANGES_H
