//===- PointwiseKernels.cpp - pointwise kernels on the GPU ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/CudaKernels.h"
#include "codegen/kernels/cuda/ConvPointwiseTiling.h"
#include "codegen/kernels/cuda/Workspaces.h"
#include "passes/LaunchWork.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

#include <numeric>

using namespace mlir;
using namespace fanfold;

static Type elementOf(Value buffer) { return cast<MemRefType>(buffer.getType()).getElementType(); }

static std::string typeText(Value buffer) { return elementTypeText(elementOf(buffer)).str(); }

static Result<Algorithm> select(const CudaTarget &, Operation *op) {
  auto pointwise = cast<kernel::PointwiseOp>(op);
  auto sums = static_cast<int64_t>(pointwise.getSums());
  if (!sums)
    return Algorithm();
  return Algorithm{"", static_cast<int64_t>(cuda::pointwiseReduceWorkspaceBytes(
                           pointwise.getRows(), pointwise.getChannels(), sums))};
}

/// Numbers for each channel that a thread has registers for, and fewer of them behind a
/// convolution, beside the products.
static constexpr int64_t mostKept = 32, convMostKept = 16;

/// Tensors that a conv_pointwise reads element by element, the product among them.
static int64_t tensorsOf(TypeRange inputs, int64_t elements) {
  return 1 + llvm::count_if(inputs, [&](Type type) {
           return cast<ShapedType>(type).getNumElements() == elements;
         });
}

/// The convolution in a conv_pointwise, at either level.
static cpu::Conv2dShape convShape(TypeRange operands, DictionaryAttr constants) {
  ArrayRef<int64_t> image = cast<ShapedType>(operands[0]).getShape();
  ArrayRef<int64_t> filter = cast<ShapedType>(operands[1]).getShape();
  auto pad = constants.getAs<DenseI64ArrayAttr>("pad").asArrayRef();
  const bool isGradient = constants.contains("gradient");
  // What a window takes from an image, the gradient gives back.
  const int64_t lost[] = {filter[1] - 1 - 2 * pad[0], filter[2] - 1 - 2 * pad[1]};
  cpu::Conv2dShape s = {};
  s.batch = image[0];
  s.inHeight = image[1] + (isGradient ? lost[0] : 0);
  s.inWidth = image[2] + (isGradient ? lost[1] : 0);
  s.inChannels = filter[3];
  s.outHeight = s.inHeight - lost[0];
  s.outWidth = s.inWidth - lost[1];
  s.outChannels = filter[0];
  s.kernelHeight = filter[1];
  s.kernelWidth = filter[2];
  s.strideHeight = s.strideWidth = s.dilationHeight = s.dilationWidth = s.groups = 1;
  s.padHeight = pad[0];
  s.padWidth = pad[1];
  return s;
}

/// Elements that a thread handles at once, of a launch over rows of channels, or over one row: as
/// many as the widest memory instruction moves of the narrowest floats, if they divide the
/// channels, and if a thread can keep what belongs to so many channels in registers: `most`
/// numbers and sums.
static int64_t widthFor(TypeRange inputs, TypeRange outputs, int64_t rows, int64_t channels,
                        int64_t sums, int64_t most = mostKept) {
  int64_t narrowest = 4, kept = sums;
  for (Type type : llvm::concat<const Type>(SmallVector<Type>(inputs), SmallVector<Type>(outputs)))
    if (Type element = cast<ShapedType>(type).getElementType(); !element.isInteger())
      narrowest = std::min<int64_t>(narrowest, element.getIntOrFloatBitWidth() / 8);
  for (Type type : inputs)
    if (int64_t count = cast<ShapedType>(type).getNumElements(); count > 1 && rows > 1)
      kept += count == channels;
  int64_t width = 16 / narrowest;
  if (kept * width > most && width > 4)
    width = 4;
  while (channels % width != 0)
    width /= 2;
  return width;
}

