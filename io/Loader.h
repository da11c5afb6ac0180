//===- Loader.h - batches of a data set, made in the background -----------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The data source of compiled programs. One thread walks the epoch's order
// (Shuffle.h), reads windows of chunks ahead, and shares the decoding of each
// batch with a pool; the step runs meanwhile.
//
// What a slot holds is a function of the data set, the format and the position:
// neither the number of threads nor a seek() before changes a bit of it.
//
// A sample's checksum is compared every time the sample is used. A failure ends
// the stream: wait() returns it, naming the chunk and the sample, and again for
// every later slot, until seek().
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_IO_LOADER_H
#define FANFOLD_IO_LOADER_H

#include "runtime/DataSource.h"

#include <memory>
#include <string>

namespace fanfold::io {

/// Opens split "train" or "test" of the data set at `url`. The source must go
/// before the memory of slots that are still pending. Any number of
/// processes may do so at the same time. Images whose size is not the format's
/// are cut to its aspect and resized (decode/Augment.h); images whose channels
/// are not the format's are a failure, here where the record of the split tells, else
/// when they come up. A split has samples; training needs at least one whole batch.
Result<std::unique_ptr<DataSource>> openDataSource(const std::string &url, const std::string &split,
                                                   const BatchFormat &format);

} // namespace fanfold::io

#endif // FANFOLD_IO_LOADER_H
