//===- cudnn_bench.cpp - the choice of convolutions, ahead of time and on the card ===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   cudnn_bench [--batch=256] [--csv=FILE] [--precompiled]
//
// For the convolutions of ResNet-50 in f16, plain and with what is fused with them:
// how long choosing all of them ahead of time takes, which needs no GPU; and on a
// card, what the chosen plans take against the fastest of all that cuDNN proposes
// there. --precompiled leaves out engines that are compiled on the card, which takes
// about a second each.
//
//===----------------------------------------------------------------------===//

#include "DeviceText.h"

#include "codegen/kernels/cuda/Compare.h"
#include "codegen/kernels/cudnn/Tuner.h"

#include <CLI/CLI.hpp>
#include <cuda_runtime_api.h>

#include <chrono>
#include <cstdio>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

/// Sizes of an input and its filter; the output follows.
struct Layer {
  int64_t size, in, out, kernel, stride;
};

constexpr Layer layers[] = {
    {56, 64, 64, 1, 1},   {56, 64, 64, 3, 1},    {56, 64, 256, 1, 1},   {56, 256, 64, 1, 1},
    {56, 128, 128, 3, 2}, {28, 128, 512, 1, 1},  {28, 512, 128, 1, 1},  {28, 128, 128, 3, 1},
    {14, 256, 256, 3, 1}, {14, 256, 1024, 1, 1}, {14, 1024, 256, 1, 1}, {7, 512, 512, 3, 1},
    {7, 512, 2048, 1, 1}, {7, 2048, 512, 1, 1},
};

struct Form {
  const char *name;
  Pass pass;
  Prologue prologue;
  Epilogue epilogue;
};

constexpr Form forms[] = {
    {"forward", Pass::forward, Prologue::none, Epilogue::none},
    {"forward+statistics", Pass::forward, Prologue::none, Epilogue::statistics},
    {"apply+forward+statistics", Pass::forward, Prologue::scaleBiasRelu, Epilogue::statistics},
    {"dgrad", Pass::dgrad, Prologue::none, Epilogue::none},
    {"wgrad", Pass::wgrad, Prologue::none, Epilogue::none},
    {"apply+wgrad", Pass::wgrad, Prologue::scaleBiasRelu, Epilogue::none},
};

ConvProblem makeProblem(const Layer &layer, const Form &form, int64_t batch) {
  ConvProblem p;
  p.pass = form.pass;
  const int64_t pad = layer.kernel / 2, size = (layer.size - 1) / layer.stride + 1;
  p.shape = {batch,        layer.size,   layer.size,   layer.in,     size, size, layer.out,
             layer.kernel, layer.kernel, layer.stride, layer.stride, pad,  pad};
  p.xType = p.wType = p.yType = ElementType::f16;
  p.prologue = form.prologue;
  p.epilogue = form.epilogue;
  return p;
}

struct Choice {
  const Layer *layer;
  const Form *form;
  ConvProblem problem;
  Plan plan;
};

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<std::vector<Choice>> chooseAll(Planner &planner, int64_t batch) {
  std::vector<Choice> choices;
  for (const Layer &layer : layers)
    for (const Form &form : forms) {
      Choice choice{&layer, &form, makeProblem(layer, form, batch), {}};
      Result<const Candidates *> found = planner.candidates(choice.problem);
      if (!found)
        return found.status();
      if ((*found)->plans.empty())
        return Status::error("{}: no plan", choice.problem.text());
      choice.plan = (*found)->plans.front();
      choices.push_back(std::move(choice));
    }
  return choices;
}

