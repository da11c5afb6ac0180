//===- CudaTargetTest.cpp - what measurements decide -----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/CudaTarget.h"
#include "codegen/cuda/CudaKernels.h"
#include "codegen/kernels/cudnn/Tuner.h"
#include "frontend/ModelFile.h"

#include "mlir/Parser/Parser.h"

#include <fstream>
#include <gtest/gtest.h>

using namespace fanfold;

namespace {

constexpr const char *device = "NVIDIA H200";

constexpr const char *convolution = R"mlir(
  module attributes {fanfold.precision = "fp16"} {
    cnn.step @train {
      %x = cnn.input "x" as tensor<256x56x56x64xf16> : tensor<256x56x56x64xf16>
      %w = cnn.input "w" as tensor<64x5x5x64xf16> : tensor<64x5x5x64xf16>
      %y = kernel.conv2d %x, %w {stride = array<i64: 1, 1>, pad = array<i64: 2, 2>,
          dilation = array<i64: 1, 1>, groups = 1 : i64}
          : (tensor<256x56x56x64xf16>, tensor<64x5x5x64xf16>) -> tensor<256x56x56x64xf16>
    }
  })mlir";

/// One that a kernel of our own has as well.
constexpr const char *narrow = R"mlir(
  module attributes {fanfold.precision = "fp16"} {
    cnn.step @train {
      %x = cnn.input "x" as tensor<256x56x56x128xf16> : tensor<256x56x56x128xf16>
      %w = cnn.input "w" as tensor<32x3x3x128xf16> : tensor<32x3x3x128xf16>
      %y, %sum, %squares = kernel.conv2d_statistics %x, %w {stride = array<i64: 1, 1>,
          pad = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64}
          : (tensor<256x56x56x128xf16>, tensor<32x3x3x128xf16>)
          -> (tensor<256x56x56x32xf16>, tensor<32xf32>, tensor<32xf32>)
    }
  })mlir";

class Measured : public testing::Test {
protected:
  Measured() { loadDialects(context); }
  ~Measured() override { (void)std::remove(path.c_str()); }

  mlir::Operation *parse(const char *text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    mlir::Operation *launch = nullptr;
    if (module)
      module->walk([&](kernel::LaunchOpInterface op) { launch = op; });
    return launch;
  }

  std::unique_ptr<ProgramTarget> makeTarget() {
    TargetOptions options;
    options.name = "cuda:sm_90";
    if (!records.empty()) {
      std::ofstream(path) << records;
      options.tuningDatabase = path;
    }
    Result<std::unique_ptr<ProgramTarget>> target = CudaTarget::make(options);
    EXPECT_TRUE(target.ok()) << target.status().message();
    return target.ok() ? std::move(*target) : nullptr;
  }

