//===- MpiLibraryTest.cpp - MPI libraries that are none, or others --------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/mpi/MpiLibrary.h"

#include <gtest/gtest.h>

using namespace fanfold;

namespace {

TEST(MpiLibrary, NoneNamesThePackage) {
  const Result<MpiLibrary> mpi = MpiLibrary::open({"libfanfold-none.so.1"});
  ASSERT_FALSE(mpi.ok());
  EXPECT_EQ(mpi.status().message().find(
                "found no MPI library, expected Open MPI (Debian: libopenmpi3): "),
            0u)
      << mpi.status().message();
}

TEST(MpiLibrary, AnotherIsNamed) {
  const Result<MpiLibrary> mpi = MpiLibrary::open({FANFOLD_OTHER_MPI});
  ASSERT_FALSE(mpi.ok());
  EXPECT_EQ(mpi.status().message().find("found MPICH Version: 4.0.2 in "), 0u)
      << mpi.status().message();
  EXPECT_NE(mpi.status().message().find("expected Open MPI"), std::string::npos);
}

TEST(MpiLibrary, VersionIsShort) {
  EXPECT_EQ(shortVersion("Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4"),
            "Open MPI 4.1.4");
  EXPECT_EQ(shortVersion("MPICH Version:\t4.0.2\nMPICH Release date: x"), "MPICH Version: 4.0.2");
}

} // namespace
