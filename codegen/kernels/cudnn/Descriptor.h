//===- Descriptor.h - a thin wrapper of the cuDNN backend ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cuDNN's backend builds everything (tensors, operations, graphs, engines, plans)
// from opaque descriptors: create one, set its attributes, finalise it. Descriptor
// owns one of them and turns every status into an Error that says what was being done
// and cuDNN's own words for why it failed.
//
// This header and Handle.h are the only ones that see cudnn.h.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_DESCRIPTOR_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_DESCRIPTOR_H

#include <cudnn_graph.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fanfold::cudnn {

/// A failure of cuDNN: "finalising the plan: CUDNN_STATUS_NOT_SUPPORTED: ...".
class Error : public std::runtime_error {
public:
  Error(const std::string &doing, cudnnStatus_t status);
  cudnnStatus_t status() const { return code; }

private:
  cudnnStatus_t code;
};

/// Throws Error unless `status` is success.
void check(cudnnStatus_t status, const char *doing);

/// The attribute type of a C++ type.
template <typename T>
struct AttributeType;
#define FANFOLD_ATTRIBUTE_TYPE(type, name)                                                         \
  template <>                                                                                      \
  struct AttributeType<type> {                                                                     \
    static constexpr cudnnBackendAttributeType_t value = name;                                     \
  }
FANFOLD_ATTRIBUTE_TYPE(int64_t, CUDNN_TYPE_INT64);
FANFOLD_ATTRIBUTE_TYPE(bool, CUDNN_TYPE_BOOLEAN);
FANFOLD_ATTRIBUTE_TYPE(float, CUDNN_TYPE_FLOAT);
FANFOLD_ATTRIBUTE_TYPE(char, CUDNN_TYPE_CHAR);
FANFOLD_ATTRIBUTE_TYPE(void *, CUDNN_TYPE_VOID_PTR);
FANFOLD_ATTRIBUTE_TYPE(cudnnHandle_t, CUDNN_TYPE_HANDLE);
FANFOLD_ATTRIBUTE_TYPE(cudnnDataType_t, CUDNN_TYPE_DATA_TYPE);
FANFOLD_ATTRIBUTE_TYPE(cudnnConvolutionMode_t, CUDNN_TYPE_CONVOLUTION_MODE);
FANFOLD_ATTRIBUTE_TYPE(cudnnPointwiseMode_t, CUDNN_TYPE_POINTWISE_MODE);
FANFOLD_ATTRIBUTE_TYPE(cudnnGenStatsMode_t, CUDNN_TYPE_GENSTATS_MODE);
FANFOLD_ATTRIBUTE_TYPE(cudnnBackendHeurMode_t, CUDNN_TYPE_HEUR_MODE);
FANFOLD_ATTRIBUTE_TYPE(cudnnBackendKnobType_t, CUDNN_TYPE_KNOB_TYPE);
FANFOLD_ATTRIBUTE_TYPE(cudnnBackendNumericalNote_t, CUDNN_TYPE_NUMERICAL_NOTE);
FANFOLD_ATTRIBUTE_TYPE(cudnnBackendBehaviorNote_t, CUDNN_TYPE_BEHAVIOR_NOTE);
#undef FANFOLD_ATTRIBUTE_TYPE

/// Owns one backend descriptor. Move-only; empty after a move. A finalised descriptor
/// is never changed again and may be used by several threads.
class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(cudnnBackendDescriptorType_t type);
  Descriptor(Descriptor &&other) noexcept : raw(std::exchange(other.raw, nullptr)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(raw, other.raw);
    return *this;
  }
  ~Descriptor();

  cudnnBackendDescriptor_t get() const { return raw; }
  explicit operator bool() const { return raw; }

  /// Sets an attribute of one or more elements; the descriptor is returned, so that
  /// calls chain.
  template <typename T>
  Descriptor &set(cudnnBackendAttributeName_t name, const T &value) {
    return setRaw(name, AttributeType<T>::value, 1, static_cast<const void *>(&value));
  }
  template <typename T>
  Descriptor &set(cudnnBackendAttributeName_t name, const std::vector<T> &values) {
    return setRaw(name, AttributeType<T>::value, int64_t(values.size()),
                  static_cast<const void *>(values.data()));
  }
  Descriptor &set(cudnnBackendAttributeName_t name, const std::string &text);
  Descriptor &set(cudnnBackendAttributeName_t name, const Descriptor &value);
  Descriptor &set(cudnnBackendAttributeName_t name, const std::vector<Descriptor> &values);

  /// No attribute can be set after this. `what` names the thing in errors: "the plan".
  Descriptor &finalize(const char *what);

  /// An attribute of one element.
  template <typename T>
  T get(cudnnBackendAttributeName_t name) const {
    T value{};
    getRaw(name, AttributeType<T>::value, 1, static_cast<void *>(&value));
    return value;
  }
  /// Up to `most` elements.
  template <typename T>
  std::vector<T> getArray(cudnnBackendAttributeName_t name, int64_t most) const {
    std::vector<T> values(most);
    values.resize(getRaw(name, AttributeType<T>::value, most, static_cast<void *>(values.data())));
    return values;
  }
  std::string getText(cudnnBackendAttributeName_t name) const;
  /// Up to `most` descriptors of `type`.
  std::vector<Descriptor> getDescriptors(cudnnBackendAttributeName_t name,
                                         cudnnBackendDescriptorType_t type, int64_t most) const;

private:
  Descriptor &setRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                     int64_t count, const void *elements);
  int64_t getRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t most,
                 void *elements) const;

  cudnnBackendDescriptor_t raw = nullptr;
};

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_DESCRIPTOR_H
