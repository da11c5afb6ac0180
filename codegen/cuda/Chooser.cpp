//===- Chooser.cpp - measured or estimated implementations ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/Chooser.h"
#include "codegen/kernels/cudnn/Tuner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cublas_api.h>

using namespace fanfold;

/// Of the cuBLASLt that the compiler was built with, as its programs are. Asking the
/// library would load half a gigabyte.
static std::string cublasltName() {
  return fmt::format("cublaslt {}.{}.{}", CUBLAS_VER_MAJOR, CUBLAS_VER_MINOR, CUBLAS_VER_PATCH);
}

static std::string cudnnName() { return cudnn::libraryName(cudnnGetVersion()); }

static constexpr const char *doesNotRepeat = "it does not repeat to the bit";

/// "1st", "22nd", "113th".
static std::string ordinal(int64_t number) {
  const int64_t tens = number % 100 / 10;
  const char *ending = tens == 1          ? "th"
                       : number % 10 == 1 ? "st"
                       : number % 10 == 2 ? "nd"
                       : number % 10 == 3 ? "rd"
                                          : "th";
  return fmt::format("{}{}", number, ending);
}

/// `next` is the time of the choice that would be taken without this one; 0 if there is
/// none.
static std::string measurement(double microseconds, double next) {
  return next > 0 ? fmt::format("measured {:.1f} us (next {:.1f})", microseconds, next)
                  : fmt::format("measured {:.1f} us", microseconds);
}

Chooser::Chooser(cudnn::Planner &planner, const TargetOptions &options,
                 const cudnn::DeviceDescription &device)
    : planner(planner), device(device.name), path(options.tuningDatabase), frozen(options.frozen),
      model(device, cudnnGetVersion()) {
  limits.deterministic = options.deterministic;
}

Result<std::unique_ptr<Chooser>> Chooser::create(cudnn::Planner &planner,
                                                 const TargetOptions &options,
                                                 const cudnn::DeviceDescription &device) {
  std::unique_ptr<Chooser> chooser(new Chooser(planner, options, device));
  if (chooser->path.empty())
    return chooser;
  Result<TuningDatabase> database = TuningDatabase::read(chooser->path);
  if (!database)
    return std::move(database).status().withContext("reading the tuning database");
  chooser->database = std::move(*database);
  return chooser;
}

Status Chooser::refuse(const TuningRecord &record, Status status) const {
  return std::move(status).withContext("{}:{}", path, record.line);
}

Status Chooser::miss(const std::string &library, const std::string &problem) {
  missed.insert(problem);
  if (!frozen)
    return {};
  return Status::error("the tuning database {} has {} of {} on {} with {}, and --tuning=frozen "
                       "takes no other",
                       path,
                       measured(library, problem).empty() ? "no measurement"
                                                          : "no measurement that may be used",
                       problem, device, library);
}

std::string Chooser::estimate(const std::string &text) const {
  return path.empty() ? text : text + "; not measured";
}

const TuningRecord *Chooser::find(const std::string &problem,
                                  llvm::StringRef implementation) const {
  const bool isCudnn = implementation.consume_front(cudnnPrefix);
  if (isCudnn || implementation.consume_front(cublasltPrefix))
    for (const TuningRecord &record : measured(isCudnn ? cudnnName() : cublasltName(), problem))
      if (implementation == record.choice)
        return &record;
  return nullptr;
}

std::optional<double> Chooser::microseconds(const std::string &problem,
                                            llvm::StringRef implementation) const {
  const TuningRecord *record = find(problem, implementation);
  return record ? std::optional(record->microseconds) : std::nullopt;
}

Repeatability Chooser::repeats(const std::string &problem, llvm::StringRef implementation) {
  const TuningRecord *record = find(problem, implementation);
  const std::optional<bool> seen = record ? record->repeats : std::nullopt;
  if (seen && !*seen)
    return {false, "its runs differed"};
  if (!implementation.consume_front(cudnnPrefix))
    return {true, seen ? "its runs were equal" : "cuBLASLt's word"};
  Result<cudnn::ConvProblem> conv = cudnn::ConvProblem::parse(problem);
  Result<cudnn::Plan> plan = conv ? planner.build(*conv, implementation.str()) : conv.status();
  const std::optional<bool> said = plan ? plan->repeats : std::nullopt;
  if (said && !*said)
    return {false, "its engine"};
  if (seen)
    return {true, "its runs were equal"};
  return said ? Repeatability{true, "cuDNN's word"} : Repeatability{false, "nobody knows"};
}

