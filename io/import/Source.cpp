//===- Source.cpp - where samples come from -------------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"

#include "io/Dataset.h"
#include "io/decode/Image.h"

using namespace fanfold;
using namespace fanfold::io;

namespace {

struct Form {
  const char *name;
  Result<std::unique_ptr<SampleSource>> (*open)(const std::string &, const SourceOptions &);
};

constexpr Form forms[] = {{"idx", openIdx}, {"folder", openFolder}, {"tar", openTar}};

} // namespace

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
    if (options.format == form.name)
      return form.open(path, options);
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