namespace {
/// How our own kernel runs a conv_pointwise.
struct ConvTiling {
  explicit ConvTiling(kernel::ConvPointwiseOp op)
      : width(widthFor(op.getInputs().getTypes(), op->getResultTypes(), op.getRows(),
                       op.getChannels(), static_cast<int64_t>(op.getSums()), convMostKept)),
        warpgroups(cuda::ConvPointwiseTiling::warpgroupsFor(
            op.getChannels(), width, tensorsOf(op.getInputs().getTypes(), op.getElements()))),
        product(convShape(op->getOperandTypes(), op->getAttrDictionary()), op.getGradient()) {}

  int64_t width, warpgroups;
  cuda::PixelProduct product;
};
} // namespace

static Result<Algorithm> selectConvPointwise(const CudaTarget &, Operation *op) {
  auto conv = cast<kernel::ConvPointwiseOp>(op);
  const ConvTiling tiling(conv);
  size_t bytes = cuda::convPointwiseWorkspaceBytes(tiling.product, tiling.warpgroups,
                                                   static_cast<int64_t>(conv.getSums()));
  return Algorithm{"wgmma", static_cast<int64_t>(bytes), ""};
}

double fanfold::convPointwiseSeconds(kernel::ConvPointwiseOp op, double bytesPerSecond) {
  // As measured on an H200 (test/bench/README.md). Pixels that blocks share come from the cache
  // for all but one of them. Half of the shorter of what memory and matrix units take is not
  // hidden behind the longer. Reading 4 elements at once is what limits threads.
  constexpr double cacheBytesPerSecond = 7e12, flopsPerSecond = 375e12, elementsPerSecond = 9.5e11;
  constexpr double startSeconds = 8e-6; // Until the first products are there.
  const ConvTiling tiling(op);
  const cuda::ConvPointwiseTiling blocks(tiling.product, tiling.warpgroups);
  const auto image =
      static_cast<double>(kernel::byteSize(cast<RankedTensorType>(op.getImage().getType())));
  const double bytes = workOf(op).bytes;
  const double shared = static_cast<double>(blocks.channelBlocks - 1) * image;
  const double memory = std::max(bytes / bytesPerSecond, (bytes + shared) / cacheBytesPerSecond);
  const auto paddedTo = [](int64_t n, int64_t multiple) {
    return static_cast<double>(cuda::divideUp(n, multiple) * multiple);
  };
  const cuda::PixelProduct &p = tiling.product;
  const double flops = 2 * paddedTo(p.rows, cuda::ConvPointwiseTiling::pixels) *
                       paddedTo(p.channels, tiling.warpgroups * 64) *
                       paddedTo(p.depth, cuda::ConvPointwiseTiling::stepChannels) *
                       static_cast<double>(p.taps);
  const double matrix = flops / flopsPerSecond;
  const auto read = static_cast<double>(op.getElements() *
                                        tensorsOf(op.getInputs().getTypes(), op.getElements()));
  const double threads = tiling.width < 8 ? read / elementsPerSecond : 0;
  // Blocks that take a tile more than others are waited for.
  const double rounds =
      paddedTo(blocks.tiles, blocks.rowBlocks) / static_cast<double>(blocks.tiles);
  return startSeconds +
         rounds * std::max(std::max(memory, matrix) + std::min(memory, matrix) / 2, threads);
}

