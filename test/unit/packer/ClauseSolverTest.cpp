//===- ClauseSolverTest.cpp - answers agree with trying all values --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/packer/ClauseSolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace fanfold::packer;

namespace {

using Clauses = std::vector<std::vector<Literal>>;

/// Clauses, and the rule that of two neighbouring variables at most one is true.
class Neighbours : public ClauseSolver {
public:
  Neighbours(int variables, const Clauses &clauses) : variables(variables) {
    addVariables(variables, true);
    for (const std::vector<Literal> &clause : clauses)
      addClause(clause);
  }

  bool holds(Literal l) const { return isTrue(l); }

private:
  bool imply(Literal l) override {
    int v = l / 2;
    return l % 2 == 1 || ((v == 0 || enqueue(negate(2 * (v - 1)), because(l))) &&
                          (v + 1 == variables || enqueue(negate(2 * (v + 1)), because(l))));
  }

  int variables;
};

template <typename Holds>
bool satisfies(int variables, const Clauses &clauses, Holds holds) {
  for (int v = 1; v < variables; ++v)
    if (holds(2 * v) && holds(2 * (v - 1)))
      return false;
  return std::all_of(clauses.begin(), clauses.end(), [&](const std::vector<Literal> &clause) {
    return std::any_of(clause.begin(), clause.end(), holds);
  });
}

bool isPossibleByForce(int variables, const Clauses &clauses) {
  for (int bits = 0; bits < 1 << variables; ++bits)
    if (satisfies(variables, clauses, [&](Literal l) { return (bits >> (l / 2) & 1) != l % 2; }))
      return true;
  return false;
}

} // namespace

TEST(ClauseSolver, AgreesWithTryingAllValues) {
  constexpr int variables = 11;
  std::mt19937_64 random(5);
  int possible = 0, rounds = 2000;
  for (int round = 0; round < rounds; ++round) {
    Clauses clauses(36);
    for (std::vector<Literal> &clause : clauses) {
      Literal l = Literal(random() % 3);
      while (l < 2 * variables) { // Ascending, so that no variable occurs twice.
        clause.push_back(l);
        l = (l / 2 + 1) * 2 + Literal(random() % 12);
      }
    }
    Neighbours solver(variables, clauses);
    // In small portions, so that what is learnt outlives a run.
    ClauseSolver::Answer answer = ClauseSolver::Answer::unknown;
    while (answer == ClauseSolver::Answer::unknown)
      answer = solver.run(2, Deadline::max());
    bool isPossible = isPossibleByForce(variables, clauses);
    ASSERT_EQ(answer, isPossible ? ClauseSolver::Answer::yes : ClauseSolver::Answer::no) << round;
    if (isPossible) {
      ++possible;
      ASSERT_TRUE(satisfies(variables, clauses, [&](Literal l) { return solver.holds(l); }))
          << round;
    }
  }
  EXPECT_GT(possible, rounds / 5);
  EXPECT_LT(possible, rounds * 4 / 5);
}

// Nine pigeons do not fit into eight holes: needs thousands of clauses, so that
// some are forgotten.
TEST(ClauseSolver, ProvesWhileForgetting) {
  struct Pigeons : ClauseSolver {
    bool imply(Literal /*l*/) override { return true; }
    Pigeons() {
      constexpr int holes = 8;
      addVariables((holes + 1) * holes, false);
      auto in = [](int pigeon, int hole) { return 2 * (pigeon * holes + hole); };
      for (int p = 0; p <= holes; ++p) {
        std::vector<Literal> somewhere;
        for (int h = 0; h < holes; ++h) {
          somewhere.push_back(in(p, h));
          for (int q = 0; q < p; ++q)
            addClause({negate(in(p, h)), negate(in(q, h))});
        }
        addClause(somewhere);
      }
    }
  };
  Pigeons solver;
  EXPECT_EQ(solver.run(10, Deadline::max()), ClauseSolver::Answer::unknown);
  EXPECT_EQ(solver.conflicts(), 10u);
  EXPECT_EQ(solver.run(1'000'000, Deadline::max()), ClauseSolver::Answer::no);
  EXPECT_GT(solver.conflicts(), 2000u) << "nothing has been forgotten";
}
