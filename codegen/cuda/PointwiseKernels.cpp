//===- PointwiseKernels.cpp - pointwise kernels on the GPU ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/CudaKernels.h"
#include "codegen/kernels/cuda/Workspaces.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

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

namespace {
/// The kernel that runs all launches of one form, and the function that starts it. Sizes
/// and addresses are the function's arguments, and of a part of a larger tensor the elements
/// between its rows.
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
class Form {
public:
  explicit Form(plan::LaunchOp op) : op(op) {
    auto extent = op.getConstants().getAs<DenseI64ArrayAttr>("extent");
    rows = extent[0];
    channels = extent[1];
    sums = op.getConstants().getAs<IntegerAttr>("sums").getInt();
    // Without an operand or a sum for each channel, and without parts, rows do not matter.
    isFlat = sums == 0 && llvm::none_of(llvm::concat<Value>(op.getInputs(), op.getOutputs()),
                                        [&](Value v) { return isPerChannel(v) || isPart(v); });
    chooseWidth();
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
  size_t elementwise() { return op.getOutputs().size() - static_cast<size_t>(sums); }
  /// A buffer and its name in the kernel: "x0", "y0".
  struct Named {
    Value buffer;
    std::string name;
  };
  SmallVector<Named> buffers();
  /// What the function and the struct have of each of them, in order.
  SmallVector<std::string> declarations(ArrayRef<Named> buffers);
  /// Address of the elements at `i` of a buffer that has every element.
  static std::string at(const Named &named) {
    return named.name + (isPart(named.buffer) ? " + i.apart(" + named.name + "Gap)" : " + i");
  }
  void chooseWidth();

  plan::LaunchOp op;
  int64_t rows, channels, sums;
  bool isFlat = false;
  int64_t width = 1; ///< Elements that a thread handles at once.
};
} // namespace

/// As many elements as the widest memory instruction moves of the narrowest floats, if
/// they divide the channels, and if a thread can keep what belongs to so many channels in
/// registers: numbers for each, and sums.
void Form::chooseWidth() {
  int64_t narrowest = 4;
  for (Value buffer : llvm::concat<Value>(op.getInputs(), op.getOutputs()))
    if (!elementOf(buffer).isInteger())
      narrowest = std::min<int64_t>(narrowest, elementOf(buffer).getIntOrFloatBitWidth() / 8);
  constexpr int64_t mostKept = 32;
  int64_t kept = sums + llvm::count_if(op.getInputs(), [&](Value v) { return isPerChannel(v); });
  width = 16 / narrowest;
  if (kept * width > mostKept && width > 4)
    width = 4;
  while ((isFlat ? rows * channels : channels) % width != 0)
    width /= 2;
}

SmallVector<Form::Named> Form::buffers() {
  SmallVector<Named> all;
  for (auto [i, input] : llvm::enumerate(op.getInputs()))
    all.push_back({input, "x" + std::to_string(i)});
  for (auto [i, output] : llvm::enumerate(op.getOutputs()))
    all.push_back({output, "y" + std::to_string(i)});
  return all;
}

SmallVector<std::string> Form::declarations(ArrayRef<Named> buffers) {
  SmallVector<std::string> all;
  for (auto [index, named] : llvm::enumerate(buffers)) {
    bool isInput = index < op.getInputs().size();
    all.push_back((isInput ? "const " : "") + typeText(named.buffer) + " *" + named.name);
    if (isPart(named.buffer))
      all.push_back("int64_t " + named.name + "Gap");
  }
  return all;
}

std::string Form::structure() {
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
  ArrayRef<Named> inputs = ArrayRef(all).take_front(op.getInputs().size());
  ArrayRef<Named> outputs = ArrayRef(all).drop_front(inputs.size());
  for (const std::string &field : declarations(ArrayRef(all).drop_back(static_cast<size_t>(sums))))
    fields += "  " + field + ";\n";
  for (auto [i, named] : llvm::enumerate(inputs)) {
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
    arguments += (i ? ", a" : "a") + n;
  }
  auto module = op->getParentOfType<ModuleOp>();
  for (auto [i, body] : llvm::enumerate(op.getBodiesAttr().getAsRange<FlatSymbolRefAttr>())) {
    std::string n = std::to_string(i);
    auto function = module.lookupSymbol<func::FuncOp>(body.getValue());
    std::string call = body.getValue().str() + "(" + arguments +
                       (function.getNumArguments() > op.getInputs().size() ? ", i + k)" : ")");
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
    stores += "    store(" + at(outputs[i]) + ", w" + n + ");\n";
  }
  return " {\n" + fields + perChannel.text("Channels", "channels(int c)") +
         perElement.text("Elements", "elements(" + index + ")") + "  __device__ void operator()(" +
         index + ", const Channels &p, const Elements &e" +
         (sums ? ", float (&terms)[" + std::to_string(sums) + "][" + w + "]" : "") + ") const {\n" +
         results + "#pragma unroll\n    for (int k = 0; k < " + w + "; ++k) {\n" + elements +
         "    }\n" + stores + "  }\n};\n";
}

std::string Form::function(StringRef structName) {
  SmallVector<std::string> all = {"cudaStream_t stream", "int64_t rows", "int64_t channels"};
  SmallVector<Named> named = buffers();
  all.append(declarations(named));
  SmallVector<std::string> fields, sumNames;
  for (const Named &buffer : ArrayRef(named).drop_back(static_cast<size_t>(sums))) {
    fields.push_back(buffer.name);
    if (isPart(buffer.buffer))
      fields.push_back(buffer.name + "Gap");
  }
  for (const Named &buffer : ArrayRef(named).take_back(static_cast<size_t>(sums)))
    sumNames.push_back(buffer.name);
  std::string call = structName.str() + "{" + llvm::join(fields, ", ") + "}";
  std::string text = "(" + llvm::join(all, ", ");
  if (sums) {
    std::string s = std::to_string(sums);
    text += ", std::byte *workspace) {\n  float *const sums[] = {" + llvm::join(sumNames, ", ") +
            "};\n  cuda::pointwiseReduce<" + std::to_string(width) + ", " + s +
            ">(stream, rows, channels, " + call + ", sums, workspace);\n}\n";
  } else {
    std::string w = std::to_string(width);
    text += ") {\n  cuda::pointwise" +
            (isFlat ? "Flat<" + w + ">(stream, rows * channels, "
                    : "<" + w + ">(stream, rows, channels, ") +
            call + ");\n}\n";
  }
  return text;
}

std::string Form::arguments(ProgramText &text) {
  SmallVector<std::string> all = {std::to_string(rows), std::to_string(channels)};
  for (const Named &named : buffers()) {
    all.push_back(text.address(named.buffer));
    if (isPart(named.buffer))
      all.push_back(std::to_string(plan::layoutOf(named.buffer).pitch - channels));
  }
  if (Value workspace = op.getWorkspace())
    all.push_back(text.address(workspace));
  return text.arguments(all, {});
}

static FailureOr<std::string> emit(CudaProgramText &text, plan::LaunchOp op) {
  Form form(op);
  std::string structName = text.structure("Pointwise", form.structure());
  return text.function("pointwise", form.function(structName)) + form.arguments(text);
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
                                       {"pointwise_many", nullptr, emitMany}};
  return kernels;
}
