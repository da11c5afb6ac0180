//===- TuningDatabase.cpp - measured choices, as a text file -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/tuning/TuningDatabase.h"

#include "runtime/File.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

using namespace fanfold;

namespace {

constexpr const char *header =
    "# Measured by `tune`. Fields: device, library, problem, choice, workspace in bytes, time in "
    "microseconds, whether the bits of several runs were the same.\n";
constexpr size_t fieldCount = 7;
constexpr const char *repeatsWord = "repeats", *variesWord = "varies", *unknownWord = "unknown";

template <typename T>
bool parseNumber(const std::string &text, T &value) {
  const char *end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && next == end;
}

std::vector<std::string> splitFields(const std::string &line) {
  std::vector<std::string> fields;
  size_t begin = 0;
  for (size_t tab; (tab = line.find('\t', begin)) != std::string::npos; begin = tab + 1)
    fields.push_back(line.substr(begin, tab - begin));
  fields.push_back(line.substr(begin));
  return fields;
}

Result<TuningRecord> parseRecord(const std::string &line) {
  const std::vector<std::string> fields = splitFields(line);
  // Files of versions that did not ask end with the time.
  if (fields.size() != fieldCount && fields.size() != fieldCount - 1)
    return Status::error("line has {} fields, expected {} separated by tabs", fields.size(),
                         fieldCount);
  TuningRecord record{fields[0], fields[1], fields[2], fields[3]};
  if (!parseNumber(fields[4], record.workspaceBytes))
    return Status::error("workspace is '{}', expected a number of bytes", fields[4]);
  if (!parseNumber(fields[5], record.microseconds))
    return Status::error("time is '{}', expected a number of microseconds", fields[5]);
  const std::string &word = fields.size() == fieldCount ? fields[6] : unknownWord;
  if (word == repeatsWord || word == variesWord)
    record.repeats = word == repeatsWord;
  else if (word != unknownWord)
    return Status::error("last field is '{}', expected {}, {} or {}", word, repeatsWord, variesWord,
                         unknownWord);
  return record;
}

} // namespace

Status TuningDatabase::add(const TuningRecord &record) {
  for (const auto &[name, field] :
       {std::pair("device", record.device), std::pair("library", record.library),
        std::pair("problem", record.problem), std::pair("choice", record.choice)})
    if (field.empty() || field.find_first_of("\t\n\r") != std::string::npos || field.front() == '#')
      return Status::error("{} is '{}', expected one line without tabs", name, field);
  if (record.workspaceBytes < 0)
    return Status::error("workspace is {}, expected at least 0 bytes", record.workspaceBytes);
  if (!(record.microseconds > 0) || !std::isfinite(record.microseconds))
    return Status::error("time is {}, expected more than 0 microseconds", record.microseconds);

  std::vector<TuningRecord> &list = records[{record.device, record.library, record.problem}];
  list.erase(std::remove_if(list.begin(), list.end(),
                            [&](const TuningRecord &r) { return r.choice == record.choice; }),
             list.end());
  list.push_back(record);
  std::sort(list.begin(), list.end(), [](const TuningRecord &a, const TuningRecord &b) {
    return std::tie(a.microseconds, a.workspaceBytes, a.choice) <
           std::tie(b.microseconds, b.workspaceBytes, b.choice);
  });
  return {};
}

const std::vector<TuningRecord> &TuningDatabase::measured(const std::string &device,
                                                          const std::string &library,
                                                          const std::string &problem) const {
  static const std::vector<TuningRecord> none;
  const auto list = records.find({device, library, problem});
  return list == records.end() ? none : list->second;
}

std::vector<std::string> TuningDatabase::origins() const {
  std::vector<std::string> names;
  for (const auto &entry : records) {
    std::string name = std::get<0>(entry.first) + " with " + std::get<1>(entry.first);
    if (names.empty() || names.back() != name)
      names.push_back(std::move(name));
  }
  return names;
}

size_t TuningDatabase::size() const {
  size_t count = 0;
  for (const auto &entry : records)
    count += entry.second.size();
  return count;
}

std::string TuningDatabase::text() const {
  std::string text = header;
  for (const auto &entry : records)
    for (const TuningRecord &r : entry.second)
      text += fmt::format("{}\t{}\t{}\t{}\t{}\t{:.2f}\t{}\n", r.device, r.library, r.problem,
                          r.choice, r.workspaceBytes, std::max(r.microseconds, 0.01),
                          !r.repeats   ? unknownWord
                          : *r.repeats ? repeatsWord
                                       : variesWord);
  return text;
}

Result<TuningDatabase> TuningDatabase::parse(const std::string &text, const std::string &origin) {
  TuningDatabase database;
  std::istringstream stream(text);
  size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    if (line.empty() || line.front() == '#')
      continue;
    Result<TuningRecord> record = parseRecord(line);
    if (record)
      record->line = number;
    Status status = record ? database.add(*record) : record.status();
    if (!status)
      return std::move(status).withContext("{}:{}", origin, number);
  }
  return database;
}

Result<TuningDatabase> TuningDatabase::read(const std::string &path) {
  Result<std::string> text = readFile(path);
  if (!text)
    return text.status();
  return parse(*text, path);
}

Status TuningDatabase::write(const std::string &path) const {
  const std::string bytes = text();
  return writeFileAtomically(path, bytes.size(), [&](const FileDescriptor &file) {
    return writeAll(file, bytes.data(), bytes.size());
  });
}
