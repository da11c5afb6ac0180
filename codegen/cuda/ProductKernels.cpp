//===- ProductKernels.cpp - convolutions and matrix products on the GPU ---===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/ConvAsMatmul.h"
#include "codegen/cuda/OwnConvolutions.h"
#include "codegen/kernels/cublaslt/MatmulProblem.h"
#include "codegen/kernels/cuda/ConvPointwiseTiling.h"
#include "passes/Joins.h"
#include "passes/LaunchWork.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fanfold;
using cublaslt::MatmulProblem;
using cudnn::ConvProblem;

//===----------------------------------------------------------------------===//
// Problems, from tensors and from buffers alike
//===----------------------------------------------------------------------===//

static ElementType elementType(ShapedType type) {
  Type element = type.getElementType();
  return element.isF16()    ? ElementType::f16
         : element.isBF16() ? ElementType::bf16
                            : ElementType::f32;
}

/// The precision that the module is compiled for, of an op in it.
static bool allowsTf32(Operation *op) {
  auto module = op->getParentOfType<ModuleOp>();
  if (auto attr = module->getAttrOfType<StringAttr>("fanfold.precision"))
    return attr.getValue() == "tf32";
  for (auto arena : module.getOps<plan::ArenaOp>())
    return arena.getPrecision() == "tf32";
  return false;
}

static ShapedType typeOf(Value tensor) { return cast<ShapedType>(tensor.getType()); }

/// Elements from row to row of a part of a larger tensor; 0 where no others lie between.
static int64_t pitch(Value tensor) {
  if (isa<MemRefType>(tensor.getType())) {
    const plan::RowLayout layout = plan::layoutOf(tensor);
    return layout.isPitched() ? layout.pitch : 0;
  }
  const int64_t pitch = pitchOf(tensor);
  return kernel::rowsOf(tensor.getType()) > 1 && pitch != kernel::channelsOf(tensor.getType())
             ? pitch
             : 0;
}

/// x, w and y of a convolution, whatever the pass.
struct ConvTensors {
  Value x, w, y;
};

static ConvProblem convProblem(cudnn::Pass pass, ConvTensors tensors, DictionaryAttr constants,
                               bool tf32) {
  const ShapedType x = typeOf(tensors.x), w = typeOf(tensors.w), y = typeOf(tensors.y);
  auto pair = [&](StringRef name) { return constants.getAs<DenseI64ArrayAttr>(name).asArrayRef(); };
  ConvProblem problem;
  problem.pass = pass;
  cudnn::Conv2dShape &s = problem.shape;
  s.batch = x.getDimSize(0);
  s.inHeight = x.getDimSize(1);
  s.inWidth = x.getDimSize(2);
  s.inChannels = x.getDimSize(3);
  s.outHeight = y.getDimSize(1);
  s.outWidth = y.getDimSize(2);
  s.outChannels = y.getDimSize(3);
  s.kernelHeight = w.getDimSize(1);
  s.kernelWidth = w.getDimSize(2);
  s.strideHeight = pair("stride")[0];
  s.strideWidth = pair("stride")[1];
  s.padHeight = pair("pad")[0];
  s.padWidth = pair("pad")[1];
  s.dilationHeight = pair("dilation")[0];
  s.dilationWidth = pair("dilation")[1];
  s.groups = constants.getAs<IntegerAttr>("groups").getInt();
  problem.xType = elementType(x);
  problem.wType = elementType(w);
  problem.yType = elementType(y);
  problem.math = tf32 ? cudnn::Math::tf32 : cudnn::Math::fp32;
  problem.xPitch = pitch(tensors.x);
  problem.yPitch = pitch(tensors.y);
  return problem;
}

/// The epilogue of a forward product with `operands` operands, of either library.
template <typename Epilogue>
static Epilogue epilogueOf(size_t operands, DictionaryAttr constants) {
  bool bias = operands == 3, relu = constants.contains("activation");
  return bias && relu ? Epilogue::biasRelu
         : bias       ? Epilogue::bias
         : relu       ? Epilogue::relu
                      : Epilogue::none;
}

