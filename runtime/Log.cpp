//===- Log.cpp - training as JSON lines -----------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

using namespace fanfold;
using nlohmann::json;
using nlohmann::ordered_json;

Result<Log> Log::open(const std::string &path) {
  Log log;
  log.path = path;
  log.file = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!log.file.valid())
    return Status::fromErrno(errno, "opening log " + path);
  struct stat info;
  if (fstat(log.file.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
    char last = 0;
    if (pread(log.file.get(), &last, 1, info.st_size - 1) == 1 && last != '\n')
      FANFOLD_RETURN_IF_ERROR(writeAll(log.file, "\n", 1).withContext("log {}", path));
  }
  return log;
}

namespace {

/// A line `start` without what is never the same.
json fieldsOfStart(json line) {
  for (const char *key : {"event", "step", "time"})
    line.erase(key);
  return line;
}

/// If the training at `position` writes such a line only later.
bool comesAfter(const json &line, const std::string &event, const LogPosition &position) {
  const auto found = line.find("step");
  const int64_t step =
      found != line.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
  if (step > position.step || event == "end")
    return true;
  if (step < position.step)
    return false;
  if (event == "eval" || event == "epoch")
    return !position.epochTold;
  return event == "checkpoint" || event == "start";
}

/// If all that `some` says is said by `all`.
bool agrees(const json &some, const json &all) {
  for (const auto &[key, value] : some.items())
    if (!all.contains(key) || all[key] != value)
      return false;
  return !some.empty();
}

} // namespace

Result<int64_t> Log::cutBack(const LogPosition &position) {
  struct stat info;
  if (!file.valid() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return int64_t{0};
  Result<std::string> text = readFile(path);
  if (!text)
    return std::move(text).status().withContext("log {}", path);

  constexpr size_t none = std::string::npos;
  json start; // The last before the cut.
  size_t cut = none;
  int64_t removed = 0;
  bool saved = false; // The lines removed speak of a checkpoint or of the end.
  for (size_t begin = 0, end = 0; begin < text->size(); begin = end) {
    end = std::min(text->find('\n', begin), text->size() - 1) + 1;
    json line = json::parse(text->substr(begin, end - begin), nullptr, /*allow_exceptions=*/false);
    const std::string event =
        line.is_object() && line.contains("event") && line["event"].is_string()
            ? line["event"].get<std::string>()
            : "";
    if (event == "start" && line.value("step", json()) == 0) {
      // A training begins: what was before it is another.
      start = fieldsOfStart(std::move(line));
      cut = none;
      removed = 0;
      saved = false;
      continue;
    }
    if (cut == none && (event.empty() ? end == text->size() : comesAfter(line, event, position)))
      cut = begin;
    if (cut != none) {
      ++removed;
      saved |= event == "checkpoint" || (event == "end" && line.value("reason", json()) == "done");
    } else if (event == "start") {
      start = fieldsOfStart(std::move(line));
    }
  }
  // One that begins again had no checkpoint: one that had is another.
  if (!agrees(position.start, start) || (saved && !position.saved))
    return int64_t{0};
  lastStart = std::move(start);
  if (cut != none && ftruncate(file.get(), static_cast<off_t>(cut)) != 0)
    return Status::fromErrno(errno, fmt::format("log {}: removing {} lines", path, removed));
  return removed;
}

void Log::start(const ordered_json &fields, int64_t step) {
  json now = json::parse(fields.dump());
  if (now == lastStart)
    return;
  lastStart = std::move(now);
  ordered_json line = fields;
  line["step"] = step;
  write("start", line);
}

void Log::write(const char *event, const ordered_json &fields) {
  // Behind a line that is missing, none: a shorter one might find room.
  if (!file.valid() || complained)
    return;
  ordered_json line = {{"event", event}};
  line.update(fields);
  line["time"] =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  const off_t before = lseek(file.get(), 0, SEEK_END);
  if (Status status = writeAll(file, text.data(), text.size()); !status.ok()) {
    // No half of a line, which the next would continue.
    const bool undone = before >= 0 && ftruncate(file.get(), before) == 0;
    static_cast<void>(undone); // A pipe keeps what it has.
    complained = true;
    std::fputs(
        fmt::format("warning: log {}: {}; training goes on without it\n", path, status.message())
            .c_str(),
        stderr);
  }
}

void fanfold::addMetrics(ordered_json &fields, const Program &program,
                         const std::vector<double> &values) {
  ordered_json metrics = ordered_json::object();
  for (size_t i = 0; i < values.size(); ++i) {
    if (i == 0)
      fields["loss"] = values[i];
    else
      metrics[program.metrics[i].name] = values[i];
  }
  fields["metrics"] = std::move(metrics);
}
