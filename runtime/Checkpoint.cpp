//===- Checkpoint.cpp - states of a training on disk ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <limits>

using namespace fanfold;
namespace fs = std::filesystem;

namespace {

constexpr const char *formatName = "fanfold-checkpoint-2";
constexpr std::string_view prefix = "step-";
constexpr std::string_view suffix = ".safetensors";

std::string checkpointPath(const std::string &directory, int64_t step) {
  return fmt::format("{}/{}{}{}", directory, prefix, step, suffix);
}

/// N of "step-N.safetensors".
std::optional<int64_t> stepOfName(std::string_view name) {
  if (name.size() <= prefix.size() + suffix.size() || name.substr(0, prefix.size()) != prefix ||
      name.substr(name.size() - suffix.size()) != suffix)
    return std::nullopt;
  name = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  int64_t step;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size() || step < 0)
    return std::nullopt;
  return step;
}

/// The names in a directory; none if it does not exist.
Result<std::vector<std::string>> listNames(const std::string &directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory)
    return Status::fromErrno(error.value(), "listing " + directory);
  return names;
}

/// Steps of the checkpoints in a directory, ascending.
Result<std::vector<int64_t>> listSteps(const std::string &directory) {
  Result<std::vector<std::string>> names = listNames(directory);
  if (!names)
    return std::move(names).status();
  std::vector<int64_t> steps;
  for (const std::string &name : *names)
    if (std::optional<int64_t> step = stepOfName(name))
      steps.push_back(*step);
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::string toJson(const MetricSums &sums) {
  return nlohmann::json({{"steps", sums.steps}, {"sums", sums.sums}}).dump();
}

SafetensorsMetadata makeMetadata(const CheckpointInfo &info) {
  SafetensorsMetadata metadata = {{"format", formatName},
                                  {"model", info.model},
                                  {"fingerprint", fmt::format("{:016x}", info.fingerprint)},
                                  {"batch", std::to_string(info.batch)},
                                  {"step", std::to_string(info.position.step)},
                                  {"epoch", std::to_string(info.position.epoch)},
                                  {"next_sample", std::to_string(info.position.nextSample)},
                                  {"samples", std::to_string(info.samples)},
                                  {"import", info.import.id},
                                  {"import_time", std::to_string(info.import.time)},
                                  {"recipe", info.recipe.dump()},
                                  {"epoch_sums", toJson(info.epochSums)}};
  if (info.logSums)
    metadata["log_sums"] = toJson(*info.logSums);
  return metadata;
}

std::vector<SafetensorsSource> stateOf(Session &session) {
  std::vector<SafetensorsSource> sources;
  for (const Variable &variable : session.program().variables)
    if (inCheckpoint(variable.role))
      sources.push_back(session.source(variable));
  return sources;
}

/// The whole number that `metadata` has under `key`, in `base`.
template <typename T>
Status readNumber(const SafetensorsMetadata &metadata, const char *key, T &value, int base = 10) {
  auto found = metadata.find(key);
  if (found == metadata.end())
    return Status::error("{} is missing", key);
  const std::string &text = found->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text[0] == '-')
    return Status::error("{} is '{}', expected a whole number", key, text);
  return {};
}

Status readSums(const SafetensorsMetadata &metadata, const char *key, MetricSums &sums) {
  auto found = metadata.find(key);
  if (found == metadata.end())
    return Status::error("{} is missing", key);
  const auto object = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  auto wrong = [&] {
    return Status::error("{} is '{}', expected steps and sums", key, found->second);
  };
  if (!object.is_object() || !object.contains("steps") || !object["steps"].is_number_unsigned() ||
      !object.contains("sums") || !object["sums"].is_array())
    return wrong();
  sums.steps = object["steps"].get<int64_t>();
  for (const auto &sum : object["sums"]) {
    if (!sum.is_number() && !sum.is_null())
      return wrong();
    // What is no number has no spelling in JSON but null.
    sums.sums.push_back(sum.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                      : sum.get<double>());
  }
  return {};
}

} // namespace

