//===- Text.h - numbers as people read them -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What terminals and diagnostics show. Files for machines carry plain numbers.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_TEXT_H
#define FANFOLD_RUNTIME_TEXT_H

#include "runtime/DataSource.h"
#include "runtime/Program.h"

#include <cstdint>
#include <string>

namespace fanfold {

/// "640 bytes", "12.3 KiB", "1.50 GiB".
std::string formatBytes(double bytes);

/// "60,000".
std::string formatCount(int64_t count);

/// "0:07", "12:30", "3:05:00".
std::string formatDuration(double seconds);

/// "0.0215", "12.5", "8e-05", "nan": up to four significant digits.
std::string formatNumber(double value);

/// "96.5", "8,123": images a second.
std::string formatSpeed(double perSecond);

/// "0.0215", "1.4210": a loss or a metric, always as wide, so that columns stand.
std::string formatMetric(double value);

/// "import 90ab12cd34ef5678 of 2026-01-31 12:00:00 UTC".
std::string describeImport(const ImportId &import);

/// "launch 14, conv2d of conv1 (lenet.mlir:9:12)".
std::string describeLaunch(const Step &step, size_t index);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_TEXT_H
