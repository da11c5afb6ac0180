//===- RanksTest.cpp - what the environment says about ranks --------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "comm/Ranks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>
#include <vector>

using namespace fanfold;

namespace {

using Variables = std::vector<std::pair<const char *, const char *>>;

/// What findRanks() makes of an environment with those variables and no other about ranks.
Result<Ranks> findAmong(const Variables &variables) {
  for (const char *name :
       {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "RANK",
        "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_USE_AGENT_STORE",
        "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_LAUNCH_NODE_IPADDR",
        "SLURM_JOB_NODELIST", "SLURM_STEP_NODELIST", "SLURM_JOB_ID", "SLURM_STEP_ID"})
    unsetenv(name);
  for (const auto &[name, value] : variables)
    setenv(name, value, 1);
  return findRanks();
}

/// "rank 1 of 4, local 1, tcp host:29500".
std::string found(const Variables &variables) {
  const Result<Ranks> ranks = findAmong(variables);
  if (!ranks)
    return ranks.status().message();
  const std::string place =
      fmt::format("rank {} of {}, local {}, ", ranks->rank, ranks->size, ranks->localRank);
  switch (ranks->meeting) {
  case Ranks::Meeting::alone:
    return place + "alone";
  case Ranks::Meeting::tcp:
    return place + fmt::format("tcp {}:{}", ranks->address, ranks->port);
  case Ranks::Meeting::mpi:
    return place + "mpi";
  }
  return "";
}

/// The variables of torchrun, with others in place of some; null takes one away.
std::string torch(const Variables &others) {
  Variables variables = {{"RANK", "1"},
                         {"WORLD_SIZE", "4"},
                         {"LOCAL_RANK", "1"},
                         {"MASTER_ADDR", "host"},
                         {"MASTER_PORT", "29500"}};
  for (const auto &other : others) {
    bool known = false;
    for (auto &variable : variables)
      if (std::string(variable.first) == other.first) {
        variable.second = other.second ? other.second : "";
        known = true;
      }
    if (!known)
      variables.push_back(other);
  }
  return found(variables);
}

TEST(Ranks, NothingIsAlone) {
  EXPECT_EQ(found({}), "rank 0 of 1, local 0, alone");
  EXPECT_EQ(found({{"MASTER_ADDR", "host"}, {"MASTER_PORT", "1"}}), "rank 0 of 1, local 0, alone");
}

TEST(Ranks, Mpirun) {
  EXPECT_EQ(found({{"OMPI_COMM_WORLD_RANK", "3"},
                   {"OMPI_COMM_WORLD_SIZE", "4"},
                   {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                   {"WORLD_SIZE", "9"},
                   {"SLURM_PROCID", "0"},
                   {"SLURM_NTASKS", "7"}}),
            "rank 3 of 4, local 1, mpi");
  EXPECT_EQ(found({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}}),
            "rank 0 of 1, local 0, alone");
  EXPECT_EQ(found({{"OMPI_COMM_WORLD_RANK", "0"}}),
            "OMPI_COMM_WORLD_SIZE is not set, expected 1 to 1048576");
}

TEST(Ranks, Torchrun) {
  EXPECT_EQ(torch({}), "rank 1 of 4, local 1, tcp host:29500");
  EXPECT_EQ(torch({{"LOCAL_RANK", nullptr}}), "rank 1 of 4, local 0, tcp host:29500");
  EXPECT_EQ(torch({{"TORCHELASTIC_USE_AGENT_STORE", "True"}}),
            "rank 1 of 4, local 1, tcp host:29501");
  EXPECT_EQ(torch({{"TORCHELASTIC_USE_AGENT_STORE", "True"}, {"MASTER_PORT", "65535"}}),
            "rank 1 of 4, local 1, tcp host:65534");
  EXPECT_EQ(torch({{"TORCHELASTIC_USE_AGENT_STORE", "False"}}),
            "rank 1 of 4, local 1, tcp host:29500");
  EXPECT_EQ(torch({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "7"}}),
            "rank 1 of 4, local 1, tcp host:29500");
  EXPECT_EQ(found({{"WORLD_SIZE", "1"}}), "rank 0 of 1, local 0, alone");
  EXPECT_EQ(found({{"WORLD_SIZE", "1"}, {"RANK", "0"}}), "rank 0 of 1, local 0, alone");
}

