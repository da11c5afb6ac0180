//===- EngineModel.h - how long cuDNN's engines take ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cuDNN's heuristics put a problem's engines in an order without times, and the first is
// often not the fastest. This model chooses among them where nothing was measured. It is a
// formula with few constants, fitted to what `tune` measured:
//
//   time = start + sqrt(multiplying^2 + moving^2) + writing
//
// A convolution is a product of matrices (ProductShape in the source). A block makes a tile
// of its result, and blocks stand in clusters that share what they load. What takes time:
//
//   multiplying  rounds of clusters that the card holds at once, each as deep as the sums
//                are long, over whole tiles: what stands beyond the edges of the result
//                counts as well. A step costs by the tile's area (multiply-adds) and, with
//                what the cluster shares counted once, by its edges (loads).
//   moving       every tensor once, to or from memory.
//   writing      the tiles of the result; for gradients of filters the partial sums. These
//                have few tiles, so the clusters of a last, incomplete round split the sums
//                evenly (with the knob workspace=0), and add their parts up in memory.
//
// What it is for and where it knows nothing:
//
//   library   cuDNN 9.19: with another minor version the numbers of engines and tile sizes
//             may mean something else
//   card      of Hopper, with the device description's clusters and bandwidth; the constants are
//             of an H200, whose multiprocessors and clock an H100 has too
//   problems  forward convolutions with statistics, gradients of data and of filters; f16,
//             and bf16 as f16; packed tensors, no prologue, one group, no dilation; from
//             a GFLOP on
//   engines   those for Hopper (2, 65, 67, 73) with the tiles in the source's tables
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_CUDA_ENGINEMODEL_H
#define FANFOLD_CODEGEN_CUDA_ENGINEMODEL_H

#include "codegen/kernels/cudnn/ConvProblem.h"
#include "codegen/kernels/cudnn/DeviceDescription.h"
#include "codegen/kernels/cudnn/Plan.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <vector>

namespace fanfold {

class EngineModel {
public:
  /// For a cuDNN of this version (91900). For others and for cards than those above the model
  /// knows nothing, which is no failure.
  EngineModel(const cudnn::DeviceDescription &device, size_t cudnnVersion);

  /// Expected microseconds of an engine, a text such as Plan::engine; none if the model
  /// does not know the problem or the engine. To be compared with others of the same
  /// problem: of its faster engines it is 8 to 12% off (root of mean squares), of others more.
  std::optional<double> microseconds(const cudnn::ConvProblem &problem,
                                     const std::string &engine) const;

  /// The plan to take of a problem's plans, which are in cuDNN's order; there is one at
  /// least. It is the first unless the model expects another to be clearly faster: the
  /// order counts too, and so do the model's errors. Engines that it does not know it
  /// chooses only in first place.
  const cudnn::Plan &choose(const cudnn::ConvProblem &problem,
                            llvm::ArrayRef<cudnn::Plan> plans) const;

private:
  bool applies;
  std::vector<int64_t> heldClusters; ///< As in DeviceDescription.
  double multiprocessors;
  double memoryFactor; ///< Time for bytes from or to memory, against the H200's.
};

} // namespace fanfold

#endif // FANFOLD_CODEGEN_CUDA_ENGINEMODEL_H
