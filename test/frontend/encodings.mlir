// Model files as editors of many kinds write them.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %python %S/Inputs/encode.py bom > bom.mlir
// RUN: %python %S/Inputs/encode.py crlf > crlf.mlir
// RUN: %python %S/Inputs/encode.py cr > cr.mlir
// RUN: %python %S/Inputs/encode.py no_newline > no_newline.mlir
// RUN: %python %S/Inputs/encode.py comment_at_end > comment_at_end.mlir
// RUN: fanfold inspect bom.mlir --target=cpu --layers | FileCheck %s
// RUN: fanfold inspect crlf.mlir --target=cpu --layers | FileCheck %s
// RUN: fanfold inspect cr.mlir --target=cpu --layers | FileCheck %s
// RUN: fanfold inspect no_newline.mlir --target=cpu --layers | FileCheck %s
// RUN: fanfold inspect comment_at_end.mlir --target=cpu --layers | FileCheck %s
// RUN: fanfold inspect - --target=cpu --layers < bom.mlir | FileCheck %s
// RUN: cat bom.mlir | fanfold inspect - --target=cpu --layers | FileCheck %s
// CHECK: relu

// A mark has no column, and the second character of a line's end none, either.
// RUN: %python %S/Inputs/encode.py bom_mistake > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=MISTAKE
// RUN: %python %S/Inputs/encode.py crlf_mistake > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=MISTAKE
// MISTAKE: m.mlir:3:20: error: custom op 'cnn.relu' unknown clause 'pad', expected none
// RUN: %python %S/Inputs/encode.py bom_first_line > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=FIRST
// FIRST: m.mlir:1:1: error:

// In the middle a mark is a character like others.
// RUN: %python %S/Inputs/encode.py bom_within > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=WITHIN
// WITHIN: m.mlir:3:3: error: unexpected character

// RUN: %python %S/Inputs/encode.py utf16 > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=UTF16
// RUN: %python %S/Inputs/encode.py utf16_big > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=UTF16
// UTF16: m.mlir:1:1: error: found text in UTF-16, expected UTF-8
// RUN: %python %S/Inputs/encode.py utf16_no_bom > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=NUL16
// NUL16: m.mlir:1:2: error: found a NUL byte, expected text in UTF-8
// RUN: %python %S/Inputs/encode.py nul > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=NUL
// NUL: m.mlir:3:14: error: found a NUL byte, expected text in UTF-8
// RUN: %python %S/Inputs/encode.py nul_in_comment > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=COMMENT
// COMMENT: m.mlir:5:52: error: found a NUL byte, expected text in UTF-8
// RUN: %python %S/Inputs/encode.py nul_at_end > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=END
// END: m.mlir:8:1: error: found a NUL byte, expected text in UTF-8

// RUN: %python %S/Inputs/encode.py empty > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: %python %S/Inputs/encode.py bom_alone > m.mlir && not fanfold inspect m.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: m.mlir:1:1: error: the file is empty, expected a cnn.model
// RUN: not fanfold inspect - --target=cpu --layers < /dev/null 2>&1 | FileCheck %s --check-prefix=STDIN
// STDIN: <stdin>:1:1: error: the file is empty, expected a cnn.model

// What is no file is not waited for, and what is too large not read.
// RUN: mkfifo pipe
// RUN: not fanfold inspect pipe --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=PIPE
// PIPE: error: pipe is not a regular file
// RUN: not fanfold inspect . --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: error: . is not a regular file
// RUN: not fanfold inspect /dev/zero --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=DEVICE
// DEVICE: error: /dev/zero is not a regular file
// RUN: not fanfold inspect nothing.mlir --target=cpu --layers 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: error: opening nothing.mlir: no such file or directory