namespace {
/// The kernel that runs all launches of one form, and the function that starts it. Sizes
/// and addresses are the function's arguments, of a part of a larger tensor the elements
/// between its rows, and of a cut result its channels.
///
///   struct Pointwise3 {
///     const __half *x0; const float *x1; __half *y0; int64_t y0Gap;
///     struct Channels { Vec<float, 8> v1; };
///     struct Elements { Vec<__half, 8> v0; };
///     __device__ Channels channels(int c) const { return {load<8>(x1 + c)}; }
///     __device__ Elements elements(ElementIndex i) const { return {load<8>(x0 + i)}; }
///     __device__ void operator()(ElementIndex i, const Channels &p, const Elements &e) const {
///       Vec<__half, 8> w0;
///   #pragma unroll
///       for (int k = 0; k < 8; ++k) {
///         const auto a0 = toFloat(e.v0[k]);
///         const auto a1 = toFloat(p.v1[k]);
///         w0[k] = fromFloat<__half>(pointwise_7(a0, a1));
///       }
///       store(y0 + i.apart(y0Gap), w0);
///     }
///   };
///   void pointwise3(cudaStream_t stream, int64_t rows, int64_t channels, const __half *x0,
///                   const float *x1, __half *y0, int64_t y0Gap) {
///     cuda::pointwise<8>(stream, rows, channels, Pointwise3{x0, x1, y0, y0Gap});
///   }
class CudaForm {
public:
  explicit CudaForm(plan::LaunchOp op) : op(op) {
    auto extent = op.getConstants().getAs<DenseI64ArrayAttr>("extent");
    rows = extent[0];
    channels = extent[1];
    sums = op.getConstants().getAs<IntegerAttr>("sums").getInt();
    // Without an operand or a sum for each channel, and without parts, rows do not matter.
    isConv = op.getKernel() == "conv_pointwise";
    isFlat = sums == 0 && !isConv &&
             llvm::none_of(llvm::concat<Value>(inputs(), op.getOutputs()),
                           [&](Value v) { return isPerChannel(v) || isPart(v); });
    width = widthFor(inputs().getTypes(), op.getOutputs().getTypes(), isFlat ? 1 : rows,
                     isFlat ? rows * channels : channels, sums, isConv ? convMostKept : mostKept);
    // A cut result begins and ends between threads.
    for (auto [i, output] : llvm::enumerate(op.getOutputs()))
      if (isCut(i)) {
        auto firsts = op.getConstants().getAs<DenseI64ArrayAttr>("first_channels");
        width = std::gcd(width, std::gcd(kernel::channelsOf(output.getType()), firsts[i]));
      }
  }

  /// The text behind the function's name, and the struct's behind its own.
  std::string function(StringRef structName);
  std::string structure();
  /// What the function is called with.
  std::string arguments(ProgramText &text);

private:
  static Type elementOf(Value buffer) {
    return cast<MemRefType>(buffer.getType()).getElementType();
  }
  static std::string type(Value buffer) { return elementTypeText(elementOf(buffer)).str(); }
  static int64_t count(Value buffer) { return cast<MemRefType>(buffer.getType()).getNumElements(); }
  bool isScalar(Value buffer) const { return count(buffer) == 1; }
  bool isPerChannel(Value buffer) const {
    return !isScalar(buffer) && count(buffer) != rows * channels;
  }
  static bool isPart(Value buffer) { return plan::layoutOf(buffer).isPitched(); }
  /// Whether an output that is not summed has only some of the channels.
  bool isCut(size_t output) {
    return op.getConstants().contains("first_channels") && output < elementwise() &&
           count(op.getOutputs()[output]) != rows * channels;
  }
  size_t elementwise() { return op.getOutputs().size() - static_cast<size_t>(sums); }
  /// Without what a convolution multiplies.
  OperandRange inputs() {
    return op.getInputs().drop_front(isConv ? kernel::ConvPointwiseOp::productOperands : 0);
  }
  /// A buffer and its name in the kernel: "x0", "y0".
  struct Named {
    Value buffer;
    std::string name;
    bool isCut = false;
  };
  SmallVector<Named> buffers();
  /// What the function and the struct have of each of them, in order.
  SmallVector<std::string> declarations(ArrayRef<Named> buffers);
  /// Address of the elements at `i` of a buffer that has every element.
  static std::string at(const Named &named) {
    return named.name + (isPart(named.buffer) ? " + i.apart(" + named.name + "Gap)" : " + i");
  }

  plan::LaunchOp op;
  int64_t rows, channels, sums;
  bool isConv = false; ///< The first element is a product.
  bool isFlat = false;
  int64_t width = 1; ///< Elements that a thread handles at once.
};
} // namespace

SmallVector<CudaForm::Named> CudaForm::buffers() {
  SmallVector<Named> all;
  for (auto [i, input] : llvm::enumerate(inputs()))
    all.push_back({input, "x" + std::to_string(i)});
  for (auto [i, output] : llvm::enumerate(op.getOutputs()))
    all.push_back({output, "y" + std::to_string(i), isCut(i)});
  return all;
}

