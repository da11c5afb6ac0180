#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a compiled program says when something is wrong, and that nothing is lost.

    test_mistakes.py --programs=FOLDER

Each mistake gives exit status 1 and one sentence that names the place.
"""

import json
import math
import os
import struct

import workshop
from workshop import STEPS, content, flipByte, read, run, start


def writeTensors(path, **tensors):
    """A safetensors file of zeros."""
    header, end = {}, 0
    for name, (dtype, shape) in tensors.items():
        begin, end = end, end + math.prod(shape) * {"U8": 1, "I32": 4}[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + bytes(end))


class Numbers(workshop.WorkshopTest):
    def testOutOfRange(self):
        """Status 2, and before anything is made."""
        for option, said in (
            ("--threads=100000", "found 100000, expected threads in [1, "),
            ("--momentum=nan", "found nan, expected momentum in [0, 1]"),
            ("--learning-rate=1e999", "found 1e999, expected learning_rate in [0, 1e+30]"),
            ("--log-every=0", "found 0, expected log_every in [1, 1000000000000] steps"),
        ):
            with self.subTest(option):
                outcome = self.train(option)
                self.assertEqual(outcome.status, 2, outcome)
                self.assertIn(said, outcome.errors)
                self.assertFalse(os.path.exists(self.path("run")), "made for nothing")


class Data(workshop.WorkshopTest):
    def testMissing(self):
        for data, said in (
            (f"dlfs://{self.prepared('store')}/digit", "no data set 'digit'"),
            (f"dlfs://{self.path('nothing')}/digits", "no such directory"),
            ("dlfs://localhost:1/digits", "localhost"),
            (self.prepared("store"), "dlfs://"),
            ("", "dlfs://"),
        ):
            with self.subTest(data):
                self.refuses(self.train(data=data), said)
                self.assertFalse(os.path.exists(self.path("run")), "made for nothing")

    def testMoreClassesThanLogits(self):
        few, data, weights = self.prepared("few"), f"--data={self.data}", self.path("weights")
        self.succeeds(run(few, "bench", "--steps=1"))
        checkpoint = f"--checkpoint={self.path('run')}"
        said = (f"{self.data} has 10 classes, expected at most 7", "layer loss", "few.mlir:8:")
        self.refuses(run(few, "train", data, checkpoint), *said, by="few")
        self.assertFalse(os.path.exists(self.path("run")), "made for nothing")
        inputs = self.path("inputs")
        writeTensors(inputs, image=("U8", [32, 28, 28, 1]), label=("I32", [32]))
        self.succeeds(run(few, "step", "--eval", f"--inputs={inputs}", "-o", weights))
        self.refuses(run(few, "eval", data, f"--checkpoint={weights}"), *said, by="few")

    def testFlippedByteOfAChunk(self):
        data, chunks = self.ownStore()
        # The loader reads ahead: only from some chunks on has the training begun.
        for number, chunk in enumerate(chunks):
            name, folder = os.path.basename(chunk)[: -len(".chunk")], f"run{number}"
            flipByte(chunk, -1000)
            damaged = self.train(data=data, every=1, run=folder)
            flipByte(chunk, -1000)
            self.refuses(damaged, name, "checksum mismatch")
            if content(self.path(folder)):
                break
        # With the byte back, it goes on from what it had saved.
        self.succeeds(self.train("--resume", data=data, run=folder))
        self.endsAsReference(run=folder)

    def testChunkIsShortOrGone(self):
        data, chunks = self.ownStore()
        name = os.path.basename(chunks[1])[: -len(".chunk")]
        os.truncate(chunks[1], 1000)
        self.refuses(self.train(data=data), name, "truncated")
        os.remove(chunks[1])
        self.refuses(self.train("--resume", data=data), name, "no such file")


class Checkpoints(workshop.WorkshopTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("run"))
        with open(self.checkpoint(STEPS), "wb") as file:
            file.write(self.reference())

    def refusesCheckpoint(self, *parts):
        """By every command that reads it; and the file stays as it is."""
        before = content(self.path("run"))
        folder = f"--checkpoint={self.path('run')}"
        self.refuses(self.train("--resume"), self.checkpoint(STEPS), *parts)
        lenet = self.prepared("lenet")
        self.refuses(
            run(lenet, "eval", f"--data={self.data}", folder), self.checkpoint(STEPS), *parts
        )
        self.assertEqual(sorted(before), sorted(os.listdir(self.path("run"))))
        for name, bytes in before.items():
            self.sameBytes(read(self.path("run", name)), bytes, name)

    def testTruncated(self):
        whole = os.path.getsize(self.checkpoint(STEPS))
        for size, said in (
            (whole - 1, "truncated"),
            (1000, "truncated"),
            (4, "not a safetensors file: 4 bytes long"),
            (0, "not a safetensors file: 0 bytes long"),
        ):
            with self.subTest(size):
                os.truncate(self.checkpoint(STEPS), size)
                self.refusesCheckpoint(said)

    def testFlippedByte(self):
        for position in (-100, 1_000_000, 300, 3):
            with self.subTest(position):
                flipByte(self.checkpoint(STEPS), position)
                self.refusesCheckpoint()
                flipByte(self.checkpoint(STEPS), position)
        self.succeeds(self.train("--resume"))

    def testOfAnotherModel(self):
        logistic = [self.prepared("logistic"), "train", f"--data={self.data}"]
        self.succeeds(run(*logistic, "--steps=1", f"--checkpoint={self.path('other')}"))
        os.replace(self.checkpoint(1, run="other"), self.checkpoint(STEPS))
        self.refusesCheckpoint("tensor")

    def testIsNotWrittenOver(self):
        self.refuses(self.train(), self.checkpoint(STEPS), "is there already", "--resume")
        self.endsAsReference()

    def testFolderInUse(self):
        first = start(self.training(run="new"))
        try:
            self.waitFor(self.checkpoint(20, run="new"), first)
            self.refuses(self.train("--resume", run="new"), "another process writes checkpoints")
        finally:
            first.kill()
            first.communicate()

    def testMissing(self):
        lenet, data = self.prepared("lenet"), f"--data={self.data}"
        nothing = self.path("nothing")
        self.refuses(run(lenet, "eval", data, f"--checkpoint={nothing}"), nothing)
        self.refuses(self.train(f"--weights={nothing}", run="new"), nothing, "no such file")


class Divergence(workshop.WorkshopTest):
    def testNothingGoodIsWrittenOver(self):
        self.succeeds(self.train(steps=20))
        good = content(self.path("run"))
        self.assertEqual(list(good), ["step-20.safetensors"])
        # The loss of step 21 is finite still, what its update leaves is not.
        for steps, said in ((21, " after step 21"), (40, "loss is nan at step 22")):
            with self.subTest(steps):
                more = ["--resume", "--keep=1", "--learning-rate=1e30", "--weight-decay=1e30"]
                diverged = self.train(*more, steps=steps)
                self.refuses(diverged, "training stopped: ", said, "learning rate")
                self.assertIn(self.checkpoint(20), diverged.output)  # where the search began
                self.assertEqual(content(self.path("run")), good)


class Paths(workshop.WorkshopTest):
    def testNotWritable(self):
        file = self.path("file")
        with open(file, "w", encoding="utf-8") as written:
            written.write("mine")
        self.refuses(self.train(run="file"), file)
        self.refuses(self.train(run="file/run"), file)
        self.refuses(self.train(f"--log={file}/log", run="a"), f"{file}/log")
        self.refuses(self.train(f"--log={self.path('no', 'log')}", run="b"), "no such file")
        # No file can be made there, not even by root.
        self.refuses(self.train(run="/proc/run"), "/proc/run")
        self.assertEqual(read(file), b"mine")

    def testOutputThatTakesNothing(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            process = start([self.prepared("lenet"), "info"], stdout=full)
            self.refuses(workshop.finish(process), "no space left")


if __name__ == "__main__":
    workshop.main(__doc__)
