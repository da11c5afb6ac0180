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
// is its path below the split. Which of the two layouts it is is never guessed:
// with --split it is the first; without, directories that could be either are an
// error that says so.
//
//===----------------------------------------------------------------------===//

#include "io/import/Source.h"
#include "io/import/SourceFiles.h"

#include "io/decode/Image.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <sys/stat.h>

using namespace fanfold;
using namespace fanfold::io;
namespace fs = std::filesystem;

namespace {

/// The directory of a split.
struct Part {
  std::string split;
  std::string directory;
  std::vector<std::string> classes; ///< Its directories, in byte order.
};

/// Directories that need no other visit: links may lead in circles, and to one
/// directory by very many ways.
class Visited {
public:
  /// Everything above `directory` and itself.
  explicit Visited(const std::string &directory) {
    std::error_code ignored;
    fs::path path = fs::canonical(directory, ignored);
    for (struct stat information; ::stat(path.c_str(), &information) == 0;
         path = path.parent_path()) {
      first(information);
      if (path == path.parent_path())
        break;
    }
  }
  /// Whether this is the first visit.
  bool first(const struct stat &information) {
    return nodes.insert({information.st_dev, information.st_ino}).second;
  }

private:
  std::set<std::pair<dev_t, ino_t>> nodes;
};

class FolderSource : public SampleSource {
public:
  explicit FolderSource(std::vector<Part> parts) : parts(std::move(parts)) {}

  Status read(size_t split, const SourceItem &item, SourceSample &sample) override;

  /// Fills in the catalogue.
  Status list(const std::string &path, const SourceOptions &options);

private:
  /// Adds every image below the directory of a class. `path` is relative to the
  /// directory of the split.
  Status addItems(const Part &part, const std::string &path, int32_t label, Visited &visited,
                  std::vector<SourceItem> &items);

