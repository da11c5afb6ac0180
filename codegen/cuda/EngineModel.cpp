//===- EngineModel.cpp - how long cuDNN's engines take ----------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/EngineModel.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

constexpr llvm::StringLiteral knownArchitecture = "sm_90";
constexpr size_t knownVersion = 919; ///< Major and minor of cuDNN.

/// Of the H200 whose times the constants below were fitted to.
constexpr double fittedBytesPerSecond = 4.29e12;

/// Of the smallest problems that were measured. Below, a card is hardly filled.
constexpr double leastFlops = 1e9;

/// A knob tile_size of an engine, with what it was found to mean.
struct Tile {
  int64_t engine, tileSize;
  int64_t depth;         ///< Of a step: 32 with tilek=0, else 64.
  int64_t rows, columns; ///< Of the result.
  double multiplying;    ///< Microseconds for a million multiply-adds of one block.
};

/// Microseconds, fitted for all engines of a kind of problem together.
struct Costs {
  double start;
  double loading; ///< Of 10^4 operands into one block.
  double moving;  ///< Of 10^6 bytes from or to memory.
  double writing; ///< Of 10^4 results of one block.
  double summing; ///< Of 10^6 bytes of partial sums, written and read.
  double padding; ///< Added to `multiplying` by the share of columns beyond the edge.
};

constexpr Tile statisticsTiles[] = {
    {2, 0, 64, 128, 128, 0.202}, {2, 2, 64, 128, 64, 0.237}, {2, 4, 64, 256, 64, 0.205},
    {2, 5, 64, 64, 128, 0.248},  {2, 7, 64, 64, 64, 0.397},
};
constexpr Tile dataGradientTiles[] = {
    {67, 0, 32, 128, 128, 0.216}, {67, 0, 64, 128, 128, 0.213}, {67, 1, 32, 128, 64, 0.315},
    {67, 1, 64, 128, 64, 0.299},  {67, 2, 32, 128, 32, 0.666},  {67, 3, 64, 256, 128, 0.261},
    {67, 4, 32, 256, 64, 0.272},  {67, 4, 64, 256, 64, 0.257},  {67, 5, 64, 64, 64, 0.384},
    {67, 6, 32, 128, 256, 0.276}, {67, 7, 64, 64, 128, 0.268},  {67, 9, 64, 64, 256, 0.217},
    {67, 16, 32, 256, 32, 0.603}, {67, 16, 64, 256, 32, 0.549}, {73, 0, 32, 128, 128, 0.428},
    {73, 0, 64, 128, 128, 0.315}, {73, 3, 32, 256, 128, 0.345}, {73, 3, 64, 256, 128, 0.303},
    {73, 4, 32, 256, 64, 0.517},  {73, 4, 64, 256, 64, 0.424},  {73, 6, 64, 128, 256, 0.315},
    {73, 7, 64, 64, 128, 0.435},  {73, 16, 64, 256, 32, 1.004},
};
constexpr Tile filterGradientTiles[] = {
    {65, 0, 64, 128, 128, 0.218}, {65, 1, 64, 128, 64, 0.237}, {65, 3, 64, 256, 128, 0.214},
    {65, 4, 64, 256, 64, 0.250},  {65, 5, 64, 64, 64, 0.340},  {65, 6, 64, 128, 256, 0.220},
    {65, 7, 64, 64, 128, 0.245},  {65, 9, 64, 64, 256, 0.222},
};
constexpr Costs statisticsCosts = {11.53, 0.1245, 0.1171, 0.5430, 0, 0};
constexpr Costs dataGradientCosts = {7.15, 0.0808, 0.1393, 0.3657, 0, 0};
constexpr Costs filterGradientCosts = {8.92, 0.0528, 0.2110, 0, 0.6868, 0.1764};

