//===- InspectLayers.cpp - inspect --layers -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ir/Cnn/CnnDialect.h"
#include "tools/fanfold/Inspect.h"

#include <fmt/format.h>

using namespace mlir;
using namespace fanfold;

namespace {
struct Layer {
  std::string name, op;
  std::vector<int64_t> shape;
  int64_t params = 0, macs = 0;
};
} // namespace

static std::vector<Layer> collect(ModuleOp module) {
  std::vector<Layer> layers;
  auto model = *module.getOps<cnn::ModelOp>().begin();
  for (Operation &op : model.getBody().front()) {
    auto layer = dyn_cast<cnn::LayerOpInterface>(op);
    if (!layer)
      continue;
    Layer row;
    row.name = op.getAttrOfType<StringAttr>("name").getValue();
    row.op = op.getName().stripDialect();
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    row.shape.assign(type.getShape().begin(), type.getShape().end());
    for (const cnn::VariableSpec &spec : layer.getVariableSpecs())
      if (spec.role == "parameter")
        row.params += spec.type.getNumElements();
    row.macs = layer.getMacs();
    layers.push_back(std::move(row));
  }
  return layers;
}

std::string fanfold::layersText(ModuleOp module) {
  std::vector<Layer> layers = collect(module);
  size_t width = 5;
  int64_t params = 0, macs = 0;
  for (const Layer &layer : layers) {
    width = std::max(width, layer.name.size());
    params += layer.params;
    macs += layer.macs;
  }
  std::string text = fmt::format("{:<{}}  {:<22}  {:<20}  {:>12}  {:>15}\n", "layer", width, "op",
                                 "output", "parameters", "multiply-adds");
  for (const Layer &layer : layers)
    text += fmt::format("{:<{}}  {:<22}  {:<20}  {:>12}  {:>15}\n", layer.name, width, layer.op,
                        fmt::format("{}", fmt::join(layer.shape, "x")), withCommas(layer.params),
                        withCommas(layer.macs));
  text += fmt::format("{:<{}}  {:<22}  {:<20}  {:>12}  {:>15}\n", "total", width, "", "",
                      withCommas(params), withCommas(macs));
  return text;
}

Json fanfold::layersJson(ModuleOp module) {
  Json rows = Json::array();
  int64_t params = 0, macs = 0;
  for (const Layer &layer : collect(module)) {
    rows.push_back({{"name", layer.name},
                    {"op", layer.op},
                    {"output_shape", layer.shape},
                    {"params", layer.params},
                    {"macs", layer.macs}});
    params += layer.params;
    macs += layer.macs;
  }
  return {{"layers", rows}, {"params", params}, {"macs", macs}};
}
