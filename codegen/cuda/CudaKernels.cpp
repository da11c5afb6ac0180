//===- CudaKernels.cpp - the kernels of the CUDA target -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/CudaKernels.h"
#include "codegen/cuda/ConvAsMatmul.h"
#include "codegen/kernels/cuda/Workspaces.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fanfold;

std::string CudaProgramText::data(const std::string &text) {
  auto [it, inserted] = stringIndices.try_emplace(text, strings.size());
  if (inserted)
    strings.push_back(text);
  return "plan" + std::to_string(it->second);
}

TunableRow &CudaProgramText::tunable(const std::string &problem, plan::LaunchOp launch) {
  auto [it, inserted] = tunableIndices.try_emplace(problem, tunables.size());
  if (inserted)
    tunables.push_back({problem, launch});
  return tunables[it->second];
}

void CudaProgramText::addTunable(const std::string &problem, plan::LaunchOp launch,
                                 StringRef choice) {
  TunableRow &row = tunable(problem, launch);
  if (row.isAlternative) {
    row.first = launch;
    row.choice = choice.str();
    row.isAlternative = false;
  }
  if (launch->getParentOfType<plan::StepOp>().getSymName() == "train")
    ++row.launches;
  addAlternatives(launch);
}

void CudaProgramText::addAlternatives(plan::LaunchOp launch) {
  if (auto alternatives = launch->getAttrOfType<ArrayAttr>("alternatives"))
    for (auto other : alternatives.getAsRange<StringAttr>()) {
      addAlternative(other.str(), launch);
      if (Result<cudnn::ConvProblem> conv = cudnn::ConvProblem::parse(other.str()))
        if (std::optional<cublaslt::MatmulProblem> product = asMatmul(*conv))
          addAlternative(product->text(), launch);
    }
}

/// Rows (all extents but the last) and channels of a launch's operand.
static std::pair<int64_t, int64_t> extent(Operation *op) {
  auto type = cast<ShapedType>(op->getOperand(0).getType());
  int64_t channels = type.getRank() ? type.getShape().back() : 1;
  return {type.getNumElements() / channels, channels};
}

static Algorithm workspace(size_t bytes) { return {"", static_cast<int64_t>(bytes)}; }

static Result<Algorithm> selectStatistics(const CudaTarget &, Operation *op) {
  auto [rows, channels] = extent(op);
  return workspace(cuda::batchNormWorkspaceBytes(rows, channels));
}

static Result<Algorithm> selectSumOfSquares(const CudaTarget &, Operation *op) {
  auto [rows, channels] = extent(op);
  return workspace(cuda::sumOfSquaresWorkspaceBytes(rows * channels));
}

static Result<Algorithm> selectCrossEntropy(const CudaTarget &, Operation *op) {
  return workspace(cuda::softmaxCrossEntropyWorkspaceBytes(extent(op).first));
}

static Result<Algorithm> selectAccuracy(const CudaTarget &, Operation *op) {
  return workspace(cuda::accuracyWorkspaceBytes(extent(op).first));
}

/// One check of many tensors.
static FailureOr<std::string> emitAllFinite(CudaProgramText &text, plan::LaunchOp op) {
  text.include("AllFinite.h");
  SmallVector<std::string> pointers, counts;
  for (Value in : op.getInputs()) {
    pointers.push_back(text.address(in));
    counts.push_back(std::to_string(rowsOf(in) * channelsOf(in)));
  }
  std::string number = std::to_string(op.getInputs().size());
  Type element = cast<MemRefType>(op.getInputs()[0].getType()).getElementType();
  std::string array = "std::array<const " + elementTypeText(element).str() + " *, " + number +
                      ">{" + llvm::join(pointers, ", ") + "}.data(), std::array<int64_t, " +
                      number + ">{" + llvm::join(counts, ", ") + "}.data()";
  return "cuda::allFinite" + text.arguments({number, array}, {op.getOutputs()[0]});
}

static FailureOr<std::string> emitFinalize(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs(), out = op.getOutputs();
  std::string head[] = {integerText(op, "rows"),   channelsText(in[0]),
                        text.address(in[0]),       text.address(in[1]),
                        numberText(op, "epsilon"), numberText(op, "momentum")};
  return text.call("BatchNorm.h", "batchNormFinalize", head,
                   {in[2], in[3], out[2], out[3], out[0], out[1]});
}

static ArrayRef<int64_t> shapeOf(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getShape();
}

/// `cuda::FoldFilterShape{...}` of a filter and its folded form.
static std::string foldFilterShape(plan::LaunchOp op, Value filter, Value folded) {
  ArrayRef<int64_t> f = shapeOf(filter), g = shapeOf(folded);
  return llvm::formatv("cuda::FoldFilterShape{{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}}", f[0], f[1],
                       f[2], f[3], g[1], g[2], g[3], integerText(op, "stride"));
}