SmallVector<std::string> CudaForm::declarations(ArrayRef<Named> buffers) {
  SmallVector<std::string> all;
  for (auto [index, named] : llvm::enumerate(buffers)) {
    bool isInput = index < inputs().size();
    all.push_back((isInput ? "const " : "") + typeText(named.buffer) + " *" + named.name);
    if (isPart(named.buffer))
      all.push_back("int64_t " + named.name + "Gap");
    if (named.isCut)
      all.push_back("kernels::ChannelRange " + named.name + "Range");
  }
  return all;
}

std::string CudaForm::structure() {
  std::string w = std::to_string(width), fields, elements, results, stores, arguments;
  // Elements of one tensor or of several whose rows are the same are known by a number.
  std::string index = isFlat ? "int64_t i" : "ElementIndex i";
  /// A struct of vectors, and the function that loads one of them.
  struct Group {
    std::string members, loads;
    std::string text(StringRef name, StringRef function) const {
      return members.empty() ? ("  using " + name + " = Nothing;\n  __device__ Nothing " +
                                function + " const { return {}; }\n")
                                   .str()
                             : ("  struct " + name + " {\n" + members + "  };\n  __device__ " +
                                name + " " + function + " const { return {" + loads + "}; }\n")
                                   .str();
    }
  } perChannel, perElement;
  SmallVector<Named> all = buffers();
  ArrayRef<Named> read = ArrayRef(all).take_front(inputs().size());
  ArrayRef<Named> outputs = ArrayRef(all).drop_front(read.size());
  std::string elementsOf = "elements(" + index;
  if (isConv) {
    std::string product = "Vec<" + typeText(op.getInputs()[0]) + ", " + w + ">";
    elementsOf += ", const " + product + " &product";
    perElement = {"    " + product + " product;\n", "product"};
    elements = "      const auto product = toFloat(e.product[k]);\n";
    arguments = "product";
  }
  for (const std::string &field : declarations(ArrayRef(all).drop_back(static_cast<size_t>(sums))))
    fields += "  " + field + ";\n";
  for (auto [i, named] : llvm::enumerate(read)) {
    Value input = named.buffer;
    std::string n = std::to_string(i), value = "*x" + n;
    if (!isScalar(input)) {
      Group &group = isPerChannel(input) ? perChannel : perElement;
      group.members += "    Vec<" + typeText(input) + ", " + w + "> v" + n + ";\n";
      group.loads += (group.loads.empty() ? "load<" : ", load<") + w + ">(" +
                     (isPerChannel(input) ? named.name + " + c" : at(named)) + ")";
      value = (isPerChannel(input) ? "p.v" : "e.v") + n + "[k]";
    }
    elements += "      const auto a" + n + " = " +
                (elementOf(input).isInteger() ? value : "toFloat(" + value + ")") + ";\n";
    arguments += (arguments.empty() ? "a" : ", a") + n;
  }
  auto module = op->getParentOfType<ModuleOp>();
  for (auto [i, body] : llvm::enumerate(op.getBodiesAttr().getAsRange<FlatSymbolRefAttr>())) {
    std::string n = std::to_string(i);
    auto function = module.lookupSymbol<func::FuncOp>(body.getValue());
    std::string call = body.getValue().str() + "(" + arguments +
                       (function.getNumArguments() > read.size() + isConv ? ", i + k)" : ")");
    if (i >= elementwise()) {
      elements += "      terms[" + std::to_string(i - elementwise()) + "][k] = " + call + ";\n";
      continue;
    }
    Value output = outputs[i].buffer;
    results += "    Vec<" + typeText(output) + ", " + w + "> w" + n + ";\n";
    elements +=
        "      w" + n + "[k] = " +
        (elementOf(output).isInteger() ? call
                                       : "fromFloat<" + typeText(output) + ">(" + call + ")") +
        ";\n";
    if (outputs[i].isCut)
      stores += "    if (const int64_t at = y" + n + "Range.find(i); at >= 0)\n      store(y" + n +
                " + at, w" + n + ");\n";
    else
      stores += "    store(" + at(outputs[i]) + ", w" + n + ");\n";
  }
  return " {\n" + fields + perChannel.text("Channels", "channels(int c)") +
         perElement.text("Elements", elementsOf + ")") + "  __device__ void operator()(" + index +
         ", const Channels &p, const Elements &e" +
         (sums ? ", float (&terms)[" + std::to_string(sums) + "][" + w + "]" : "") + ") const {\n" +
         results + "#pragma unroll\n    for (int k = 0; k < " + w + "; ++k) {\n" + elements +
         "    }\n" + stores + "  }\n};\n";
}

