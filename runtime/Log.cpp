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

#include <cerrno>
#include <chrono>
#include <cstdio>

using namespace fanfold;
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

void Log::write(const char *event, const ordered_json &fields) {
  if (!file.valid())
    return;
  ordered_json line = {{"event", event}};
  line.update(fields);
  line["time"] =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  if (Status status = writeAll(file, text.data(), text.size()); !status.ok() && !complained) {
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