/// The convolution that a launch computes, at either level.
static ConvProblem convProblem(StringRef kernel, ValueRange operands, ValueRange results,
                               DictionaryAttr constants, Operation *op) {
  bool tf32 = allowsTf32(op);
  if (kernel == "conv2d_dgrad")
    return convProblem(cudnn::Pass::dgrad, {results[0], operands[1], operands[0]}, constants, tf32);
  const bool isWgrad = kernel == "conv2d_wgrad";
  ConvProblem problem =
      isWgrad
          ? convProblem(cudnn::Pass::wgrad, {operands[0], results[0], operands[1]}, constants, tf32)
          : convProblem(cudnn::Pass::forward, {operands[0], operands[1], results[0]}, constants,
                        tf32);
  if (kernel == "conv2d")
    problem.epilogue = epilogueOf<cudnn::Epilogue>(operands.size(), constants);
  else if (operands.size() == 4)
    problem.prologue = cudnn::Prologue::scaleBiasRelu;
  if (kernel == "conv2d_statistics")
    problem.epilogue = cudnn::Epilogue::statistics;
  return problem;
}

static MatmulProblem matmulProblem(ValueRange operands, ValueRange results,
                                   DictionaryAttr constants, Operation *op) {
  const ShapedType lhs = typeOf(operands[0]), out = typeOf(results[0]);
  MatmulProblem problem;
  problem.transposeA = constants.contains("transpose_lhs");
  problem.transposeB = constants.contains("transpose_rhs");
  problem.m = out.getDimSize(0);
  problem.n = out.getDimSize(1);
  problem.k = lhs.getDimSize(problem.transposeA ? 0 : 1);
  problem.type = elementType(lhs);
  problem.cType = elementType(out);
  problem.math = allowsTf32(op) ? cublaslt::Math::tf32 : cublaslt::Math::fp32;
  problem.epilogue = epilogueOf<cublaslt::Epilogue>(operands.size(), constants);
  problem.pitchA = pitch(operands[0]);
  problem.pitchB = pitch(operands[1]);
  problem.pitchC = pitch(results[0]);
  return problem;
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

/// The product that a conv1x1_add computes: pixels times filters.
static MatmulProblem conv1x1AddProblem(ValueRange operands, ValueRange results,
                                       DictionaryAttr constants) {
  const ShapedType x = typeOf(operands[0]), y = typeOf(results[0]);
  MatmulProblem problem;
  problem.k = x.getShape().back();
  problem.n = y.getShape().back();
  problem.m = x.getNumElements() / problem.k;
  problem.transposeB = true;
  problem.type = elementType(x);
  problem.cType = elementType(y);
  problem.addend = true;
  problem.pitchA = pitch(operands[0]);
  problem.epilogue =
      constants.contains("activation") ? cublaslt::Epilogue::biasRelu : cublaslt::Epilogue::bias;
  return problem;
}

static MatmulProblem conv1x1AddProblem(Operation *op) {
  return conv1x1AddProblem(op->getOperands(), op->getResults(), op->getAttrDictionary());
}

/// Whether it is a convolution of cuDNN's, as which it may pose to cuBLASLt.
static bool isConvolution(Operation *op) {
  return op->getName().stripDialect().starts_with("conv2d");
}

static ConvProblem convProblem(Operation *op) {
  return convProblem(op->getName().stripDialect(), op->getOperands(), op->getResults(),
                     op->getAttrDictionary(), op);
}

static MatmulProblem matmulProblem(Operation *op) {
  return matmulProblem(op->getOperands(), op->getResults(), op->getAttrDictionary(), op);
}

/// The product of cuBLASLt that runs in the place of a convolution: where it was measured to
/// be faster, or, where not both were measured, is the better guess.
static std::optional<MatmulProblem> productFor(const ConvProblem &problem, Chooser &chooser) {
  std::optional<MatmulProblem> product = asMatmul(problem);
  if (!product)
    return std::nullopt;
  std::optional<double> conv = chooser.fastest(problem.text()),
                        matmul = chooser.fastest(product->text());
  bool isBetter = conv && matmul ? *matmul < *conv : prefersMatmul(problem);
  return isBetter ? product : std::nullopt;
}

/// The kernel of our own that runs a launch, if one does.
static std::optional<OwnConvolution> ownConvolution(const CudaTarget &target, Operation *launch) {
  return isConvolution(launch) ? ownConvolution(convProblem(launch), target.chooser())
                               : std::nullopt;
}

/// Whether that is LineConv.h, which has epilogues of its own and takes no parts.
static bool isLineConv(const CudaTarget &target, Operation *launch) {
  std::optional<OwnConvolution> own = ownConvolution(target, launch);
  return own && own->name == lineConv;
}

static Result<Algorithm> selectConv(const CudaTarget &target, Operation *op) {
  ConvProblem problem = convProblem(op);
  if (std::optional<OwnConvolution> own = ownConvolution(problem, target.chooser()))
    return Algorithm{own->name.str(), own->workspaceBytes, own->reason};
  if (std::optional<MatmulProblem> product = productFor(problem, target.chooser()))
    return target.chooser().choose(*product);
  return target.chooser().choose(problem);
}

static Result<Algorithm> selectMatmul(const CudaTarget &target, Operation *op) {
  return target.chooser().choose(matmulProblem(op));
}

static Result<Algorithm> selectConv1x1Add(const CudaTarget &target, Operation *op) {
  return target.chooser().choose(conv1x1AddProblem(op));
}

std::string fanfold::problemText(Operation *launch) {
  if (isa<kernel::Conv1x1AddOp>(launch))
    return conv1x1AddProblem(launch).text();
  if (isa<kernel::MatmulOp>(launch))
    return matmulProblem(launch).text();
  if (!isProduct(launch))
    return "";
  ConvProblem problem = convProblem(launch);
  auto algorithm = launch->getAttrOfType<StringAttr>("algorithm");
  if (algorithm && algorithm.getValue().starts_with(cublasltPrefix.rtrim()))
    if (std::optional<MatmulProblem> product = asMatmul(problem))
      return product->text();
  return problem.text();
}

bool CudaTarget::hasEpilogue(Operation *product, StringRef step) const {
  if (!isa<kernel::Conv2dOp>(product))
    return step != "statistics";
  if (isLineConv(*this, product))
    return true;
  ConvProblem problem = convProblem(product);
  bool bias = problem.epilogue == cudnn::Epilogue::bias;
  problem.epilogue = step == "bias" ? cudnn::Epilogue::bias
                     : bias         ? cudnn::Epilogue::biasRelu
                                    : cudnn::Epilogue::relu;
  return theChooser->hasPlan(problem);
}

/// Microseconds of a product with the implementation that selection will take; none if that
/// was not measured, and no kernel of our own with a model.
static std::optional<double> knownTime(const CudaTarget &target, Operation *product) {
  if (std::optional<OwnConvolution> own = ownConvolution(target, product); own && own->microseconds)
    return own->microseconds;
  std::string text = problemText(product);
  if (Result<ConvProblem> conv = ConvProblem::parse(text))
    if (std::optional<MatmulProblem> matmul = productFor(*conv, target.chooser()))
      text = matmul->text();
  return target.fastest(text);
}

/// Microseconds of `launches`; none if that of one of the products is not known.
static std::optional<double> knownTime(const CudaTarget &target, ArrayRef<Operation *> launches) {
  double sum = 0;
  for (Operation *launch : launches) {
    std::optional<double> time =
        isProduct(launch) ? knownTime(target, launch) : target.seconds(launch) * 1e6;
    if (!time)
      return std::nullopt;
    sum += *time;
  }
  return sum;
}

/// A convolution and the pointwise kernel behind it, or our own kernel for both.
static FormChoice choosePointwise(const CudaTarget &target, ArrayRef<Operation *> apart,
                                  Operation *fused) {
  FormChoice choice;
  const ConvProblem problem = convProblem(apart[0]);
  const bool isHalf = problem.xType != ElementType::f32 && problem.wType == problem.xType &&
                      problem.yType == problem.xType;
  if (!isHalf || isLineConv(target, apart[0]) || !cuda::hasConvPointwise(problem.shape))
    return choice;
  // What libraries reach of the roofline in such convolutions, where it was not measured.
  constexpr double share = 0.75;
  const double estimate = target.seconds(apart[0]) / share + target.seconds(apart[1]);
  const std::optional<double> measured = knownTime(target, apart);
  const double timeApart = measured.value_or(estimate * 1e6);
  const double timeFused = target.seconds(fused) * 1e6;
  choice.fused = timeFused < timeApart;
  choice.reason =
      fmt::format("pointwise {}: {:.1f} us, {} {:.1f}{}", choice.fused ? "fused" : "apart",
                  choice.fused ? timeFused : timeApart, choice.fused ? "apart" : "fused",
                  choice.fused ? timeApart : timeFused, measured ? "" : " by the roofline");
  if (choice.fused)
    choice.alternatives = {problemText(apart[0])};
  return choice;
}

/// Whether a product has an implementation.
static bool canRun(const CudaTarget &target, Operation *product) {
  if (!isConvolution(product))
    return true;
  const ConvProblem problem = convProblem(product);
  return ownConvolution(problem, target.chooser()) || productFor(problem, target.chooser()) ||
         target.chooser().hasPlan(problem);
}

/// Whether the fused form of a product is the better guess.
static bool prefersFused(const CudaTarget &target, StringRef fusion, Operation *product) {
  // The engines that sum are slow over few channels: reading the result again is cheaper.
  constexpr int64_t fewChannels = 32;
  if (ownConvolution(target, product))
    return true;
  if (fusion == "statistics")
    return convProblem(product).shape.inChannels >= fewChannels;
  // The engines of cuDNN that are known without a card copy parts into their workspace and
  // out of it. cuBLASLt and our own kernels read and write them where they lie.
  if (fusion == "part" || fusion == "cut")
    return !isConvolution(product) || productFor(convProblem(product), target.chooser());
  return false;
}

FormChoice CudaTarget::chooseForm(StringRef fusion, ArrayRef<Operation *> apart,
                                  ArrayRef<Operation *> fused) const {
  if (fusion == "pointwise")
    return choosePointwise(*this, apart, fused.front());
  FormChoice choice;
  // LineConv.h sums beside, has no prologue, and takes no parts.
  for (Operation *launch : apart)
    if (fusion != "fan" && isLineConv(*this, launch)) {
      choice.fused = fusion == "statistics";
      return choice;
    }
  auto products = llvm::make_filter_range(fused, isProduct);
  if (!llvm::all_of(products, [&](Operation *product) { return canRun(*this, product); }))
    return choice;
  choice.fused =
      fusion == "fan" ? takesLess(fused, apart) : llvm::all_of(products, [&](Operation *product) {
        return prefersFused(*this, fusion, product);
      });
  // The one costs a write, the other hardly more, and every layer has another pitch: measuring
  // and compiling engines for each of them would take minutes.
  if (fusion == "cut")
    return choice;
  std::optional<double> timeApart = knownTime(*this, apart), timeFused = knownTime(*this, fused);
  const bool known = timeApart && timeFused;
  if (known)
    choice.fused = *timeFused < *timeApart;
  // What the forms are called.
  const bool isPart = fusion == "part";
  const char *names[] = {isPart ? "packed" : "apart", isPart            ? "in place"
                                                      : fusion == "fan" ? "merged"
                                                                        : "fused"};
  choice.reason = fmt::format(
      "{} {}: {}", fusion.str(), names[choice.fused],
      known ? fmt::format("{:.1f} us, {} {:.1f}", choice.fused ? *timeFused : *timeApart,
                          names[!choice.fused], choice.fused ? *timeApart : *timeFused)
            : "not measured");
  for (Operation *launch : choice.fused ? apart : fused)
    if (isProduct(launch))
      choice.alternatives.push_back(problemText(launch));
  return choice;
}

bool CudaTarget::takesPitch(Operation *launch, Value value) const {
  return fanfold::takesPitch(launch, value, productsTakePitch) && !isLineConv(*this, launch);
}

/// The problem that a launch of the plan poses to a library, or would if its kernel were not
/// ours; empty if no library has such.
static std::string problemOf(plan::LaunchOp op) {
  ValueRange in = op.getInputs(), out = op.getOutputs();
  if (op.getKernel() == "matmul")
    return matmulProblem(in, out, op.getConstants(), op).text();
  if (op.getKernel() == "conv1x1_add")
    return conv1x1AddProblem(in, out, op.getConstants()).text();
  if (!op.getKernel().starts_with("conv2d"))
    return "";
  const ConvProblem problem = convProblem(op.getKernel(), in, out, op.getConstants(), op);
  if (op.getAlgorithm().value_or("").starts_with(cublasltPrefix.rtrim()))
    if (std::optional<MatmulProblem> product = asMatmul(problem))
      return product->text();
  return problem.text();
}

std::vector<Candidate> CudaTarget::candidates(plan::LaunchOp op) const {
  const std::string problem = problemOf(op);
  std::vector<Candidate> list = candidates(problem);
  if (Result<ConvProblem> conv = ConvProblem::parse(problem))
    for (StringRef name : {StringRef(lineConv), StringRef(rowConv)})
      if (hasOwnConvolution(name, *conv))
        list.insert(list.begin(), {name.str(), ownConvolutionBytes(name, *conv), {}, {}, ""});
  return list;
}

std::vector<Candidate> CudaTarget::candidates(const std::string &problem) const {
  if (Result<MatmulProblem> matmul = MatmulProblem::parse(problem))
    return theChooser->candidates(*matmul);
  Result<ConvProblem> parsed = ConvProblem::parse(problem);
  return parsed ? theChooser->candidates(*parsed) : std::vector<Candidate>();
}

Repeatability CudaTarget::repeats(plan::LaunchOp op) const {
  const StringRef algorithm = op.getAlgorithm().value_or("");
  if (!algorithm.starts_with(cudnnPrefix) && !algorithm.starts_with(cublasltPrefix.rtrim()))
    return ProgramTarget::repeats(op);
  return theChooser->repeats(problemOf(op), algorithm);
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

static std::string layer(plan::LaunchOp op) { return op.getLayer().value_or(op.getKernel()).str(); }

static int64_t workspaceBytes(plan::LaunchOp op) {
  return op.getWorkspace() ? kernel::byteSize(cast<MemRefType>(op.getWorkspace().getType())) : 0;
}

/// `object.run(stream(s), {x, w, y}, workspace)`.
static std::string run(ProgramText &text, const std::string &object, ArrayRef<Value> operands,
                       plan::LaunchOp op) {
  SmallVector<std::string> addresses;
  for (Value operand : operands)
    addresses.push_back(text.address(operand));
  return object + ".run" +
         text.arguments({"{" + llvm::join(addresses, ", ") + "}"}, {op.getWorkspace()});
}

/// A product of cuBLASLt: out = a b, of which bias and addend may be null.
static std::string emitProduct(CudaProgramText &text, plan::LaunchOp op,
                               const MatmulProblem &problem, ArrayRef<Value> operands, Value out) {
  StringRef algorithm = op.getAlgorithm().value_or("");
  if (!algorithm.consume_front(cublasltPrefix))
    algorithm = "";
  text.addTunable(problem.text(), op, algorithm);
  std::string make = "cublaslt::Matmul(blas, \"" + problem.text() + "\", " +
                     std::to_string(workspaceBytes(op)) +
                     (algorithm.empty() ? "" : ", \"" + algorithm.str() + "\"") + ")";
  std::string object = text.object("cublaslt::Matmul", make, ProgramText::unchecked, layer(op));
  SmallVector<Value> buffers(operands);
  buffers.append({out, op.getWorkspace()});
  return object + ".run" + text.arguments({}, buffers);
}

/// A convolution that cuBLASLt was chosen for.
static FailureOr<std::string> emitConvAsMatmul(CudaProgramText &text, plan::LaunchOp op,
                                               const ConvProblem &problem) {
  OperandRange in = op.getInputs();
  std::optional<MatmulProblem> product = asMatmul(problem);
  if (!product)
    return op.emitOpError("is no matrix product, as which it was to run: compile the model again");
  Value bias = problem.pass == cudnn::Pass::forward && in.size() > 2 ? in[2] : Value();
  // The gradient of the filter has the pixels of dy as its rows.
  bool isWgrad = problem.pass == cudnn::Pass::wgrad;
  text.addAlternative(problem.text(), op);
  return emitProduct(text, op, *product, {in[isWgrad ? 1 : 0], in[isWgrad ? 0 : 1], bias, Value()},
                     op.getOutputs()[0]);
}

static FailureOr<std::string> emitConv(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs();
  Value out = op.getOutputs()[0];
  ConvProblem problem = convProblem(op.getKernel(), in, op.getOutputs(), op.getConstants(), op);
  StringRef engine = op.getAlgorithm().value_or("");
  if (engine.starts_with(cublasltPrefix.rtrim()))
    return emitConvAsMatmul(text, op, problem);
  if (hasOwnConvolution(engine, problem))
    return emitOwnConvolution(text, op, engine, problem);
  if (!engine.consume_front(cudnnPrefix))
    return op.emitOpError("has no cuDNN engine: compile the model again for this target");
  Result<cudnn::Plan> plan = text.target.buildPlan(problem, engine.str());
  if (!plan.ok())
    return op.emitOpError("has an engine that cuDNN refuses: ") << plan.status().message();
  // They were measured on the card with the bytes that the arena has for them.
  if (plan->builtAtStart)
    plan->workspaceBytes = workspaceBytes(op);
  plan->repeats = text.target.repeats(op).repeats;
  text.addTunable(problem.text(), op, engine);
  if (std::optional<MatmulProblem> product = asMatmul(problem))
    text.addAlternative(product->text(), op);
  std::string make = "cudnn::Convolution(library, \"" + problem.text() + "\", " +
                     text.data(cudnn::serialize(*plan)) + ")";
  std::string object = text.object("cudnn::Convolution", make, workspaceBytes(op), layer(op));
  if (op.getKernel() == "conv2d_dgrad")
    return run(text, object, {out, in[1], in[0]}, op);
  // In the order of ConvOperands: x, w, y, bias, scale, shift, sum, sumOfSquares.
  const Value none;
  SmallVector<Value> operands = {in[0], in[1], out};
  if (op.getKernel() == "conv2d_wgrad")
    operands = {in[0], out, in[1]};
  if (problem.prologue != cudnn::Prologue::none)
    operands.append({none, in[2], in[3]});
  else if (in.size() == 3)
    operands.push_back(in[2]);
  if (problem.epilogue == cudnn::Epilogue::statistics) {
    operands.resize(6);
    operands.append({op.getOutputs()[1], op.getOutputs()[2]});
  }
  return run(text, object, operands, op);
}

static FailureOr<std::string> emitMatmul(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs();
  Value bias = in.size() == 3 ? in[2] : Value();
  return emitProduct(text, op, matmulProblem(in, op.getOutputs(), op.getConstants(), op),
                     {in[0], in[1], bias, Value()}, op.getOutputs()[0]);
}

static FailureOr<std::string> emitConv1x1Add(CudaProgramText &text, plan::LaunchOp op) {
  OperandRange in = op.getInputs();
  return emitProduct(text, op, conv1x1AddProblem(in, op.getOutputs(), op.getConstants()),
                     {in[0], in[1], in[2], in[3]}, op.getOutputs()[0]);
}

ArrayRef<CudaKernel> fanfold::cudaProductKernels() {
  static const CudaKernel kernels[] = {
      {"conv1x1_add", selectConv1x1Add, emitConv1x1Add},
      {"conv2d", selectConv, emitConv},
      {"conv2d_statistics", selectConv, emitConv},
      {"conv2d_dgrad", selectConv, emitConv},
      {"conv2d_wgrad", selectConv, emitConv},
      {"matmul", selectMatmul, emitMatmul},
  };
  return kernels;
}
