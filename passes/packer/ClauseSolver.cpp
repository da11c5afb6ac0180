//===- ClauseSolver.cpp - search that learns from its dead ends -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/ClauseSolver.h"

#include <algorithm>
#include <utility>

namespace fanfold::packer {

void ClauseSolver::addVariables(int count, bool guess) {
  size_t all = level.size() + size_t(count);
  values.resize(2 * all, 0);
  watches.resize(2 * all);
  level.resize(all, 0);
  why.resize(all);
  lastValue.resize(all, char(guess));
  activity.resize(all, 0);
  place.resize(all, -1);
  seen.resize(all, 0);
  for (size_t v = all - size_t(count); v < all; ++v)
    insertOpen(int(v));
}

void ClauseSolver::addClause(const std::vector<Literal> &clause) {
  if (clause.size() > 1)
    store(clause, 0);
  else if (clause.empty() || !enqueue(clause.front(), {}))
    impossible = true;
}

void ClauseSolver::store(const std::vector<Literal> &clause, int levels) {
  for (int k : {0, 1})
    watches[clause[k]].push_back({int(clauses.size()), clause[1 - k]});
  clauses.push_back({literals.size(), int(clause.size()), levels, true});
  literals.insert(literals.end(), clause.begin(), clause.end());
}

void ClauseSolver::assign(Literal l, Reason reason) {
  values[l] = 1;
  values[negate(l)] = -1;
  level[l / 2] = int(guesses.size());
  why[l / 2] = reason;
  trail.push_back(l);
}

bool ClauseSolver::contradict(Literal l, Reason reason) {
  conflict.assign(1, l);
  addReason(reason, conflict);
  return false;
}

/// Adds the other literals of the clause that `reason` is, all of them false.
void ClauseSolver::addReason(Reason reason, std::vector<Literal> &out) const {
  if (reason.a >= 0) {
    out.push_back(negate(reason.a));
    if (reason.b >= 0)
      out.push_back(negate(reason.b));
  } else if (reason.b >= 0) {
    auto begin = literals.begin() + std::ptrdiff_t(clauses[reason.b].begin);
    out.insert(out.end(), begin + 1, begin + clauses[reason.b].size);
  }
}

ClauseSolver::Answer ClauseSolver::run(uint64_t conflictLimit, Deadline deadline) {
  constexpr uint64_t restartUnit = 1024;
  uint64_t end = met + conflictLimit;
  while (!impossible) {
    bool isConsistent = propagate();
    if (!isConsistent && guesses.empty()) {
      impossible = true;
    } else if (met >= end || (met % 64 == 0 && std::chrono::steady_clock::now() >= deadline)) {
      backtrack(0);
      return Answer::unknown;
    } else if (!isConsistent) {
      ++met;
      learn();
    } else {
      if (met >= nextRestart) {
        nextRestart = met + restartUnit * luby(++restarts);
        backtrack(0);
      }
      if (met >= nextTidying)
        tidy();
      if (!guess())
        return Answer::yes;
    }
  }
  return Answer::no;
}

/// The most active open variable gets the value that it had last; false if none
/// is open.
bool ClauseSolver::guess() {
  while (!open.empty()) {
    int variable = takeMostActive();
    if (values[2 * variable] != 0)
      continue;
    guesses.push_back(trail.size());
    assign(2 * variable + !lastValue[variable], {});
    return true;
  }
  return false;
}

bool ClauseSolver::propagate() {
  while (propagated < trail.size()) {
    Literal l = trail[propagated++];
    if (!imply(l) || !visitClauses(negate(l)))
      return false;
  }
  return true;
}

/// `l` has become false: every clause that watches it finds another literal to
/// watch, or has but one left, or none.
bool ClauseSolver::visitClauses(Literal l) {
  std::vector<Watch> &watching = watches[l];
  size_t kept = 0;
  bool isConsistent = true;
  for (size_t k = 0; k < watching.size(); ++k) {
    Watch watch = watching[k];
    if (!isConsistent || isTrue(watch.other)) {
      watching[kept++] = watch;
      continue;
    }
    const Clause &clause = clauses[watch.clause];
    Literal *begin = &literals[clause.begin], *end = begin + clause.size;
    if (begin[0] == l)
      std::swap(begin[0], begin[1]);
    Literal *other = begin + 2;
    if (!isTrue(begin[0])) {
      other = std::find_if(other, end, [&](Literal m) { return !isFalse(m); });
      if (other != end) {
        std::swap(begin[1], *other);
        watches[begin[1]].push_back({watch.clause, begin[0]});
        continue;
      }
      if (isFalse(begin[0])) {
        conflict.assign(begin, end);
        isConsistent = false;
      } else {
        assign(begin[0], {-1, watch.clause});
      }
    }
    watching[kept++] = {watch.clause, begin[0]};
  }
  watching.resize(kept);
  return isConsistent;
}

/// Turns the conflict into a clause, and goes back to where it implies something.
void ClauseSolver::learn() {
  analyze();
  shorten(learnt);
  int levels = countLevels();
  size_t to = 0;
  for (size_t k = 1; k < learnt.size(); ++k) {
    if (size_t at = size_t(level[learnt[k] / 2]); at > to) {
      to = at;
      std::swap(learnt[1], learnt[k]);
    }
  }
  backtrack(to);
  Reason reason;
  if (learnt.size() > 1) {
    store(learnt, levels);
    reason.b = int(clauses.size()) - 1;
  }
  assign(learnt.front(), reason);
  activityStep /= 0.95;
}

/// Replaces what follows from other literals, the latest first, until one of the
/// last level is left: its negation goes to the front of `learnt`, behind it what
/// is of earlier levels and does not follow from the rest.
void ClauseSolver::analyze() {
  learnt.assign(1, -1);
  reasons = conflict;
  auto at = trail.end();
  for (int unexplained = 0;;) {
    for (Literal l : reasons) {
      int variable = l / 2;
      if (seen[variable] || level[variable] == 0)
        continue;
      seen[variable] = 1;
      seenVariables.push_back(variable);
      bump(variable);
      if (level[variable] == int(guesses.size()))
        ++unexplained;
      else
        learnt.push_back(l);
    }
    do
      --at;
    while (!seen[*at / 2]);
    if (--unexplained == 0)
      break;
    Reason reason = why[*at / 2];
    if (reason.a < 0)
      clauses[reason.b].used = true;
    reasons.clear();
    addReason(reason, reasons);
  }
  learnt.front() = negate(*at);
  countLevels(); // follows() looks at the stamps.
  learnt.erase(std::remove_if(learnt.begin() + 1, learnt.end(),
                              [&](Literal l) { return !isGuess(l / 2) && follows(l); }),
               learnt.end());
  for (int variable : seenVariables)
    seen[variable] = 0;
  seenVariables.clear();
}

/// The number of levels of `learnt`, which get the new stamp.
int ClauseSolver::countLevels() {
  levelStamp.resize(std::max(levelStamp.size(), guesses.size() + 1), 0);
  ++stamp;
  int levels = 0;
  for (Literal l : learnt)
    levels += std::exchange(levelStamp[level[l / 2]], stamp) != stamp;
  return levels;
}

/// Whether `l` is false because of other literals of `learnt` alone.
bool ClauseSolver::follows(Literal l) {
  size_t known = seenVariables.size();
  chain.assign(1, l);
  while (!chain.empty()) {
    Reason reason = why[chain.back() / 2];
    chain.pop_back();
    reasons.clear();
    addReason(reason, reasons);
    for (Literal m : reasons) {
      int variable = m / 2;
      if (seen[variable] || level[variable] == 0)
        continue;
      if (isGuess(variable) || levelStamp[level[variable]] != stamp) {
        for (size_t k = known; k < seenVariables.size(); ++k)
          seen[seenVariables[k]] = 0;
        seenVariables.resize(known);
        return false;
      }
      seen[variable] = 1;
      seenVariables.push_back(variable);
      chain.push_back(m);
    }
  }
  return true;
}

/// Takes back all but the first `to` guesses and what followed.
void ClauseSolver::backtrack(size_t to) {
  if (guesses.size() <= to)
    return;
  while (trail.size() > guesses[to]) {
    Literal l = trail.back();
    trail.pop_back();
    values[l] = values[negate(l)] = 0;
    lastValue[l / 2] = l % 2 == 0;
    if (place[l / 2] < 0)
      insertOpen(l / 2);
  }
  guesses.resize(to);
  propagated = trail.size();
}

/// Forgets three of four learnt clauses: those that span many levels and had no
/// part in recent proofs.
void ClauseSolver::tidy() {
  std::vector<char> isKept(clauses.size(), 1);
  for (Literal l : trail)
    if (Reason reason = why[l / 2]; reason.a < 0 && reason.b >= 0)
      clauses[reason.b].used = true;
  std::vector<int> forgettable;
  for (size_t c = 0; c < clauses.size(); ++c)
    if (!std::exchange(clauses[c].used, false) && clauses[c].levels > 2)
      forgettable.push_back(int(c));
  std::stable_sort(forgettable.begin(), forgettable.end(), [&](int c, int d) {
    return std::pair(clauses[c].levels, clauses[c].size) >
           std::pair(clauses[d].levels, clauses[d].size);
  });
  for (size_t k = 0; k < forgettable.size() * 3 / 4; ++k)
    isKept[forgettable[k]] = 0;

  std::vector<int> renumbered(clauses.size(), -1);
  size_t kept = 0, end = 0, learntKept = 0;
  for (size_t c = 0; c < clauses.size(); ++c) {
    if (!isKept[c])
      continue;
    Clause clause = clauses[c];
    auto begin = literals.begin() + std::ptrdiff_t(clause.begin);
    std::copy(begin, begin + clause.size, literals.begin() + std::ptrdiff_t(end));
    clause.begin = end;
    end += size_t(clause.size);
    learntKept += clause.levels > 0;
    renumbered[c] = int(kept);
    clauses[kept++] = clause;
  }
  clauses.resize(kept);
  literals.resize(end);
  for (Literal l : trail)
    if (Reason &reason = why[l / 2]; reason.a < 0 && reason.b >= 0)
      reason.b = renumbered[reason.b];
  for (std::vector<Watch> &watching : watches) {
    size_t stay = 0;
    for (Watch watch : watching)
      if (int clause = renumbered[watch.clause]; clause >= 0)
        watching[stay++] = {clause, watch.other};
    watching.resize(stay);
  }
  nextTidying = met + 2000 + learntKept / 4;
}

void ClauseSolver::bump(int variable) {
  constexpr double largest = 1e100;
  activity[variable] += activityStep;
  if (activity[variable] > largest) {
    for (double &a : activity)
      a /= largest;
    activityStep /= largest;
  }
  if (place[variable] >= 0)
    siftUp(size_t(place[variable]));
}

void ClauseSolver::siftUp(size_t at) {
  int variable = open[at];
  for (; at > 0; at = (at - 1) / 2) {
    int parent = open[(at - 1) / 2];
    if (activity[parent] >= activity[variable])
      break;
    open[at] = parent;
    place[parent] = int(at);
  }
  open[at] = variable;
  place[variable] = int(at);
}

void ClauseSolver::siftDown(size_t at) {
  int variable = open[at];
  for (size_t child; (child = 2 * at + 1) < open.size(); at = child) {
    if (child + 1 < open.size() && activity[open[child + 1]] > activity[open[child]])
      ++child;
    if (activity[open[child]] <= activity[variable])
      break;
    open[at] = open[child];
    place[open[at]] = int(at);
  }
  open[at] = variable;
  place[variable] = int(at);
}

void ClauseSolver::insertOpen(int variable) {
  open.push_back(variable);
  place[variable] = int(open.size()) - 1;
  siftUp(open.size() - 1);
}

int ClauseSolver::takeMostActive() {
  int variable = std::exchange(open.front(), open.back());
  open.pop_back();
  place[variable] = -1;
  if (!open.empty())
    siftDown(0);
  return variable;
}

} // namespace fanfold::packer
