//===- Libraries.h - what cuDNN loads at run time -------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_CODEGEN_KERNELS_CUDNN_LIBRARIES_H
#define FANFOLD_CODEGEN_KERNELS_CUDNN_LIBRARIES_H

namespace fanfold::cudnn {

/// cuDNN looks for the driver's libcuda.so.1 even where it needs no device. If there
/// is none, this loads the toolkit's stub of it, which knows all names and does
/// nothing. Returns false if there is no stub either. Call it before anything of cuDNN.
bool ensureDriverLibrary();

/// cuDNN loads NVRTC (100 MB) for each engine that is compiled at run time, and unloads it
/// again: 420 times for the plans of GoogLeNet, three quarters of the time they take. This
/// loads it once, for as long as the process lives; where it is not found cuDNN says so
/// itself when it wants it. Call it before making plans.
void keepRuntimeCompiler();

} // namespace fanfold::cudnn

#endif // FANFOLD_CODEGEN_KERNELS_CUDNN_LIBRARIES_H
