//===- BufferFile.cpp - buffers as CSV ------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/BufferFile.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <istream>
#include <ostream>
#include <string_view>
#include <unordered_map>

namespace fanfold::packer {

namespace {

enum Column { idColumn, lowerColumn, upperColumn, sizeColumn, alignmentColumn, offsetColumn };
constexpr std::array<std::string_view, 6> columnNames = {"id",   "lower",     "upper",
                                                         "size", "alignment", "offset"};
constexpr size_t requiredColumns = 4, mostDiagnostics = 10;

struct Field {
  std::string_view text;
  size_t column; ///< From 1.
};

/// Splits a line at its commas and trims blanks.
std::vector<Field> splitLine(std::string_view line) {
  std::vector<Field> fields;
  for (size_t begin = 0;;) {
    size_t comma = line.find(',', begin);
    size_t end = comma == std::string_view::npos ? line.size() : comma;
    size_t first = begin;
    while (first < end && (line[first] == ' ' || line[first] == '\t'))
      ++first;
    size_t last = end;
    while (last > first && (line[last - 1] == ' ' || line[last - 1] == '\t'))
      --last;
    fields.push_back({line.substr(first, last - first), first + 1});
    if (comma == std::string_view::npos)
      return fields;
    begin = comma + 1;
  }
}

/// What a field says, fit for a message.
std::string quote(std::string_view text) {
  std::string result = "'";
  for (char c : text.substr(0, 40))
    result += c >= ' ' && c != 127 ? c : '?';
  return result + (text.size() > 40 ? "...'" : "'");
}

class Reader {
public:
  Reader(std::istream &in, const std::string &name, std::vector<Buffer> &buffers)
      : in(in), name(name), buffers(buffers) {}

  std::vector<std::string> read();

private:
  bool nextLine();
  bool readHeader();
  void readBuffer();
  bool readNumber(const Field &field, Column column, int64_t least, int64_t &value);

  template <typename... Args>
  void error(size_t column, fmt::format_string<Args...> format, Args &&...args) {
    diagnostics.push_back(fmt::format("{}:{}:{}: error: ", name, lineNumber, column) +
                          fmt::format(format, std::forward<Args>(args)...));
  }

  std::istream &in;
  const std::string &name;
  std::vector<Buffer> &buffers;
  std::vector<std::string> diagnostics;
  std::string line;
  size_t lineNumber = 0;
  std::vector<Column> header;                                      ///< By field.
  std::unordered_map<std::string, std::pair<size_t, size_t>> seen; ///< Id to line and column.
};

} // namespace

/// Advances to the next line that is not blank.
bool Reader::nextLine() {
  while (std::getline(in, line)) {
    if (++lineNumber == 1 && line.compare(0, 3, "\xEF\xBB\xBF") == 0)
      line.replace(0, 3, "   "); // The byte order mark counts as blank.
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    if (line.find_first_not_of(" \t") != std::string::npos)
      return true;
  }
  return false;
}

bool Reader::readHeader() {
  if (!nextLine()) {
    lineNumber = 1;
    error(1, "file is empty, expected a header 'id,lower,upper,size'");
    return false;
  }
  for (const Field &field : splitLine(line)) {
    std::string_view text = field.text == "buffer"  ? "id"
                            : field.text == "start" ? "lower"
                            : field.text == "end"   ? "upper"
                                                    : field.text;
    auto found = std::find(columnNames.begin(), columnNames.end(), text);
    if (found == columnNames.end()) {
      error(field.column,
            "unknown column {}, expected one of id, lower, upper, size, alignment, "
            "offset",
            quote(field.text));
      return false;
    }
    auto column = Column(found - columnNames.begin());
    if (std::find(header.begin(), header.end(), column) != header.end()) {
      error(field.column, "column {} appears twice", quote(*found));
      return false;
    }
    header.push_back(column);
  }
  for (size_t c = 0; c < requiredColumns; ++c) {
    if (std::find(header.begin(), header.end(), Column(c)) == header.end()) {
      error(1, "header has no column '{}'", columnNames[c]);
      return false;
    }
  }
  return true;
}

bool Reader::readNumber(const Field &field, Column column, int64_t least, int64_t &value) {
  const char *end = field.text.data() + field.text.size();
  // from_chars takes the end, not a terminating zero.
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage)
  auto [stop, code] = std::from_chars(field.text.data(), end, value);
  if (code == std::errc::result_out_of_range && stop == end)
    error(field.column, "{} {} does not fit into 64 bits", columnNames[column], quote(field.text));
  else if (code != std::errc() || stop != end)
    error(field.column, "{} is {}, expected a whole number", columnNames[column],
          quote(field.text));
  else if (value < least)
    error(field.column, "{} is {}, expected {} or more", columnNames[column], value, least);
  else
    return true;
  return false;
}

