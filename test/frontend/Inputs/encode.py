# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a small model as bytes of some encoding.

    encode.py KIND

Kinds with a mistake have a clause that does not exist in line 3.
"""

import sys

MODEL = """cnn.model @m {
  %x = cnn.input "x" as tensor<?x4xf32>
  %y = cnn.relu %x
  %label = cnn.input "label" as tensor<?xi32>
  %loss = cnn.softmax_cross_entropy %y, %label // a comment
  cnn.loss %loss
}
"""
MISTAKE = MODEL.replace("cnn.relu %x", "cnn.relu %x pad(1)")
BOM = b"\xef\xbb\xbf"

KINDS = {
    "bom": BOM + MODEL.encode(),
    "bom_mistake": BOM + MISTAKE.encode(),
    "bom_first_line": BOM + b"cnn.modle @m {\n}\n",
    "bom_alone": BOM,
    "bom_within": MODEL.encode().replace(b"  %y", b"  " + BOM + b"%y"),
    "crlf": MODEL.replace("\n", "\r\n").encode(),
    "crlf_mistake": MISTAKE.replace("\n", "\r\n").encode(),
    "cr": MODEL.replace("\n", "\r").encode(),
    "no_newline": MODEL.rstrip("\n").encode(),
    "comment_at_end": (MODEL + "// the end").encode(),
    "utf16": MODEL.encode("utf-16-le").join([b"\xff\xfe", b""]),
    "utf16_big": MODEL.encode("utf-16-be").join([b"\xfe\xff", b""]),
    "utf16_no_bom": MODEL.encode("utf-16-le"),
    "nul": MODEL.replace("relu", "re\0lu").encode(),
    "nul_in_comment": MODEL.replace("a comment", "a\0comment").encode(),
    "nul_at_end": MODEL.encode() + b"\0",
    "empty": b"",
}

sys.stdout.buffer.write(KINDS[sys.argv[1]])
