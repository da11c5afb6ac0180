//===- MemorySource.cpp - a data set made of nothing but a URL ------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemorySource.h"
#include "Logistic.h"
#include "runtime/Random.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <numeric>
#include <sstream>
#include <thread>
#include <vector>

using namespace fanfold;
using namespace fanfold::test;

namespace {

class MemorySource final : public DataSource {
public:
  MemorySource(int64_t samples, std::map<std::string, int64_t> fields, const BatchFormat &format)
      : samples(samples), classes(fields["classes"]), import(fields["import"]),
        delay(fields["delay"]), poison(fields[format.train ? "poison" : "testpoison"]),
        overflow(format.train ? fields["overflow"] : -1), format(format) {}

  int64_t sampleCount() const override { return samples; }
  int64_t batchesPerEpoch() const override {
    return format.train ? samples / format.batch : (samples + format.batch - 1) / format.batch;
  }
  int64_t classCount() const override { return classes; }
  ImportId importId() const override {
    return {fmt::format("{:016x}", import * 1000 + samples), 1'800'000'000};
  }

  Status seek(int64_t newEpoch, int64_t nextSample) override {
    assert(pending.empty() && "seek with a prefetch pending");
    if (nextSample < 0 || nextSample >= samples)
      return Status::error("sample {} of {}", nextSample, samples);
    epoch = newEpoch;
    next = nextSample;
    return {};
  }

  void prefetch(BatchSlot slot) override {
    assert(pending.size() < 2 && "more than two slots pending");
    BatchInfo info;
    info.epoch = epoch;
    info.samples = std::min(format.batch, samples - next);
    info.nextSample = next + info.samples;
    info.lastOfEpoch = info.nextSample + (format.train ? format.batch : 1) > samples;
    pending.push_back(std::async(
        std::launch::async, [this, slot, info, begin = next] { return fill(slot, info, begin); }));
    next = info.lastOfEpoch ? 0 : info.nextSample;
    epoch += info.lastOfEpoch;
  }

  Result<BatchInfo> wait() override {
    BatchInfo info = pending.front().get();
    pending.pop_front();
    return info;
  }

private:
  BatchInfo fill(BatchSlot slot, BatchInfo info, int64_t begin) const {
    std::this_thread::sleep_for(std::chrono::microseconds(delay));
    std::vector<uint64_t> order(static_cast<size_t>(samples));
    std::iota(order.begin(), order.end(), 0);
    if (format.train)
      std::sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) {
        uint64_t stream = random::hash(format.seed, static_cast<uint64_t>(info.epoch));
        return random::hash(stream, a) < random::hash(stream, b);
      });
    const int64_t size = format.height * format.width * format.channels;
    for (int64_t n = 0; n < format.batch; ++n) {
      const bool padding = n >= info.samples;
      const auto sample = padding ? 0 : static_cast<int64_t>(order[static_cast<size_t>(begin + n)]);
      const int64_t label = sample % classes;
      slot.labels[n] = padding ? -1
                               : static_cast<int32_t>(sample == poison     ? 99
                                                      : sample == overflow ? overflowLabel
                                                                           : label);
      for (int64_t p = 0; p < size; ++p) {
        uint64_t noise = random::hash(static_cast<uint64_t>(sample), static_cast<uint64_t>(p)) % 64;
        slot.images[n * size + p] =
            padding ? 0 : static_cast<uint8_t>(noise + (p == label ? 180 : 20));
      }
    }
    return info;
  }

  const int64_t samples, classes, import, delay, poison, overflow;
  const BatchFormat format;
  int64_t epoch = 0;
  int64_t next = 0;
  std::deque<std::future<BatchInfo>> pending;
};

} // namespace

Result<std::unique_ptr<DataSource>> fanfold::test::openMemorySource(const std::string &url,
                                                                    const std::string &split,
                                                                    const BatchFormat &format) {
  const std::string scheme = "memory:";
  if (url.rfind(scheme, 0) != 0)
    return Status::error("{}: no such data set", url);
  std::map<std::string, int64_t> fields = {
      {"classes", 3}, {"poison", -1}, {"testpoison", -1}, {"overflow", -1}};
  std::istringstream text(url.substr(scheme.size()));
  for (std::string field; std::getline(text, field, ',');)
    if (size_t equals = field.find('='); equals != std::string::npos)
      fields[field.substr(0, equals)] = std::stoll(field.substr(equals + 1));
  if (fields[split] == 0)
    return Status::error("{}: no split {}", url, split);
  std::unique_ptr<DataSource> source =
      std::make_unique<MemorySource>(fields[split], fields, format);
  return source;
}
