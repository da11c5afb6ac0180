#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that programs compiled with --deterministic give the same bits in every run.

    check_repeats.py --fanfold=BIN --dlfs=BIN [--target=T]        compiles and runs
    check_repeats.py --fanfold=BIN ... --compile-to=DIR           compiles, imports data, stops
    check_repeats.py --programs=DIR                               runs what lies there
    check_repeats.py ... --model=NAME --precision=P --kills=N     less or more of it

Every example network at a small batch, in each precision that the target has: three
trainings of ten steps from one state, on images with augmentation, must leave the same
checkpoint, byte for byte. On a GPU one of the three runs launch by launch, the others as a
captured graph. So must programs that compute values again to keep a memory budget. And a training
of ResNet-20 on Fashion-MNIST in fp16 (fp32 on the CPU) is killed with SIGKILL, then one stopped with
SIGTERM, at N random moments each, and goes on each time: it must end with the checkpoint of the one
that was left alone.

Exit status: 0 all of it holds, 1 something does not, 77 numpy or a GPU is missing.
"""

import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import requirements

requirements.need("numpy")

import numpy

import program

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PRECISIONS = {"cpu": ("fp32",), "cuda:sm_90": ("fp32", "tf32", "fp16", "bf16")}
# Images of a step: few, but enough for kernels that split sums over images.
BATCHES = {"lenet": 64, "resnet20": 64, "alexnet": 32, "alexnet_one_tower": 32}
BATCH = 16
STEPS = 10
BUDGETED = ("googlenet", "resnet50")
KILLED = "resnet20"  # The model that is killed.
KILLED_STEPS, EVERY = 400, 20
# What budgets and kills are tried in.
PRECISION = {"cpu": "fp32", "cuda:sm_90": "fp16"}
FASHION_MNIST = "/usr/share/datasets/fashion-mnist"  # Debian's dataset-fashion-mnist.


def examples():
    folder = os.path.join(ROOT, "examples")
    return sorted(name for name in os.listdir(folder)
                  if os.path.isdir(os.path.join(folder, name)) and name != "resnet152")


def halfBudget(arguments, path, batch, precision):
    """Bytes halfway between what a model needs when nothing is computed again and the fewest."""
    said = program.run([arguments.fanfold, "inspect", path, "--memory", "--sweep", f"--batch={batch}",
                        f"--target={arguments.target}", f"--precision={precision}", "--deterministic",
                        "--format=json"])
    budgets = [point["budget_bytes"] for point in json.loads(said)["sweep"]]
    return (min(budgets) + max(budgets)) // 2


def compileAll(arguments):
    os.makedirs(arguments.compile_to, exist_ok=True)
    for name in arguments.model or examples():
        path = os.path.join(ROOT, "examples", name, name + ".mlir")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        batch = BATCHES.get(name, BATCH)

        def compileOne(title, precision, *flags):
            result = program.compileModel(
                arguments.fanfold, text, arguments.compile_to, f"{title}.{precision}", batch,
                ["--deterministic", f"--precision={precision}", "--quiet", *flags], arguments.target)
            os.remove(result + ".mlir")
            # Debug information of the libraries is nothing to carry to a card.
            subprocess.run(["strip", result], check=False)

        for precision in arguments.precision or PRECISIONS[arguments.target]:
            compileOne(name, precision)
            if name in BUDGETED and precision == PRECISION[arguments.target]:
                budget = halfBudget(arguments, path, batch, precision)
                compileOne(name + "_budget", precision, f"--memory-budget={budget}")
    folder = os.path.abspath(arguments.compile_to)
    for channels in (1, 3):
        makeStore(arguments.dlfs, folder, channels)
    if KILLED in (arguments.model or examples()) and arguments.kills:
        program.run([arguments.dlfs, "import", "--format=idx", "--replace", FASHION_MNIST,
                     storeUrl(folder, "fashion-mnist")])


def png(pixels):
    """The bytes of a file with height x width x channels bytes."""

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    data = zlib.compress(rows, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def storeUrl(folder, data):
    """Of the images with one or three channels, or of "fashion-mnist"."""
    return f"dlfs://{os.path.abspath(folder)}/store-{data}/images"


def makeStore(dlfs, folder, channels):
    """Makes a data set of random images in ten classes."""
    generator = numpy.random.default_rng(channels)
    with tempfile.TemporaryDirectory() as source:
        writeImages(source, generator, channels)
        program.run([dlfs, "import", "--format=folder", "--replace", source, storeUrl(folder, channels)])


def writeImages(source, generator, channels):
    for split, count in (("train", 24), ("test", 2)):
        for label in range(10):
            where = os.path.join(source, split, f"class{label}")
            os.makedirs(where)
            for index in range(count):
                pixels = generator.integers(0, 256, (64, 64, channels), dtype=numpy.uint8)
                with open(os.path.join(where, f"{index}.png"), "wb") as file:
                    file.write(png(pixels))


class Training:
    """Trainings of one program on a data set: random images unless another is named."""

    def __init__(self, path, folder, data=None):
        self.path, self.folder = path, folder
        self.info = json.loads(program.run([path, "info", "--format=json"]))
        image = next(each for each in self.info["inputs"] if each["name"] == "image")
        self.url = storeUrl(os.path.dirname(path), data or image["shape"][-1])

    def command(self, run, steps, *flags):
        return [self.path, "train", f"--data={self.url}", f"--checkpoint={self.folder}/{run}",
                f"--steps={steps}", "--flip=true", "--eval-every=0", *flags]

    def checkpoint(self, run, steps):
        with open(f"{self.folder}/{run}/step-{steps}.safetensors", "rb") as file:
            return file.read()

    def train(self, run, steps, *flags, blocking=False):
        environment = dict(os.environ, CUDA_LAUNCH_BLOCKING="1") if blocking else None
        done = subprocess.run(self.command(run, steps, *flags), capture_output=True, text=True,
                              env=environment, check=False)
        if done.returncode:
            raise program.CommandError(f"exit status {done.returncode}: {done.stderr.strip()}")
        return self.checkpoint(run, steps)


def repeats(training):
    """Whether three trainings leave the same checkpoint; says so."""
    first = training.train("first", STEPS)
    again = training.train("again", STEPS) == first
    apart = training.train("apart", STEPS, blocking=True) == first
    # And the comparison can fail.
    other = training.train("other", STEPS, "--seed=1") != first
    varying = training.info["varying_launches"]
    print(f"{os.path.basename(training.path)}: again {'equal' if again else 'DIFFERENT'}, "
          f"launch by launch {'equal' if apart else 'DIFFERENT'}"
          + ("" if other else ", ANOTHER SEED EQUAL")
          + (f", {varying} LAUNCHES VARY" if varying else ""), flush=True)
    return again and apart and other and not varying


def survives(training, kills):
    """Whether trainings that are ended at random moments and go on each time leave the checkpoint of
    one that was left alone; says so."""
    flags = [f"--checkpoint-every={EVERY}"]
    begin = time.monotonic()
    expected = training.train("alone", KILLED_STEPS, *flags)
    seconds = time.monotonic() - begin
    good = True
    for number in (signal.SIGKILL, signal.SIGTERM):
        run, moments, done = f"ended{number}", random.Random(number), 0
        command = training.command(run, KILLED_STEPS, *flags, "--resume")
        while done < kills:
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
                time.sleep(seconds * moments.uniform(0.02, 1))
                process.send_signal(number)
                error = process.communicate()[1]
            if process.returncode == 0:  # It was quicker: from the start again.
                good &= training.checkpoint(run, KILLED_STEPS) == expected
                shutil.rmtree(os.path.join(training.folder, run))
            elif process.returncode in (-number, 128 + number):
                done += 1
            else:
                raise program.CommandError(f"exit status {process.returncode}: {error.strip()}")
        good &= training.train(run, KILLED_STEPS, *flags, "--resume") == expected
        print(f"{os.path.basename(training.path)}: ended {done} times by {number.name}, "
              f"{'equal' if good else 'DIFFERENT'} in the end", flush=True)
    return good


def check(path, kills):
    """Whether all of it holds of one program."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            training = Training(path, scratch)
            good = repeats(training)
            precision = PRECISION["cpu" if training.info["target"] == "cpu" else "cuda:sm_90"]
            if os.path.basename(path) == f"{KILLED}.{precision}" and kills:
                good &= survives(Training(path, scratch, "fashion-mnist"), kills)
            return good
        except program.CommandError as error:
            print(f"{os.path.basename(path)}: {error}", flush=True)
            return None if "found no NVIDIA driver" in str(error) else False


