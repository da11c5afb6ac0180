//===- Ranks.cpp - which rank of which job this process is ----------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/Ranks.h"

#include <charconv>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <optional>

using namespace fanfold;

namespace {

constexpr int mostRanks = 1 << 20;

/// Its text, unless it is not set or empty.
std::optional<std::string> variable(const char *name) {
  const char *text = std::getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread.
  if (!text || !*text)
    return std::nullopt;
  return std::string(text);
}

/// A whole number in [least, most]; `why` follows the range in failures.
Result<int64_t> number(const char *name, int64_t least, int64_t most, const std::string &why = "") {
  const std::optional<std::string> text = variable(name);
  if (!text)
    return Status::error("{} is not set, expected {} to {}{}", name, least, most, why);
  int64_t value = 0;
  const char *end = text->data() + text->size();
  const std::from_chars_result parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < least || value > most)
    return Status::error("{} is '{}', expected {} to {}{}", name, *text, least, most, why);
  return value;
}

/// Rank, size and local rank of three variables. Without `local` it is 0.
Result<Ranks> place(const char *rank, const char *size, const char *local) {
  const Result<int64_t> sizeFound = number(size, 1, mostRanks);
  if (!sizeFound)
    return sizeFound.status();
  const std::string why = fmt::format(" ({} is {})", size, *sizeFound);
  const Result<int64_t> rankFound = number(rank, 0, *sizeFound - 1, why);
  if (!rankFound)
    return rankFound.status();
  Ranks ranks;
  ranks.size = static_cast<int>(*sizeFound);
  ranks.rank = static_cast<int>(*rankFound);
  if (variable(local)) {
    const Result<int64_t> localFound = number(local, 0, *sizeFound - 1, why);
    if (!localFound)
      return localFound.status();
    ranks.localRank = static_cast<int>(*localFound);
  }
  return ranks;
}

Result<Ranks> ofMpirun() {
  Result<Ranks> ranks =
      place("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK");
  if (ranks && ranks->size > 1)
    ranks->meeting = Ranks::Meeting::mpi;
  return ranks;
}

Result<Ranks> ofTorchrun() {
  // A lone rank has nobody to meet: WORLD_SIZE=1 says all.
  if (!variable("RANK") && variable("WORLD_SIZE") == "1")
    return Ranks();
  Result<Ranks> ranks = place("RANK", "WORLD_SIZE", "LOCAL_RANK");
  if (!ranks || ranks->size == 1)
    return ranks;
  const std::optional<std::string> address = variable("MASTER_ADDR");
  if (!address)
    return Status::error("MASTER_ADDR is not set, expected the name or address of the machine of "
                         "rank 0 (WORLD_SIZE is {})",
                         ranks->size);
  const Result<int64_t> port = number("MASTER_PORT", 1, 65535);
  if (!port)
    return port.status();
  ranks->meeting = Ranks::Meeting::tcp;
  ranks->address = *address;
  ranks->port = static_cast<int>(*port);
  // There torchrun's own process listens on the port, for programs of PyTorch.
  if (variable("TORCHELASTIC_USE_AGENT_STORE") == "True")
    ranks->port += ranks->port < 65535 ? 1 : -1;
  return ranks;
}

Result<Ranks> ofSlurm() {
  Result<Ranks> ranks = place("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID");
  if (!ranks)
    return ranks;
  // Rank 0 is on the first machine of the step. The address of who launched it comes last: under
  // an salloc that is the login node.
  for (const char *name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"})
    if (ranks->address.empty())
      ranks->address = firstOfNodeList(variable(name).value_or(""));
  if (ranks->address.empty())
    ranks->address = variable("SLURM_LAUNCH_NODE_IPADDR").value_or("");
  if (ranks->address.empty())
    return Status::error("SLURM_JOB_NODELIST is not set, expected the machines of the job "
                         "(SLURM_NTASKS is {})",
                         ranks->size);
  const Result<int64_t> job = number("SLURM_JOB_ID", 0, UINT32_MAX);
  if (!job)
    return job.status();
  int64_t step = 0;
  if (variable("SLURM_STEP_ID")) {
    const Result<int64_t> found = number("SLURM_STEP_ID", 0, UINT32_MAX);
    if (!found)
      return found.status();
    step = *found;
  }
  // Jobs of a machine have ids close to each other, and steps of a job may run side by side: a
  // prime keeps the ports of both apart.
  ranks->port = static_cast<int>(20000 + (*job + 7919 * step) % 40000);
  ranks->meeting = Ranks::Meeting::tcp;
  return ranks;
}

} // namespace

std::string fanfold::firstOfNodeList(const std::string &list) {
  std::string name;
  bool inside = false, taken = false; // A bracket; and of it, its first number.
  for (const char c : list) {
    if (inside) {
      taken |= c == '-' || c == ',' || c == ']';
      inside = c != ']';
      if (!taken)
        name += c;
    } else if (c == '[') {
      inside = true;
      taken = false;
    } else if (c == ',') {
      break;
    } else {
      name += c;
    }
  }
  return name;
}

Result<Ranks> fanfold::findRanks() {
  if (variable("OMPI_COMM_WORLD_RANK") || variable("OMPI_COMM_WORLD_SIZE"))
    return ofMpirun();
  if (variable("RANK") || variable("WORLD_SIZE"))
    return ofTorchrun();
  if (variable("SLURM_PROCID") && variable("SLURM_NTASKS") && variable("SLURM_NTASKS") != "1")
    return ofSlurm();
  return Ranks();
}
