//===- MemoryReport.cpp - a memory plan as data ---------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/fanfold/MemoryReport.h"
#include "codegen/Locations.h"
#include "ir/Plan/PlanDialect.h"

#include <algorithm>
#include <map>

using namespace mlir;
using namespace fanfold;

namespace {
/// Collects the lives of buffers from the launches of a step.
class Reader {
public:
  explicit Reader(MemoryReport &report) : report(report) {}

  void readFixed(ModuleOp plan);
  void readStep(plan::StepOp step);

private:
  void add(std::string name, StringRef kind, int64_t offset, Type type, Location location);
  MemoryReport::Buffer *bufferOf(Value value);

  MemoryReport &report;
  llvm::DenseMap<Value, size_t> indices; ///< Of plan.buffer results.
};
} // namespace

void Reader::add(std::string name, StringRef kind, int64_t offset, Type type, Location location) {
  MemoryReport::Buffer buffer;
  buffer.name = std::move(name);
  buffer.kind = kind;
  buffer.offset = offset;
  buffer.bytes = kernel::byteSize(cast<MemRefType>(type));
  buffer.location = primaryLocation(location);
  buffer.usedAt = useLocations(location);
  report.buffers.push_back(std::move(buffer));
}

void Reader::readFixed(ModuleOp plan) {
  for (auto variable : plan.getOps<plan::VariableOp>())
    add(variable.getSymName().str(), variable.getRole(), variable.getOffset(),
        variable.getMemrefType(), variable.getLoc());
  for (auto staging : plan.getOps<plan::StagingOp>())
    for (auto [slot, offset] : llvm::enumerate(staging.getOffsets()))
      add(staging.getInput().str() + ".staging" + std::to_string(slot), "staging", offset,
          staging.getMemrefType(), staging.getLoc());
  for (MemoryReport::Buffer &buffer : report.buffers)
    buffer.lastStep = static_cast<int64_t>(report.steps.size()) - 1;
}

MemoryReport::Buffer *Reader::bufferOf(Value value) {
  auto it = indices.find(plan::ownerOf(value));
  return it == indices.end() ? nullptr : &report.buffers[it->second];
}

void Reader::readStep(plan::StepOp step) {
  for (auto buffer : step.getBody().getOps<plan::BufferOp>()) {
    indices[buffer] = report.buffers.size();
    add(buffer.getName().str(), buffer.getKind(), buffer.getOffset(), buffer.getType(),
        buffer.getLoc());
    if (auto over = buffer.getInPlaceOf())
      report.buffers.back().inPlaceOf = over->str();
  }
  int64_t index = 0;
  for (auto launch : step.getBody().getOps<plan::LaunchOp>()) {
    for (Value input : launch.getInputs())
      if (MemoryReport::Buffer *buffer = bufferOf(input))
        buffer->lastStep = index;
    SmallVector<Value> outputs(launch.getOutputs());
    if (launch.getWorkspace())
      outputs.push_back(launch.getWorkspace());
    for (Value output : outputs)
      if (MemoryReport::Buffer *buffer = bufferOf(output)) {
        // Of several launches that make parts of it, the first begins its life.
        if (!buffer->kernel) {
          buffer->firstStep = index;
          buffer->kernel = launch.getKernel().str();
        }
        buffer->lastStep = index;
      }
    ++index;
  }
  for (auto output : step.getBody().getOps<plan::OutputOp>())
    if (MemoryReport::Buffer *buffer = bufferOf(output.getValue()))
      buffer->lastStep = index - 1;
}

MemoryReport::MemoryReport(ModuleOp plan) {
  auto arena = *plan.getOps<plan::ArenaOp>().begin();
  model = arena.getModel();
  source = arena.getSource();
  target = arena.getTarget();
  precision = arena.getPrecision();
  batch = arena.getBatch();
  arenaBytes = arena.getBytes();
  lowerBoundBytes = arena.getLowerBound();
  peakStep = arena.getPeakLaunch();
  if (auto cost = plan->getAttrOfType<DictionaryAttr>("fanfold.recomputation")) {
    auto launches = cost.getAs<IntegerAttr>("launches");
    auto seconds = cost.getAs<FloatAttr>("seconds");
    auto extra = cost.getAs<FloatAttr>("extra_seconds");
    // A file of the plan level may say anything.
    if (launches && seconds && extra)
      recomputation = {launches.getInt(), seconds.getValueAsDouble(), extra.getValueAsDouble()};
  }
  plan::StepOp train;
  for (auto step : plan.getOps<plan::StepOp>())
    if (step.getSymName() == "train")
      train = step;
  for (auto launch : train.getBody().getOps<plan::LaunchOp>())
    steps.push_back({launch.getKernel().str(), launch.getLayer().value_or("").str(),
                     primaryLocation(launch.getLoc())});
  Reader reader(*this);
  reader.readFixed(plan);
  reader.readStep(train);
}

std::vector<const MemoryReport::Buffer *> MemoryReport::atPeak() const {
  std::vector<const Buffer *> live;
  for (const Buffer &buffer : buffers) {
    // A buffer that a later one took over at this very launch is that one's bytes now.
    bool overwritten = buffer.lastStep == peakStep &&
                       std::any_of(buffers.begin(), buffers.end(), [&](const Buffer &other) {
                         return other.inPlaceOf == buffer.name && other.firstStep == peakStep;
                       });
    if (buffer.liveAt(peakStep) && !overwritten)
      live.push_back(&buffer);
  }
  std::stable_sort(live.begin(), live.end(),
                   [](const Buffer *a, const Buffer *b) { return a->bytes > b->bytes; });
  return live;
}

using Sums = std::vector<std::pair<std::string, int64_t>>;

/// Bytes of buffers by what `keyOf` says of each, largest first.
template <typename KeyOf>
static Sums sumBy(const std::vector<const MemoryReport::Buffer *> &buffers, KeyOf keyOf) {
  std::map<std::string, int64_t> sums;
  for (const MemoryReport::Buffer *buffer : buffers)
    sums[keyOf(*buffer)] += buffer->bytes;
  Sums sorted(sums.begin(), sums.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto &a, const auto &b) { return a.second > b.second; });
  return sorted;
}

Sums MemoryReport::peakByKind() const {
  return sumBy(atPeak(), [](const Buffer &buffer) { return buffer.kind; });
}

Sums MemoryReport::peakByLine() const {
  return sumBy(atPeak(), [](const Buffer &buffer) { return lineOf(buffer.location); });
}

std::string fanfold::lineOf(const std::string &location) {
  size_t column = location.rfind(':');
  return column == std::string::npos ? location : location.substr(0, column);
}
