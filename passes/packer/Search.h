//===- Search.h - exact packing of a component ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides whether a component fits below a capacity, by depth-first search over
// skylines. It builds on MiniMalloc (Moffitt, ASPLOS 2023, doi
// 10.1145/3623278.3624752), from which come canonical solutions, inference over
// sections and the split into independent parts; it differs in what it branches
// on.
//
// State. Every section has a floor, below which nothing more is placed, and every
// waiting item the least offset that the floors leave it.
//
// Canonical solutions. Pushing every item down until it stands on the ground or
// on another one keeps a placement valid, so only such placements are looked at.
//
// Branching. A valley is a run of sections of equal floor between higher ones. In
// a section of a valley exactly one of these holds: one of the items that lie
// within the valley stands on its floor there, or none does, and the floor there
// rises to the lowest place where an item could come to stand next. The branch
// is on the section with the fewest alternatives, so in a component without slack
// many are forced:
//
//        +-----+                 +----   at section 3 only b and c can stand on
//        |     |     :           |       the valley's floor
//        |     +-----------------+
//        |     |  2     3     4  |       b: [2, 4)   c: [3, 5)   d: [1, 4)
//
// Pruning. The items of a section are jobs with release times (their least
// offsets) on one machine; the earliest possible end of the last one must not
// pass the capacity.
//
// Alignment. Where two neighbouring sections have no slack, every item that
// crosses from one to the other stands at one height in both, so beneath the
// lowest of them items that end at the border and items that begin there make up
// stacks of one height. The sums of sizes, as bits, tell the least height possible.
// If one item ends and several begin on level floors, these take its place.
//
//              +-----------------       e ends, b and c begin, x crosses: x stands
//        ------+      x          |      at the least height that both a sum of the
//        |  e  |-----------------       left sizes and one of the right ones reach
//        |     |  b  |  : c :
//        +-----+-----+
//
// Symmetries. Of two items of the same life in a stack, and of two equal items,
// the lower one is fixed once for all. An item that spans a whole part with a
// level floor goes to the bottom.
//
// Memory. A part that failed is remembered by a 128-bit hash of its items and
// floors: the proof that nothing fits is wrong with a probability below 1e-20.
//
// Sizes that do not compose. Where alignments differ, an item may leave a gap
// beneath itself into which another one fits; there the branch is on the lowest
// item of the part, as in MiniMalloc.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_SEARCH_H
#define FANFOLD_PASSES_PACKER_SEARCH_H

#include "passes/packer/Effort.h"
#include "passes/packer/FailedParts.h"
#include "passes/packer/Heuristics.h"

namespace fanfold::packer {

/// The search for one component and one capacity. Rounds may use different
/// orders; what they learn is kept from round to round.
class Search {
public:
  enum class Verdict {
    found,   ///< offsets() holds a placement below the capacity.
    none,    ///< There is none, and none below need() either.
    unknown, ///< The round ended early.
  };

  /// Keeps a reference to `component`.
  Search(const Component &component, int64_t capacity);

  /// Whether the tables of a search for `component` stay within a few hundred
  /// megabytes.
  static bool isAffordable(const Component &component);

  /// Takes at most `nodeLimit` steps, each of which places an item or raises a
  /// floor; the most urgent items of `order` are tried first, but, with
  /// `flushFirst`, behind those that end level with a neighbour.
  Verdict round(const Order &order, bool flushFirst, uint64_t nodeLimit, Deadline deadline);

  const Offsets &offsets() const { return offset; }

  /// After `none`: no capacity below this is enough; INT64_MAX if none ever is.
  int64_t need() const { return leastNeed; }

  /// Steps taken, over all rounds.
  uint64_t nodes() const { return tried; }

private:
  using Part = std::vector<int>; ///< Waiting items, ascending by first section.

  /// Where to branch: a section of a valley, and what can stand there.
  struct Choice {
    int section = -1;
    int64_t floor = 0;
    std::vector<int> candidates;
  };

  bool solve(const Part &items);
  bool solveConnected(const Part &items);
  bool spend();
  bool tryPlacing(int item, const Part &items);
  bool branchOnLowest(const Part &items);
  Choice choose(const Part &items);
  void sortCandidates(Choice &choice, int firstOfPart) const;
  int spanningItem(const Part &items, int first, int last) const;
  bool hasWaitingTwin(int item) const;
  bool isOutOfOrder(int item) const;
  bool fitsBeneath(int item) const;
  int64_t nextFloor(const Choice &choice) const;
  FailedParts::Key keyOf(const Part &items, int first, int last) const;

  bool start();
  bool place(int item);
  bool raiseFloor(int section, int64_t to);
  bool raise(int item, int64_t to);
  bool tightenDirty();
  bool tighten(int section);
  bool align(int section);
  bool pair(int section);
  void addSums(const std::vector<int> &items, int64_t floor, std::vector<uint64_t> &sums) const;
  bool fail(int64_t need);
  void touch(int first, int last);
  template <typename T>
  void set(T &variable, T value);
  void undo(size_t mark);

  const Component &component;
  const std::vector<Item> &items;
  const int64_t capacity;

  // Fixed by the component.
  std::vector<std::vector<int>> neighbours; ///< By item: what overlaps it in time.
  std::vector<int> rank; ///< By item: the lower stands lower among exchangeable ones.
  std::vector<int> twin; ///< By item: the equal one of next lower rank, or -1.
  std::vector<std::vector<int>> ending,
      beginning;     ///< By section: items that end or begin behind it.
  int64_t grain = 0; ///< Common divisor of all sizes; 0: there are too many multiples of it.

  // The state, by item and by section. `trail` holds what to put back.
  std::vector<int64_t> leastOffset;
  Offsets offset;
  std::vector<int64_t> placed; ///< 0 or 1.
  std::vector<int64_t> floors;
  std::vector<int64_t> waiting; ///< Sum of the sizes of waiting items.
  std::vector<int64_t> waitingCount;
  /// By section: its items, the waiting ones first. Only waitingCount is on the
  /// trail: placements are taken back in reverse, so when it grows again the item
  /// that follows the waiting ones is the one to come back.
  std::vector<std::vector<int>> alive;
  std::vector<std::vector<int>> position; ///< By item and section from its first: in `alive`.
  std::vector<int64_t> top;               ///< The item placed last, or -1.
  std::vector<std::pair<int64_t *, int64_t>> trail;

  // Scratch.
  std::vector<int> dirty;
  std::vector<char> isDirty;
  std::vector<std::pair<int64_t, int64_t>> jobs; ///< Release time, size.
  std::vector<int> valleyEnd, count;
  std::vector<uint64_t> sumsBefore, sumsBehind; ///< Sets of heights, in grains, as bits.

  // The round.
  std::vector<int> urgency; ///< By item: place in the round's order.
  uint64_t nodesLeft = 0;
  Deadline deadline;
  bool stopped = false;
  bool flushFirst = false;

  FailedParts failed;
  int64_t leastNeed = INT64_MAX;
  uint64_t tried = 0;
};

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_SEARCH_H
