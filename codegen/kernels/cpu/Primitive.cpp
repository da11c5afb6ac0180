//===- Primitive.cpp - a oneDNN primitive with caller-owned memory --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cpu/Primitive.h"

#include <cassert>

using namespace fanfold::cpu;

/// The arena aligns to 64 bytes, and so do parts of a workspace.
static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static void check(dnnl_status_t status) { dnnl::error::wrap_c_api(status, "oneDNN failed"); }

Primitive::Primitive(dnnl::primitive primitive, std::string name,
                     const std::vector<Operand> &operands, const dnnl::memory::desc &scratchpad)
    : stream(engine()), primitive(std::move(primitive)), implementation(std::move(name)),
      scratch(scratchpad, engine(), DNNL_MEMORY_NONE) {
  bytes = aligned(scratchpad.get_size());
  for (const Operand &operand : operands) {
    Slot slot;
    slot.output = operand.output;
    slot.plain = dnnl::memory(operand.plain, engine(), DNNL_MEMORY_NONE);
    if (operand.plain == operand.inner) {
      slot.inner = slot.plain;
    } else {
      slot.inner = dnnl::memory(operand.inner, engine(), DNNL_MEMORY_NONE);
      slot.reorder = operand.output ? dnnl::reorder(slot.inner, slot.plain)
                                    : dnnl::reorder(slot.plain, slot.inner);
      slot.offset = bytes;
      bytes += aligned(operand.inner.get_size());
    }
    slots.push_back(slot);
    arguments.push_back({operand.argument, slot.inner.get()});
  }
  arguments.push_back({DNNL_ARG_SCRATCHPAD, scratch.get()});
}

void Primitive::run(std::initializer_list<const void *> data, std::byte *workspace) {
  assert(data.size() == slots.size() && "one pointer for each operand");
  scratch.set_data_handle(workspace);
  const auto reorder = [this](Slot &slot) {
    const dnnl_exec_arg_t pair[] = {{DNNL_ARG_FROM, (slot.output ? slot.inner : slot.plain).get()},
                                    {DNNL_ARG_TO, (slot.output ? slot.plain : slot.inner).get()}};
    check(dnnl_primitive_execute(slot.reorder.get(), stream.get(), 2, pair));
  };
  auto pointer = data.begin();
  for (Slot &slot : slots) {
    // oneDNN has no pointer to const; it only reads its inputs.
    slot.plain.set_data_handle(const_cast<void *>(*pointer++));
    if (!slot.reorder)
      continue;
    slot.inner.set_data_handle(workspace + slot.offset);
    if (!slot.output)
      reorder(slot);
  }
  check(dnnl_primitive_execute(primitive.get(), stream.get(), static_cast<int>(arguments.size()),
                               arguments.data()));
  for (Slot &slot : slots)
    if (slot.reorder && slot.output)
      reorder(slot);
}
