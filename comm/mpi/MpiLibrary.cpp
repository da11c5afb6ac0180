//===- MpiLibrary.cpp - Open MPI, found when a program runs ---------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/mpi/MpiLibrary.h"

#include <dlfcn.h>

#include <cctype>

using namespace fanfold;

namespace {

/// Sets `target` to the symbol; keeps in `missing` the first name that the library lacks.
template <typename T>
void find(void *library, const char *name, T &target, std::string &missing) {
  target = reinterpret_cast<T>(dlsym(library, name));
  if (!target && missing.empty())
    missing = name;
}

/// May be asked before MPI is initialised.
std::string versionOf(decltype(&::MPI_Get_library_version) get) {
  char text[MPI_MAX_LIBRARY_VERSION_STRING * 32] = {}; // Other libraries have longer ones.
  int length = 0;
  if (!get || get(text, &length) != MPI_SUCCESS)
    return "an unknown library";
  return shortVersion(text);
}

} // namespace

std::string fanfold::shortVersion(const std::string &version) {
  std::string text = version.substr(0, version.find_first_of(",\n"));
  const size_t v = text.find(" v");
  if (v != std::string::npos && v + 2 < text.size() &&
      std::isdigit(static_cast<unsigned char>(text[v + 2])))
    text.erase(v + 1, 1);
  for (char &c : text)
    if (std::isspace(static_cast<unsigned char>(c)))
      c = ' ';
  return text;
}

Result<MpiLibrary> MpiLibrary::open(const std::vector<std::string> &names) {
  void *library = nullptr;
  std::string name, reason;
  for (size_t i = 0; i < names.size() && !library; ++i) {
    name = names[i];
    // Global, because Open MPI loads plugins that take its symbols for there.
    library = dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (!library && reason.empty())
      reason = dlerror();
  }
  if (!library)
    return Status::error("found no MPI library, expected Open MPI (Debian: libopenmpi3): {}",
                         reason);

  MpiLibrary mpi;
  std::string missing;
  find(library, "MPI_Get_library_version", mpi.getLibraryVersion, missing);
  find(library, "MPI_Init_thread", mpi.initThread, missing);
  find(library, "MPI_Finalize", mpi.finalize, missing);
  find(library, "MPI_Comm_rank", mpi.commRank, missing);
  find(library, "MPI_Comm_size", mpi.commSize, missing);
  find(library, "MPI_Comm_set_errhandler", mpi.commSetErrhandler, missing);
  find(library, "MPI_Error_string", mpi.errorString, missing);
  find(library, "MPI_Bcast", mpi.bcast, missing);
  find(library, "MPI_Allgather", mpi.allgather, missing);
  find(library, "MPI_Barrier", mpi.barrier, missing);
  find(library, "MPI_Iallreduce", mpi.iallreduce, missing);
  find(library, "MPI_Wait", mpi.wait, missing);
  // Objects of Open MPI, whose addresses are the handles; other libraries have numbers.
  find(library, "ompi_mpi_comm_world", mpi.world, missing);
  find(library, "ompi_mpi_byte", mpi.byteType, missing);
  find(library, "ompi_mpi_float", mpi.floatType, missing);
  find(library, "ompi_mpi_op_sum", mpi.sum, missing);
  find(library, "ompi_mpi_errors_return", mpi.errorsReturn, missing);
  mpi.version = versionOf(mpi.getLibraryVersion);
  if (!missing.empty())
    return Status::error("found {} in {}, which has no {}, expected Open MPI (Debian: libopenmpi3)",
                         mpi.version, name, missing);
  return mpi;
}
