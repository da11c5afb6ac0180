#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the programs and imports the data set that the tests here share.

    prepare.py --fanfold=BIN --dlfs=BIN --programs=FOLDER

workshop.py says what is in the folder afterwards.
"""

import argparse
import concurrent.futures
import os
import random
import shutil
import struct
import subprocess
import sys

import workshop

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")

LOGISTIC = """
cnn.model @logistic {
  %image = cnn.input "image" as tensor<?x28x28x1xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5) std(0.25)
  %flat = cnn.flatten %0
  %fc = cnn.dense %flat units(10)
  %loss = cnn.softmax_cross_entropy %fc, %label
  cnn.loss %loss
}
cnn.recipe @logistic
"""


FEW = LOGISTIC.replace("units(10)", "units(7)").replace("@logistic", "@few")


def replaced(text, old, new):
    if old not in text:
        raise ValueError(f"the example has no {old!r} any more")
    return text.replace(old, new, 1)


def lenet():
    """The example with everything in it that draws random numbers."""
    with open(os.path.join(EXAMPLES, "lenet", "lenet.mlir"), encoding="utf-8") as file:
        text = file.read()
    text = replaced(
        text,
        "%fc2 = cnn.dense %fc1_relu",
        "%dropout = cnn.dropout %fc1_relu rate(0.5)\n  %fc2 = cnn.dense %dropout",
    )
    return replaced(text, "schedule(", "augment(crop_padding = 2, flip = true)\n  schedule(")


def compileModel(fanfold, folder, name, text):
    source = os.path.join(folder, name + ".mlir")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    batch = f"--batch={workshop.BATCH}"
    output = os.path.join(folder, name)
    subprocess.run([fanfold, "compile", source, "--target=cpu", batch, "-o", output], check=True)


def writeIdx(folder, prefix, count, seed):
    """Noisy images of which each class has a bright row of its own, in IDX files."""
    generator = random.Random(seed)
    images, labels = bytearray(), bytearray()
    for i in range(count):
        image = bytearray(byte // 4 for byte in generator.randbytes(28 * 28))
        row = 4 + 2 * (i % 10)
        image[28 * row : 28 * (row + 1)] = bytes([250]) * 28
        images += image
        labels.append(i % 10)
    with open(os.path.join(folder, f"{prefix}-images-idx3-ubyte"), "wb") as file:
        file.write(struct.pack(">BBBBIII", 0, 0, 8, 3, count, 28, 28) + images)
    with open(os.path.join(folder, f"{prefix}-labels-idx1-ubyte"), "wb") as file:
        file.write(struct.pack(">BBBBI", 0, 0, 8, 1, count) + labels)


def importDigits(dlfs, folder):
    idx = os.path.join(folder, "idx")
    os.mkdir(idx)
    writeIdx(idx, "train", workshop.TRAIN, seed=1)
    writeIdx(idx, "t10k", workshop.TEST, seed=2)
    for store, size in (("store", workshop.CHUNK), ("again", "128KiB")):
        url = f"dlfs://{os.path.join(folder, store)}/digits"
        command = [dlfs, "import", "--format=idx", "--quiet", f"--chunk-size={size}", idx, url]
        subprocess.run(command, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for option in ("fanfold", "dlfs", "programs"):
        parser.add_argument(f"--{option}", required=True)
    arguments = parser.parse_args()
    folder = os.path.abspath(arguments.programs)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(compileModel, arguments.fanfold, folder, "lenet", lenet()),
            pool.submit(compileModel, arguments.fanfold, folder, "logistic", LOGISTIC),
            pool.submit(compileModel, arguments.fanfold, folder, "few", FEW),
            pool.submit(importDigits, arguments.dlfs, folder),
        ]
        try:
            for job in jobs:
                job.result()
        except subprocess.CalledProcessError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
