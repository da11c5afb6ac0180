# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads and writes safetensors files with numpy alone.

A file is a little-endian u64 length, that many bytes of JSON (name -> dtype,
shape, data_offsets), and the tensors' bytes. Reading is strict: every tensor
has the bytes its shape asks for, and the tensors fill the file without gap or
overlap; anything else raises FormatError.
"""

import json
import math
import struct

import numpy

DTYPES = {
    "U8": numpy.uint8,
    "I32": numpy.int32,
    "I64": numpy.int64,
    "F16": numpy.float16,
    "F32": numpy.float32,
    "F64": numpy.float64,
}


class FormatError(Exception):
    """The bytes are not a safetensors file."""


def write(path, tensors, metadata=None):
    """Writes {name: array}; `metadata` is {str: str}."""
    names = {numpy.dtype(t): n for n, t in DTYPES.items()}
    arrays = {n: numpy.asarray(a, order="C") for n, a in tensors.items()}
    header, offset = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, array in arrays.items():
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def read(path):
    """{name: array} of a file."""
    with open(path, "rb") as file:
        content = file.read()
    if len(content) < 8:
        raise FormatError(f"{path}: {len(content)} bytes, expected at least 8")
    (length,) = struct.unpack_from("<Q", content)
    if length > len(content) - 8:
        raise FormatError(f"{path}: header of {length} bytes in a file of {len(content)}")
    try:
        header = json.loads(content[8 : 8 + length])
        entries = sorted(
            (info["data_offsets"], name, info["dtype"], info["shape"])
            for name, info in header.items()
            if name != "__metadata__"
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{path}: header: {error}") from error
    data, end, tensors = memoryview(content)[8 + length :], 0, {}
    for (first, last), name, dtype, shape in entries:
        if dtype not in DTYPES:
            raise FormatError(f"{path}: {name}: unknown dtype {dtype}")
        size = math.prod(shape) * numpy.dtype(DTYPES[dtype]).itemsize
        if first != end or last - first != size or last > len(data):
            raise FormatError(
                f"{path}: {name}: bytes {first} to {last} of {len(data)},"
                f" expected {size} bytes from {end}"
            )
        tensors[name] = numpy.frombuffer(data[first:last], DTYPES[dtype]).reshape(shape)
        end = last
    if end != len(data):
        raise FormatError(f"{path}: {len(data) - end} bytes after the last tensor")
    return tensors
