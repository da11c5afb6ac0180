//===- Packer.cpp - where every buffer of a program lives -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/Packer.h"
#include "passes/packer/ComponentSolver.h"

#include <fmt/format.h>

#include <algorithm>

namespace fanfold::packer {

namespace {

/// One call of pack().
class Packer {
public:
  Packer(const std::vector<Buffer> &buffers, const PackOptions &options)
      : buffers(buffers), options(options) {}

  Packing run();

private:
  Packing fail(Outcome outcome, std::string message);
  std::string checkGivenOffsets() const;
  void work();
  int64_t goal() const { return options.capacity.value_or(bound); }
  bool isOpen(const ComponentSolver &solver) const { return solver.height() > goal(); }
  Packing finish();

  const std::vector<Buffer> &buffers;
  const PackOptions &options;
  std::vector<Component> components;
  std::vector<ComponentSolver> solvers;
  Packing packing;
  int64_t bound = 0; ///< No placement of all components is lower.
};

} // namespace

Packing Packer::fail(Outcome outcome, std::string message) {
  packing.outcome = outcome;
  packing.message = std::move(message);
  return std::move(packing);
}

/// Says which given offsets contradict each other; empty if none do.
std::string Packer::checkGivenOffsets() const {
  std::vector<Buffer> given;
  std::vector<int64_t> offsets;
  for (const Buffer &b : buffers) {
    if (b.offset) {
      given.push_back(b);
      offsets.push_back(*b.offset);
    }
  }
  return validate(given, offsets, options.capacity);
}

Packing Packer::run() {
  if (std::string wrong = check(buffers); !wrong.empty())
    return fail(Outcome::invalid, std::move(wrong));
  if (options.capacity && *options.capacity < 0)
    return fail(Outcome::invalid,
                fmt::format("capacity is {}, expected 0 or more", *options.capacity));
  if (std::string wrong = checkGivenOffsets(); !wrong.empty())
    return fail(Outcome::infeasible, std::move(wrong));

  components = splitIntoComponents(buffers);
  for (const Component &component : components)
    bound = std::max(bound, component.lowerBound);
  packing.lowerBound = bound;
  if (options.capacity && bound > *options.capacity)
    return fail(Outcome::infeasible, fmt::format("capacity is {}, expected {} or more: as much is "
                                                 "live at one step",
                                                 *options.capacity, bound));
  work();
  return finish();
}

/// Makes every component at most goal() high, or proves that it cannot be, or
/// gives up.
void Packer::work() {
  auto now = std::chrono::steady_clock::now();
  Deadline deadline = Deadline::max();
  if (options.timeLimit < deadline - now)
    deadline = now + options.timeLimit;
  for (const Component &component : components) {
    solvers.emplace_back(component, options.seed);
    solvers.back().runHeuristics(goal());
  }
  bool minimize = !options.capacity;
  for (bool isWorking = true; isWorking;) {
    isWorking = false;
    for (ComponentSolver &solver : solvers) {
      if (!isOpen(solver) || solver.isExhausted())
        continue;
      if (packing.nodes >= options.nodeLimit || std::chrono::steady_clock::now() >= deadline)
        return;
      packing.nodes +=
          solver.improve(goal(), minimize, options.nodeLimit - packing.nodes, deadline);
      bound = std::max(bound, solver.bound());
      if (bound > goal())
        return;
      isWorking = true;
    }
  }
}

Packing Packer::finish() {
  for (const ComponentSolver &solver : solvers)
    packing.height = std::max(packing.height, solver.height());
  if (bound > goal())
    return fail(Outcome::infeasible,
                fmt::format("capacity is {}, expected {} or more: no arrangement is lower",
                            *options.capacity, bound));
  if (packing.height > goal() && options.capacity)
    return fail(Outcome::timedOut,
                fmt::format("no placement within {} bytes found, the best takes {}; that none "
                            "exists is not proved",
                            *options.capacity, packing.height));
  packing.optimal = packing.height <= bound;
  packing.offsets.assign(buffers.size(), 0);
  for (size_t i = 0; i < buffers.size(); ++i)
    packing.offsets[i] = buffers[i].offset.value_or(0);
  for (const ComponentSolver &solver : solvers)
    for (size_t i = 0; i < solver.offsets().size(); ++i)
      packing.offsets[solver.component().items[i].buffer] = solver.offsets()[i];
  packing.outcome = Outcome::placed;
  if (std::string wrong = validate(buffers, packing.offsets, options.capacity); !wrong.empty())
    return fail(Outcome::invalid, "internal error: " + wrong);
  return std::move(packing);
}

Packing pack(const std::vector<Buffer> &buffers, const PackOptions &options) {
  return Packer(buffers, options).run();
}

} // namespace fanfold::packer