std::string CudaForm::function(StringRef structName) {
  SmallVector<std::string> all = {"cudaStream_t stream"};
  if (isConv)
    all.append({"const cpu::Conv2dShape &shape", "const " + type(op.getInputs()[0]) + " *image",
                "const " + type(op.getInputs()[1]) + " *filter"});
  else
    all.append({"int64_t rows", "int64_t channels"});
  SmallVector<Named> named = buffers();
  all.append(declarations(named));
  SmallVector<std::string> fields, sumNames;
  for (const Named &buffer : ArrayRef(named).drop_back(static_cast<size_t>(sums))) {
    fields.push_back(buffer.name);
    if (isPart(buffer.buffer))
      fields.push_back(buffer.name + "Gap");
    if (buffer.isCut)
      fields.push_back(buffer.name + "Range");
  }
  for (const Named &buffer : ArrayRef(named).take_back(static_cast<size_t>(sums)))
    sumNames.push_back(buffer.name);
  std::string functor = structName.str() + "{" + llvm::join(fields, ", ") + "}";
  std::string w = std::to_string(width), call = "cuda::";
  if (isConv)
    call += "convPointwise<" + w + ", " +
            std::to_string(cuda::ConvPointwiseTiling::warpgroupsFor(
                channels, width, tensorsOf(inputs().getTypes(), rows * channels))) +
            (op.getConstants().contains("gradient") ? ", cuda::ConvKind::gradient"
                                                    : ", cuda::ConvKind::forward") +
            ">(stream, shape, image, filter, ";
  else if (sums)
    call += "pointwiseReduce<" + w + ", " + std::to_string(sums) + ">(stream, rows, channels, ";
  else if (isFlat)
    call += "pointwiseFlat<" + w + ">(stream, rows * channels, ";
  else
    call += "pointwise<" + w + ">(stream, rows, channels, ";
  std::string text = "(" + llvm::join(all, ", ");
  if (!sums)
    return text + ") {\n  " + call + functor + ");\n}\n";
  return text + ", std::byte *workspace) {\n  float *const sums[] = {" +
         llvm::join(sumNames, ", ") + "};\n  " + call + functor + ", sums, workspace);\n}\n";
}

std::string CudaForm::arguments(ProgramText &text) {
  SmallVector<std::string> all = {std::to_string(rows), std::to_string(channels)};
  if (isConv)
    all = {conv2dShapeText(convShape(op.getInputs().getTypes(), op.getConstants())),
           text.address(op.getInputs()[0]), text.address(op.getInputs()[1])};
  for (auto [i, named] : llvm::enumerate(buffers())) {
    all.push_back(text.address(named.buffer));
    if (isPart(named.buffer))
      all.push_back(std::to_string(plan::layoutOf(named.buffer).pitch - channels));
    if (named.isCut)
      all.push_back(channelRangeText(op, i - inputs().size()));
  }
  if (Value workspace = op.getWorkspace())
    all.push_back(text.address(workspace));
  return text.arguments(all, {});
}

static FailureOr<std::string> emit(CudaProgramText &text, plan::LaunchOp op) {
  CudaForm form(op);
  text.addAlternatives(op);
  const bool isConv = op.getKernel() == "conv_pointwise";
  std::string structName =
      text.structure(isConv ? convPointwiseFunctor : "Pointwise", form.structure());
  return text.function(isConv ? convPointwiseName : "pointwise", form.function(structName)) +
         form.arguments(text);
}

//===----------------------------------------------------------------------===//
// One function over many tensors
//===----------------------------------------------------------------------===//

