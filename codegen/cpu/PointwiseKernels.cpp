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
/// operands of the same kinds. Sizes and addresses are its arguments.
///
///   void pointwise3(int64_t rows, int64_t channels, const float *x0, const float *x1,
///                   float *y0) {
///     cpu::pointwise(rows, channels, [=](int64_t i, int64_t c) {
///       const float a0 = x0[i], a1 = x1[c];
///       const float b0 = pointwise_7(a0, a1);
///       y0[i] = b0;
///     });
///   }
class Form {
public:
  explicit Form(plan::LaunchOp op) : op(op) {
    auto extent = op.getConstants().getAs<DenseI64ArrayAttr>("extent");
    rows = extent[0];
    channels = extent[1];
    sums = op.getConstants().getAs<IntegerAttr>("sums").getInt();
  }

  std::string text();
  int64_t rows, channels, sums;

private:
  static int64_t count(Value buffer) { return cast<MemRefType>(buffer.getType()).getNumElements(); }
  static std::string type(Value buffer) {
    return elementTypeText(cast<MemRefType>(buffer.getType()).getElementType()).str();
  }
  /// Where operand `i` finds its element: one for all, one a channel, or every one.
  std::string index(Value buffer) const {
    return count(buffer) == 1 ? "[0]" : count(buffer) == rows * channels ? "[i]" : "[c]";
  }

  plan::LaunchOp op;
};
} // namespace

std::string Form::text() {
  OperandRange inputs = op.getInputs(), outputs = op.getOutputs();
  auto elementwise = static_cast<int64_t>(outputs.size()) - sums;
  // Without an operand for each channel the two loops are one.
  bool flat = sums == 0 && llvm::none_of(inputs, [&](Value v) { return index(v) == "[c]"; });

  SmallVector<std::string> parameters =
      flat ? SmallVector<std::string>{"int64_t n"}
           : SmallVector<std::string>{"int64_t rows", "int64_t channels"};
  std::string head, loads, calls, stores, arguments;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    std::string n = std::to_string(i), where = index(input);
    parameters.push_back("const " + type(input) + " *x" + n);
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
    } else {
      stores += "    y" + n + "[i] = b" + n + ";\n";
    }
    parameters.push_back(type(outputs[i]) + " *y" + n);
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
            ">(rows, channels, [=](int64_t i, int64_t c, float (&terms)[" + count + "]) {\n" +
            loads + calls + stores + "  }, out, workspace);\n";
  } else if (flat) {
    text += "  cpu::pointwise(n, [=](int64_t i) {\n" + loads + calls + stores + "  });\n";
  } else {
    text += "  cpu::pointwise(rows, channels, [=](int64_t i, int64_t c) {\n" + loads + calls +
            stores + "  });\n";
  }
  return text + "}\n";
}

static std::string emit(ProgramText &text, plan::LaunchOp op) {
  text.include("Pointwise.h");
  Form form(op);
  std::string body = form.text();
  SmallVector<std::string> extent;
  if (StringRef(body).starts_with("(int64_t n"))
    extent = {std::to_string(form.rows * form.channels)};
  else
    extent = {std::to_string(form.rows), std::to_string(form.channels)};
  SmallVector<Value> buffers(op.getInputs());
  llvm::append_range(buffers, op.getOutputs());
  if (op.getWorkspace())
    buffers.push_back(op.getWorkspace());
  return text.function("pointwise", body) + text.arguments(extent, buffers);
}

ArrayRef<CpuKernel> fanfold::cpuPointwiseKernels() {
  static const CpuKernel kernels[] = {{"pointwise", select, emit}};
  return kernels;
}
