//===- CommConformance.cpp - what every communicator has to do ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/comm/CommConformance.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

using namespace fanfold;

namespace {

/// 0, 1, odd, 10 MB, and none that is a multiple of anything.
constexpr size_t sizes[] = {0, 1, 7, 1001, 10000000, 10485763};

/// A byte that depends on place, rank and round.
uint8_t byteAt(size_t i, int rank, size_t round) {
  return static_cast<uint8_t>((i * 2654435761u >> 7) + 31u * rank + 97u * round);
}

/// A value whose sums round, so that their order shows.
double valueAt(size_t i, int rank) {
  return std::sin(static_cast<double>(i % 1013) + 0.7 * rank) * std::pow(10.0, rank % 5);
}

std::string checkBroadcast(Communicator &comm) {
  size_t round = 0;
  for (const size_t bytes : sizes)
    for (int root = 0; root < comm.size(); ++root, ++round) {
      // One more, which has to stay as it is.
      std::vector<uint8_t> data(bytes + 1, 0xee);
      for (size_t i = 0; i < bytes && comm.rank() == root; ++i)
        data[i] = byteAt(i, root, round);
      if (Status status = comm.broadcast(data.data(), bytes, root); !status.ok())
        return status.message();
      for (size_t i = 0; i < bytes; ++i)
        if (data[i] != byteAt(i, root, round))
          return fmt::format("byte {} of {} from rank {} is {}, expected {}", i, bytes, root,
                             data[i], byteAt(i, root, round));
      if (data[bytes] != 0xee)
        return fmt::format("{} bytes: the one behind was written", bytes);
    }
  return "";
}

std::string checkGather(Communicator &comm) {
  for (const size_t bytes : sizes) {
    std::vector<uint8_t> mine(bytes), all(bytes * comm.size() + 1, 0xee);
    for (size_t i = 0; i < bytes; ++i)
      mine[i] = byteAt(i, comm.rank(), bytes);
    if (Status status = comm.gather(mine.data(), all.data(), bytes); !status.ok())
      return status.message();
    for (int rank = 0; rank < comm.size(); ++rank)
      for (size_t i = 0; i < bytes; ++i)
        if (all[rank * bytes + i] != byteAt(i, rank, bytes))
          return fmt::format("byte {} of {} of rank {} is {}, expected {}", i, bytes, rank,
                             all[rank * bytes + i], byteAt(i, rank, bytes));
    if (all.back() != 0xee)
      return fmt::format("{} bytes: the one behind was written", bytes);
  }
  return "";
}

std::string checkSum(Communicator &comm) {
  for (const size_t bytes : sizes) {
    const size_t count = bytes / sizeof(double) + bytes % 2;
    std::vector<double> values(count), all(count * comm.size());
    for (size_t i = 0; i < count; ++i)
      values[i] = valueAt(i, comm.rank());
    if (Status status = comm.sum(values.data(), count); !status.ok())
      return status.message();
    for (size_t i = 0; i < count; ++i) {
      double expected = valueAt(i, 0), scale = std::fabs(expected);
      for (int rank = 1; rank < comm.size(); ++rank) {
        expected += valueAt(i, rank);
        scale += std::fabs(valueAt(i, rank));
      }
      if (!(std::fabs(values[i] - expected) <= 1e-14 * scale))
        return fmt::format("value {} of {} is {}, expected {}", i, count, values[i], expected);
    }
    const size_t valueBytes = count * sizeof(double);
    if (Status status = comm.gather(values.data(), all.data(), valueBytes); !status.ok())
      return status.message();
    for (int rank = 0; rank < comm.size(); ++rank)
      if (count > 0 && std::memcmp(all.data() + rank * count, values.data(), valueBytes) != 0)
        return fmt::format("sums of rank {} and {} have other bits ({} values)", rank, comm.rank(),
                           count);
  }
  return "";
}

std::string checkMeans(Communicator &comm) {
  const size_t counts[] = {0, 1, 7, 1001, 2621441, 3, 262144, 262145, 5, 64};
  const int ends[] = {3, 9, 0, 7, 5, 1, 8, 2, 6, 4};
  std::vector<std::vector<float>> tensors;
  for (const size_t count : counts) {
    std::vector<float> &tensor = tensors.emplace_back(count + 1, -7.0f);
    for (size_t i = 0; i < count; ++i)
      tensor[i] = static_cast<float>(valueAt(i + count, comm.rank()));
  }
  for (size_t i = 0; i < tensors.size(); ++i)
    comm.beginMean(tensors[i].data(), counts[i], ElementType::f32, static_cast<int>(i), nullptr);
  for (const int ticket : ends)
    comm.endMean(ticket, nullptr);
  if (!comm.status().ok())
    return comm.status().message();
  for (size_t t = 0; t < tensors.size(); ++t) {
    std::vector<float> &tensor = tensors[t];
    for (size_t i = 0; i < counts[t]; ++i) {
      double expected = 0.0, scale = 0.0;
      for (int rank = 0; rank < comm.size(); ++rank) {
        const double value = static_cast<float>(valueAt(i + counts[t], rank));
        expected += value / comm.size();
        scale += std::fabs(value);
      }
      if (!(std::fabs(tensor[i] - expected) <= 1e-6 * scale))
        return fmt::format("element {} of {} is {}, expected {}", i, counts[t], tensor[i],
                           expected);
    }
    if (tensor.back() != -7.0f)
      return fmt::format("{} elements: the one behind was written", counts[t]);
    std::vector<float> all(counts[t] * comm.size());
    const size_t bytes = counts[t] * sizeof(float);
    if (Status status = comm.gather(tensor.data(), all.data(), bytes); !status.ok())
      return status.message();
    for (int rank = 0; rank < comm.size(); ++rank)
      if (bytes > 0 && std::memcmp(all.data() + rank * counts[t], tensor.data(), bytes) != 0)
        return fmt::format("means of rank {} and {} have other bits", rank, comm.rank());
  }
  return "";
}

std::string checkManySmall(Communicator &comm) {
  for (int round = 0; round < 100; ++round) {
    double value = round + comm.rank();
    int word = comm.rank() == round % comm.size() ? round : -1;
    std::vector<int> all(comm.size());
    Status status = comm.sum(&value, 1);
    if (status.ok())
      status = comm.broadcast(&word, sizeof(word), round % comm.size());
    if (status.ok())
      status = comm.gather(&round, all.data(), sizeof(round));
    if (status.ok())
      status = comm.barrier();
    if (!status.ok())
      return status.message();
    const double expected = comm.size() * round + comm.size() * (comm.size() - 1) / 2.0;
    if (value != expected)
      return fmt::format("sum of round {} is {}, expected {}", round, value, expected);
    if (word != round)
      return fmt::format("word of round {} is {}", round, word);
    for (const int other : all)
      if (other != round)
        return fmt::format("gathered {} in round {}", other, round);
  }
  return "";
}

std::string checkBarrier(Communicator &comm) {
  // Each rank in its turn comes late. Clocks of one machine: the steady clock is the machine's.
  using Clock = std::chrono::steady_clock;
  for (int late = 0; late < comm.size(); ++late) {
    if (comm.rank() == late)
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
    const int64_t came = Clock::now().time_since_epoch().count();
    if (Status status = comm.barrier(); !status.ok())
      return status.message();
    const int64_t left = Clock::now().time_since_epoch().count();
    std::vector<int64_t> all(comm.size());
    if (Status status = comm.gather(&came, all.data(), sizeof(came)); !status.ok())
      return status.message();
    for (int rank = 0; rank < comm.size(); ++rank)
      if (all[rank] > left)
        return fmt::format("rank {} left the barrier before rank {} came", comm.rank(), rank);
  }
  return "";
}

std::string checkNames(Communicator &comm) {
  if (comm.rank() < 0 || comm.rank() >= comm.size())
    return fmt::format("rank is {} of {}", comm.rank(), comm.size());
  const std::string expected =
      comm.description() == "alone" ? "alone" : fmt::format("{} ranks over ", comm.size());
  if (comm.description().compare(0, expected.size(), expected) != 0)
    return fmt::format("description is '{}'", comm.description());
  return "";
}

} // namespace

std::string fanfold::test::checkCommunicator(Communicator &communicator) {
  const struct {
    const char *name;
    std::string (*run)(Communicator &);
  } checks[] = {
      {"names", checkNames},     {"broadcast", checkBroadcast}, {"gather", checkGather},
      {"sum", checkSum},         {"means", checkMeans},         {"many small", checkManySmall},
      {"barrier", checkBarrier},
  };
  for (const auto &check : checks)
    if (const std::string wrong = check.run(communicator); !wrong.empty())
      return fmt::format("{}: {}", check.name, wrong);
  return "";
}
