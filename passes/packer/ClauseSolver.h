//===- ClauseSolver.h - search that learns from its dead ends -------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides whether truth values for a set of variables exist that satisfy clauses
// and the rules of a derived class. It guesses values and draws the consequences;
// from each contradiction it learns a clause that would have shown it sooner
// (conflict-driven clause learning: Marques-Silva, Sakallah, GRASP, 1999; watched
// literals and decaying activities as in Chaff, 2001; the rest as in MiniSat, 2003,
// and Glucose, 2009).
//
// A literal is a variable or its negation; a clause holds if one of its literals
// does. Rules are consequences too many to be stored, or too easily computed:
//
//   derived class: imply(l)  ->  enqueue(m, because(l))         l and so m
//                                enqueue(m, because(l, k))      l, k, and so m
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_CLAUSESOLVER_H
#define FANFOLD_PASSES_PACKER_CLAUSESOLVER_H

#include "passes/packer/Effort.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanfold::packer {

/// Twice the variable; one more for its negation.
using Literal = int;

inline Literal negate(Literal l) { return l ^ 1; }

class ClauseSolver {
public:
  enum class Answer {
    yes,     ///< Every variable has a value.
    no,      ///< There are no such values.
    unknown, ///< A limit struck; the next run() goes on with what is learnt.
  };

  virtual ~ClauseSolver() = default;

  /// Takes at most `conflictLimit` dead ends more.
  Answer run(uint64_t conflictLimit, Deadline deadline);

  /// Dead ends met, over all runs.
  uint64_t conflicts() const { return met; }

protected:
  /// What a literal follows from: two literals, one (`b` is -1), a clause (`a` is
  /// -1), or nothing (both are): it is a guess or holds always.
  struct Reason {
    int a = -1, b = -1;
  };

  static Reason because(Literal a, Literal b = -1) { return {a, b}; }

  /// Variables are numbered from 0; `guess` is the value tried first.
  void addVariables(int count, bool guess);

  /// Only before the first run().
  void addClause(const std::vector<Literal> &clause);

  /// Draws what the rules conclude from `l`, which has become true; false as soon
  /// as enqueue() is.
  virtual bool imply(Literal l) = 0;

  /// Takes from a clause, not its first literal, what the rules make superfluous:
  /// literals that imply others of it.
  virtual void shorten(std::vector<Literal> & /*clause*/) {}

  /// Makes `l` true; false if it is false already, a contradiction.
  bool enqueue(Literal l, Reason why) {
    if (values[l] > 0)
      return true;
    if (values[l] < 0)
      return contradict(l, why);
    assign(l, why);
    return true;
  }

  bool isTrue(Literal l) const { return values[l] > 0; }
  bool isFalse(Literal l) const { return values[l] < 0; }

private:
  struct Clause {
    size_t begin; ///< In `literals`. The first two are watched; the first is what follows.
    int size;
    int levels; ///< Of guesses it spanned when it was learnt: few make it valuable. 0: given.
    bool used;  ///< In a proof, since the last tidying.
  };
  struct Watch {
    int clause;
    Literal other; ///< If this one holds the clause need not be looked at.
  };

  bool contradict(Literal l, Reason why);
  void assign(Literal l, Reason why);
  void addReason(Reason why, std::vector<Literal> &out) const;
  bool isGuess(int variable) const { return why[variable].a < 0 && why[variable].b < 0; }
  bool propagate();
  bool visitClauses(Literal l);
  void learn();
  void analyze();
  bool follows(Literal l);
  int countLevels();
  void store(const std::vector<Literal> &clause, int levels);
  void backtrack(size_t to);
  void tidy();
  bool guess();
  void bump(int variable);
  void siftUp(size_t at);
  void siftDown(size_t at);
  void insertOpen(int variable);
  int takeMostActive();

  // By literal: 1 true, -1 false, 0 open; the clauses that watch it.
  std::vector<signed char> values;
  std::vector<std::vector<Watch>> watches;

  // By variable.
  std::vector<int> level; ///< The number of guesses made before it got its value.
  std::vector<Reason> why;
  std::vector<char> lastValue;
  std::vector<double> activity; ///< How much it had to do with recent dead ends.
  std::vector<int> place;       ///< In `open`, or -1.

  std::vector<int> open; ///< A heap, the most active first; holds all without value.
  std::vector<Literal> trail;
  std::vector<size_t> guesses; ///< Where in the trail they stand.
  size_t propagated = 0;       ///< So much of the trail has been.
  std::vector<Clause> clauses;
  std::vector<int> literals;
  double activityStep = 1;

  uint64_t met = 0, nextRestart = 0, nextTidying = 2000, restarts = 0;
  bool impossible = false;

  // Scratch.
  std::vector<Literal> conflict, learnt, reasons, chain;
  std::vector<char> seen;
  std::vector<int> seenVariables;
  std::vector<uint64_t> levelStamp; ///< By level.
  uint64_t stamp = 0;
};

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_CLAUSESOLVER_H
