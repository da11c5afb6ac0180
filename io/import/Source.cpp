//===- Source.cpp - where samples come from -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"

#include "io/Dataset.h"
#include "io/Names.h"
#include "io/decode/Image.h"
#include "runtime/Random.h"

#include <algorithm>

using namespace fanfold;
using namespace fanfold::io;

namespace {

struct Form {
  const char *name;
  Result<std::unique_ptr<SampleSource>> (*open)(const std::string &, const SourceOptions &);
};

constexpr Form forms[] = {{"idx", openIdx}, {"folder", openFolder}, {"tar", openTar}};

/// Every class has one name, every name is text.
Status checkNames(const Catalogue &catalogue) {
  std::vector<std::string> sorted = catalogue.classNames;
  std::sort(sorted.begin(), sorted.end());
  for (const std::string &name : sorted)
    FANFOLD_RETURN_IF_ERROR(checkName("class", name));
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    return Status::error("found class '{}' twice, expected a name of its own for each", *twice);
  for (const SourceSplit &split : catalogue.splits)
    for (const SourceItem &item : split.items)
      FANFOLD_RETURN_IF_ERROR(checkName("sample", item.name));
  return {};
}

void mix(std::vector<SourceItem> &items) {
  const uint64_t stream = random::hash(0, "import");
  for (size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[random::toBelow(random::hash(stream, i), i)]);
}

Status finish(Catalogue &catalogue) {
  for (SourceSplit &split : catalogue.splits)
    if (split.items.empty())
      return Status::error("split {}: the source has no samples{}{}", split.name,
                           catalogue.passedOver.empty() ? "" : "; ",
                           catalogue.passedOver.summary());
  FANFOLD_RETURN_IF_ERROR(checkNames(catalogue));
  for (SourceSplit &split : catalogue.splits)
    if (split.name == "train")
      mix(split.items);
  return {};
}

} // namespace

uint64_t Catalogue::samples() const {
  uint64_t count = 0;
  for (const SourceSplit &split : splits)
    count += split.items.size();
  return count;
}

std::vector<std::string> io::sourceFormats() {
  std::vector<std::string> names;
  for (const Form &form : forms)
    names.emplace_back(form.name);
  return names;
}

Result<std::unique_ptr<SampleSource>> io::openSource(const std::string &path,
                                                     const SourceOptions &options) {
  if (!options.split.empty())
    FANFOLD_RETURN_IF_ERROR(checkSplitName(options.split));
  for (const Form &form : forms)
    if (options.format == form.name) {
      Result<std::unique_ptr<SampleSource>> source = form.open(path, options);
      if (source)
        FANFOLD_RETURN_IF_ERROR(finish((*source)->catalogue).withContext("{}", path));
      return source;
    }
  return Status::usage("found format '{}', expected idx, folder or tar", options.format);
}

Status io::describeImage(SourceSample &sample) {
  Result<ImageProbe> probe = probeImage(sample.payload);
  if (!probe)
    return std::move(probe).status();
  sample.info.encoding = probe->encoding;
  sample.info.height = probe->shape.height;
  sample.info.width = probe->shape.width;
  sample.info.channels = static_cast<uint8_t>(probe->shape.channels);
  return {};
}
