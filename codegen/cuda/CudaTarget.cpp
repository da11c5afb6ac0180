//===- CudaTarget.cpp - NVIDIA GPUs ---------------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/CudaTarget.h"
#include "codegen/Installation.h"
#include "codegen/Toolchain.h"
#include "codegen/cuda/CudaToolchain.h"
#include "codegen/cuda/OwnConvolutions.h"
#include "passes/LaunchWork.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace fanfold;
namespace fs = llvm::sys::fs;

static constexpr const char *defaultDevice = "nvidia-h200";

/// The driver's name of the first GPU of this machine; empty without a driver.
static std::string driverName() {
  std::error_code code;
  fs::directory_iterator gpu("/proc/driver/nvidia/gpus", code), end;
  if (code || gpu == end)
    return "";
  auto text = llvm::MemoryBuffer::getFileAsStream(gpu->path() + "/information");
  if (!text)
    return "";
  llvm::StringRef model = (*text)->getBuffer().split("Model:").second;
  return model.split('\n').first.trim().str();
}

/// The device that is in this machine, if it is described; else the H200.
static std::string installedDevice() {
  if (const std::string model = driverName(); !model.empty())
    for (const std::string &name : Installation::get().deviceNames()) {
      Result<cudnn::DeviceDescription> device =
          cudnn::DeviceDescription::read(Installation::get().devices + "/" + name + ".json");
      if (device.ok() && device->name == model)
        return name;
    }
  return defaultDevice;
}

Result<std::unique_ptr<ProgramTarget>> CudaTarget::make(const TargetOptions &options) {
  auto target = std::unique_ptr<CudaTarget>(new CudaTarget());
  target->targetName = "cuda:sm_90";
  const std::string name = options.device.empty() ? installedDevice() : options.device;
  const std::string file = Installation::get().devices + "/" + name + ".json";
  if (!llvm::is_contained(Installation::get().deviceNames(), name))
    return Status::error("found no description of the device '{}', expected {}", name,
                         fmt::join(Installation::get().deviceNames(), " or "));
  Result<cudnn::DeviceDescription> device = cudnn::DeviceDescription::read(file);
  if (!device.ok())
    return std::move(device).status();
  target->device = std::move(*device);
  Result<std::unique_ptr<cudnn::Planner>> planner = cudnn::Planner::create(target->device);
  if (!planner.ok())
    return std::move(planner).status();
  target->planner = std::move(*planner);
  Result<std::unique_ptr<Chooser>> chooser =
      Chooser::create(*target->planner, options, target->device);
  if (!chooser.ok())
    return std::move(chooser).status();
  target->theChooser = std::move(*chooser);
  return std::unique_ptr<ProgramTarget>(std::move(target));
}

bool CudaTarget::supports(StringRef precision) const {
  return llvm::is_contained({"fp32", "tf32", "fp16", "bf16"}, precision);
}

Result<cudnn::Plan> CudaTarget::buildPlan(const cudnn::ConvProblem &problem,
                                          const std::string &engine) const {
  return planner->build(problem, engine);
}

FailureOr<Algorithm> CudaTarget::select(Operation *launch) const {
  const CudaKernel *kernel = findCudaKernel(launch->getName().stripDialect());
  if (!kernel)
    return launch->emitOpError("has no kernel for the target ") << targetName;
  if (!kernel->select)
    return Algorithm();
  auto [it, inserted] = known.try_emplace(launchKey(launch));
  if (inserted) {
    Result<Algorithm> algorithm = kernel->select(*this, launch);
    if (!algorithm.ok())
      return launch->emitOpError("gets no implementation: ") << algorithm.status().message();
    if (auto alternatives = launch->getAttrOfType<ArrayAttr>("alternatives"))
      for (auto problem : alternatives.getAsRange<StringAttr>())
        if (Status status = theChooser->checkAlternative(problem.str()); !status)
          return launch->emitOpError("gets no form: ") << status.message();
    it->second = *algorithm;
  }
  return it->second;
}

/// The rate of `launch`'s arithmetic by the device description: matrix units for products
/// with one group, plain f32 for all else.
static double flopRate(Operation *launch, const cudnn::DeviceDescription &device) {
  auto groups = launch->getAttrOfType<IntegerAttr>("groups");
  if (!isProduct(launch) || (groups && groups.getInt() > 1))
    return device.flopsPerSecond.at("f32");
  Type element = cast<RankedTensorType>(launch->getOperand(0).getType()).getElementType();
  auto precision =
      launch->getParentOfType<ModuleOp>()
          ? launch->getParentOfType<ModuleOp>()->getAttrOfType<StringAttr>("fanfold.precision")
          : StringAttr();
  if (element.isF16())
    return device.flopsPerSecond.at("f16");
  if (element.isBF16())
    return device.flopsPerSecond.at("bf16");
  return device.flopsPerSecond.at(precision && precision.getValue() == "tf32" ? "tf32" : "f32");
}

double CudaTarget::seconds(Operation *launch) const {
  if (auto algorithm = launch->getAttrOfType<StringAttr>("algorithm")) {
    const std::string problem = problemText(launch);
    // Measured launch behind launch, so what a launch costs is in it.
    if (std::optional<double> microseconds =
            theChooser->microseconds(problem, algorithm.getValue()))
      return *microseconds * 1e-6;
    if (algorithm.getValue() == rowConv)
      if (Result<cudnn::ConvProblem> conv = cudnn::ConvProblem::parse(problem))
        return rowConvMicroseconds(*conv) * 1e-6;
  }
  // A node of a CUDA graph behind the one before it. Kernels that sum over rows add the sums
  // of their blocks in a second one.
  constexpr double nodeSeconds = 2.5e-6;
  auto pointwise = dyn_cast<kernel::PointwiseOp>(launch);
  const bool sums =
      isa<kernel::BatchNormStatisticsOp>(launch) || (pointwise && pointwise.getSums());
  if (auto conv = dyn_cast<kernel::ConvPointwiseOp>(launch))
    return convPointwiseSeconds(conv, device.bytesPerSecond) +
           (conv.getSums() ? 2 * nodeSeconds : nodeSeconds);
  return Roofline{device.bytesPerSecond, sums ? 2 * nodeSeconds : nodeSeconds}.seconds(
      workOf(launch), flopRate(launch, device));
}
