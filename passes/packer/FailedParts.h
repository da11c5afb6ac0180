//===- FailedParts.h - what the search need not try again -----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A lossy set of 128-bit keys: a newer key replaces an older one in its place, so
// memory is bounded and a forgotten failure only costs time.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_PASSES_PACKER_FAILEDPARTS_H
#define FANFOLD_PASSES_PACKER_FAILEDPARTS_H

#include <cstdint>
#include <vector>

namespace fanfold::packer {

class FailedParts {
public:
  /// A hash that facts are added to in a fixed order.
  struct Key {
    uint64_t a = 0x9e3779b97f4a7c15, b = 0xd1b54a32d192ed03;

    void add(uint64_t fact) {
      a = mix(a ^ fact);
      b = mix(b + fact * 0xff51afd7ed558ccd + 1);
    }
    bool operator==(const Key &other) const { return a == other.a && b == other.b; }

  private:
    /// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    static uint64_t mix(uint64_t x) {
      x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
      x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
      return x ^ (x >> 31);
    }
  };

  bool contains(const Key &key) const { return !keys.empty() && keys[key.a % places] == key; }

  void insert(const Key &key) {
    if (keys.empty())
      keys.resize(places);
    keys[key.a % places] = key;
  }

private:
  static constexpr uint64_t places = uint64_t(1) << 20;
  std::vector<Key> keys; ///< Made when the first part fails.
};

} // namespace fanfold::packer

#endif // FANFOLD_PASSES_PACKER_FAILEDPARTS_H
