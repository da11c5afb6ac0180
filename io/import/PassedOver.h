//===- PassedOver.h - what an import does not take ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A source holds more than samples: notes, hidden files, images whose label is
// missing. None of it is passed over in silence.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_IMPORT_PASSEDOVER_H
#define FANFOLD_IO_IMPORT_PASSEDOVER_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fanfold::io {

/// Counts what is passed over, by reason, and keeps the first names.
class PassedOver {
public:
  /// `reason` follows a number: "without a label". `name` says where, in the source.
  void add(const std::string &reason, const std::string &name);

  bool empty() const { return groups.empty(); }

  /// One for each reason, in their order: "3 without a label (cat.0.png, cat.1.png,
  /// cat.2.png)"; of many names the first ones.
  std::vector<std::string> lines() const;

  /// All lines after "passed over: "; empty if there are none.
  std::string summary() const;

private:
  struct Group {
    uint64_t count = 0;
    std::vector<std::string> names;
  };
  std::map<std::string, Group> groups;
};

} // namespace fanfold::io

#endif // FANFOLD_IO_IMPORT_PASSEDOVER_H
