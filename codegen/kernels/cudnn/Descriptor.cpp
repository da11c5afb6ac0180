//===- Descriptor.cpp - a thin wrapper of the cuDNN backend --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/Descriptor.h"

#include <fmt/format.h>

#include <algorithm>

using namespace fanfold::cudnn;

static std::string describe(const std::string &doing, cudnnStatus_t status) {
  char words[1024] = "";
  cudnnGetLastErrorString(words, sizeof(words));
  std::string text = fmt::format("{}: {}", doing, cudnnGetErrorString(status));
  if (*words)
    text += fmt::format(": {}", words);
  // cuDNN's words may run over lines and end with a stop.
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && (text.back() == ' ' || text.back() == '.'))
    text.pop_back();
  return text;
}

Error::Error(const std::string &doing, cudnnStatus_t status)
    : std::runtime_error(describe(doing, status)), code(status) {}

void fanfold::cudnn::check(cudnnStatus_t status, const char *doing) {
  if (status != CUDNN_STATUS_SUCCESS)
    throw Error(doing, status);
}

static void checkAttribute(cudnnStatus_t status, const char *doing, int name) {
  if (status != CUDNN_STATUS_SUCCESS)
    throw Error(fmt::format("{} attribute {} of cuDNN", doing, name), status);
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  check(cudnnBackendCreateDescriptor(type, &raw), "making a cuDNN descriptor");
}

Descriptor::~Descriptor() {
  if (raw)
    cudnnBackendDestroyDescriptor(raw);
}

Descriptor &Descriptor::setRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                               int64_t count, const void *elements) {
  checkAttribute(cudnnBackendSetAttribute(raw, name, type, count, elements), "setting", name);
  return *this;
}

int64_t Descriptor::getRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                           int64_t most, void *elements) const {
  int64_t count = 0;
  checkAttribute(cudnnBackendGetAttribute(raw, name, type, most, &count, elements), "reading",
                 name);
  return std::min(count, most);
}

Descriptor &Descriptor::set(cudnnBackendAttributeName_t name, const std::string &text) {
  // With the zero at its end.
  return setRaw(name, CUDNN_TYPE_CHAR, int64_t(text.size()) + 1, text.c_str());
}

Descriptor &Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor &value) {
  return setRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, static_cast<const void *>(&value.raw));
}

Descriptor &Descriptor::set(cudnnBackendAttributeName_t name,
                            const std::vector<Descriptor> &values) {
  std::vector<cudnnBackendDescriptor_t> list;
  for (const Descriptor &value : values)
    list.push_back(value.raw);
  return setRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, int64_t(list.size()),
                static_cast<const void *>(list.data()));
}

Descriptor &Descriptor::finalize(const char *what) {
  if (cudnnStatus_t status = cudnnBackendFinalize(raw); status != CUDNN_STATUS_SUCCESS)
    throw Error(fmt::format("finalising {}", what), status);
  return *this;
}

std::string Descriptor::getText(cudnnBackendAttributeName_t name) const {
  int64_t count = 0;
  checkAttribute(cudnnBackendGetAttribute(raw, name, CUDNN_TYPE_CHAR, 0, &count, nullptr),
                 "reading the size of", name);
  std::string text(count, '\0');
  text.resize(getRaw(name, CUDNN_TYPE_CHAR, count, text.data()));
  // The count includes the zero at the end.
  while (!text.empty() && text.back() == '\0')
    text.pop_back();
  return text;
}

std::vector<Descriptor> Descriptor::getDescriptors(cudnnBackendAttributeName_t name,
                                                   cudnnBackendDescriptorType_t type,
                                                   int64_t most) const {
  std::vector<Descriptor> list;
  std::vector<cudnnBackendDescriptor_t> raws;
  for (int64_t i = 0; i < most; ++i)
    raws.push_back(list.emplace_back(type).raw);
  list.resize(getRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, static_cast<void *>(raws.data())));
  return list;
}
