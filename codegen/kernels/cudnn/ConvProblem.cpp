//===- ConvProblem.cpp - the text of convolutions ------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/ConvProblem.h"

#include "runtime/Element.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <vector>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

constexpr const char *passNames[] = {"forward", "dgrad", "wgrad"};
constexpr const char *mathNames[] = {"fp32", "tf32"};
constexpr const char *prologueNames[] = {"none", "scale-bias-relu"};
constexpr const char *epilogueNames[] = {"none", "bias", "bias-relu", "relu", "statistics"};
constexpr ElementType elementTypes[] = {ElementType::f16, ElementType::bf16, ElementType::f32};

/// Sizes are bounded so that no product of four of them leaves 63 bits unnoticed.
constexpr int64_t largestSize = int64_t(1) << 31;
constexpr int64_t largestTensor = int64_t(1) << 48;

template <typename Enum, size_t Count>
bool findName(const char *const (&names)[Count], const std::string &word, Enum &value) {
  for (size_t i = 0; i < Count; ++i)
    if (word == names[i]) {
      value = static_cast<Enum>(i);
      return true;
    }
  return false;
}

bool findType(const std::string &word, ElementType &value) {
  for (ElementType type : elementTypes)
    if (word == elementTypeName(type)) {
      value = type;
      return true;
    }
  return false;
}

std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    parts.push_back(part);
  return parts;
}

/// "3x3" into two numbers; false if there are more, fewer or other characters.
bool parseSizes(const std::string &text, std::initializer_list<int64_t *> sizes) {
  const char *at = text.data(), *end = at + text.size();
  for (int64_t *size : sizes) {
    if (size != *sizes.begin()) {
      if (at == end || *at != 'x')
        return false;
      ++at;
    }
    const auto [next, error] = std::from_chars(at, end, *size);
    if (error != std::errc() || next == at)
      return false;
    at = next;
  }
  return at == end;
}

bool isFloat(ElementType type) {
  return std::find(std::begin(elementTypes), std::end(elementTypes), type) !=
         std::end(elementTypes);
}

/// One direction, height or width, of a problem.
struct Direction {
  const char *name;
  int64_t in, out, kernel, stride, pad, dilation;

  int64_t windows(int64_t after) const {
    return (in + pad + after - dilation * (kernel - 1) - 1) / stride + 1;
  }
  int64_t padAfter() const {
    if (windows(pad) == out)
      return pad;
    const int64_t reach = (out - 1) * stride + (kernel - 1) * dilation + 1;
    return std::max<int64_t>(0, reach - in - pad);
  }
};

Direction height(const Conv2dShape &s) {
  return {"height",       s.inHeight,  s.outHeight,     s.kernelHeight,
          s.strideHeight, s.padHeight, s.dilationHeight};
}
Direction width(const Conv2dShape &s) {
  return {"width",       s.inWidth,  s.outWidth,     s.kernelWidth,
          s.strideWidth, s.padWidth, s.dilationWidth};
}

} // namespace

static Status verifyDirection(const Direction &d) {
  for (const auto &[what, size] :
       {std::pair("input", d.in), std::pair("output", d.out), std::pair("filter", d.kernel),
        std::pair("stride", d.stride), std::pair("dilation", d.dilation)})
    if (size < 1 || size > largestSize)
      return Status::error("{} of the {} is {}, expected 1 to {}", d.name, what, size, largestSize);
  if (d.pad < 0 || d.pad > largestSize)
    return Status::error("padding of the {} is {}, expected 0 to {}", d.name, d.pad, largestSize);
  const int64_t reach = (d.kernel - 1) * d.dilation + 1;
  if (d.pad >= reach || d.padAfter() >= reach)
    return Status::error("padding of the {} is {} in front and {} behind, expected less than the "
                         "filter's reach of {}",
                         d.name, d.pad, d.padAfter(), reach);
  if (d.in + d.pad + d.padAfter() < reach || d.windows(d.padAfter()) != d.out)
    return Status::error("{} of the output is {}, which no padding behind of an input of {} gives",
                         d.name, d.out, d.in);
  return {};
}

std::array<int64_t, 2> ConvProblem::padAfter() const {
  return {height(shape).padAfter(), width(shape).padAfter()};
}

Status ConvProblem::verify() const {
  const Conv2dShape &s = shape;
  for (const auto &[what, size] :
       {std::pair("batch", s.batch), std::pair("number of input channels", s.inChannels),
        std::pair("number of output channels", s.outChannels),
        std::pair("number of groups", s.groups)})
    if (size < 1 || size > largestSize)
      return Status::error("{} is {}, expected 1 to {}", what, size, largestSize);
  if (s.inChannels % s.groups || s.outChannels % s.groups)
    return Status::error("{} groups do not divide {} input and {} output channels", s.groups,
                         s.inChannels, s.outChannels);
  FANFOLD_RETURN_IF_ERROR(verifyDirection(height(s)));
  FANFOLD_RETURN_IF_ERROR(verifyDirection(width(s)));
  for (ElementType type : {xType, wType, yType})
    if (!isFloat(type))
      return Status::error("element type is {}, expected f16, bf16 or f32", elementTypeName(type));
  if ((xPitch && xPitch < s.inChannels) || (yPitch && yPitch < s.outChannels))
    return Status::error("pitches are {} and {}, expected at least the {} and {} channels", xPitch,
                         yPitch, s.inChannels, s.outChannels);
  // In floating point, which does not wrap.
  for (double size : {double(s.batch) * s.inHeight * s.inWidth * std::max(xPitch, s.inChannels),
                      double(s.batch) * s.outHeight * s.outWidth * std::max(yPitch, s.outChannels),
                      double(s.outChannels) * s.kernelHeight * s.kernelWidth * s.inChannels})
    if (size > double(largestTensor))
      return Status::error("a tensor has {:.3g} elements, expected at most {}", size,
                           largestTensor);
  if (pass == Pass::dgrad && prologue != Prologue::none)
    return Status::error("dgrad has a prologue, expected none");
  if (pass != Pass::forward && epilogue != Epilogue::none)
    return Status::error("{} has an epilogue, expected none", passNames[int(pass)]);
  return {};
}