  std::vector<Part> parts;
};

/// The directories in a directory; what else is there is passed over.
Result<std::vector<std::string>> directoriesIn(const std::string &directory,
                                               PassedOver &passedOver) {
  Result<std::vector<std::string>> names = namesIn(directory);
  if (!names)
    return names;
  std::vector<std::string> directories;
  for (std::string &name : *names)
    if (std::error_code ignored; name.front() == '.')
      passedOver.add("hidden", name);
    else if (fs::is_directory(directory + "/" + name, ignored))
      directories.push_back(std::move(name));
    else
      passedOver.add("beside the directories of classes", name);
  return directories;
}

/// Whether a file without the ending of an image is one nevertheless.
Result<bool> beginsAsImage(const std::string &path) {
  Result<FileDescriptor> file = openForReading(path);
  if (!file)
    return std::move(file).status();
  Bytes bytes(8);
  return readAt(*file, 0, bytes.data(), bytes.size()).ok() && encodingOf(bytes).has_value();
}

Status FolderSource::read(size_t split, const SourceItem &item, SourceSample &sample) {
  const std::string path = parts[split].directory + "/" + item.name;
  Result<FileDescriptor> file = openForReading(path);
  if (!file)
    return std::move(file).status();
  struct stat information;
  if (::fstat(file->get(), &information) != 0)
    return Status::fromErrno(errno, "opening " + path);
  Result<Bytes> bytes = readPart(*file, 0, static_cast<uint64_t>(information.st_size));
  if (!bytes)
    return std::move(bytes).status().withContext("{}", path);
  sample.payload = std::move(*bytes);
  return describeImage(sample).withContext("{}", path);
}

Status FolderSource::addItems(const Part &part, const std::string &path, int32_t label,
                              Visited &visited, std::vector<SourceItem> &items) {
  PassedOver &passedOver = catalogue.passedOver;
  struct stat information;
  const std::string directory = part.directory + "/" + path;
  if (::stat(directory.c_str(), &information) != 0)
    return Status::fromErrno(errno, "opening " + directory);
  if (!visited.first(information)) {
    passedOver.add("linked to a directory above or read already", path + "/");
    return {};
  }
  Result<std::vector<std::string>> names = namesIn(directory);
  if (!names)
    return std::move(names).status();
  for (const std::string &entry : *names) {
    const std::string name = path + "/" + entry;
    const std::string file = part.directory + "/" + name;
    if (entry.front() == '.') {
      passedOver.add("hidden", name);
      continue;
    }
    if (::stat(file.c_str(), &information) != 0) {
      if (errno != ENOENT && errno != ELOOP)
        return Status::fromErrno(errno, "opening " + file);
      passedOver.add("linked to nothing", name);
      continue;
    }
    if (S_ISDIR(information.st_mode)) {
      FANFOLD_RETURN_IF_ERROR(addItems(part, name, label, visited, items));
      continue;
    }
    if (!S_ISREG(information.st_mode))
      return Status::error("{} is not a regular file", file);
    if (information.st_size == 0) {
      passedOver.add("empty", name);
      continue;
    }
    if (!hasImageEnding(entry)) {
      Result<bool> image = beginsAsImage(file);
      if (!image)
        return std::move(image).status();
      if (!*image) {
        passedOver.add("not a JPEG or PNG image", name);
        continue;
      }
    }
    items.push_back({name, label, 0});
  }
  return {};
}

Status FolderSource::list(const std::string &path, const SourceOptions &options) {
  catalogue.classesAreGiven = !options.classNames.empty();
  catalogue.classNames = options.classNames;
  for (Part &part : parts) {
    Result<std::vector<std::string>> found = directoriesIn(part.directory, catalogue.passedOver);
    if (!found)
      return std::move(found).status();
    part.classes = std::move(*found);
    if (part.classes.empty())
      return Status::error("no directories in {}, expected one for each class{}", part.directory,
                           part.directory == path
                               ? ""
                               : "; --split=train or --split=test says that it is one itself");
  }
  if (catalogue.classNames.empty())
    catalogue.classNames = parts.front().classes;
  const std::vector<std::string> &classes = catalogue.classNames;
  for (const Part &part : parts) {
    SourceSplit &split = catalogue.splits.emplace_back();
    split.name = part.split;
    for (const std::string &name : part.classes) {
      const auto at = std::find(classes.begin(), classes.end(), name);
      if (at == classes.end())
        return Status::error("{}/{}: class '{}' is not among the {} classes of {}", part.directory,
                             name, name, classes.size(),
                             catalogue.classesAreGiven ? std::string("the list")
                                                       : parts.front().directory);
      const size_t before = split.items.size();
      Visited visited(part.directory);
      FANFOLD_RETURN_IF_ERROR(
          addItems(part, name, static_cast<int32_t>(at - classes.begin()), visited, split.items));
      if (split.items.size() == before)
        catalogue.passedOver.add("without an image", name + "/");
    }
  }
  return {};
}

/// Whether people call splits so: train, Training, test, val, validation ...
bool soundsLikeSplit(std::string name) {
  for (char &c : name)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  for (const char *split : {"train", "training", "test", "testing", "val", "valid", "validation"})
    if (name == split)
      return true;
  return false;
}

/// The splits of a source of which the user does not say which one it is.
Result<std::vector<Part>> findParts(const std::string &path) {
  PassedOver ignored; // Listed again where it is counted.
  Result<std::vector<std::string>> names = directoriesIn(path, ignored);
  if (!names)
    return std::move(names).status();
  const auto has = [&](const std::string &name) {
    return std::find(names->begin(), names->end(), name) != names->end();
  };
  const auto like = std::find_if(names->begin(), names->end(), soundsLikeSplit);
  if (like == names->end())
    return std::vector<Part>{{"train", path, {}}};
  for (const std::string &name : *names)
    if (name != "train" && name != "test" && name != "val")
      return Status::error("{}/{}: a split or a class? expected train and test (or val) with no "
                           "directory beside them, or classes alone, found '{}'; --split=train or "
                           "--split=test says that all are classes",
                           path, *like, name);
  if (has("test") && has("val"))
    return Status::error(
        "{} has directories 'test' and 'val', and a data set has one split of this "
        "kind; --split=test {}/val imports one alone",
        path, path);
  std::vector<Part> parts;
  for (const auto &[directory, split] :
       {std::pair("train", "train"), std::pair("test", "test"), std::pair("val", "test")})
    if (has(directory))
      parts.push_back({split, path + "/" + directory, {}});
  return parts;
}

} // namespace

Result<std::unique_ptr<SampleSource>> io::openFolder(const std::string &path,
                                                     const SourceOptions &options) {
  std::error_code failure;
  if (!fs::is_directory(path, failure))
    return Status::fromErrno(failure ? failure.value() : ENOTDIR, "opening " + path);
  Result<std::vector<Part>> parts = std::vector<Part>{{options.split, path, {}}};
  if (options.split.empty())
    parts = findParts(path);
  if (!parts)
    return std::move(parts).status();
  auto source = std::make_unique<FolderSource>(std::move(*parts));
  FANFOLD_RETURN_IF_ERROR(source->list(path, options));
  return std::unique_ptr<SampleSource>(std::move(source));
}
