# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What prepare.py leaves in a folder, and how the tests run it.

    lenet         examples/lenet with dropout and augmentation, batch BATCH
    logistic      another model of the same input
    few           the same with fewer logits than the data has classes
    store/        an embedded store with the data set `digits`
    again/        another, with the same files imported again, in other chunks

The tests share the folder and change nothing in it; what they change they copy.
"""

import argparse
import dataclasses
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BATCH = 32
TRAIN, TEST = 512, 64  # samples of the data set
CHUNK = "64KiB"  # several chunks a split
STEPS = 128  # of the training that the tests run: eight epochs

SKIPPED = 77  # exit status that CTest counts as skipped


@dataclasses.dataclass
class Outcome:
    """How a command ended; `status` is negative for a signal."""

    status: int
    output: str
    errors: str


def heedSignals():
    """Ignored signals are inherited, of nohup or a shell's background, say."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def start(command, stdout=subprocess.PIPE):
    return subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True, preexec_fn=heedSignals
    )


def finish(process):
    output, errors = process.communicate()
    return Outcome(process.returncode, output, errors)


def run(*command):
    return finish(start(command))


def read(path):
    """A file's bytes; None if there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def content(folder):
    """{name: bytes} of the files right in a folder."""
    return {name: read(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}


def flipByte(path, position):
    """Inverts one bit of a file; a second time undoes it."""
    with open(path, "r+b") as file:
        file.seek(position, os.SEEK_END if position < 0 else os.SEEK_SET)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


class WorkshopTest(unittest.TestCase):
    """A test with a folder of its own, `self.folder`, beside the prepared one."""

    programs = None  # set by main()
    undisturbed = None  # what reference() returns

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def prepared(self, name):
        return os.path.join(self.programs, name)

    @property
    def data(self):
        return f"dlfs://{self.prepared('store')}/digits"

    def timeless(self, log):
        """The lines of a log without what differs from run to run: times, and where
        checkpoints are."""
        lines = []
        with open(log, encoding="utf-8") as file:
            for line in map(json.loads, file):
                for key in ("time", "seconds", "images_per_s"):
                    line.pop(key, None)
                if "path" in line:
                    line["path"] = os.path.basename(line["path"])
                lines.append(line)
        return lines

    def ownStore(self):
        """A copy of the store: the URL of its data set, and the chunks of split train."""
        shutil.copytree(self.prepared("store"), self.path("store"))
        chunks = glob.glob(self.path("store", "chunks", "**", "*-train-*.chunk"), recursive=True)
        return f"dlfs://{self.path('store')}/digits", sorted(chunks)

    def training(self, *more, data=None, run="run", steps=STEPS, every=20):
        """The command line of the training that all tests speak of, with checkpoints in
        self.path(run), by default not at the ends of epochs."""
        return [
            self.prepared("lenet"),
            "train",
            f"--data={self.data if data is None else data}",
            f"--checkpoint={self.path(run)}",
            f"--steps={steps}",
            f"--checkpoint-every={every}",
            "--eval-every=5",
            *more,
        ]

    def train(self, *more, **options):
        return run(*self.training(*more, **options))

    def checkpoint(self, step, run="run"):
        return self.path(run, f"step-{step}.safetensors")

    def reference(self):
        """The last checkpoint, byte for byte, of a training that nothing disturbs."""
        if WorkshopTest.undisturbed is None:
            self.succeeds(self.train(run="reference"))
            WorkshopTest.undisturbed = read(self.checkpoint(STEPS, run="reference"))
        return WorkshopTest.undisturbed

    def endsAsReference(self, run="run"):
        self.sameBytes(read(self.checkpoint(STEPS, run)), self.reference(), "the last checkpoint")

    def sameBytes(self, found, expected, what):
        """assertEqual without printing megabytes."""
        self.assertIsNotNone(found, f"{what} is missing")
        if found != expected:
            count = sum(a != b for a, b in zip(found, expected))
            self.fail(f"{what}: {len(found)} bytes, expected {len(expected)}; {count} differ")

    def succeeds(self, outcome):
        self.assertEqual(outcome.status, 0, outcome.errors)
        self.assertEqual(outcome.errors, "")
        return outcome

    def refuses(self, outcome, *parts, by="lenet"):
        """Exit status 1 and one line, which has all `parts` in it."""
        self.assertEqual(outcome.status, 1, outcome)
        lines = outcome.errors.splitlines()
        self.assertEqual(len(lines), 1, outcome.errors)
        self.assertTrue(lines[0].startswith(f"{by}: error: "), lines[0])
        for part in parts:
            self.assertIn(part, lines[0])
        return outcome

    def waitFor(self, path, process, seconds=120):
        """Returns once a file is there; fails if the process ends before."""
        limit = time.monotonic() + seconds
        while not os.path.exists(path):
            if process.poll() is not None:
                self.fail(f"ended without {path}: {finish(process)}")
            self.assertLess(time.monotonic(), limit, f"no {path}")
            time.sleep(0.001)


def main(description):
    """Runs the tests of the script on the folder of its command line; what else is there
    (the name of one test, -v) is for unittest."""
    parser = argparse.ArgumentParser(description=description.split("\n", maxsplit=1)[0])
    parser.add_argument("--programs", required=True, help="folder that prepare.py has filled")
    arguments, more = parser.parse_known_args()
    WorkshopTest.programs = arguments.programs
    unittest.main(argv=[sys.argv[0], *more])