  void addRecord(mlir::Operation *launch, const std::string &choice, double microseconds) {
    records += fmt::format("{}\t{}\t{}\t{}\t0\t{}\n", device, cudnn::libraryName(cudnnGetVersion()),
                           problemText(launch), choice, microseconds);
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string records, path = testing::TempDir() + "/cuda_target_test.tuning";
};

TEST_F(Measured, TimeOfAChosenEngineIsTheMeasuredOne) {
  mlir::Operation *launch = parse(convolution);
  ASSERT_TRUE(launch);
  std::unique_ptr<ProgramTarget> estimating = makeTarget();
  ASSERT_TRUE(estimating);
  const double roofline = estimating->seconds(launch);
  llvm::FailureOr<Algorithm> algorithm = estimating->select(launch);
  ASSERT_TRUE(llvm::succeeded(algorithm));
  mlir::Builder builder(&context);
  const auto choose = [&](llvm::StringRef name) {
    launch->setAttr("algorithm", builder.getStringAttr(name));
  };
  choose(algorithm->name);
  EXPECT_EQ(estimating->seconds(launch), roofline);

  launch->removeAttr("algorithm");
  addRecord(launch, algorithm->name.substr(cudnnPrefix.size()), 1234.5);
  std::unique_ptr<ProgramTarget> measuring = makeTarget();
  ASSERT_TRUE(measuring);
  // Nothing is chosen yet; then what was measured; then what was not.
  EXPECT_EQ(measuring->seconds(launch), roofline);
  algorithm = measuring->select(launch);
  ASSERT_TRUE(llvm::succeeded(algorithm));
  EXPECT_EQ(algorithm->reason, "measured 1234.5 us");
  choose(algorithm->name);
  EXPECT_DOUBLE_EQ(measuring->seconds(launch), 1234.5e-6);
  choose(algorithm->name + " tilek=9");
  EXPECT_EQ(measuring->seconds(launch), roofline);
  choose(cublasltPrefix.rtrim());
  EXPECT_EQ(measuring->seconds(launch), roofline);
}

TEST_F(Measured, OurKernelRunsWhereItsModelIsFaster) {
  mlir::Operation *launch = parse(narrow);
  ASSERT_TRUE(launch);
  std::unique_ptr<ProgramTarget> target = makeTarget();
  ASSERT_TRUE(target);
  const std::optional<Candidate> engine = [&]() -> std::optional<Candidate> {
    for (const Candidate &each : target->candidates(problemText(launch)))
      if (llvm::StringRef(each.implementation).starts_with(cudnnPrefix))
        return each;
    return std::nullopt;
  }();
  ASSERT_TRUE(engine);
  const std::string choice = engine->implementation.substr(cudnnPrefix.size());

  addRecord(launch, choice, 1234.5);
  target = makeTarget();
  ASSERT_TRUE(target);
  llvm::FailureOr<Algorithm> algorithm = target->select(launch);
  ASSERT_TRUE(llvm::succeeded(algorithm));
  EXPECT_EQ(algorithm->name, "rows");
  EXPECT_TRUE(llvm::StringRef(algorithm->reason).starts_with("row by row: ")) << algorithm->reason;
  EXPECT_TRUE(llvm::StringRef(algorithm->reason).ends_with(", cuDNN 1234.5")) << algorithm->reason;
  // What was measured of another implementation is not what it takes.
  launch->setAttr("algorithm", mlir::Builder(&context).getStringAttr(algorithm->name));
  const double seconds = target->seconds(launch);
  EXPECT_GT(seconds, 60e-6); // What memory takes.
  EXPECT_LT(seconds, 1234.5e-6);

  launch->removeAttr("algorithm");
  records.clear();
  addRecord(launch, choice, 50);
  target = makeTarget();
  ASSERT_TRUE(target);
  algorithm = target->select(launch);
  ASSERT_TRUE(llvm::succeeded(algorithm));
  EXPECT_EQ(algorithm->name, engine->implementation);
  EXPECT_EQ(algorithm->reason, "measured 50.0 us");
}

TEST_F(Measured, ModelDecidesWhereNothingWas) {
  if (cudnnGetVersion() / 100 != 919)
    GTEST_SKIP() << "the model of the engines is for another cuDNN";
  // Narrow: cuDNN has an engine with large tiles first.
  mlir::Operation *launch = parse(R"mlir(
    module attributes {fanfold.precision = "fp16"} {
      cnn.step @train {
        %x = cnn.input "x" as tensor<128x35x35x48xf16> : tensor<128x35x35x48xf16>
        %dy = cnn.input "dy" as tensor<128x35x35x64xf16> : tensor<128x35x35x64xf16>
        %dw = kernel.conv2d_wgrad %x, %dy {stride = array<i64: 1, 1>, pad = array<i64: 1, 1>,
            dilation = array<i64: 1, 1>, groups = 1 : i64}
            : (tensor<128x35x35x48xf16>, tensor<128x35x35x64xf16>) -> tensor<64x3x3x48xf16>
      }
    })mlir");
  ASSERT_TRUE(launch);
  std::unique_ptr<ProgramTarget> target = makeTarget();
  ASSERT_TRUE(target);
  llvm::FailureOr<Algorithm> algorithm = target->select(launch);
  ASSERT_TRUE(llvm::succeeded(algorithm));
  EXPECT_TRUE(llvm::StringRef(algorithm->name).starts_with("cudnn 65 tile_size=5 "))
      << algorithm->name;
  EXPECT_TRUE(llvm::StringRef(algorithm->reason).starts_with("by the engine model, cuDNN's "))
      << algorithm->reason;
  EXPECT_FALSE(llvm::StringRef(algorithm->reason).contains(" 1st of")) << algorithm->reason;

  // One measurement outweighs the model.
  addRecord(launch, "65 tile_size=0 tilek=1 idx_mode=1 workspace=0 tile_cga_m=1 tile_cga_n=3", 111);
  target = makeTarget();
  ASSERT_TRUE(target);
  algorithm = target->select(launch);
  ASSERT_TRUE(llvm::succeeded(algorithm));
  EXPECT_EQ(algorithm->reason, "measured 111.0 us");
}

TEST_F(Measured, SumsTakeTwoNodes) {
  constexpr const char *pointwise = R"mlir(
    cnn.step @train {{
      %x = cnn.input "x" as tensor<1x8xf32> : tensor<1x8xf32>
      %y = kernel.pointwise %x {{extent = array<i64: 1, 8>, sums = {} : i64}}
          : (tensor<1x8xf32>) -> tensor<{}8xf32> {{
      ^bb0(%a: f32):
        kernel.yield %a : f32
      }}
    }})mlir";
  std::unique_ptr<ProgramTarget> target = makeTarget();
  ASSERT_TRUE(target);
  const auto secondsOf = [&](int sums, const char *rows) {
    mlir::Operation *launch = parse(fmt::format(fmt::runtime(pointwise), sums, rows).c_str());
    return launch ? target->seconds(launch) : 0;
  };
  const double elements = secondsOf(0, "1x"), sums = secondsOf(1, "");
  EXPECT_GT(elements, 0);
  // As many bytes, and so few that nodes are all that counts.
  EXPECT_NEAR(sums / elements, 2, 0.01);
}

} // namespace
