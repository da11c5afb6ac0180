//===- PointwiseKernels.cpp - pointwise kernels on the CPU ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/CpuKernels.h"
#include "codegen/kernels/cpu/Pointwise.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fanfold;

static Algorithm select(Operation *op) {
  auto pointwise = cast<kernel::PointwiseOp>(op);
  auto sums = static_cast<int>(pointwise.getSums());
  if (!sums)
    return {};
  return {"", static_cast<int64_t>(cpu::pointwiseReduceWorkspaceBytes(
                  pointwise.getRows(), pointwise.getChannels(), sums))};
}

namespace {
/// The function of the program that runs all launches of one form: the same bodies on
/// operands of the same kinds. Sizes and addresses are its arguments, of a part of a larger
/// tensor the elements between its rows, and of a cut result its channels.
///
///   void pointwise3(int64_t rows, int64_t channels, const float *x0, const float *x1,
///                   float *y0, int64_t y0Gap) {
///     cpu::pointwise(rows, channels, [=](cpu::ElementIndex i, int64_t c) {
///       const float a0 = x0[i], a1 = x1[c];
///       const float b0 = pointwise_7(a0, a1);
///       y0[i.apart(y0Gap)] = b0;
///     });
///   }
class CpuForm {
public:
  explicit CpuForm(plan::LaunchOp op) : op(op) {
    auto extent = op.getConstants().getAs<DenseI64ArrayAttr>("extent");
    rows = extent[0];
    channels = extent[1];
    sums = op.getConstants().getAs<IntegerAttr>("sums").getInt();
    isFlat =
        sums == 0 && llvm::none_of(llvm::concat<Value>(op.getInputs(), op.getOutputs()),
                                   [&](Value v) { return isPart(v) || index(v, "") == "[c]"; });
  }

  std::string text();
  /// What the function is called with.
  std::string arguments(ProgramText &text);

private:
  static int64_t count(Value buffer) { return cast<MemRefType>(buffer.getType()).getNumElements(); }
  static std::string type(Value buffer) {
    return elementTypeText(cast<MemRefType>(buffer.getType()).getElementType()).str();
  }
  static bool isPart(Value buffer) { return plan::layoutOf(buffer).isPitched(); }
  /// Where an operand named `name` finds its element: one for all, one a channel, or every
  /// one.
  std::string index(Value buffer, const std::string &name) const {
    if (count(buffer) == 1)
      return "[0]";
    if (count(buffer) != rows * channels)
      return "[c]";
    return isPart(buffer) ? "[i.apart(" + name + "Gap)]" : "[i]";
  }
  /// Whether an output that is not summed has only some of the channels.
  bool isCut(size_t output) {
    return op.getConstants().contains("first_channels") &&
           static_cast<int64_t>(output + sums) < static_cast<int64_t>(op.getOutputs().size()) &&
           count(op.getOutputs()[output]) != rows * channels;
  }

  plan::LaunchOp op;
  int64_t rows, channels, sums;
  bool isFlat; ///< Rows do not matter: the two loops are one.
};
} // namespace

std::string CpuForm::text() {
  OperandRange inputs = op.getInputs(), outputs = op.getOutputs();
  auto elementwise = static_cast<int64_t>(outputs.size()) - sums;
  SmallVector<std::string> parameters =
      isFlat ? SmallVector<std::string>{"int64_t n"}
             : SmallVector<std::string>{"int64_t rows", "int64_t channels"};
  std::string head, loads, calls, stores, arguments;
  auto addParameter = [&](Value buffer, const std::string &kind, const std::string &name) {
    parameters.push_back(kind + " *" + name);
    if (isPart(buffer))
      parameters.push_back("int64_t " + name + "Gap");
  };
  for (auto [i, input] : llvm::enumerate(inputs)) {
    std::string n = std::to_string(i), where = index(input, "x" + n);
    addParameter(input, "const " + type(input), "x" + n);
    // What is the same for all elements is read before the loop.
    (where == "[0]" ? head : loads) += (where == "[0]" ? "  " : "    ") +
                                       ("const " + type(input) + " a" + n) + " = x" + n + where +
                                       ";\n";
    arguments += (i ? ", a" : "a") + n;
  }
  auto module = op->getParentOfType<ModuleOp>();
  for (auto [i, body] : llvm::enumerate(op.getBodiesAttr().getAsRange<FlatSymbolRefAttr>())) {
    std::string n = std::to_string(i);
    auto function = module.lookupSymbol<func::FuncOp>(body.getValue());
    std::string extra = function.getNumArguments() > inputs.size() ? ", i" : "";
    calls +=
        "    const auto b" + n + " = " + body.getValue().str() + "(" + arguments + extra + ");\n";
    bool sum = static_cast<int64_t>(i) >= elementwise;
    if (sum) {
      stores += "    terms[" + std::to_string(i - elementwise) + "] = b" + n + ";\n";
    } else if (isCut(i)) {
      stores += "    if (const int64_t at = y" + n + "Range.find(i); at >= 0)\n      y" + n +
                "[at] = b" + n + ";\n";
    } else {
      stores += "    y" + n + index(outputs[i], "y" + n) + " = b" + n + ";\n";
    }
    addParameter(outputs[i], type(outputs[i]), "y" + n);
    if (isCut(i))
      parameters.push_back("kernels::ChannelRange y" + n + "Range");
  }
  if (sums)
    parameters.push_back("std::byte *workspace");

  std::string text = "(" + llvm::join(parameters, ", ") + ") {\n" + head;
  if (sums) {
    std::string count = std::to_string(sums);
    SmallVector<std::string> sumNames;
    for (int64_t i = elementwise; i < static_cast<int64_t>(outputs.size()); ++i)
      sumNames.push_back("y" + std::to_string(i));
    text += "  float *const out[" + count + "] = {" + llvm::join(sumNames, ", ") + "};\n" +
            "  cpu::pointwiseReduce<" + count +
            ">(rows, channels, [=](cpu::ElementIndex i, int64_t c, float (&terms)[" + count +
            "]) {\n" + loads + calls + stores + "  }, out, workspace);\n";
  } else if (isFlat) {
    text += "  cpu::pointwise(n, [=](int64_t i) {\n" + loads + calls + stores + "  });\n";
  } else {
    text += "  cpu::pointwise(rows, channels, [=](cpu::ElementIndex i, int64_t c) {\n" + loads +
            calls + stores + "  });\n";
  }
  return text + "}\n";
}

std::string CpuForm::arguments(ProgramText &text) {
  SmallVector<std::string> all;
  if (isFlat)
    all.push_back(std::to_string(rows * channels));
  else
    all.append({std::to_string(rows), std::to_string(channels)});
  for (auto [i, buffer] : llvm::enumerate(llvm::concat<Value>(op.getInputs(), op.getOutputs()))) {
    all.push_back(text.address(buffer));
    if (isPart(buffer))
      all.push_back(std::to_string(plan::layoutOf(buffer).pitch - channels));
    if (i >= op.getInputs().size() && isCut(i - op.getInputs().size()))
      all.push_back(channelRangeText(op, i - op.getInputs().size()));
  }
  if (Value workspace = op.getWorkspace())
    all.push_back(text.address(workspace));
  return text.arguments(all, {});
}

static std::string emit(ProgramText &text, plan::LaunchOp op) {
  text.include("Pointwise.h");
  CpuForm form(op);
  return text.function("pointwise", form.text()) + form.arguments(text);
}

ArrayRef<CpuKernel> fanfold::cpuPointwiseKernels() {
  static const CpuKernel kernels[] = {{"pointwise", select, emit}};
  return kernels;
}
