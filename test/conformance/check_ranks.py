#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that several ranks train as one does, and what happens when one of them fails.

    check_ranks.py --fanfold=BIN --dlfs=BIN [--kills=N]

LeNet on random images with augmentation, on the CPU: 2, 3 and 4 ranks with their shares of a
batch, started by mpirun or meeting over TCP, must end with the parameters of one rank with all of
it, to rounding, and with the same bits each time; also where another number of ranks goes on from
a checkpoint. Ranks that disagree, a rank that is killed at a random moment (N times), one that is
asked to stop: all of them end soon, with a message that says why, and lose nothing that was saved.

Exit status: 0 all of it holds, 1 something does not, 77 numpy is missing.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import requirements

requirements.need("numpy")

import numpy

import check_repeats
import program
import tensor_file

# Over the end of the first epoch, and before a max pool or a relu decides by rounding: gradients jump
# there, with one rank as with several.
BATCH, STEPS, EVERY = 48, 8, 2
ROUNDING = 3e-6
KILLED_STEPS = 60
SOON = 60  # Seconds in which a job has to end when a rank fails.


def freePort():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Job:
    """Ranks that meet over TCP, each a process of this one's."""

    def __init__(self, *commands):
        """A command line for each rank."""
        port = str(freePort())
        self.ranks = []
        for rank, command in enumerate(commands):
            environment = dict(os.environ, RANK=str(rank), LOCAL_RANK=str(rank),
                               WORLD_SIZE=str(len(commands)), MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
            self.ranks.append(subprocess.Popen(command, env=environment, text=True,
                                               stdout=subprocess.PIPE, stderr=subprocess.PIPE))

    def finish(self):
        """[(exit status, output, errors)] by rank."""
        begin = time.monotonic()
        ended = []
        for rank in self.ranks:
            output, errors = rank.communicate(timeout=max(SOON - (time.monotonic() - begin), 1))
            ended.append((rank.returncode, output, errors))
        return ended

    def kill(self):
        for rank in self.ranks:
            rank.kill()
            rank.communicate()


class Ranks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        with open(os.path.join(check_repeats.ROOT, "examples/lenet/lenet.mlir"), encoding="utf-8") as file:
            text = file.read()
        cls.programs = {
            ranks: program.compileModel(cls.fanfold, text, cls.folder, f"lenet{ranks}", BATCH // ranks,
                                        ["--threads=1"], quick=True)
            for ranks in (1, 2, 3, 4)
        }
        check_repeats.makeStore(cls.dlfs, cls.folder, 1)
        cls.url = check_repeats.storeUrl(cls.folder, 1)
        cls.train(1, "whole", "--log=" + cls.folder + "/whole.jsonl", "--log-every=5")

    @classmethod
    def command(cls, ranks, run, *flags, steps=STEPS):
        return [cls.programs[ranks], "train", f"--data={cls.url}", "--threads=1", "--flip=true",
                f"--steps={steps}", f"--checkpoint={cls.folder}/{run}", f"--checkpoint-every={EVERY}",
                "--eval-every=1", *flags]

    @classmethod
    def train(cls, ranks, run, *flags, steps=STEPS):
        """Under mpirun, if there are several."""
        command = cls.command(ranks, run, *flags, steps=steps)
        if ranks > 1:
            command = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-np", str(ranks), *command]
        return program.run(command)

    def path(self, run, step=STEPS):
        return f"{self.folder}/{run}/step-{step}.safetensors"

    def bits(self, run, step=STEPS):
        with open(self.path(run, step), "rb") as file:
            return file.read()

    def endsAsOne(self, run):
        mine, whole = (tensor_file.read(self.path(name)) for name in (run, "whole"))
        self.assertEqual(mine.keys(), whole.keys())
        for name, expected in whole.items():
            difference = numpy.linalg.norm(mine[name].astype(float) - expected)
            self.assertLessEqual(difference, ROUNDING * numpy.linalg.norm(expected), name)

    def logged(self, run):
        """The lines of a log without times."""
        with open(f"{self.folder}/{run}.jsonl", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        for line in lines:
            for key in ("time", "seconds", "images_per_s", "path"):
                line.pop(key, None)
        return lines

    def areAlike(self, mine, whole):
        """Equal but for rounding."""
        if isinstance(whole, float):
            self.assertAlmostEqual(mine, whole, 4)
        elif isinstance(whole, dict):
            self.assertEqual(mine.keys(), whole.keys())
            for key, value in whole.items():
                self.areAlike(mine[key], value)
        elif isinstance(whole, list):
            for one, other in zip(mine, whole, strict=True):
                self.areAlike(one, other)
        else:
            self.assertEqual(mine, whole)

    def test1MpiRanksTrainAsOne(self):
        for ranks in (2, 3, 4):
            said = self.train(ranks, f"mpi{ranks}")
            self.assertRegex(said, rf"ranks +{ranks} ranks over Open MPI .*, batch {BATCH // ranks} each")
            self.assertEqual(said.count("parameters"), 1, "a rank besides the first speaks")
            self.endsAsOne(f"mpi{ranks}")
            self.train(ranks, f"again{ranks}")
            self.assertEqual(self.bits(f"mpi{ranks}"), self.bits(f"again{ranks}"))

    def test2TcpRanksTrainAsOne(self):
        for ranks in (2, 3, 4):
            log = f"--log={self.folder}/tcp{ranks}.jsonl"
            for status, _, errors in Job(*[self.command(ranks, f"tcp{ranks}", log, "--log-every=5")] * ranks).finish():
                self.assertEqual(status, 0, errors)
            self.endsAsOne(f"tcp{ranks}")
            # Losses and accuracies are those of all ranks, evaluations of each sample once.
            self.areAlike(self.logged(f"tcp{ranks}"), self.logged("whole"))

    def test3OtherNumbersOfRanksGoOn(self):
        self.train(2, "change", steps=STEPS // 2)
        self.train(4, "change", "--resume", steps=STEPS)
        self.endsWithinLength("change")

    def endsWithinLength(self, run):
        """The schedule depends on the length, so that it is compared with its like."""
        self.train(1, run + "-whole", steps=STEPS // 2)
        self.train(1, run + "-whole", "--resume", steps=STEPS)
        mine, whole = (tensor_file.read(self.path(name)) for name in (run, run + "-whole"))
        for name, expected in whole.items():
            difference = numpy.linalg.norm(mine[name].astype(float) - expected)
            self.assertLessEqual(difference, ROUNDING * numpy.linalg.norm(expected), name)

    def test4RanksThatDisagree(self):
        for other, words in (
            (self.command(3, "disagree", "--learning-rate=0.3"), "ranks disagree on the recipe's learning_rate: found '0.3' on rank 2, expected '0.05'"),
            (self.command(3, "disagree", steps=STEPS + 1), "ranks disagree on the length"),
            ([flag for flag in self.command(3, "disagree") if "every" not in flag],
             "ranks disagree on the checkpoints"),
        ):
            with self.subTest(words=words):
                for status, _, errors in Job(*[self.command(3, "disagree")] * 2, other).finish():
                    self.assertEqual(status, 1)
                    self.assertIn(words, errors)
                    self.assertIn(" on rank 2, expected ", errors)
                self.assertFalse(os.path.exists(self.path("disagree", EVERY)))

    def test5AnotherProgram(self):
        with open(os.path.join(check_repeats.ROOT, "examples/lenet/lenet.mlir"), encoding="utf-8") as file:
            text = file.read().replace("units(500)", "units(400)")
        other = program.compileModel(self.fanfold, text, self.folder, "other", BATCH // 2, ["--threads=1"],
                                     quick=True)
        command = self.command(2, "another")
        for status, _, errors in Job(command, [other, *command[1:]]).finish():
            self.assertEqual(status, 1)
            self.assertIn("rank 1", errors)

    def test6StoppedTogether(self):
        job = Job(*[self.command(2, "stopped", steps=100000)] * 2)
        self.addCleanup(job.kill)
        while not os.path.exists(self.path("stopped", EVERY)):
            self.assertIsNone(job.ranks[0].poll())
            time.sleep(0.01)
        job.ranks[1].send_signal(signal.SIGTERM)  # One of them.
        (status0, output, errors0), (status1, _, errors1) = job.finish()
        self.assertEqual((status0, status1), (128 + signal.SIGTERM,) * 2)
        self.assertEqual((errors0, errors1), ("", ""))
        self.assertRegex(output, r"stopped by SIGTERM after step \d+ of .*: saved .*; --resume continues")

    def test7KilledAtRandomMoments(self):
        moments = random.Random(1)
        begin = time.monotonic()
        for status, _, errors in Job(*[self.command(2, "alone", steps=KILLED_STEPS)] * 2).finish():
            self.assertEqual(status, 0, errors)
        seconds = time.monotonic() - begin
        done = 0
        while done < self.kills:
            job = Job(*[self.command(2, "killed", "--resume", steps=KILLED_STEPS)] * 2)
            self.addCleanup(job.kill)
            time.sleep(seconds * moments.uniform(0.1, 1))
            victim = moments.randrange(2)
            job.ranks[victim].kill()
            ended = job.finish()
            if ended[victim][0] == 0:  # It was quicker: from the start again.
                shutil.rmtree(f"{self.folder}/killed", ignore_errors=True)
                continue
            done += 1
            status, _, errors = ended[1 - victim]
            if status != 0:  # Else the other had all that it needed.
                self.assertEqual(status, 1, errors)
                self.assertRegex(errors, rf"rank {victim} (has gone|is missing|has not come)|"
                                 "connect|meet", errors)
        for status, _, errors in Job(*[self.command(2, "killed", "--resume", steps=KILLED_STEPS)] * 2).finish():
            self.assertEqual(status, 0, errors)
        self.assertEqual(self.bits("killed", KILLED_STEPS), self.bits("alone", KILLED_STEPS))

    def test8MistakesInTheEnvironment(self):
        for variables, words in (
            ({"RANK": "2", "WORLD_SIZE": "2"}, "RANK is '2'"),
            ({"RANK": "0", "WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'"),
            ({"RANK": "0", "WORLD_SIZE": "2"}, "MASTER_ADDR"),
        ):
            done = subprocess.run(self.command(2, "mistake"), env=dict(os.environ, **variables), text=True,
                                  capture_output=True, check=False, timeout=SOON)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    parser.add_argument("--dlfs", required=True, help="the data store's command")
    parser.add_argument("--kills", type=int, default=5, help="of a rank, at random moments (5)")
    arguments, rest = parser.parse_known_args()
    Ranks.fanfold, Ranks.dlfs, Ranks.kills = arguments.fanfold, arguments.dlfs, arguments.kills
    unittest.main(argv=[sys.argv[0], *rest])