void Reader::readBuffer() {
  std::vector<Field> fields = splitLine(line);
  if (fields.size() != header.size()) {
    error(fields.back().column, "line has {} values, expected {}", fields.size(), header.size());
    return;
  }
  Buffer buffer;
  std::array<size_t, columnNames.size()> place = {};
  bool good = true;
  for (size_t f = 0; f < fields.size(); ++f) {
    const Field &field = fields[f];
    place[header[f]] = field.column;
    switch (header[f]) {
    case idColumn:
      buffer.id = field.text;
      break;
    case lowerColumn:
      good &= readNumber(field, header[f], INT64_MIN, buffer.lower);
      break;
    case upperColumn:
      good &= readNumber(field, header[f], INT64_MIN, buffer.upper);
      break;
    case sizeColumn:
      good &= readNumber(field, header[f], 0, buffer.size);
      break;
    case alignmentColumn:
      good &= field.text.empty() || readNumber(field, header[f], 1, buffer.alignment);
      break;
    case offsetColumn:
      good &= field.text.empty() || readNumber(field, header[f], 0, buffer.offset.emplace());
      break;
    }
  }
  if (buffer.id.empty()) {
    error(place[idColumn], "id is empty");
    return;
  }
  auto [first, isNew] = seen.try_emplace(buffer.id, lineNumber, place[idColumn]);
  if (!isNew) {
    error(place[idColumn], "a second buffer {}", quote(buffer.id));
    diagnostics.back() += fmt::format("\n{}:{}:{}: note: the first is here", name,
                                      first->second.first, first->second.second);
    return;
  }
  if (!good)
    return;
  if (buffer.lower >= buffer.upper)
    error(place[upperColumn], "upper is {}, expected more than lower ({})", buffer.upper,
          buffer.lower);
  else if (buffer.offset && *buffer.offset % buffer.alignment != 0)
    error(place[offsetColumn], "offset is {}, expected a multiple of the alignment {}",
          *buffer.offset, buffer.alignment);
  buffers.push_back(std::move(buffer));
}

std::vector<std::string> Reader::read() {
  buffers.clear();
  if (readHeader())
    while (diagnostics.size() < mostDiagnostics && nextLine())
      readBuffer();
  // What is wrong with no line alone: the sum of sizes.
  size_t culprit = 0;
  std::string wrong = diagnostics.empty() ? check(buffers, &culprit) : "";
  if (!wrong.empty()) {
    auto [culpritLine, column] = seen[buffers[culprit].id];
    lineNumber = culpritLine;
    error(column, "{}", wrong);
  }
  return std::move(diagnostics);
}

std::vector<std::string> readBuffers(std::istream &in, const std::string &name,
                                     std::vector<Buffer> &buffers) {
  return Reader(in, name, buffers).read();
}

void writeBuffers(std::ostream &out, const std::vector<Buffer> &buffers,
                  const std::vector<int64_t> &offsets) {
  bool aligned =
      std::any_of(buffers.begin(), buffers.end(), [](const Buffer &b) { return b.alignment != 1; });
  fmt::print(out, "id,lower,upper,size,{}offset\n", aligned ? "alignment," : "");
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Buffer &b = buffers[i];
    fmt::print(out, "{},{},{},{},", b.id, b.lower, b.upper, b.size);
    if (aligned)
      fmt::print(out, "{},", b.alignment);
    fmt::print(out, "{}\n", offsets[i]);
  }
}

} // namespace fanfold::packer
