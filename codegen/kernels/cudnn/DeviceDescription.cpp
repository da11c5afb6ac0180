//===- DeviceDescription.cpp - a GPU, as a file describes it -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/DeviceDescription.h"

#include "runtime/File.h"

#include <nlohmann/json.hpp>

using namespace fanfold;
using namespace fanfold::cudnn;
using nlohmann::json;

Result<DeviceDescription> DeviceDescription::parse(const std::string &text,
                                                   const std::string &origin) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!file.is_object())
    return Status::error("{} is no JSON object", origin);
  // One exception for every missing or mistyped field; its message names the field.
  try {
    DeviceDescription device;
    file.at("name").get_to(device.name);
    file.at("architecture").get_to(device.architecture);
    file.at("memoryBytes").get_to(device.memoryBytes);
    file.at("multiprocessors").get_to(device.multiprocessors);
    file.at("bytesPerSecond").get_to(device.bytesPerSecond);
    file.at("flopsPerSecond").get_to(device.flopsPerSecond);
    file.at("heldClusters").get_to(device.heldClusters);
    for (const char *type : {"f16", "bf16", "tf32", "f32"})
      if (!(file.at("flopsPerSecond").at(type).get<double>() > 0))
        return Status::error("{}: flopsPerSecond of {} is not above zero", origin, type);
    if (device.memoryBytes <= 0 || device.multiprocessors <= 0 || !(device.bytesPerSecond > 0))
      return Status::error("{}: memoryBytes, multiprocessors or bytesPerSecond is not above zero",
                           origin);
    if (!file.at("cudnn").is_object())
      return Status::error("{}: 'cudnn' is no object", origin);
    device.cudnnProperties = file.at("cudnn").dump();
    return device;
  } catch (const json::exception &error) {
    return Status::error("{}: {}", origin, error.what());
  }
}

Result<DeviceDescription> DeviceDescription::read(const std::string &path) {
  Result<std::string> text = readFile(path);
  if (!text)
    return text.status();
  return parse(*text, path);
}
