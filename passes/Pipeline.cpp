//===- Pipeline.cpp - from a model to a plan ------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline.h"
#include "passes/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace fanfold;

Level fanfold::levelOf(ModuleOp module) {
  for (Operation &op : *module.getBody())
    if (isa<plan::PlanDialect>(op.getDialect()))
      return Level::plan;
  for (Operation &op : *module.getBody())
    if (isa<cnn::StepOp>(op))
      return Level::kernel;
  return Level::cnn;
}

/// The model level: from what a person writes to one graph of the whole step.
static void addCnnPasses(OpPassManager &manager, const PipelineOptions &options) {
  // Blocks go first: only then do layers have their names and integers for their sizes.
  manager.addPass(createExpandBlocks());
  // Shapes need the batch; layers get their variables here, because their shapes follow
  // from those of the inputs.
  InferShapesOptions shapes;
  shapes.batch = options.batch;
  manager.addPass(createInferShapes(shapes));
  manager.addPass(createVerifyModel());
}

/// From the model to launches, a kernel for each layer and gradient.
static void addLaunchPasses(OpPassManager &manager, const PipelineOptions &options) {
  // The two steps part before differentiation: gradients belong to the forms that layers
  // take in training.
  manager.addPass(createBuildSteps());
  BuildBackwardOptions backward;
  backward.keepGradients = options.keepGradients;
  manager.addPass(createBuildBackward(backward));
  // Knows parameter gradients by the updates that take them.
  manager.addPass(createScaleLoss());
  manager.addPass(createCnnToKernel());
}

/// What is chosen of launches as they come from the model: precision and forms.
static void addFormPasses(OpPassManager &manager, const Target &target) {
  // Before fusion: a value that never leaves registers is not rounded.
  manager.addPass(createLowerPrecision());
  OpPassManager &steps = manager.nest<cnn::StepOp>();
  steps.addPass(createRememberPlaces());
  // Knows normalisation by its body, before that is part of a larger one.
  steps.addPass(createFoldImages(target));
}

/// Several launches become one.
static void addFusionPasses(OpPassManager &manager, const Target &target,
                            const PipelineOptions &options) {
  OpPassManager &steps = manager.nest<cnn::StepOp>();
  // Knows batch normalisation and its gradient by their bodies, too.
  steps.addPass(createFoldNorms(target));
  // Epilogues first: a bias that a product can add should not wander into a pointwise
  // kernel that follows it.
  steps.addPass(createFuseEpilogues(target));
  // Behind what convolutions do best alone: folding and epilogues. What is one then, is one to
  // the other fusions.
  if (options.mergeFans)
    steps.addPass(createMergeFans(target));
  steps.addPass(createFuseStatistics(target));
  steps.addPass(createFusePointwise());
  // Weighs what whole kernels read and write: behind fusion.
  steps.addPass(createRecomputeOperands());
  // Until then gradients read what activations leave, and a prologue would not save
  // writing it.
  steps.addPass(createFusePrologues(target));
  steps.addPass(createFusePoolPrologues());
  // Last: it hides a convolution from the others.
  steps.addPass(createFuseConvPointwise(target));
  // Behind fusion, which may have made updates of one form of many small launches.
  if (target.mergesUpdates())
    steps.addPass(createMergeUpdates());
}

/// What ranks tell each other, and when.
static void addExchangePasses(OpPassManager &manager, const PipelineOptions &options) {
  BucketGradientsOptions buckets;
  buckets.bytes = options.bucketBytes;
  // Behind fusion, which is to see each gradient by itself, and before the schedule, which may move
  // what has to wait for a whole bucket.
  manager.addNestedPass<cnn::StepOp>(createBucketGradients(buckets));
}

/// What runs each launch.
static void addAlgorithmPasses(OpPassManager &manager, const Target &target) {
  // Workspaces count in the schedule and in the plan, so implementations are chosen
  // before both; they are chosen for the fused launches.
  manager.addNestedPass<cnn::StepOp>(createSelectAlgorithms(target));
}

/// Memory and schedule: from launches to a plan. Nothing may add or reorder launches once
/// `schedule` has run, but for launches that run again, copies that stand for concat and slice, and
/// those that mark-in-place puts behind last readers.
static void addMemoryPasses(OpPassManager &manager, const Target &target,
                            const PipelineOptions &options) {
  if (options.schedule)
    manager.addNestedPass<cnn::StepOp>(createSchedule());
  // What is live when, and so what has to go, is known only in the final order. A value
  // made again has other last readers: before the marks.
  // Without sharing, nothing is gained by dropping values.
  if (options.memoryBudget > 0 && options.sharing) {
    InsertCheckpointsOptions checkpoints;
    checkpoints.budget = options.memoryBudget;
    checkpoints.inPlace = options.inPlace;
    manager.addPass(createInsertCheckpoints(target, checkpoints));
  }
  OpPassManager &steps = manager.nest<cnn::StepOp>();
  // A launch that runs again makes its result elsewhere; until then concat and slice are
  // launches of their own.
  PlaceSlicesOptions places;
  places.enable = options.inPlace;
  steps.addPass(createPlaceSlices(target, places));
  // Who reads last is known only in the final order, of all that lies in one memory.
  MarkInPlaceOptions marks;
  marks.enable = options.inPlace;
  steps.addPass(createMarkInPlace(marks));
  manager.addPass(createPlanMemory(target, options.sharing));
}

void fanfold::buildPipeline(OpPassManager &manager, Level from, Level to, const Target &target,
                            const PipelineOptions &options) {
  if (from <= Level::cnn)
    addCnnPasses(manager, options);
  if (from <= Level::cnn && to >= Level::kernel) {
    addLaunchPasses(manager, options);
    addFormPasses(manager, target);
    if (options.fusion)
      addFusionPasses(manager, target, options);
    addAlgorithmPasses(manager, target);
    addExchangePasses(manager, options);
  }
  if (from <= Level::kernel && to >= Level::plan)
    addMemoryPasses(manager, target, options);
  if (to >= Level::plan)
    manager.addPass(createVerifyPlan());
}

bool fanfold::hasMergedFans(ModuleOp module) {
  return module
      .walk([](kernel::ConcatOp concat) {
        return kernel::isStacked(concat.getInputs().front().getType(), concat.getType())
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

void fanfold::registerPasses() { registerFanfoldPasses(); }
