//===- Planner.cpp - finds the plans of convolutions ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/cudnn/Planner.h"

#include "codegen/kernels/cudnn/Libraries.h"
#include "codegen/kernels/cudnn/OperationGraph.h"
#include "codegen/kernels/cudnn/VaryingEngines.h"

#include <algorithm>

using namespace fanfold;
using namespace fanfold::cudnn;

namespace {

/// What an engine does, in cuDNN's terms.
struct EngineNotes {
  std::vector<cudnnBackendNumericalNote_t> numerical;
  std::vector<cudnnBackendBehaviorNote_t> behavior;

  explicit EngineNotes(const Descriptor &engine)
      : numerical(engine.getArray<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                               CUDNN_NUMERICAL_NOTE_TYPE_COUNT)),
        behavior(engine.getArray<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE,
                                                             CUDNN_BEHAVIOR_NOTE_TYPE_COUNT)) {}

  bool has(cudnnBackendNumericalNote_t note) const {
    return std::find(numerical.begin(), numerical.end(), note) != numerical.end();
  }
  bool has(cudnnBackendBehaviorNote_t note) const {
    return std::find(behavior.begin(), behavior.end(), note) != behavior.end();
  }
};

Descriptor engineOf(const Descriptor &config) {
  return std::move(
      config.getDescriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1).at(0));
}

EngineChoice choiceOf(const Descriptor &engine, const Descriptor &config) {
  EngineChoice choice;
  choice.id = engine.get<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
  for (const Descriptor &knob :
       config.getDescriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                             CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS))
    choice.knobs.emplace_back(knob.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                              knob.get<int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  return choice;
}

/// Whether an engine gives equal bits in every run, as far as cuDNN says and was seen.
bool repeats(const ConvProblem &problem, int64_t engine, const EngineNotes &notes) {
  return !notes.has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) && !isSeenToVary(problem, engine);
}

/// Why an engine may not run a problem, or null.
const char *objection(const ConvProblem &problem, const PlanLimits &limits, int64_t engine,
                      const EngineNotes &notes) {
  const bool fp32 = problem.xType == ElementType::f32 && problem.yType == ElementType::f32;
  if (fp32 && problem.math == Math::fp32 && notes.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE))
    return "it rounds operands to tf32";
  if (notes.has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS))
    return "it rounds operands";
  if (notes.has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION))
    return "it sums in less than fp32";
  if (notes.has(CUDNN_NUMERICAL_NOTE_WINOGRAD) || notes.has(CUDNN_NUMERICAL_NOTE_FFT))
    return "it transforms operands, which costs accuracy";
  if (limits.deterministic && !repeats(problem, engine, notes))
    return "it does not repeat to the bit";
  return nullptr;
}

} // namespace

Planner::Planner(Handle &handle) : handle(&handle) { keepRuntimeCompiler(); }

Result<std::unique_ptr<Planner>> Planner::create(const DeviceDescription &description) {
  if (!ensureDriverLibrary())
    return Status::error("there is neither a driver's libcuda.so.1 nor the CUDA toolkit's stub of "
                         "it ({}/stubs/libcuda.so), one of which cuDNN needs",
                         FANFOLD_CUDA_LIB_DIR);
  keepRuntimeCompiler();
  try {
    std::unique_ptr<Planner> planner(new Planner());
    planner->device = Descriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    planner->device.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, description.cudnnProperties)
        .finalize("the device's properties");
    // A tile of 256 x 128 sums in fp32 for each multiprocessor, and their flags.
    constexpr int64_t tileBytes = int64_t{256} * 128 * 4;
    planner->clusterWorkspaceBytes = description.multiprocessors * tileBytes + (int64_t{1} << 16);
    return planner;
  } catch (const Error &error) {
    return Status::error("describing {} to cuDNN {}: {}", description.name,
                         versionText(cudnnGetVersion()), error.what());
  }
}

Descriptor Planner::queryHeuristics(const Descriptor &graph, cudnnBackendHeurMode_t mode) const {
  Descriptor query(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  query.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph).set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (device)
    query.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, device);
  query.finalize("the question for engines");
  return query;
}

/// Throws Error if cuDNN refuses the configuration.
Plan Planner::finalizePlan(const ConvProblem &problem, const Descriptor &config) const {
  Descriptor made(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  made.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
  if (device)
    made.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device);
  else
    made.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle->get());
  made.finalize("a plan");

  const Descriptor engine = engineOf(config);
  const EngineNotes notes(engine);
  Plan plan;
  const EngineChoice choice = choiceOf(engine, config);
  plan.engine = choice.text();
  plan.workspaceBytes = made.get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
  // Engines whose blocks stand in clusters cut the last tiles between multiprocessors and
  // keep the parts in the workspace. How many there are they ask of the driver, and say
  // anything if there is none.
  if (device && plan.engine.find("tile_cga") != std::string::npos)
    plan.workspaceBytes = std::max(plan.workspaceBytes, clusterWorkspaceBytes);
  plan.tensorCores = notes.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
  plan.repeats = repeats(problem, choice.id, notes);
  plan.builtAtStart = notes.has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION);
  plan.version = cudnnGetVersion();
  if (!plan.builtAtStart)
    plan.serialized = made.getText(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
  plan.finalized = std::make_shared<const Descriptor>(std::move(made));
  return plan;
}