static FailureOr<std::string> emitFoldImage(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs();
  Value out = op.getOutputs()[0];
  ArrayRef<int64_t> x = shapeOf(in[0]), y = shapeOf(out);
  auto pad = op.getConstants().getAs<DenseI64ArrayAttr>("pad").asArrayRef();
  std::string shape =
      llvm::formatv("cuda::FoldImageShape{{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}}", x[0],
                    x[1], x[2], x[3], y[1], y[2], y[3], integerText(op, "stride"), pad[0], pad[1]);
  return text.call("Fold.h", "foldImage", {shape}, {in[0], in[1], in[2], out});
}

static FailureOr<std::string> emitFoldFilter(CudaProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return text.call("Fold.h", "foldFilter", {foldFilterShape(op, in, out)}, {in, out});
}

static FailureOr<std::string> emitUnfoldFilter(CudaProgramText &text, plan::LaunchOp op) {
  Value in = op.getInputs()[0], out = op.getOutputs()[0];
  return text.call("Fold.h", "unfoldFilter", {foldFilterShape(op, out, in)}, {in, out});
}

/// Rows, output channels and input channels.
static std::string normFoldShape(plan::LaunchOp op, Value filter) {
  return llvm::formatv("cuda::NormFoldShape{{{0}, {1}, {2}}", integerText(op, "rows"),
                       shapeOf(filter).front(), shapeOf(filter).back());
}

static FailureOr<std::string> emitFoldNorm(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs(), out = op.getOutputs();
  std::string head[] = {normFoldShape(op, in[0]), numberText(op, "epsilon"),
                        numberText(op, "momentum")};
  return text.call(
      "NormFold.h", "foldNorm", head,
      {in[0], in[1], in[2], in[3], in[4], in[5], in[6], out[0], out[1], out[2], out[3], out[4]});
}

static FailureOr<std::string> emitFoldNormGrad(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs(), out = op.getOutputs();
  return text.call(
      "NormFold.h", "foldNormGradient", {normFoldShape(op, in[0])},
      {in[0], in[1], in[2], in[3], in[4], in[5], in[6], out[0], out[1], out[2], out[3]});
}

static FailureOr<std::string> emitFoldNormInput(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs(), out = op.getOutputs();
  return text.call("NormFold.h", "foldNormInput", {normFoldShape(op, in[1])},
                   {in[0], in[1], in[2], in[3], out[0], out[1]});
}

/// A statement that all targets share.
template <std::string (*Emit)(ProgramText &, plan::LaunchOp)>
static FailureOr<std::string> shared(CudaProgramText &text, plan::LaunchOp op) {
  return Emit(text, op);
}

static const CudaKernel otherCudaKernels[] = {
    {"batch_norm_statistics", selectStatistics, shared<emitBatchNormStatistics>},
    {"batch_norm_finalize", nullptr, emitFinalize},
    {"lrn", nullptr, shared<emitLrn>},
    {"lrn_grad", nullptr, shared<emitLrnGrad>},
    {"softmax_cross_entropy", selectCrossEntropy, shared<emitSoftmaxCrossEntropy>},
    {"softmax_cross_entropy_grad", nullptr, shared<emitSoftmaxCrossEntropyGrad>},
    {"accuracy", selectAccuracy, shared<emitAccuracy>},
    {"copy", nullptr, shared<emitCopy>},
    {"all_reduce_begin", nullptr, shared<emitAllReduceBegin>},
    {"all_reduce_end", nullptr, shared<emitAllReduceEnd>},
    {"fold_image", nullptr, emitFoldImage},
    {"fold_filter", nullptr, emitFoldFilter},
    {"unfold_filter", nullptr, emitUnfoldFilter},
    {"fold_norm", nullptr, emitFoldNorm},
    {"fold_norm_grad", nullptr, emitFoldNormGrad},
    {"fold_norm_input", nullptr, emitFoldNormInput},
    {"sum_of_squares", selectSumOfSquares, shared<emitSumOfSquares>},
    {"all_finite", nullptr, emitAllFinite},
    {"max_pool2d", nullptr, shared<emitMaxPool2d>},
    {"max_pool2d_grad", nullptr, shared<emitMaxPool2dGrad>},
    {"max_pool2d_places", nullptr, shared<emitMaxPool2d>},
    {"max_pool2d_places_grad", nullptr, shared<emitMaxPool2dPlacesGrad>},
    {"avg_pool2d", nullptr, shared<emitAvgPool2d>},
    {"avg_pool2d_grad", nullptr, shared<emitAvgPool2dGrad>},
};

const CudaKernel *fanfold::findCudaKernel(StringRef name) {
  for (ArrayRef<CudaKernel> family :
       {cudaProductKernels(), cudaPointwiseKernels(), ArrayRef<CudaKernel>(otherCudaKernels)})
    for (const CudaKernel &kernel : family)
      if (name == kernel.name)
        return &kernel;
  return nullptr;
}
