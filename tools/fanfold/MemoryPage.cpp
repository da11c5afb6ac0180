//===- MemoryPage.cpp - the memory plan as an HTML file -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/ToolFiles.h"
#include "tools/fanfold/Inspect.h"

#include "llvm/ADT/Twine.h"

using namespace fanfold;

/// The page of tools/fanfold/memory/, with one place for the report.
static constexpr const char pageTemplate[] =
#include "tools/fanfold/MemoryPage.inc"
    ;
static constexpr llvm::StringLiteral reportPlace = "@REPORT@";

std::string fanfold::memoryPage(const Json &report) {
  auto [before, after] = llvm::StringRef(pageTemplate).split(reportPlace);
  std::string page = before.str();
  // '<' occurs in strings alone, where an escape says the same: no name ends the script.
  for (char c : report.dump())
    if (c == '<')
      page += "\\u003c";
    else
      page += c;
  return page + after.str();
}

/// What is wrong with the plan in `json`; empty if a page can show it.
static std::string findMistake(const Json &json) {
  auto isCount = [](const Json &object, const char *key) {
    auto it = object.find(key);
    return it != object.end() && it->is_number_integer() && *it >= 0;
  };
  auto isString = [](const Json &object, const char *key) {
    auto it = object.find(key);
    return it != object.end() && it->is_string();
  };
  if (!json.is_object())
    return "found no object";
  for (const char *key : {"arena_bytes", "lower_bound_bytes", "peak_step"})
    if (!isCount(json, key))
      return fmt::format("{} is no number of at least 0", key);
  for (const char *key : {"steps", "buffers"})
    if (auto it = json.find(key); it == json.end() || !it->is_array())
      return fmt::format("{} is no array", key);
  size_t index = 0;
  for (const Json &step : json["steps"]) {
    if (!step.is_object() || !isString(step, "kernel"))
      return fmt::format("steps[{}] is no launch with a kernel", index);
    ++index;
  }
  int64_t launches = std::max<int64_t>(1, static_cast<int64_t>(index));
  index = 0;
  for (const Json &buffer : json["buffers"]) {
    std::string place = fmt::format("buffers[{}]", index++);
    if (!buffer.is_object())
      return place + " is no object";
    for (const char *key : {"name", "kind"})
      if (!isString(buffer, key))
        return fmt::format("{}.{} is no string", place, key);
    for (const char *key : {"offset", "bytes", "first_step", "last_step"})
      if (!isCount(buffer, key))
        return fmt::format("{}.{} is no number of at least 0", place, key);
    if (buffer["first_step"] > buffer["last_step"] || buffer["last_step"] >= launches)
      return fmt::format("{} lives from launch {} to {}, expected an order and at most {}", place,
                         buffer["first_step"].get<int64_t>(), buffer["last_step"].get<int64_t>(),
                         launches - 1);
  }
  return {};
}

Result<Json> fanfold::readMemoryJson(const std::string &path) {
  Result<std::string> text = readInput(path);
  if (!text)
    return std::move(text).status();
  Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  std::string wrong = json.is_discarded() ? "it is no JSON" : findMistake(json);
  if (!wrong.empty())
    return Status::error("reading {}: expected the output of fanfold inspect --memory "
                         "--format=json, but {}",
                         path, wrong);
  // Of the other report, the page shows the plan alone.
  for (const char *key : {"plans", "compare", "sweep"})
    json.erase(key);
  return json;
}
