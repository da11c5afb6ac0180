//===- ChunkTest.cpp - the chunk format, byte by byte ---------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/Chunk.h"

#include "test/io/TestData.h"

#include <cstring>

using namespace fanfold;
using namespace fanfold::io;
using namespace fanfold::io::test;

namespace {

ChunkIdentity identity() {
  ChunkIdentity identity;
  identity.generation = 7;
  identity.ordinal = 2;
  identity.dataset = "flowers";
  identity.split = "train";
  return identity;
}

Bytes makeChunk() {
  ChunkBuilder builder;
  builder.add({"a", 3, Encoding::raw, 1, 2, 1}, Bytes{10, 11});
  builder.add({"empty", 0, Encoding::jpeg, 5, 6, 3}, Bytes{});
  builder.add({"bb", 1, Encoding::png, 7, 8, 3}, Bytes{20, 21, 22});
  return builder.finish(identity());
}

uint64_t little(const Bytes &bytes, size_t offset, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i > 0; --i)
    value = value << 8 | bytes[offset + i - 1];
  return value;
}

/// Offsets and values as chunk-format.md gives them, not as the code does.
TEST(Chunk, LayoutIsTheDocumented) {
  const Bytes bytes = makeChunk();
  EXPECT_EQ(std::memcmp(bytes.data(), "DLFSchnk", 8), 0);
  EXPECT_EQ(little(bytes, 8, 4), 1u);  // version
  EXPECT_EQ(little(bytes, 12, 4), 1u); // samples
  EXPECT_EQ(little(bytes, 16, 8), 7u); // generation
  EXPECT_EQ(little(bytes, 24, 4), 2u); // ordinal
  EXPECT_EQ(little(bytes, 28, 4), 3u); // entries
  const uint64_t names = 7 + 5 + 1 + 5 + 2;
  EXPECT_EQ(little(bytes, 32, 8), 64 + 3 * 48 + names);
  EXPECT_EQ(little(bytes, 40, 8), bytes.size());
  EXPECT_EQ(bytes.size(), 64 + 3 * 48 + names + 5);
  EXPECT_EQ(little(bytes, 48, 2), 7u);
  EXPECT_EQ(little(bytes, 50, 2), 5u);
  EXPECT_EQ(little(bytes, 52, 4), names);
  const size_t third = 64 + 2 * 48;
  EXPECT_EQ(little(bytes, third, 8), bytes.size() - 3);
  EXPECT_EQ(little(bytes, third + 8, 8), 3u);
  EXPECT_EQ(little(bytes, third + 24, 4), names - 2);
  EXPECT_EQ(little(bytes, third + 28, 2), 2u);
  EXPECT_EQ(bytes[third + 30], 2); // PNG
  EXPECT_EQ(bytes[third + 31], 3);
  EXPECT_EQ(little(bytes, third + 32, 4), 1u);
  EXPECT_EQ(little(bytes, third + 36, 4), 7u);
  EXPECT_EQ(little(bytes, third + 40, 4), 8u);
  EXPECT_EQ(std::memcmp(bytes.data() + 64 + 3 * 48, "flowerstrainaemptybb", names), 0);
  // XXH3-64 of no bytes, from the specification.
  EXPECT_EQ(little(bytes, 64 + 48 + 16, 8), 0x2d06800538d394c2u);
}

TEST(Chunk, RoundTrips) {
  Result<Chunk> chunk = Chunk::parse(makeChunk());
  ASSERT_OK(chunk);
  EXPECT_EQ(chunkName(chunk->identity()), "0000000000000007-train-000002");
  ASSERT_EQ(chunk->entries().size(), 3u);
  EXPECT_EQ(chunk->entries()[0].label, 3);
  EXPECT_EQ(chunk->entries()[1].name, "empty");
  Result<ByteView> payload = chunk->payload(2);
  ASSERT_OK(payload);
  EXPECT_EQ(Bytes(payload->data, payload->data + payload->size), (Bytes{20, 21, 22}));
  EXPECT_EQ(chunk->payload(1)->size, 0u);
}

/// Whatever bit is flipped: somebody notices, and nothing reads outside.
TEST(Chunk, EveryFlippedBitIsFound) {
  const Bytes good = makeChunk();
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    Result<Chunk> chunk = Chunk::parse(bad);
    bool found = !chunk.ok();
    for (size_t i = 0; chunk.ok() && i < chunk->entries().size(); ++i)
      found |= !chunk->payload(i).ok();
    EXPECT_TRUE(found) << "bit " << bit % 8 << " of byte " << bit / 8;
  }
}

TEST(Chunk, EveryTruncationIsFound) {
  const Bytes good = makeChunk();
  for (size_t size = 0; size < good.size(); ++size)
    expectError(Chunk::parse(Bytes(good.begin(), good.begin() + static_cast<ptrdiff_t>(size))),
                "truncated");
  Bytes longer = good;
  longer.push_back(0);
  expectError(Chunk::parse(longer), "found 1 bytes after the end");
}

TEST(Chunk, ChecksumMismatchSaysWhere) {
  Bytes bytes = makeChunk();
  bytes.back() ^= 1;
  Result<Chunk> chunk = Chunk::parse(bytes);
  ASSERT_OK(chunk);
  expectError(chunk->payload(2), fmt::format("checksum mismatch in 'bb', bytes {} to {}",
                                             bytes.size() - 3, bytes.size()));
}

TEST(Chunk, OtherFilesAreNoChunks) {
  expectError(Chunk::parse(Bytes(1000, 'x')), "not a chunk");
  expectError(Chunk::parse(Bytes()), "truncated: found 0 bytes");
  Bytes newer = makeChunk();
  newer[8] = 2;
  expectError(Chunk::parse(newer), "chunk format version 2, expected 1");
}

} // namespace
