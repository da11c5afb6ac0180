//===- Safetensors.h - tensors by name in a file --------------------------===//
//
// Part of the Fanfold project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The safetensors format: eight bytes with the length of a JSON header (little
// endian), the header, then the bytes of all tensors without gaps.
//
//   {"__metadata__": {"step": "12"}, "fc.weight": {"dtype": "F32",
//    "shape": [784, 10], "data_offsets": [0, 31360]}, ...}
//
// A file that we write carries one more string in its metadata, `xxh3`: 16
// hexadecimal digits of XXH3-64 over header and data, taken with zeros in the
// place of the digits. Other readers pay no heed to it; ours finds any flipped
// bit by it.
//
// Files are untrusted: a reader takes no length, offset or shape on faith, and
// what is wrong becomes a Status that names the file.
//
//===----------------------------------------------------------------------===//

#ifndef FANFOLD_RUNTIME_SAFETENSORS_H
#define FANFOLD_RUNTIME_SAFETENSORS_H

#include "runtime/File.h"
#include "runtime/Program.h"
#include "runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

/// Tensors pass through host memory in pieces of this size.
inline constexpr size_t pieceBytes = size_t{1} << 20;

using SafetensorsMetadata = std::map<std::string, std::string>;

/// "F32"; the format's name of a type.
const char *safetensorsTypeName(ElementType type);

/// A file open for reading.
class SafetensorsFile {
public:
  struct Tensor {
    std::string name;
    std::string type; ///< As in the file, one that the format defines: "F32", "I64".
    std::vector<int64_t> shape;
    size_t offset; ///< From the start of the file.
    size_t bytes;

    /// "F32 784x10"; "F32 scalar".
    std::string description() const;
    /// If the tensor has this type and shape.
    bool matches(ElementType type, Span<int64_t> shape) const;
  };

  /// Opens `path` and validates it whole, its checksum included if it has one.
  static Result<SafetensorsFile> open(const std::string &path);

  const std::string &path() const { return filePath; }
  /// If the file carries a checksum (which then is right).
  bool hasChecksum() const { return checked; }
  const SafetensorsMetadata &metadata() const { return strings; }
  /// In the order of their data.
  const std::vector<Tensor> &tensors() const { return list; }
  /// Null if there is no tensor of that name.
  const Tensor *find(const std::string &name) const;

  /// Reads `bytes` of `tensor` from its byte `begin` on.
  Status read(const Tensor &tensor, size_t begin, void *target, size_t bytes) const;

private:
  SafetensorsFile() = default;

  Status parseHeader(const std::string &header, size_t dataOffset, size_t dataBytes);
  Status verifyChecksum(std::string header, size_t dataOffset, size_t dataBytes);

  std::string filePath;
  FileDescriptor file;
  SafetensorsMetadata strings;
  std::vector<Tensor> list;
  std::map<std::string, size_t> byName;
  bool checked = false;
};

/// A tensor to be written. `read` gives `bytes` of it from byte `begin` on, and
/// gives the same each time: the writer reads every tensor twice.
struct SafetensorsSource {
  std::string name;
  ElementType type;
  std::vector<int64_t> shape;
  size_t bytes;
  std::function<Status(size_t begin, void *target, size_t bytes)> read;
};

/// Bytes that writeSafetensors would write.
size_t safetensorsFileBytes(const SafetensorsMetadata &metadata,
                            const std::vector<SafetensorsSource> &tensors);

/// Writes `tensors` in their order, and a checksum, to `path` with
/// writeFileAtomically. Names must be unique.
Status writeSafetensors(const std::string &path, const SafetensorsMetadata &metadata,
                        const std::vector<SafetensorsSource> &tensors);

} // namespace fanfold

#endif // FANFOLD_RUNTIME_SAFETENSORS_H