std::string ConvProblem::text() const {
  const Conv2dShape &s = shape;
  std::string line =
      fmt::format("conv2d {} in={}x{}x{}x{} out={}x{}x{} filter={}x{}", passNames[int(pass)],
                  s.batch, s.inHeight, s.inWidth, s.inChannels, s.outHeight, s.outWidth,
                  s.outChannels, s.kernelHeight, s.kernelWidth);
  const auto addPair = [&](const char *name, int64_t a, int64_t b, int64_t byDefault) {
    if (a != byDefault || b != byDefault)
      line += fmt::format(" {}={}x{}", name, a, b);
  };
  addPair("stride", s.strideHeight, s.strideWidth, 1);
  addPair("pad", s.padHeight, s.padWidth, 0);
  addPair("dilation", s.dilationHeight, s.dilationWidth, 1);
  if (s.groups != 1)
    line += fmt::format(" groups={}", s.groups);
  line += fmt::format(" types={},{},{}", elementTypeName(xType), elementTypeName(wType),
                      elementTypeName(yType));
  if (math != Math::fp32)
    line += fmt::format(" math={}", mathNames[int(math)]);
  if (xPitch && xPitch != s.inChannels)
    line += fmt::format(" x-pitch={}", xPitch);
  if (yPitch && yPitch != s.outChannels)
    line += fmt::format(" y-pitch={}", yPitch);
  if (prologue != Prologue::none)
    line += fmt::format(" prologue={}", prologueNames[int(prologue)]);
  if (epilogue != Epilogue::none)
    line += fmt::format(" epilogue={}", epilogueNames[int(epilogue)]);
  return line;
}

Result<ConvProblem> ConvProblem::parse(const std::string &text) {
  std::istringstream stream(text);
  std::string word, passName;
  ConvProblem p;
  Conv2dShape &s = p.shape;
  if (!(stream >> word) || word != "conv2d")
    return Status::error("problem begins with '{}', expected 'conv2d'", word);
  if (!(stream >> passName) || !findName(passNames, passName, p.pass))
    return Status::error("pass is '{}', expected forward, dgrad or wgrad", passName);
  bool in = false, out = false, filter = false, types = false;
  while (stream >> word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    bool good = false;
    if (name == "in")
      in = good = parseSizes(value, {&s.batch, &s.inHeight, &s.inWidth, &s.inChannels});
    else if (name == "out")
      out = good = parseSizes(value, {&s.outHeight, &s.outWidth, &s.outChannels});
    else if (name == "filter")
      filter = good = parseSizes(value, {&s.kernelHeight, &s.kernelWidth});
    else if (name == "stride")
      good = parseSizes(value, {&s.strideHeight, &s.strideWidth});
    else if (name == "pad")
      good = parseSizes(value, {&s.padHeight, &s.padWidth});
    else if (name == "dilation")
      good = parseSizes(value, {&s.dilationHeight, &s.dilationWidth});
    else if (name == "groups")
      good = parseSizes(value, {&s.groups});
    else if (name == "x-pitch")
      good = parseSizes(value, {&p.xPitch});
    else if (name == "y-pitch")
      good = parseSizes(value, {&p.yPitch});
    else if (name == "math")
      good = findName(mathNames, value, p.math);
    else if (name == "prologue")
      good = findName(prologueNames, value, p.prologue);
    else if (name == "epilogue")
      good = findName(epilogueNames, value, p.epilogue);
    else if (name == "types") {
      const std::vector<std::string> parts = split(value, ',');
      types = good = parts.size() == 3 && findType(parts[0], p.xType) &&
                     findType(parts[1], p.wType) && findType(parts[2], p.yType);
    }
    if (!good)
      return Status::error("problem has the word '{}', which means nothing here", word);
  }
  if (!in || !out || !filter || !types)
    return Status::error("problem '{}' lacks one of in=, out=, filter=, types=", text);
  FANFOLD_RETURN_IF_ERROR(p.verify());
  return p;
}

double ConvProblem::flops() const {
  const Conv2dShape &s = shape;
  const int64_t terms = s.kernelHeight * s.kernelWidth * (s.inChannels / s.groups);
  return 2.0 * double(s.batch) * double(s.outHeight * s.outWidth) * double(s.outChannels) *
         double(terms);
}

double ConvProblem::bytes() const {
  return double(shape.inputSize()) * byteSize(xType) +
         double(shape.filterSize()) * byteSize(wType) +
         double(shape.outputSize()) * byteSize(yType);
}

bool fanfold::cudnn::operator==(const ConvProblem &a, const ConvProblem &b) {
  return a.text() == b.text();
}
