//===- PassedOver.cpp - what an import does not take ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/PassedOver.h"

#include "io/Names.h"

#include <fmt/format.h>

using namespace fanfold;
using namespace fanfold::io;

void PassedOver::add(const std::string &reason, const std::string &name) {
  constexpr size_t most = 3;
  Group &group = groups[reason];
  ++group.count;
  if (group.names.size() < most)
    group.names.push_back(printable(name));
}

std::vector<std::string> PassedOver::lines() const {
  std::vector<std::string> result;
  for (const auto &[reason, group] : groups)
    result.push_back(fmt::format("{} {} ({}{})", group.count, reason, fmt::join(group.names, ", "),
                                 group.count > group.names.size() ? ", ..." : ""));
  return result;
}

std::string PassedOver::summary() const {
  if (empty())
    return {};
  return fmt::format("passed over: {}", fmt::join(lines(), "; "));
}
