//===- Program.h - what a compiled program tells the runtime --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one header where compiler and runtime meet. The compiler emits one
// constant `Program` and its step functions; the runtime drives them. Every
// offset counts bytes from the start of the one arena, and every array lives in
// the program's read-only data: a Program owns nothing and never changes.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_PROGRAM_H
#define FANFOLD_RUNTIME_PROGRAM_H

#include <cstddef>
#include <cstdint>

namespace fanfold {

/// A constant array of the program: C++17 has no std::span.
template <typename T>
struct Span {
  const T *data = nullptr;
  size_t size = 0;

  const T *begin() const { return data; }
  const T *end() const { return data + size; }
  const T &operator[](size_t i) const { return data[i]; }
  bool empty() const { return size == 0; }
};

enum class ElementType : uint8_t { u8, i32, f16, bf16, f32, f64 };

/// Bytes of one element.
constexpr size_t byteSize(ElementType type) {
  switch (type) {
  case ElementType::u8:
    return 1;
  case ElementType::f16:
  case ElementType::bf16:
    return 2;
  case ElementType::i32:
  case ElementType::f32:
    return 4;
  case ElementType::f64:
    return 8;
  }
  return 0;
}

/// How a variable gets its first value.
struct Initializer {
  enum class Kind : uint8_t {
    fill,    ///< Every element is `a`.
    uniform, ///< Uniform in [a, b).
    normal,  ///< Normal with mean `a` and standard deviation `b`.
    data,    ///< A copy of `data`, in the tensor's element type.
  };
  Kind kind = Kind::fill;
  double a = 0.0;
  double b = 0.0;
  const void *data = nullptr;
};

/// A tensor that outlives the step. Filters are KRSC, images NHWC, row-major.
struct Variable {
  enum class Role : uint8_t {
    parameter, ///< Trained; in checkpoints.
    statistic, ///< Running mean and variance of BN; in checkpoints.
    optimizer, ///< Momentum and the like; in checkpoints.
    constant,  ///< Never written after initialisation; not in checkpoints.
    gradient,  ///< Kept only under --keep-gradients; not in checkpoints.
  };
  const char *name; ///< Unique; the tensor's name in checkpoints.
  Role role;
  ElementType type;
  Span<int64_t> shape;
  size_t offset;
  size_t bytes;
  Initializer init;
};

/// A tensor that the data source fills for each step. The data source writes a
/// batch into a staging slot while the step works on the other; before the step
/// the runtime copies the slot to `offset`.
struct Input {
  const char *name; ///< As in the model file: "image", "label".
  ElementType type;
  Span<int64_t> shape; ///< The first extent is the batch.
  size_t trainOffset;  ///< Where the train step reads it.
  size_t evalOffset;   ///< Where the eval step reads it.
  size_t staging[2];   ///< Two slots of `bytes` each.
  size_t bytes;
};

/// A 4-byte word that the runtime writes before each train step. The eval step has none,
/// and its values may lie on the same bytes.
struct Scalar {
  enum class Kind : uint8_t {
    learningRate,    ///< f32, from the schedule.
    momentum,        ///< f32, recipe.
    weightDecay,     ///< f32, recipe.
    beta1,           ///< f32, recipe (AdamW).
    beta2,           ///< f32, recipe (AdamW).
    epsilon,         ///< f32, recipe (AdamW, LARS).
    biasCorrection1, ///< f32, 1 - beta1^t with t counted from 1 (AdamW).
    biasCorrection2, ///< f32, 1 - beta2^t with t counted from 1 (AdamW).
    trust,           ///< f32, recipe: eta of LARS.
    seed,            ///< u32, a hash of the run's seed and the step's number.
  };
  Kind kind;
  size_t offset;
};

/// A scalar f32 that a step leaves behind: the mean over the batch of a
/// per-sample value. Samples with a label below zero count as zero.
struct Metric {
  const char *name; ///< "loss" first, then the metrics of the model file.
  size_t trainOffset;
  size_t evalOffset;
};

/// What a launch has written in the arena when it returns: `bytes` from `offset` on, or rows
/// of together so many.
struct LaunchOutput {
  size_t offset;
  size_t bytes;
  ElementType type;
  size_t rowBytes = 0; ///< If its rows lie apart: bytes of a row. Else 0.
  size_t pitch = 0;    ///< Then: bytes from the begin of a row to that of the next.
};

/// One launch of a step; the table behind profiles, diagnostics and `info`.
struct Launch {
  const char *kernel;   ///< Name in the kernel catalogue: "conv2d".
  const char *layer;    ///< Name in the model: "layer1.0.conv1".
  const char *location; ///< "resnet50.mlir:12:8".
  double flops;         ///< Floating-point operations of the launch.
  double bytes;         ///< Bytes it reads and writes at least.
  /// What it writes, without workspaces. With these the runtime finds the launch
  /// that made the first NaN; a launch without them is passed over.
  Span<LaunchOutput> outputs = {};
};

class LaunchObserver;

/// What a step asks the other ranks of the job; runtime/Communicator.h says more.
class StepExchange {
public:
  virtual ~StepExchange() = default;

  /// Begins to replace each of `count` elements at `data`, of f32 or a half type, by the mean
  /// over all ranks, which has the same bits on each. `ticket` is a number of the step that no
  /// other mean under way has. On a device, behind what `stream` (a cudaStream_t) has so far;
  /// null on the CPU. Nobody touches the memory until endMean() with the ticket.
  virtual void beginMean(void *data, size_t count, ElementType type, int ticket, void *stream) = 0;

