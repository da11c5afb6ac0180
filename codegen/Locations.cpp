//===- Locations.cpp - where an op comes from, for people -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Locations.h"

#include "mlir/IR/BuiltinAttributes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fanfold;

static std::string format(FileLineColLoc location, bool withFile) {
  std::string text = withFile ? location.getFilename().str() + ":" : "";
  return text + std::to_string(location.getLine()) + ":" + std::to_string(location.getColumn());
}

std::string fanfold::primaryLocation(Location location) {
  return llvm::TypeSwitch<LocationAttr, std::string>(location)
      .Case([](FileLineColLoc file) { return format(file, /*withFile=*/true); })
      .Case([](CallSiteLoc call) { return primaryLocation(call.getCallee()); })
      .Case([](NameLoc name) { return primaryLocation(name.getChildLoc()); })
      .Case([](FusedLoc fused) {
        return fused.getLocations().empty() ? "" : primaryLocation(fused.getLocations().back());
      })
      .Default([](LocationAttr) { return ""; });
}

std::vector<std::string> fanfold::useLocations(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return useLocations(name.getChildLoc());
  if (auto fused = dyn_cast<FusedLoc>(location))
    return fused.getLocations().empty() ? std::vector<std::string>()
                                        : useLocations(fused.getLocations().back());
  auto call = dyn_cast<CallSiteLoc>(location);
  if (!call)
    return {};
  std::vector<std::string> uses = useLocations(call.getCallee());
  uses.push_back(primaryLocation(call.getCaller()));
  for (std::string &outer : useLocations(call.getCaller()))
    uses.push_back(std::move(outer));
  return uses;
}

/// The uses an op of a block came through, innermost first.
static std::string callers(Location location) {
  auto call = dyn_cast<CallSiteLoc>(location);
  if (!call) {
    auto file = dyn_cast<FileLineColLoc>(location);
    return file ? ", used at " + format(file, /*withFile=*/false) : "";
  }
  return callers(call.getCallee()) + callers(call.getCaller());
}

std::string fanfold::fullLocation(Location location) {
  if (auto fused = dyn_cast<FusedLoc>(location)) {
    std::string text;
    for (Location part : fused.getLocations()) {
      std::string one = fullLocation(part);
      if (one.empty() || StringRef(text).contains(one))
        continue;
      text += (text.empty() ? "" : "; ") + one;
    }
    return text;
  }
  std::string text = primaryLocation(location);
  if (auto call = dyn_cast<CallSiteLoc>(location))
    text += callers(call.getCaller());
  return text;
}
