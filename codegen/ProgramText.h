//===- ProgramText.h - the text of a program, launch by launch ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_PROGRAMTEXT_H
#define FANFOLD_CODEGEN_PROGRAMTEXT_H

#include "ir/Plan/PlanDialect.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

#include <string>
#include <vector>

namespace fanfold {

/// How the statements of one target look.
struct TargetSyntax {
  llvm::StringRef name;    ///< Namespace and folder of its kernels: "cpu".
  llvm::StringRef leading; ///< First argument of every kernel: "stream(s)"; or empty.
};

/// Collects the text of the generated program launch by launch.
class ProgramText {
public:
  ProgramText(mlir::ModuleOp plan, TargetSyntax syntax) : syntax(syntax), symbols(plan) {}

  /// Expression for the address of a buffer, or of the first row of a part: `s.at<float>(4096)`.
  std::string address(mlir::Value buffer);

  /// A type of the target's kernels: `cpu::Pool2dShape`.
  std::string type(llvm::StringRef name) const { return (syntax.name + "::" + name).str(); }

  /// `cpu::lrn(constants..., addresses...)`, with the target's leading argument. `header`
  /// is the file in the target's folder of kernels: "Lrn.h". A null buffer is a null
  /// pointer.
  std::string call(llvm::StringRef header, llvm::StringRef function,
                   llvm::ArrayRef<std::string> constants, llvm::ArrayRef<mlir::Value> buffers);

  /// A parenthesised argument list: the target's leading argument, constants, addresses.
  std::string arguments(llvm::ArrayRef<std::string> constants, llvm::ArrayRef<mlir::Value> buffers);

  /// Name of a kernel object that lives as long as the program, made by the
  /// initialiser `make`: `cpu::Conv2d{cpu::Conv2dShape{...}}`. Equal ones are one object.
  /// `kind` is the type: `cpu::Conv2d`. Its workspace is checked against the plan's
  /// `workspace` bytes, unless that is `unchecked`.
  static constexpr int64_t unchecked = -1;
  std::string object(llvm::StringRef kind, const std::string &make, int64_t workspace,
                     llvm::StringRef layer);

  /// Name of a helper function of the program with this text behind the name:
  /// `(float *y, ...) {...}`. Equal ones are one function.
  std::string function(llvm::StringRef kind, const std::string &text);

  /// Name of a type of the program with this text behind its name; equal ones are one.
  std::string structure(llvm::StringRef kind, const std::string &text);

  /// Makes the program include a header of the target's kernels: "Lrn.h".
  void include(llvm::StringRef header);

  struct Object {
    std::string name, kind, make, layer;
    int64_t workspace;
  };
  std::vector<Object> objects;
  std::vector<std::pair<std::string, std::string>> functions;  ///< Name and text.
  std::vector<std::pair<std::string, std::string>> structures; ///< Name and text.

  /// `#include` lines of the headers, sorted.
  std::string includes() const;

private:
  TargetSyntax syntax;
  mlir::SymbolTable symbols;
  llvm::StringMap<size_t> headers;
  llvm::StringMap<size_t> objectIndices;    ///< By `make`.
  llvm::StringMap<size_t> functionIndices;  ///< By text.
  llvm::StringMap<size_t> structureIndices; ///< By text.
};

/// The value of runtime/Program.h's enumeration for an element type: "ElementType::f16".
std::string enumeratorText(mlir::Type element);

/// The C++ type of an element: `float`, `__half`, `uint8_t`.
llvm::StringRef elementTypeText(mlir::Type element);

/// The first lines of every generated file: what it was made of, and not to edit it.
std::string fileBanner(plan::ArenaOp arena);

} // namespace fanfold

#endif // FANFOLD_CODEGEN_PROGRAMTEXT_H