def runAll(arguments):
    wanted = [name for name in sorted(os.listdir(arguments.programs))
              if re.fullmatch(r"\w+\.(fp32|tf32|fp16|bf16)", name)]
    wanted = [name for name in wanted
              if (not arguments.model or name.split(".")[0] in arguments.model)
              and (not arguments.precision or name.split(".")[1] in arguments.precision)]
    if not wanted:
        sys.exit(f"{arguments.programs}: no program to run; --compile-to makes them")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        paths = [os.path.join(arguments.programs, name) for name in wanted]
        results = list(pool.map(lambda path: check(path, arguments.kills), paths))
    if None in results:
        print("skipped: no GPU")
        return 77
    print(f"{sum(results)} of {len(results)} programs repeat")
    return 0 if all(results) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", help="the compiler")
    parser.add_argument("--target", default="cpu", choices=sorted(PRECISIONS))
    parser.add_argument("--compile-to", metavar="DIR", help="compile the programs and stop")
    parser.add_argument("--programs", metavar="DIR", help="where they are, if they are compiled")
    parser.add_argument("--dlfs", help="the data store's command")
    parser.add_argument("--model", action="append", help="default: all examples but ResNet-152")
    parser.add_argument("--precision", action="append", help="default: all that the target has")
    parser.add_argument("--kills", type=int, default=50, help=f"of {KILLED}, with each signal (50)")
    parser.add_argument("--jobs", type=int, default=2, help="programs at a time (2)")
    arguments = parser.parse_args()
    if not arguments.programs and not (arguments.fanfold and arguments.dlfs):
        parser.error("expected --programs, or --fanfold and --dlfs")
    if arguments.programs:
        return runAll(arguments)
    if arguments.compile_to:
        compileAll(arguments)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        arguments.compile_to = arguments.programs = folder
        compileAll(arguments)
        return runAll(arguments)


if __name__ == "__main__":
    sys.exit(main())