bool Chooser::hasPlan(const cudnn::ConvProblem &problem) {
  Result<const cudnn::Candidates *> found = planner.candidates(problem, limits);
  return found && !(*found)->plans.empty();
}

std::optional<Chooser::Measured> Chooser::fastest(const cudnn::ConvProblem &problem) {
  std::optional<Measured> best;
  for (const TuningRecord &record : measured(cudnnName(), problem.text())) {
    if (!fits(record))
      continue;
    Result<cudnn::Plan> plan = cudnn::planOf(record, planner);
    if (!plan) {
      passedOver.emplace(record.line, plan.status().message());
      continue;
    }
    if (!mayRun(record, plan->repeats))
      continue;
    // This machine's cuDNN may take more than the one that measured.
    if (plan->workspaceBytes > limits.maxWorkspaceBytes)
      continue;
    if (best) {
      best->next = record.microseconds;
      break;
    }
    best = Measured{std::move(*plan), record.microseconds, 0};
  }
  return best;
}

std::optional<double> Chooser::fastest(const std::string &problem) {
  if (cublaslt::MatmulProblem::parse(problem).ok()) {
    for (const TuningRecord &record : measured(cublasltName(), problem))
      if (fits(record) && mayRun(record, true))
        return record.microseconds;
    return std::nullopt;
  }
  Result<cudnn::ConvProblem> parsed = cudnn::ConvProblem::parse(problem);
  std::optional<Measured> best = parsed ? fastest(*parsed) : std::nullopt;
  return best ? std::optional(best->microseconds) : std::nullopt;
}

std::optional<double> Chooser::expected(const cudnn::ConvProblem &problem) {
  if (std::optional<Measured> best = fastest(problem))
    return best->microseconds;
  Result<const cudnn::Candidates *> found = planner.candidates(problem, limits);
  if (!found || (*found)->plans.empty())
    return std::nullopt;
  return model.microseconds(problem, model.choose(problem, (*found)->plans).engine);
}

Status Chooser::checkAlternative(const std::string &problem) {
  if (path.empty() || fastest(problem))
    return {};
  missedAlternatives.insert(problem);
  if (!frozen)
    return {};
  return Status::error("the tuning database {} has no measurement of its alternative {} on {} with "
                       "{}, and --tuning=frozen decides by measurements alone",
                       path, problem, device, cudnnName());
}

Result<Algorithm> Chooser::choose(const cudnn::ConvProblem &problem) {
  const std::string text = problem.text();
  asked.insert(text);
  if (std::optional<Measured> best = fastest(problem))
    return Algorithm{cudnnPrefix.str() + best->plan.engine, best->plan.workspaceBytes,
                     measurement(best->microseconds, best->next) +
                         (best->plan.builtAtStart ? ", planned at start" : "")};
  if (!path.empty())
    FANFOLD_RETURN_IF_ERROR(miss(cudnnName(), text));

  Result<const cudnn::Candidates *> found = planner.candidates(problem, limits);
  if (!found)
    return found.status();
  const cudnn::Candidates &list = **found;
  if (list.plans.empty())
    return Status::error("cuDNN has no engine for {}", text);
  const cudnn::Plan &plan = model.choose(problem, list.plans);
  const bool isFirst = &plan == &list.plans.front();
  return Algorithm{
      cudnnPrefix.str() + plan.engine, plan.workspaceBytes,
      estimate(fmt::format("{} {} of {}",
                           isFirst ? "cuDNN's estimate," : "by the engine model, cuDNN's",
                           ordinal(plan.rank + 1), list.plans.size() + list.refused.size()))};
}

