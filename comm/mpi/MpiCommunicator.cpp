//===- MpiCommunicator.cpp - ranks over Open MPI --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/mpi/MpiCommunicator.h"

#include <algorithm>
#include <cassert>

using namespace fanfold;

namespace {

/// MPI counts with int.
constexpr size_t mostElements = size_t(1) << 30;

std::string reasonOf(const MpiLibrary &mpi, int code) {
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  if (mpi.errorString(code, text, &length) != MPI_SUCCESS)
    return fmt::format("error {}", code);
  return text;
}

} // namespace

Result<std::unique_ptr<Communicator>> fanfold::meetOverMpi(const Ranks &ranks) {
  Result<MpiLibrary> found = MpiLibrary::open();
  if (!found)
    return found.status();
  // Lives as long as the process, as what was loaded does.
  static const MpiLibrary mpi = *found;

  // A communicator is used by one thread at a time, but not always by the same.
  int provided = 0;
  if (const int code = mpi.initThread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided))
    return Status::error("initialising {}: {}", mpi.version, reasonOf(mpi, code));
  if (provided < MPI_THREAD_SERIALIZED)
    return Status::error("{} has thread level {}, expected at least {} (MPI_THREAD_SERIALIZED)",
                         mpi.version, provided, int(MPI_THREAD_SERIALIZED));
  mpi.commSetErrhandler(mpi.world, mpi.errorsReturn);
  int rank = 0, size = 0;
  mpi.commRank(mpi.world, &rank);
  mpi.commSize(mpi.world, &size);
  if (rank != ranks.rank || size != ranks.size)
    return Status::error("{} has this process for rank {} of {}, expected rank {} of {}",
                         mpi.version, rank, size, ranks.rank, ranks.size);
  return std::unique_ptr<Communicator>(std::make_unique<MpiCommunicator>(mpi, rank, size));
}

MpiCommunicator::MpiCommunicator(const MpiLibrary &mpi, int rank, int size)
    : Communicator(rank, size), mpi(mpi) {}

MpiCommunicator::~MpiCommunicator() {
  if (!isAbandoned && failure.ok() && means.empty())
    mpi.finalize();
}

std::string MpiCommunicator::description() const {
  return fmt::format("{} ranks over {}", size(), mpi.version);
}

Status MpiCommunicator::check(int code, const char *what) {
  if (failure.ok() && code != MPI_SUCCESS)
    failure = Status::error("{} over {}: {}", what, mpi.version, reasonOf(mpi, code));
  return failure;
}

Status MpiCommunicator::broadcast(void *data, size_t bytes, int root) {
  assert(root >= 0 && root < size() && "root is no rank of the job");
  auto *cursor = static_cast<char *>(data);
  while (bytes > 0 && failure.ok()) {
    const size_t piece = std::min(bytes, mostElements);
    FANFOLD_RETURN_IF_ERROR(check(
        mpi.bcast(cursor, static_cast<int>(piece), mpi.byteType, root, mpi.world), "broadcasting"));
    cursor += piece;
    bytes -= piece;
  }
  return failure;
}

Status MpiCommunicator::gather(const void *mine, void *all, size_t bytes) {
  if (!failure.ok() || bytes == 0)
    return failure;
  auto *rows = static_cast<char *>(all);
  if (bytes <= mostElements) {
    const int count = static_cast<int>(bytes);
    // MPI forbids a source inside of the target, other than by this word for it.
    const bool inPlace = mine == rows + rank() * bytes;
    return check(mpi.allgather(inPlace ? MPI_IN_PLACE : mine, count, mpi.byteType, rows, count,
                               mpi.byteType, mpi.world),
                 "gathering");
  }
  std::copy_n(static_cast<const char *>(mine), bytes, rows + rank() * bytes);
  for (int root = 0; root < size(); ++root)
    FANFOLD_RETURN_IF_ERROR(broadcast(rows + root * bytes, bytes, root));
  return {};
}

Status MpiCommunicator::sum(double *values, size_t count) {
  // Each rank adds for itself, in the order of the ranks: whatever MPI does, all have the same
  // bits, in each run.
  std::vector<double> all(size() * count);
  FANFOLD_RETURN_IF_ERROR(gather(values, all.data(), count * sizeof(double)));
  for (size_t i = 0; i < count; ++i) {
    values[i] = all[i];
    for (int other = 1; other < size(); ++other)
      values[i] += all[other * count + i];
  }
  return {};
}

Status MpiCommunicator::barrier() {
  return failure.ok() ? check(mpi.barrier(mpi.world), "waiting at a barrier") : failure;
}

void MpiCommunicator::beginMean(void *data, size_t count, ElementType type, int ticket,
                                void *stream) {
  assert(!stream && "no means of a device's memory over MPI");
  assert(!means.count(ticket) && "a mean with that ticket is under way");
  if (failure.ok() && type != ElementType::f32)
    failure = Status::internal("found a mean of another type, expected f32");
  if (!failure.ok())
    return;
  Mean &mean = means[ticket] = {static_cast<float *>(data), count, {}};
  for (size_t begin = 0; begin < count; begin += mostElements) {
    const int piece = static_cast<int>(std::min(count - begin, mostElements));
    MPI_Request request = nullptr;
    if (!check(mpi.iallreduce(MPI_IN_PLACE, mean.values + begin, piece, mpi.floatType, mpi.sum,
                              mpi.world, &request),
               "beginning a mean")
             .ok())
      return;
    mean.requests.push_back(request);
  }
}

void MpiCommunicator::endMean(int ticket, void *stream) {
  const auto found = means.find(ticket);
  assert((found != means.end() || !failure.ok()) && "no mean with that ticket is under way");
  if (!failure.ok())
    return;
  Mean &mean = found->second;
  for (MPI_Request &request : mean.requests)
    if (!check(mpi.wait(&request, MPI_STATUS_IGNORE), "ending a mean").ok())
      return;
  const float share = 1.0f / static_cast<float>(size());
  for (size_t i = 0; i < mean.count; ++i)
    mean.values[i] *= share;
  means.erase(found);
}
