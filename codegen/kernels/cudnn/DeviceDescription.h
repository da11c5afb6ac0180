//===- DeviceDescription.h - a GPU, as a file describes it ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for the GPU where there is none: cuDNN makes plans from it, and the cost
// model knows from it how fast the device is. The files are in codegen/devices/, whose
// README gives the format.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_DEVICEDESCRIPTION_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_DEVICEDESCRIPTION_H

#include "runtime/Status.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fanfold::cudnn {

struct DeviceDescription {
  std::string name;         ///< "NVIDIA H200", as the driver says it.
  std::string architecture; ///< "sm_90"
  int64_t memoryBytes = 0;
  int64_t multiprocessors = 0;
  double bytesPerSecond = 0; ///< Of a large copy; read and written bytes both count.
  /// Of large matrix products: "f16", "bf16", "tf32", "f32". All four are there.
  std::map<std::string, double> flopsPerSecond;
  /// Entry i: how many clusters of i + 1 blocks, each with a multiprocessor to itself, the
  /// device holds at once; 0 if that is not known.
  std::vector<int64_t> heldClusters;
  std::string cudnnProperties; ///< JSON, as cuDNN's device-property descriptor takes it.

  /// Reads a file of codegen/devices/. Fails with the path and what is wrong.
  static Result<DeviceDescription> read(const std::string &path);
  /// `origin` names the text in failures.
  static Result<DeviceDescription> parse(const std::string &text, const std::string &origin);
};

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_DEVICEDESCRIPTION_H
