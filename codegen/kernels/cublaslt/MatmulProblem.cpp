//===- MatmulProblem.cpp - the text of matrix products -------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cublaslt/MatmulProblem.h"

#include "runtime/Element.h"

#include <charconv>
#include <numeric>
#include <sstream>

using namespace fanfold;
using namespace fanfold::cublaslt;

namespace {

constexpr const char *epilogueNames[] = {"none", "bias", "bias-relu", "relu"};
/// cuBLASLt counts rows and columns in 32 bits in places.
constexpr int64_t largestSize = (int64_t(1) << 31) - 1;

bool parseSize(const std::string &text, int64_t &size) {
  const char *end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, size);
  return error == std::errc() && next == end;
}

bool parseType(const std::string &text, ElementType &type) {
  for (ElementType known : {ElementType::f16, ElementType::bf16, ElementType::f32})
    if (text == elementTypeName(known)) {
      type = known;
      return true;
    }
  return false;
}

bool parseTypes(const std::string &text, MatmulProblem &p) {
  const size_t comma = text.find(',');
  return comma != std::string::npos && parseType(text.substr(0, comma), p.type) &&
         parseType(text.substr(comma + 1), p.cType);
}

bool parseTranspose(const std::string &text, MatmulProblem &p) {
  p.transposeA = text.find('a') != std::string::npos;
  p.transposeB = text.find('b') != std::string::npos;
  return text == "a" || text == "b" || text == "ab";
}

bool parseEpilogue(const std::string &text, MatmulProblem &p) {
  for (size_t i = 0; i < std::size(epilogueNames); ++i)
    if (text == epilogueNames[i]) {
      p.epilogue = static_cast<Epilogue>(i);
      return true;
    }
  return false;
}

bool parseWord(const std::string &name, const std::string &value, MatmulProblem &p) {
  if (name == "m" || name == "n" || name == "k")
    return parseSize(value, name == "m" ? p.m : name == "n" ? p.n : p.k);
  if (name == "a-pitch" || name == "b-pitch" || name == "c-pitch")
    return parseSize(value, name[0] == 'a' ? p.pitchA : name[0] == 'b' ? p.pitchB : p.pitchC);
  if (name == "transpose")
    return parseTranspose(value, p);
  if (name == "types")
    return parseTypes(value, p);
  if (name == "epilogue")
    return parseEpilogue(value, p);
  if (name == "addend") {
    p.addend = true;
    return value == elementTypeName(p.cType);
  }
  if (name == "math" && (value == "tf32" || value == "fp32")) {
    p.math = value == "tf32" ? Math::tf32 : Math::fp32;
    return true;
  }
  return false;
}

} // namespace

int64_t MatmulProblem::alignment() const {
  const int64_t in = int64_t(byteSize(type)), out = int64_t(byteSize(cType));
  int64_t step = 16;
  for (const auto &[pitch, columns, bytes] :
       {std::tuple(pitchA, columnsA(), in), std::tuple(pitchB, columnsB(), in),
        std::tuple(pitchC, n, out)})
    if (pitch && pitch != columns)
      step = std::gcd(step, std::gcd(pitch, columns) * bytes);
  return step;
}

Status MatmulProblem::verify() const {
  for (const auto &[name, size] : {std::pair("m", m), std::pair("n", n), std::pair("k", k)})
    if (size < 1 || size > largestSize)
      return Status::error("{} of a matrix product is {}, expected 1 to {}", name, size,
                           largestSize);
  for (const auto &[name, pitch, columns] :
       {std::tuple("a", pitchA, columnsA()), std::tuple("b", pitchB, columnsB()),
        std::tuple("c", pitchC, n)})
    if (pitch && (pitch < columns || pitch > largestSize))
      return Status::error("pitch of {} is {}, expected at least its {} columns", name, pitch,
                           columns);
  for (ElementType found : {type, cType})
    if (found != ElementType::f16 && found != ElementType::bf16 && found != ElementType::f32)
      return Status::error("element type is {}, expected f16, bf16 or f32", elementTypeName(found));
  if (cType != type && cType != ElementType::f32)
    return Status::error("result of a product of {} is {}, expected {} or f32",
                         elementTypeName(type), elementTypeName(cType), elementTypeName(type));
  return {};
}

std::string MatmulProblem::text() const {
  std::string line = fmt::format("matmul m={} n={} k={}", m, n, k);
  if (transposeA || transposeB)
    line += fmt::format(" transpose={}{}", transposeA ? "a" : "", transposeB ? "b" : "");
  line += fmt::format(" types={},{}", elementTypeName(type), elementTypeName(cType));
  if (math == Math::tf32)
    line += " math=tf32";
  for (const auto &[name, pitch, columns] :
       {std::tuple("a", pitchA, columnsA()), std::tuple("b", pitchB, columnsB()),
        std::tuple("c", pitchC, n)})
    if (pitch && pitch != columns)
      line += fmt::format(" {}-pitch={}", name, pitch);
  if (addend)
    line += fmt::format(" addend={}", elementTypeName(cType));
  if (epilogue != Epilogue::none)
    line += fmt::format(" epilogue={}", epilogueNames[int(epilogue)]);
  return line;
}

Result<MatmulProblem> MatmulProblem::parse(const std::string &text) {
  std::istringstream stream(text);
  std::string word;
  MatmulProblem p;
  if (!(stream >> word) || word != "matmul")
    return Status::error("problem begins with '{}', expected 'matmul'", word);
  while (stream >> word) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos ||
        !parseWord(word.substr(0, equals), word.substr(equals + 1), p))
      return Status::error("problem has the word '{}', which means nothing here", word);
  }
  FANFOLD_RETURN_IF_ERROR(p.verify());
  return p;
}

int64_t MatmulProblem::advisedWorkspaceBytes() const {
  constexpr double smallProduct = 1 << 20;
  return flops() < smallProduct ? 0 : int64_t(32) << 20;
}
