//===- Handle.h - cuDNN itself -------------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A compiled program has one Handle for all its convolutions. It holds cuDNN's handle
// for the current device and the plans that several launches share.
//
// The compiler has no Handle: plans are made ahead of time from a DeviceDescription
// (Planner.h), on machines without GPU and driver.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_HANDLE_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_HANDLE_H

#include "codegen/kernels/cudnn/Descriptor.h"

#include <map>
#include <memory>

namespace fanfold::cudnn {

/// "9.19.0" of 91900.
std::string versionText(size_t version);

/// Not copyable, used by one thread at a time.
class Handle {
public:
  /// Throws Error if there is no device, no driver, or a part of cuDNN is missing.
  Handle();
  ~Handle();
  Handle(const Handle &) = delete;
  Handle &operator=(const Handle &) = delete;

  cudnnHandle_t get() const { return raw; }

  /// What runs from here on goes to this cudaStream_t.
  void setStream(void *stream);

  /// The plan kept under `key`, or null.
  std::shared_ptr<const Descriptor> findPlan(const std::string &key) const;
  void keepPlan(const std::string &key, std::shared_ptr<const Descriptor> plan);

  /// Prints `sentence` on stderr unless it was printed before: what concerns every
  /// convolution of a program is said once.
  void sayOnce(const std::string &sentence);

private:
  cudnnHandle_t raw = nullptr;
  void *stream = nullptr;
  std::map<std::string, std::shared_ptr<const Descriptor>> plans;
  std::string said;
};

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_HANDLE_H