void Planner::addCandidates(const ConvProblem &problem, const PlanLimits &limits,
                            const Descriptor &graph, cudnnBackendHeurMode_t mode,
                            Candidates &list) const {
  Descriptor query;
  try {
    query = queryHeuristics(graph, mode);
  } catch (const Error &error) {
    // A pattern that the heuristics do not know has no engines.
    list.refused.push_back({"all", error.what()});
    return;
  }
  constexpr int64_t mostConfigs = 256;
  for (const Descriptor &config : query.getDescriptors(
           CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, mostConfigs)) {
    const Descriptor engine = engineOf(config);
    const EngineChoice choice = choiceOf(engine, config);
    const std::string text = choice.text();
    const auto isKnown = [&](const auto &entry) { return entry.engine == text; };
    if (std::any_of(list.plans.begin(), list.plans.end(), isKnown) ||
        std::any_of(list.refused.begin(), list.refused.end(), isKnown))
      continue;
    const auto refuse = [&](std::string reason) {
      list.refused.push_back({text, std::move(reason)});
    };
    const EngineNotes notes(engine);
    if (const char *reason = objection(problem, limits, choice.id, notes)) {
      refuse(reason);
      continue;
    }
    // Without a device, trying takes seconds and fails.
    if ((device || !limits.runtimeCompiled) && notes.has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION)) {
      refuse("it is compiled on the device");
      continue;
    }
    try {
      Plan plan = finalizePlan(problem, config);
      plan.rank = int64_t(list.plans.size() + list.refused.size());
      if (plan.workspaceBytes > limits.maxWorkspaceBytes)
        refuse(fmt::format("it takes a workspace of {} bytes, more than {}", plan.workspaceBytes,
                           limits.maxWorkspaceBytes));
      else
        list.plans.push_back(std::move(plan));
    } catch (const Error &error) {
      refuse(error.what());
    }
  }
}

Result<const Candidates *> Planner::candidates(const ConvProblem &problem,
                                               const PlanLimits &limits) {
  FANFOLD_RETURN_IF_ERROR(problem.verify());
  const std::string key = problem.text();
  const auto [first, last] = answers.equal_range(key);
  for (auto known = first; known != last; ++known)
    if (known->second->limits == limits)
      return &known->second->candidates;

  auto answer = std::make_unique<Answer>();
  answer->limits = limits;
  Candidates &list = answer->candidates;
  try {
    const Descriptor graph = makeOperationGraph(problem, handle ? handle->get() : nullptr);
    addCandidates(problem, limits, graph, CUDNN_HEUR_MODE_A, list);
    if (list.plans.empty())
      addCandidates(problem, limits, graph, CUDNN_HEUR_MODE_FALLBACK, list);
  } catch (const Error &error) {
    // cuDNN refuses the graph itself: no engine has it.
    list.refused.push_back({"all", error.what()});
  }
  return &answers.emplace(key, std::move(answer))->second->candidates;
}

Result<Plan> Planner::build(const ConvProblem &problem, const std::string &engineText) {
  FANFOLD_RETURN_IF_ERROR(problem.verify());
  Result<EngineChoice> choice = EngineChoice::parse(engineText);
  if (!choice)
    return choice.status();
  try {
    const Descriptor graph = makeOperationGraph(problem, handle ? handle->get() : nullptr);
    if (const auto count = graph.get<int64_t>(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT);
        choice->id >= count)
      return Status::error("engine '{}' of cuDNN {}: there are {}", engineText,
                           versionText(cudnnGetVersion()), count);
    Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph)
        .set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice->id);
    if (device)
      engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, device);
    Plan atStart;
    atStart.engine = engineText;
    atStart.builtAtStart = true;
    atStart.version = cudnnGetVersion();
    try {
      engine.finalize("the engine");
    } catch (const Error &) {
      if (!device)
        throw;
      // Engines that cuDNN lends from cuBLASLt are there only where a device is.
      atStart.repeats.reset();
      return atStart;
    }
    const EngineNotes notes(engine);
    if (const char *reason = objection(problem, PlanLimits(), choice->id, notes))
      return Status::error("engine '{}' of cuDNN {}: {}", engineText,
                           versionText(cudnnGetVersion()), reason);
    if (device && notes.has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION)) {
      atStart.tensorCores = notes.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
      atStart.repeats = repeats(problem, choice->id, notes);
      return atStart;
    }
    std::vector<Descriptor> knobs;
    for (const auto &[type, value] : choice->knobs) {
      Descriptor &knob = knobs.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
      knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, type)
          .set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value)
          .finalize("a knob");
    }
    Descriptor config(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    config.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
    if (!knobs.empty())
      config.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs);
    config.finalize("the engine's knobs");
    return finalizePlan(problem, config);
  } catch (const Error &error) {
    return Status::error("engine '{}' of cuDNN {}: {}", engineText, versionText(cudnnGetVersion()),
                         error.what());
  }
}