Result<Checkpoint> Checkpoint::open(const std::string &path) {
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file)
    return std::move(file).status();
  Checkpoint result{std::move(*file), {}};

  const SafetensorsMetadata &metadata = result.file.metadata();
  auto format = metadata.find("format");
  if (format == metadata.end() || format->second != formatName)
    return Status::error("{}: not a checkpoint of this version: format is '{}', expected '{}'; "
                         "--weights starts a new training from its values",
                         path, format == metadata.end() ? "" : format->second, formatName);
  if (!result.file.hasChecksum())
    return Status::error("{}: checksum is missing", path);

  CheckpointInfo &info = result.info;
  FANFOLD_RETURN_IF_ERROR(readNumber(metadata, "step", info.position.step).withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(
      readNumber(metadata, "epoch", info.position.epoch).withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(
      readNumber(metadata, "next_sample", info.position.nextSample).withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(readNumber(metadata, "batch", info.batch).withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(readNumber(metadata, "samples", info.samples).withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(
      readNumber(metadata, "fingerprint", info.fingerprint, 16).withContext("{}", path));
  if (auto found = metadata.find("model"); found != metadata.end())
    info.model = found->second;
  if (auto found = metadata.find("recipe"); found != metadata.end())
    info.recipe = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (!info.recipe.is_object())
    return Status::error("{}: recipe is not a JSON object", path);
  if (auto found = metadata.find("import"); found != metadata.end())
    info.import.id = found->second;
  FANFOLD_RETURN_IF_ERROR(
      readNumber(metadata, "import_time", info.import.time).withContext("{}", path));
  FANFOLD_RETURN_IF_ERROR(readSums(metadata, "epoch_sums", info.epochSums).withContext("{}", path));
  if (metadata.count("log_sums"))
    FANFOLD_RETURN_IF_ERROR(
        readSums(metadata, "log_sums", info.logSums.emplace()).withContext("{}", path));
  return result;
}

Status Checkpoint::restore(Session &session) const {
  FANFOLD_RETURN_IF_ERROR(session.load(file, inCheckpoint));
  // Names, types and shapes agree, so only roles can tell the two apart.
  if (info.fingerprint != session.program().fingerprint)
    return Status::error("{}: checkpoint of another model: fingerprint {:016x} ({}), expected "
                         "{:016x} ({})",
                         file.path(), info.fingerprint, info.model, session.program().fingerprint,
                         session.program().model);
  return {};
}

Result<std::optional<std::string>> fanfold::findLatestCheckpoint(const std::string &directory) {
  Result<std::vector<int64_t>> steps = listSteps(directory);
  if (!steps)
    return std::move(steps).status();
  if (steps->empty())
    return std::optional<std::string>();
  return std::optional<std::string>(checkpointPath(directory, steps->back()));
}

Result<CheckpointWriter> CheckpointWriter::open(const std::string &directory, int keep) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return Status::fromErrno(error.value(), "creating directory " + directory);

  FileDescriptor lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.valid())
    return Status::fromErrno(errno, "opening directory " + directory);
  // Other failures mean a file system without locks: nothing to hold there.
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Status::error("another process writes checkpoints to {}", directory);

  Result<std::vector<std::string>> names = listNames(directory);
  if (!names)
    return std::move(names).status();
  for (const std::string &name : *names) {
    std::string_view stem = name;
    std::string_view temporary = temporarySuffix;
    if (stem.size() > temporary.size() &&
        stem.substr(stem.size() - temporary.size()) == temporary &&
        stepOfName(stem.substr(0, stem.size() - temporary.size())))
      unlink(fmt::format("{}/{}", directory, name).c_str());
  }
  return CheckpointWriter(directory, keep, std::move(lock));
}

Status CheckpointWriter::check(Session &session, const CheckpointInfo &info) const {
  return checkWritable(checkpointPath(path, info.position.step),
                       safetensorsFileBytes(makeMetadata(info), stateOf(session)));
}

Result<std::string> CheckpointWriter::save(Session &session, const CheckpointInfo &info) const {
  std::string target = checkpointPath(path, info.position.step);
  FANFOLD_RETURN_IF_ERROR(writeSafetensors(target, makeMetadata(info), stateOf(session)));

  // A failure to clean up costs disk, not the checkpoint.
  if (Result<std::vector<int64_t>> steps = listSteps(path); steps.ok())
    for (size_t i = 0; i + static_cast<size_t>(keep) < steps->size(); ++i)
      unlink(checkpointPath(path, (*steps)[i]).c_str());
  return target;
}
