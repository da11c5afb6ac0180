//===- Dataset.cpp - what a store knows of a data set ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Dataset.h"

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <chrono>
#include <numeric>
#include <random>

using namespace fanfold;
using namespace fanfold::io;
using nlohmann::json;

// The library's own way to report a wrong type is to throw; the catch in
// parseRecord() is where that ends.
namespace nlohmann {
template <>
struct adl_serializer<ImageShape> {
  static void to_json(json &j, const ImageShape &shape) {
    j = json::array({shape.height, shape.width, shape.channels});
  }
  static void from_json(const json &j, ImageShape &shape) {
    j.at(0).get_to(shape.height);
    j.at(1).get_to(shape.width);
    j.at(2).get_to(shape.channels);
  }
};

template <>
struct adl_serializer<SplitRecord> {
  static void to_json(json &j, const SplitRecord &split) {
    j = {{"run", split.run},
         {"samples_in_chunk", split.samplesInChunk},
         {"payload_bytes", split.payloadBytes},
         {"encodings", split.encodings},
         {"smallest", split.smallest},
         {"largest", split.largest}};
    if (!split.import.id.empty())
      j["import"] = {{"id", split.import.id}, {"time", split.import.time}};
  }
  static void from_json(const json &j, SplitRecord &split) {
    j.at("run").get_to(split.run);
    j.at("samples_in_chunk").get_to(split.samplesInChunk);
    j.at("payload_bytes").get_to(split.payloadBytes);
    j.at("encodings").get_to(split.encodings);
    j.at("smallest").get_to(split.smallest);
    j.at("largest").get_to(split.largest);
    if (const auto import = j.find("import"); import != j.end()) {
      import->at("id").get_to(split.import.id);
      import->at("time").get_to(split.import.time);
    }
  }
};
} // namespace nlohmann

std::string io::toString(const ImageShape &shape) {
  return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
}

uint64_t SplitRecord::samples() const {
  return std::accumulate(samplesInChunk.begin(), samplesInChunk.end(), uint64_t(0));
}

ImportId SplitRecord::importId() const {
  if (!import.id.empty())
    return import;
  const std::string text = json(*this).dump();
  return {fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())), 0};
}

ImportId io::newImportId() {
  std::random_device random;
  const uint64_t high = random(), low = random();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {fmt::format("{:016x}", high << 32 | (low & 0xffffffff)),
          std::chrono::duration_cast<std::chrono::seconds>(now).count()};
}

std::string DatasetRecord::className(int32_t label) const {
  if (label >= 0 && static_cast<size_t>(label) < classNames.size())
    return classNames[static_cast<size_t>(label)];
  return std::to_string(label);
}

std::string io::toJson(const DatasetRecord &record) {
  json j = {{"version", 1},
            {"name", record.name},
            {"generation", record.generation},
            {"class_count", record.classCount},
            {"class_names", record.classNames},
            {"splits", record.splits}};
  return j.dump(); // All names are UTF-8: checkName().
}

Result<DatasetRecord> io::parseRecord(std::string_view text) {
  try {
    const json j = json::parse(text);
    if (const int version = j.at("version"); version != 1)
      return Status::error("data set record of version {}, expected 1", version);
    DatasetRecord record;
    j.at("name").get_to(record.name);
    j.at("generation").get_to(record.generation);
    j.at("class_count").get_to(record.classCount);
    j.at("class_names").get_to(record.classNames);
    j.at("splits").get_to(record.splits);
    return record;
  } catch (const json::exception &failure) {
    return Status::error("damaged data set record: {}", failure.what());
  }
}

Status io::checkDatasetName(const std::string &name) {
  const bool onlyAllowed =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
      std::string::npos;
  if (name.empty() || name.front() == '.' || !onlyAllowed)
    return Status::error("found '{}', expected the name of a data set: letters, digits, '-', '_' "
                         "and '.', not '.' first",
                         name);
  if (name.size() > format::maxDatasetNameBytes)
    return Status::error("name of a data set has {} characters, expected at most {}", name.size(),
                         format::maxDatasetNameBytes);
  return {};
}

Status io::checkSplitName(const std::string &name) {
  if (name == "train" || name == "test")
    return {};
  return Status::error("found split '{}', expected train or test", name);
}
