//===- MemorySource.h - a data set made of nothing but a URL --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A data source whose images are a function of their number, for tests of what
// stands above data sources:
//
//   memory:train=64,test=20             so many images in each split; 0: no such split
//   memory:train=64,test=20,delay=5000  each batch takes so many microseconds
//   memory:train=64,test=20,classes=5   of so many classes instead of 3
//   memory:train=64,test=20,import=2    the same images of another import
//   memory:train=64,test=20,poison=9    training image 9 has a label out of range
//   memory:train=64,test=20,testpoison=9  test image 9 has one
//   memory:train=64,test=20,overflow=9  training image 9 makes a gradient infinite
//
// Images of a class look alike, so a classifier can learn them.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_TEST_RUNTIME_MEMORYSOURCE_H
#define FANFOLD_TEST_RUNTIME_MEMORYSOURCE_H

#include "runtime/DataSource.h"

namespace fanfold::test {

Result<std::unique_ptr<DataSource>>
openMemorySource(const std::string &url, const std::string &split, const BatchFormat &format);

} // namespace fanfold::test

#endif // FANFOLD_TEST_RUNTIME_MEMORYSOURCE_H