/// Share of the expected time by which another plan must be faster than the first.
constexpr double margin = 0.08;
/// Share added for each place in cuDNN's order, which knows what the model does not.
constexpr double costOfRank = 0.005;
/// What engines outside the model take at least: they reach an eighth of the tensor cores'
/// speed where Hopper's would be chosen instead. Microseconds, and those for a million
/// multiply-adds of one multiprocessor, padding not counted.
constexpr double otherStart = 15, otherMultiplying = 2.2;

/// What is known of a kind of problem.
struct Family {
  Costs costs;
  llvm::ArrayRef<Tile> tiles;
};

std::optional<Family> familyOf(const ConvProblem &problem) {
  const Conv2dShape &shape = problem.shape;
  const ElementType type = problem.xType;
  if ((type != ElementType::f16 && type != ElementType::bf16) || problem.wType != type ||
      problem.yType != type || problem.xPitch != 0 || problem.yPitch != 0 ||
      problem.prologue != Prologue::none || shape.groups != 1 || shape.dilationHeight != 1 ||
      shape.dilationWidth != 1 || problem.flops() < leastFlops)
    return std::nullopt;
  if (problem.pass == Pass::forward && problem.epilogue == Epilogue::statistics)
    return Family{statisticsCosts, statisticsTiles};
  if (problem.pass == Pass::dgrad && problem.epilogue == Epilogue::none)
    return Family{dataGradientCosts, dataGradientTiles};
  if (problem.pass == Pass::wgrad && problem.epilogue == Epilogue::none)
    return Family{filterGradientCosts, filterGradientTiles};
  return std::nullopt;
}

/// The convolution as a product of matrices, `taps` of which are added up or, for gradients
/// of filters, stand side by side.
struct ProductShape {
  int64_t rows, columns, depth;
  /// Of a strided convolution's data gradient those that a pixel has in the mean.
  double taps;

  explicit ProductShape(const ConvProblem &problem) {
    const Conv2dShape &shape = problem.shape;
    const int64_t outPixels = shape.batch * shape.outHeight * shape.outWidth;
    taps = double(shape.kernelHeight * shape.kernelWidth);
    switch (problem.pass) {
    case Pass::forward:
      rows = outPixels, columns = shape.outChannels, depth = shape.inChannels;
      break;
    case Pass::dgrad:
      rows = shape.batch * shape.inHeight * shape.inWidth;
      columns = shape.inChannels, depth = shape.outChannels;
      taps /= double(shape.strideHeight * shape.strideWidth);
      break;
    case Pass::wgrad:
      rows = shape.outChannels, columns = shape.inChannels, depth = outPixels;
      break;
    }
  }
};

/// What the multiprocessor that has most to do does.
struct Work {
  double steps = 0;        ///< Multiply-adds for each element of a tile.
  double tiles = 0;        ///< Written to the result.
  double partialBytes = 0; ///< Of all blocks.
};

/// All clusters compute sums of their own.
Work workOfTiles(const ProductShape &product, const Tile &tile, int64_t clusters, int64_t held) {
  const double rounds = double(llvm::divideCeil(clusters, held));
  return {rounds * double(llvm::alignTo(product.depth, tile.depth)) * product.taps, rounds, 0};
}

/// Clusters of a last, incomplete round share its sums if they may split them.
Work workOfSplitSums(const ProductShape &product, const Tile &tile, int64_t clusters,
                     int64_t clusterBlocks, int64_t held, bool splits) {
  const int64_t blocks = llvm::divideCeil(product.depth, tile.depth);
  const int64_t rest = clusters % held;
  int64_t steps = clusters / held * blocks;
  Work work;
  if (rest > 0) {
    const int64_t parts = splits ? std::min(held / rest, blocks) : 1;
    steps += llvm::divideCeil(blocks, parts);
    if (parts > 1) // fp32, written and read.
      work.partialBytes = double(rest * parts * clusterBlocks * tile.rows * tile.columns * 8);
  }
  work.steps = double(steps * tile.depth);
  return work;
}

} // namespace