/// The functor of one problem:
///
///   struct Update0 {
///     const float *x0, *x1; float *y0;
///     template <int V> __device__ void operator()(int64_t i) const { ... }
///   };
static std::string manyStructure(plan::LaunchOp op, size_t inputsEach, size_t outputsEach,
                                 size_t shared) {
  std::string fields, loads, elements, stores, arguments;
  for (size_t i = 0; i < inputsEach + shared; ++i) {
    bool isShared = i >= inputsEach;
    Value input = op.getInputs()[isShared ? op.getInputs().size() - shared + (i - inputsEach) : i];
    std::string n = std::to_string(i);
    fields += "  const " + typeText(input) + " *x" + n + ";\n";
    if (!isShared)
      loads += "    const auto v" + n + " = load<V>(x" + n + " + i);\n";
    std::string value = isShared ? "*x" + n : "v" + n + "[k]";
    bool number = !elementOf(input).isInteger();
    elements +=
        "      const auto a" + n + " = " + (number ? "toFloat(" + value + ")" : value) + ";\n";
    arguments += (i ? ", a" : "a") + n;
  }
  for (size_t i = 0; i < outputsEach; ++i) {
    Value output = op.getOutputs()[i];
    std::string n = std::to_string(i), type = typeText(output);
    auto body = cast<FlatSymbolRefAttr>(op.getBodiesAttr()[i]);
    fields += "  " + type + " *y" + n + ";\n";
    loads += "    Vec<" + type + ", V> w" + n + ";\n";
    elements += "      w" + n + "[k] = fromFloat<" + type + ">(" + body.getValue().str() + "(" +
                arguments + "));\n";
    stores += "    store(y" + n + " + i, w" + n + ");\n";
  }
  return " {\n" + fields + "  template <int V>\n  __device__ void operator()(int64_t i) const {\n" +
         loads + "#pragma unroll\n    for (int k = 0; k < V; ++k) {\n" + elements + "    }\n" +
         stores + "  }\n};\n";
}

/// The launch is a function of the step: its table of addresses is made when the step is
/// captured.
static FailureOr<std::string> emitMany(CudaProgramText &text, plan::LaunchOp op) {
  auto counts = op.getConstants().getAs<DenseI64ArrayAttr>("counts").asArrayRef();
  auto shared = static_cast<size_t>(op.getConstants().getAs<IntegerAttr>("scalars").getInt());
  size_t inputsEach = (op.getInputs().size() - shared) / counts.size();
  size_t outputsEach = op.getOutputs().size() / counts.size();
  int64_t narrowest = 4;
  for (Value buffer : llvm::concat<Value>(op.getInputs(), op.getOutputs()))
    if (!elementOf(buffer).isInteger())
      narrowest = std::min<int64_t>(narrowest, elementOf(buffer).getIntOrFloatBitWidth() / 8);

  std::string name = text.structure("Many", manyStructure(op, inputsEach, outputsEach, shared));
  std::string rows;
  for (size_t problem = 0; problem < counts.size(); ++problem) {
    SmallVector<std::string> addresses;
    auto add = [&](Value buffer) { addresses.push_back(text.address(buffer)); };
    for (size_t i = 0; i < inputsEach; ++i)
      add(op.getInputs()[problem * inputsEach + i]);
    for (size_t i = 0; i < shared; ++i)
      add(op.getInputs()[op.getInputs().size() - shared + i]);
    for (size_t i = 0; i < outputsEach; ++i)
      add(op.getOutputs()[problem * outputsEach + i]);
    rows +=
        "      {{" + llvm::join(addresses, ", ") + "}, " + std::to_string(counts[problem]) + "},\n";
  }
  std::string function = text.function(
      "many", "(StepContext &s) {\n  const Segment<" + name + "> segments[] = {\n" + rows +
                  "  };\n  cuda::pointwiseMany<" + std::to_string(16 / narrowest) +
                  ">(static_cast<cudaStream_t>(s.stream), segments);\n}\n");
  return function + "(s)";
}

ArrayRef<CudaKernel> fanfold::cudaPointwiseKernels() {
  static const CudaKernel kernels[] = {{"pointwise", select, emit},
                                       {"conv_pointwise", selectConvPointwise, emit},
                                       {"pointwise_many", nullptr, emitMany}};
  return kernels;
}