Status measureAll(const std::vector<Choice> &choices, const DeviceDescription &device,
                  const PlanLimits &limits, std::FILE *csv) {
  Result<std::string> name = currentDeviceName();
  if (!name)
    return name.status();
  Handle handle;
  Result<LaunchTimer> timer = LaunchTimer::create();
  if (!timer)
    return timer.status();
  size_t free = 0, total = 0;
  void *memory = nullptr;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess ||
      cudaMalloc(&memory, std::min(free / 2, size_t(8) << 30)) != cudaSuccess)
    return Status::error("no device memory");
  ScratchMemory scratch(memory, std::min(free / 2, size_t(8) << 30));
  RepeatCheck check(cuda::countDifferences);
  Tuner tuner(handle, *timer, check, scratch, *name);

  fmt::print("{}, cuDNN {}: microseconds\n{:<28}{:<26}{:>8}{:>8}{:>8}{:>8}  best engine\n", *name,
             versionText(cudnnGetVersion()), "layer", "form", "floor", "chosen", "best", "ratio");
  fmt::print(csv, "layer,form,floor_us,chosen_us,best_us,chosen_engine,best_engine,plans\n");
  double chosenSum = 0, bestSum = 0;
  for (const Choice &choice : choices) {
    Result<std::vector<TuningRecord>> records = tuner.measure(choice.problem, limits);
    if (!records || records->empty()) {
      fmt::print("{}: {}\n", choice.problem.text(),
                 records ? "no plan ran" : records.status().message());
      continue;
    }
    const TuningRecord *best = &records->front(), *chosen = nullptr;
    for (const TuningRecord &record : *records) {
      best = record.microseconds < best->microseconds ? &record : best;
      chosen = record.choice == choice.plan.engine ? &record : chosen;
    }
    const Layer &l = *choice.layer;
    const std::string layer =
        fmt::format("{0}x{0} {1}->{2} {3}x{3}/{4}", l.size, l.in, l.out, l.kernel, l.stride);
    const double floor = 1e6 * std::max(choice.problem.bytes() / device.bytesPerSecond,
                                        choice.problem.flops() / device.flopsPerSecond.at("f16"));
    const double time = chosen ? chosen->microseconds : NAN;
    fmt::print("{:<28}{:<26}{:>8.1f}{:>8.1f}{:>8.1f}{:>8.2f}  {}\n", layer, choice.form->name,
               floor, time, best->microseconds, time / best->microseconds, best->choice);
    fmt::print(csv, "{},{},{:.2f},{:.2f},{:.2f},{},{},{}\n", layer, choice.form->name, floor, time,
               best->microseconds, choice.plan.engine, best->choice, records->size());
    std::fflush(stdout);
    if (chosen) {
      chosenSum += time;
      bestSum += best->microseconds;
    }
  }
  fmt::print("sum: chosen {:.0f}, best {:.0f}, ratio {:.3f}\n", chosenSum, bestSum,
             chosenSum / bestSum);
  cudaFree(memory);
  return {};
}

Status bench(int64_t batch, const std::string &csvPath, bool precompiled) {
  Result<DeviceDescription> device = DeviceDescription::parse(test::deviceText, "the device");
  if (!device)
    return device.status();
  auto start = std::chrono::steady_clock::now();
  Result<std::unique_ptr<Planner>> planner = Planner::create(*device);
  if (!planner)
    return planner.status();
  Result<std::vector<Choice>> choices = chooseAll(**planner, batch);
  if (!choices)
    return choices.status();
  fmt::print("{} convolutions chosen for {} with cuDNN {} in {:.2f} s\n", choices->size(),
             device->name, versionText(cudnnGetVersion()), secondsSince(start));
  start = std::chrono::steady_clock::now();
  if (!chooseAll(**planner, batch + 1))
    return Status::internal("another batch has no plans");
  fmt::print("and for batch {}, with cuDNN loaded, in {:.2f} s\n", batch + 1, secondsSince(start));

  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    fmt::print("no GPU here: nothing is timed\n");
    return {};
  }
  std::FILE *csv = std::fopen(csvPath.c_str(), "w");
  if (!csv)
    return Status::fromErrno(errno, "opening " + csvPath);
  PlanLimits limits;
  limits.runtimeCompiled = !precompiled;
  Status status = measureAll(*choices, *device, limits, csv);
  if (std::fclose(csv) != 0 && status)
    return Status::fromErrno(errno, "writing " + csvPath);
  return status;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Chooses convolutions ahead of time and times the choice");
  int64_t batch = 256;
  std::string csvPath = "/dev/null";
  bool precompiled = false;
  app.add_option("--batch", batch, "Images")->check(CLI::Range(1, 1 << 16));
  app.add_option("--csv", csvPath, "Where the table is written as well");
  app.add_flag("--precompiled", precompiled, "Leave out engines compiled on the card");
  CLI11_PARSE(app, argc, argv);
  const Status status = bench(batch, csvPath, precompiled);
  if (!status)
    fmt::print(stderr, "cudnn_bench: {}\n", status.message());
  return status.exitCode();
}