  /// Waits for the mean with that ticket: on the host until it is there; on a device, what
  /// comes behind in `stream` does.
  virtual void endMean(int ticket, void *stream) = 0;
};

/// What a step function needs. `observer` is null unless somebody profiles or
/// looks for the launch that fails.
struct StepContext {
  std::byte *arena = nullptr;
  LaunchObserver *observer = nullptr;
  void *stream = nullptr;           ///< The device's queue; null on the CPU.
  StepExchange *exchange = nullptr; ///< Null in a job of one rank.

  template <typename T>
  T *at(size_t offset) const {
    return reinterpret_cast<T *>(arena + offset);
  }
};

/// Sees every launch of a step go by.
class LaunchObserver {
public:
  virtual ~LaunchObserver() = default;
  /// Called before launch `index` of the running step (by the step function, see
  /// below), and once after the last with `index` equal to the number of launches
  /// (by Device::run).
  virtual void beforeLaunch(StepContext &context, size_t index) = 0;
};

/// Emitted before each launch: one predictable branch when nobody observes.
inline void beforeLaunch(StepContext &context, size_t index) {
  if (context.observer)
    context.observer->beforeLaunch(context, index);
}

/// Marks a step function: thousands of calls, one after another, in which an optimiser finds
/// nothing, but takes minutes to put the kernels in their places. Kernels are optimised.
#ifdef __clang__
#define FANFOLD_STEP_FUNCTION [[clang::optnone]]
#else
#define FANFOLD_STEP_FUNCTION [[gnu::optimize("O0")]]
#endif

/// A straight line of launches over the arena.
struct Step {
  Span<Launch> launches;
  void (*run)(StepContext &context);
};

/// What training needs beyond the graph. Every field is a default that the
/// command line of the program may override.
struct Recipe {
  enum class Optimizer : uint8_t { sgd, adamw, lars };
  enum class Schedule : uint8_t { constant, step, cosine, polynomial };

  Optimizer optimizer = Optimizer::sgd;
  double learningRate = 0.1;  ///< For a global batch of `referenceBatch`, if that is set.
  int64_t referenceBatch = 0; ///< 0: the learning rate does not scale with the batch.
  double momentum = 0.9;
  double weightDecay = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double trust = 0.001;

  Schedule schedule = Schedule::constant;
  double warmupEpochs = 0.0;      ///< Linear from 0 to the learning rate.
  double finalLearningRate = 0.0; ///< Where cosine and polynomial end.
  double power = 2.0;             ///< Of the polynomial.
  double gamma = 0.1;             ///< Factor at each milestone of `step`.
  Span<double> milestones;        ///< Epochs, ascending.

  double epochs = 10.0;
  uint64_t seed = 0;

  int64_t cropPadding = 0;  ///< Augmentation: pad by this much, crop at random; 0: off.
  bool flip = false;        ///< Augmentation: mirror left to right with probability one half.
  bool resizedCrop = false; ///< Augmentation: random area and aspect, resized (ImageNet).
};

/// A convolution or matrix product whose implementation can be chosen by measuring.
/// Equal ones of several launches are one.
struct Tunable {
  const char *problem;    ///< "conv2d forward in=...", as in tuning databases.
  const char *kernel;     ///< Of the first such launch, as the three below: "conv2d_dgrad".
  const char *layer;      ///< "layer1.0.conv1".
  const char *location;   ///< "resnet50.mlir:12:8".
  const char *choice;     ///< What the program runs, as in tuning databases; empty if the
                          ///< library chooses when the program starts.
  int64_t workspaceBytes; ///< That the plan reserved for it.
  int64_t launches;       ///< Of this problem in the train step.
  /// The program does not have it: it belongs to a fusion or a library that was not chosen,
  /// and is measured for the next choice. `choice` is empty.
  bool isAlternative;
};

/// A layer that looks labels up among its logits.
struct Classifier {
  const char *layer;    ///< "loss".
  const char *location; ///< "resnet50.mlir:80:11".
  int64_t classes;      ///< Logits of a sample: labels are below it.
};

/// Everything the compiler decided, as the program carries it.
struct Program {
  const char *model;     ///< Name of the cnn.model.
  const char *source;    ///< Path of the model file, as given to the compiler.
  const char *target;    ///< "cpu", "cuda:sm_90".
  const char *precision; ///< "fp32".
  const char *compiler;  ///< Version of the compiler.
  uint64_t fingerprint;  ///< Of names, shapes, types and roles of the variables: a
                         ///< checkpoint of another model does not match.
  int64_t batch;
  int threads; ///< The most threads that the workspaces of a CPU program are sized for.

  size_t arenaBytes;
  size_t lowerBoundBytes; ///< Largest sum of live bytes at any launch.
  size_t peakLaunch;      ///< Launch of the train step at which the bound is reached.

  Span<Variable> variables;
  Span<Input> inputs;
  Span<Scalar> scalars;
  Span<Metric> metrics;
  Step train;
  Step eval;
  Recipe recipe;

  /// Builds what kernels keep between launches (library primitives, constants).
  /// Called once, before the first step. Returns null, or a sentence that says
  /// what the machine lacks.
  const char *(*prepare)();

  /// Of the train step: those that may give other bits in another run on the same device, with
  /// the same libraries and number of threads.
  size_t varyingLaunches = 0;

  /// Empty where every kernel has one implementation, as on the CPU.
  Span<Tunable> tunables = {};

  /// What the classes of a data set are held to.
  Span<Classifier> classifiers = {};
};

} // namespace fanfold

#endif // FANFOLD_RUNTIME_PROGRAM_H