EngineModel::EngineModel(const DeviceDescription &device, size_t cudnnVersion)
    : applies(device.architecture == knownArchitecture && cudnnVersion / 100 == knownVersion),
      heldClusters(device.heldClusters), multiprocessors(double(device.multiprocessors)),
      memoryFactor(fittedBytesPerSecond / device.bytesPerSecond) {}

std::optional<double> EngineModel::microseconds(const ConvProblem &problem,
                                                const std::string &engine) const {
  const std::optional<Family> family = familyOf(problem);
  const Result<EngineChoice> choice = EngineChoice::parse(engine);
  if (!applies || !family || !choice.ok())
    return std::nullopt;
  const auto knob = [&](cudnnBackendKnobType_t type, int64_t missing) {
    for (const auto &[known, value] : choice->knobs)
      if (known == type)
        return value;
    return missing;
  };
  const int64_t depth = knob(CUDNN_KNOB_TYPE_TILEK, 1) == 0 ? 32 : 64;
  const auto *tile = llvm::find_if(family->tiles, [&](const Tile &known) {
    return known.engine == choice->id && known.depth == depth &&
           known.tileSize == knob(CUDNN_KNOB_TYPE_TILE_SIZE, -1);
  });
  const int64_t clusterRows = knob(CUDNN_KNOB_TYPE_TILE_CGA_M, 1);
  const int64_t clusterColumns = knob(CUDNN_KNOB_TYPE_TILE_CGA_N, 1);
  const int64_t clusterBlocks = clusterRows * clusterColumns;
  if (tile == family->tiles.end() || clusterRows < 1 || clusterColumns < 1 ||
      clusterBlocks > int64_t(heldClusters.size()) || heldClusters[clusterBlocks - 1] == 0)
    return std::nullopt;

  const ProductShape product(problem);
  const int64_t held = heldClusters[clusterBlocks - 1];
  const int64_t clustersDown = llvm::divideCeil(product.rows, tile->rows * clusterRows);
  const int64_t tilesAcross = llvm::divideCeil(product.columns, tile->columns);
  Work work;
  if (problem.pass == Pass::wgrad) {
    const int64_t across = llvm::divideCeil(int64_t(product.taps) * tilesAcross, clusterColumns);
    work = workOfSplitSums(product, *tile, clustersDown * across, clusterBlocks, held,
                           knob(CUDNN_KNOB_TYPE_WORKSPACE, 0) == 0);
  } else {
    const int64_t across = llvm::divideCeil(tilesAcross, clusterColumns);
    work = workOfTiles(product, *tile, clustersDown * across, held);
  }

  const Costs &costs = family->costs;
  const double padded = 1 - double(product.columns) / double(tilesAcross * tile->columns);
  const double area = double(tile->rows * tile->columns);
  const double edges =
      double(tile->rows) / double(clusterColumns) + double(tile->columns) / double(clusterRows);
  const double multiplying =
      work.steps *
      (area * 1e-6 * (tile->multiplying + padded * costs.padding) + edges * 1e-4 * costs.loading);
  const double moving = problem.bytes() * 1e-6 * costs.moving * memoryFactor;
  return costs.start + std::hypot(multiplying, moving) + work.tiles * area * 1e-4 * costs.writing +
         work.partialBytes * 1e-6 * costs.summing * memoryFactor;
}

const Plan &EngineModel::choose(const ConvProblem &problem, llvm::ArrayRef<Plan> plans) const {
  const Plan *best = nullptr;
  double least = 0;
  for (const Plan &plan : plans)
    if (const std::optional<double> time = microseconds(problem, plan.engine)) {
      const double counted = *time * (1 + costOfRank * double(plan.rank));
      if (!best || counted < least)
        best = &plan, least = counted;
    }
  if (!best)
    return plans.front();
  const ProductShape product(problem);
  const double products =
      double(product.rows) * double(product.columns) * double(product.depth) * product.taps;
  const double first =
      microseconds(problem, plans.front().engine)
          .value_or(otherStart + otherMultiplying * products * 1e-6 / multiprocessors);
  return least < first * (1 - margin) ? *best : plans.front();
}
