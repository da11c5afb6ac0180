//===- Primitive.h - a oneDNN primitive with caller-owned memory ----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the oneDNN wrappers. A Primitive is one oneDNN primitive with plain
// operands in the caller's order. Where oneDNN wants its weights blocked, the
// copy lives in the workspace and is made (or read back) in each run.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CPU_PRIMITIVE_H
#define FANFOLD_CODEGEN_KERNELS_CPU_PRIMITIVE_H

#include <oneapi/dnnl/dnnl.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

namespace fanfold::cpu {

/// The CPU engine of the process.
inline const dnnl::engine &engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

/// Goes through the implementations that oneDNN has for `descriptor`, fastest
/// first by its own opinion, and takes the first whose name contains `preferred`;
/// failing that the first that is not its reference implementation, which is
/// slower by a factor of a hundred. Returns false if only that one is left.
template <class Descriptor>
bool choose(Descriptor &descriptor, const char *preferred = nullptr) {
  const Descriptor original = descriptor;
  for (const char *wanted : {preferred, ""}) {
    if (!wanted)
      continue;
    for (descriptor = original;;) {
      const char *name = descriptor.impl_info_str();
      if (!std::strstr(name, "ref") && std::strstr(name, wanted))
        return true;
      if (!descriptor.next_impl())
        break;
    }
  }
  descriptor = original;
  return false;
}

class Primitive {
public:
  /// An operand of the primitive. `plain` is how the caller holds it, `inner` how
  /// the primitive wants it.
  struct Operand {
    int argument;
    dnnl::memory::desc plain, inner;
    bool output = false;
  };

  Primitive(dnnl::primitive primitive, std::string name, const std::vector<Operand> &operands,
            const dnnl::memory::desc &scratchpad);

  size_t workspaceBytes() const { return bytes; }
  const std::string &name() const { return implementation; }

  /// `data[i]` is operand i; all of it stays untouched but the outputs. Not to be
  /// called by two threads at once.
  void run(std::initializer_list<const void *> data, std::byte *workspace);

private:
  struct Slot {
    dnnl::memory plain, inner;
    dnnl::primitive reorder; ///< Empty where the caller's order will do.
    size_t offset = 0;       ///< Of `inner` in the workspace.
    bool output = false;
  };

  dnnl::stream stream;
  dnnl::primitive primitive;
  std::string implementation;
  std::vector<Slot> slots;
  dnnl::memory scratch;
  std::vector<dnnl_exec_arg_t> arguments;
  size_t bytes = 0; ///< Scratchpad first, then the inner copies.
};

} // namespace fanfold::cpu

#endif // FANFOLD_CODEGEN_KERNELS_CPU_PRIMITIVE_H
