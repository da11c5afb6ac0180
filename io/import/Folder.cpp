//===- Folder.cpp - a directory for each class ----------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   SOURCE/CLASS/anything/name.jpg           one split
//   SOURCE/train/CLASS/..., SOURCE/test/...  both (`val` also means test)
//
// Classes are the directories in byte order, or the given list. A sample's name
// is its path below the split. Hidden files are passed over.
//
// Samples are imported in a fixed random order: a directory lists one class after
// the other, and a shuffle window of such chunks would hold a few classes only.
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"

#include "io/ChunkFormat.h"
#include "runtime/File.h"
#include "runtime/Random.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>

using namespace fanfold;
using namespace fanfold::io;
namespace fs = std::filesystem;

namespace {

/// One image to come.
struct Item {
  std::string name; ///< Path below the split's directory.
  int32_t label;
};

struct Part {
  std::string split;
  std::string directory;
  std::vector<Item> items;
};

class FolderSource : public SampleSource {
public:
  FolderSource(std::vector<Part> parts, std::vector<std::string> classes)
      : parts(std::move(parts)), classes(std::move(classes)) {}

  std::vector<std::string> splits() const override {
    std::vector<std::string> names;
    names.reserve(parts.size());
    for (const Part &part : parts)
      names.push_back(part.split);
    return names;
  }
  std::vector<std::string> classNames() const override { return classes; }
  uint64_t sampleCount() const override {
    uint64_t count = 0;
    for (const Part &part : parts)
      count += part.items.size();
    return count;
  }
  Result<bool> next(SourceSample &sample) override;

private:
  std::vector<Part> parts;
  std::vector<std::string> classes;
  size_t part = 0;
  size_t item = 0;
};

Result<Bytes> readFile(const std::string &path) {
  Result<FileDescriptor> file = openForReading(path);
  if (!file)
    return std::move(file).status();
  struct stat information;
  if (::fstat(file->get(), &information) != 0)
    return Status::fromErrno(errno, "opening " + path);
  const auto size = static_cast<uint64_t>(information.st_size);
  if (size > format::maxPayloadBytes)
    return Status::error("{} has {} bytes, expected at most {}", path, size,
                         format::maxPayloadBytes);
  Bytes bytes(size);
  FANFOLD_RETURN_IF_ERROR(readAt(*file, 0, bytes.data(), size).withContext("{}", path));
  return bytes;
}

Result<bool> FolderSource::next(SourceSample &sample) {
  while (part < parts.size() && item == parts[part].items.size()) {
    ++part;
    item = 0;
  }
  if (part == parts.size())
    return false;
  const Item &source = parts[part].items[item++];
  const std::string path = parts[part].directory + "/" + source.name;
  Result<Bytes> bytes = readFile(path);
  if (!bytes)
    return std::move(bytes).status();
  sample.split = parts[part].split;
  sample.info.name = source.name;
  sample.info.label = source.label;
  sample.payload = std::move(*bytes);
  FANFOLD_RETURN_IF_ERROR(describeImage(sample).withContext("{}", path));
  return true;
}

bool isHidden(const fs::path &path) { return path.filename().string().front() == '.'; }

/// The directories of a split, in byte order.
Result<std::vector<std::string>> classesOf(const std::string &directory) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end;
       it.increment(failure))
    if (std::error_code ignored; it->is_directory(ignored) && !isHidden(it->path()))
      names.push_back(it->path().filename());
  if (failure)
    return Status::fromErrno(failure.value(), "listing " + directory);
  std::sort(names.begin(), names.end());
  return names;
}

/// Adds every file below directory/className.
Status addItems(Part &part, const std::string &className, int32_t label) {
  const fs::path root = fs::path(part.directory) / className;
  std::error_code failure;
  fs::recursive_directory_iterator it(root, fs::directory_options::follow_directory_symlink,
                                      failure);
  for (const fs::recursive_directory_iterator end; !failure && it != end; it.increment(failure)) {
    const bool isDirectory = it->is_directory(failure);
    if (failure)
      return Status::fromErrno(failure.value(), "opening " + it->path().string());
    // A link to a directory above would go in circles.
    if (isDirectory && it.depth() > 32)
      return Status::error("{} is more than 32 directories deep", it->path().string());
    if (isHidden(it->path())) {
      if (isDirectory)
        it.disable_recursion_pending();
      continue;
    }
    if (isDirectory)
      continue;
    std::string name = it->path().lexically_relative(part.directory);
    if (name.size() > format::maxNameBytes)
      return Status::error("{}: a name of {} bytes, expected at most {}", it->path().string(),
                           name.size(), format::maxNameBytes);
    part.items.push_back({std::move(name), label});
  }
  if (failure)
    return Status::fromErrno(failure.value(), "listing " + root.string());
  return {};
}

/// Sorted, so that the order does not depend on the file system, then permuted.
void arrange(std::vector<Item> &items) {
  std::sort(items.begin(), items.end(),
            [](const Item &a, const Item &b) { return a.name < b.name; });
  const uint64_t stream = random::hash(0, "folder");
  for (size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[random::toBelow(random::hash(stream, i), i)]);
}

/// SOURCE/train and SOURCE/test or SOURCE/val, those that exist.
std::vector<Part> splitDirectories(const std::string &path) {
  std::vector<Part> parts;
  std::error_code ignored;
  for (const auto &[directory, split] :
       {std::pair("train", "train"), std::pair("test", "test"), std::pair("val", "test")})
    if (std::string candidate = path + "/" + directory;
        fs::is_directory(candidate, ignored) && (parts.empty() || parts.back().split != split))
      parts.push_back({split, candidate, {}});
  return parts;
}

} // namespace

Result<std::unique_ptr<SampleSource>> io::openFolder(const std::string &path,
                                                     const SourceOptions &options) {
  std::error_code failure;
  if (!fs::is_directory(path, failure))
    return Status::fromErrno(failure ? failure.value() : ENOTDIR, "opening " + path);
  // With --split the classes are right here; without, look for both splits first.
  std::vector<Part> parts;
  if (options.split.empty())
    parts = splitDirectories(path);
  if (parts.empty())
    parts.push_back({options.split.empty() ? "train" : options.split, path, {}});

  std::vector<std::string> classes = options.classNames;
  if (classes.empty()) {
    Result<std::vector<std::string>> found = classesOf(parts.front().directory);
    if (!found)
      return std::move(found).status();
    classes = std::move(*found);
  }
  for (Part &part : parts) {
    Result<std::vector<std::string>> found = classesOf(part.directory);
    if (!found)
      return std::move(found).status();
    if (found->empty())
      return Status::error("no directories in {}, expected one for each class", part.directory);
    for (const std::string &name : *found) {
      const auto at = std::find(classes.begin(), classes.end(), name);
      if (at == classes.end())
        return Status::error("{}/{}: class '{}' is not among the {} classes of {}", part.directory,
                             name, name, classes.size(),
                             options.classNames.empty() ? parts.front().directory
                                                        : std::string("the list"));
      FANFOLD_RETURN_IF_ERROR(addItems(part, name, static_cast<int32_t>(at - classes.begin())));
    }
    if (part.items.empty())
      return Status::error("no images below {}", part.directory);
    arrange(part.items);
  }
  return std::unique_ptr<SampleSource>(new FolderSource(std::move(parts), std::move(classes)));
}