Result<Algorithm> Chooser::choose(const cublaslt::MatmulProblem &problem) {
  const std::string text = problem.text();
  asked.insert(text);
  const TuningRecord *best = nullptr, *next = nullptr;
  for (const TuningRecord &record : measured(cublasltName(), text))
    if (fits(record) && mayRun(record, true) && !next)
      (best ? next : best) = &record;
  if (best) {
    // Only the card can tell more about it.
    constexpr size_t digits = 128;
    if (best->choice.size() != digits || !llvm::all_of(best->choice, llvm::isHexDigit))
      return refuse(*best, Status::error("algorithm of cuBLASLt is '{}', expected {} hexadecimal "
                                         "digits",
                                         best->choice, digits));
    return Algorithm{cublasltPrefix.str() + best->choice, best->workspaceBytes,
                     measurement(best->microseconds, next ? next->microseconds : 0)};
  }
  if (!path.empty())
    FANFOLD_RETURN_IF_ERROR(miss(cublasltName(), text));
  return Algorithm{cublasltPrefix.rtrim().str(), problem.advisedWorkspaceBytes(),
                   estimate("cuBLASLt's estimate, at start")};
}

std::vector<Candidate> Chooser::candidates(const cudnn::ConvProblem &problem) {
  std::vector<Candidate> list;
  if (Result<const cudnn::Candidates *> found = planner.candidates(problem, limits)) {
    for (const cudnn::Plan &plan : (*found)->plans)
      list.push_back({cudnnPrefix.str() + plan.engine, plan.workspaceBytes, plan.rank, {}, ""});
    for (const cudnn::Refusal &refusal : (*found)->refused)
      list.push_back({cudnnPrefix.str() + refusal.engine, {}, {}, {}, refusal.reason});
  }
  for (const TuningRecord &record : measured(cudnnName(), problem.text())) {
    const std::string name = cudnnPrefix.str() + record.choice;
    auto known = llvm::find_if(list, [&](const Candidate &c) { return c.implementation == name; });
    if (known == list.end())
      known = list.insert(list.end(), {name, record.workspaceBytes, {}, {}, ""});
    known->microseconds = record.microseconds;
    if (!known->workspaceBytes)
      known->workspaceBytes = record.workspaceBytes;
    // That it could not be tried here does not count where it was tried on the card.
    if (fits(record))
      if (Result<cudnn::Plan> plan = cudnn::planOf(record, planner); plan) {
        if (mayRun(record, plan->repeats))
          known->refused.clear();
        else if (known->refused.empty())
          known->refused = doesNotRepeat;
      }
  }
  return list;
}

std::vector<Candidate> Chooser::candidates(const cublaslt::MatmulProblem &problem) {
  std::vector<Candidate> list;
  for (const TuningRecord &record : measured(cublasltName(), problem.text()))
    list.push_back({cublasltPrefix.str() + record.choice,
                    record.workspaceBytes,
                    {},
                    record.microseconds,
                    !mayRun(record, true) ? doesNotRepeat
                    : fits(record)        ? ""
                                   : fmt::format("it takes a workspace of {} bytes, more than {}",
                                                 record.workspaceBytes, limits.maxWorkspaceBytes)});
  return list;
}

std::string Chooser::missingMeasurements() const {
  std::vector<std::string> notes;
  if (!missed.empty()) {
    // Where nothing fits, it is another card's or another library's.
    const std::string found =
        missed.size() < asked.size() || database.size() == 0
            ? ""
            : fmt::format(", which has {}", fmt::join(database.origins(), ", "));
    notes.push_back(
        fmt::format("{} of {} convolutions and matrix products have no measurement for {} with {} "
                    "and {} in {}{}; they run as the libraries estimate",
                    missed.size(), asked.size(), device, cudnnName(), cublasltName(), path, found));
  }
  if (!missedAlternatives.empty())
    notes.push_back(fmt::format("{} alternatives of them have no measurement in {}, so what is "
                                "fused there was not decided by time",
                                missedAlternatives.size(), path));
  if (!passedOver.empty())
    notes.push_back(fmt::format(
        "{} measured engines are refused by cuDNN and were passed over, the first in {}:{}: {}",
        passedOver.size(), path, passedOver.begin()->first, passedOver.begin()->second));
  return fmt::format("{}", fmt::join(notes, "; "));
}