TEST(Ranks, TorchrunMistakes) {
  EXPECT_EQ(torch({{"RANK", "4"}}), "RANK is '4', expected 0 to 3 (WORLD_SIZE is 4)");
  EXPECT_EQ(torch({{"RANK", "-1"}}), "RANK is '-1', expected 0 to 3 (WORLD_SIZE is 4)");
  EXPECT_EQ(torch({{"RANK", "1x"}}), "RANK is '1x', expected 0 to 3 (WORLD_SIZE is 4)");
  EXPECT_EQ(torch({{"RANK", "99999999999999999999"}}),
            "RANK is '99999999999999999999', expected 0 to 3 (WORLD_SIZE is 4)");
  EXPECT_EQ(torch({{"RANK", nullptr}}), "RANK is not set, expected 0 to 3 (WORLD_SIZE is 4)");
  EXPECT_EQ(torch({{"WORLD_SIZE", nullptr}}), "WORLD_SIZE is not set, expected 1 to 1048576");
  EXPECT_EQ(torch({{"WORLD_SIZE", "0"}}), "WORLD_SIZE is '0', expected 1 to 1048576");
  EXPECT_EQ(torch({{"LOCAL_RANK", "4"}}), "LOCAL_RANK is '4', expected 0 to 3 (WORLD_SIZE is 4)");
  EXPECT_EQ(torch({{"MASTER_PORT", "65536"}}), "MASTER_PORT is '65536', expected 1 to 65535");
  EXPECT_EQ(torch({{"MASTER_PORT", nullptr}}), "MASTER_PORT is not set, expected 1 to 65535");
  EXPECT_EQ(torch({{"MASTER_ADDR", nullptr}}),
            "MASTER_ADDR is not set, expected the name or address of the machine of rank 0 "
            "(WORLD_SIZE is 4)");
}

TEST(Ranks, Slurm) {
  const Variables job = {{"SLURM_PROCID", "2"},
                         {"SLURM_NTASKS", "8"},
                         {"SLURM_LOCALID", "2"},
                         {"SLURM_JOB_ID", "41000"},
                         {"SLURM_LAUNCH_NODE_IPADDR", "10.0.0.1"}};
  const auto with = [&](const Variables &more) {
    Variables variables = job;
    variables.insert(variables.end(), more.begin(), more.end());
    return found(variables);
  };
  EXPECT_EQ(with({}), "rank 2 of 8, local 2, tcp 10.0.0.1:21000");
  EXPECT_EQ(with({{"SLURM_JOB_NODELIST", "node[003-010,012],x"}}),
            "rank 2 of 8, local 2, tcp node003:21000");
  EXPECT_EQ(with({{"SLURM_JOB_NODELIST", "a,b"}, {"SLURM_STEP_NODELIST", "b"}}),
            "rank 2 of 8, local 2, tcp b:21000");
  EXPECT_EQ(with({{"SLURM_STEP_ID", "1"}}), "rank 2 of 8, local 2, tcp 10.0.0.1:28919");
  EXPECT_EQ(with({{"SLURM_LOCALID", "x"}}),
            "SLURM_LOCALID is 'x', expected 0 to 7 (SLURM_NTASKS is 8)");
  EXPECT_EQ(with({{"SLURM_JOB_ID", ""}}), "SLURM_JOB_ID is not set, expected 0 to 4294967295");
  EXPECT_EQ(with({{"SLURM_LAUNCH_NODE_IPADDR", ""}}),
            "SLURM_JOB_NODELIST is not set, expected the machines of the job (SLURM_NTASKS is 8)");
  EXPECT_EQ(with({{"SLURM_NTASKS", "1"}}), "rank 0 of 1, local 0, alone");
  EXPECT_EQ(with({{"SLURM_PROCID", ""}}), "rank 0 of 1, local 0, alone"); // salloc
}

TEST(Ranks, NodeLists) {
  EXPECT_EQ(firstOfNodeList("node7"), "node7");
  EXPECT_EQ(firstOfNodeList("node7,node8"), "node7");
  EXPECT_EQ(firstOfNodeList("node[003-010]"), "node003");
  EXPECT_EQ(firstOfNodeList("node[3,5-7]"), "node3");
  EXPECT_EQ(firstOfNodeList("rack[1-2]n[03-04]-ib,y"), "rack1n03-ib");
  EXPECT_EQ(firstOfNodeList("gpu-a[7],b"), "gpu-a7");
  EXPECT_EQ(firstOfNodeList(""), "");
}

} // namespace
