#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A disk that is full costs checkpoints, and never one that was there.

    test_full_disk.py --programs=FOLDER

Mounts a small file system, which needs root; exit status 77 (skipped) without.
"""

import os
import subprocess
import sys
import tempfile

import workshop
from workshop import STEPS, read, run


def mount(folder, *options):
    return subprocess.run(
        ["mount", "-t", "tmpfs", *options, "fanfold-test", folder],
        capture_output=True,
        text=True,
        check=False,
    )


class FullDisk(workshop.WorkshopTest):
    """Checkpoints are 3.3 MiB; an old one goes only when the new one is there."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("disk"))

    def disk(self, size):
        done = mount(self.path("disk"), "-o", f"size={size}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(subprocess.run, ["umount", self.path("disk")], check=True)

    def testRoomForNone(self):
        self.disk("2m")
        self.refuses(self.train(run="disk/run"), "no space left on device", self.path("disk/run"))
        self.assertEqual(os.listdir(self.path("disk/run")), [])

    def testRoomForOne(self):
        self.disk("6m")
        outcome = self.train("--keep=1", run="disk/run")
        self.assertEqual(outcome.status, 1, outcome.errors)
        # One warning a checkpoint: training goes on, the disk may have room later.
        *warnings, error = outcome.errors.splitlines()
        self.assertEqual(len(warnings), STEPS // 20 - 1, outcome.errors)
        for number, warning in enumerate(warnings):
            self.assertIn(f"warning: no checkpoint of step {20 * (number + 2)}", warning)
            self.assertIn("no space left on device", warning)
        first = self.checkpoint(20, run="disk/run")
        self.assertIn(f"step {STEPS} is not saved (the last checkpoint is {first})", error)
        self.assertEqual(os.listdir(self.path("disk/run")), [os.path.basename(first)])

        # The one that is there is good, and with room it goes on.
        lenet, data = self.prepared("lenet"), f"--data={self.data}"
        self.succeeds(run(lenet, "eval", data, f"--checkpoint={first}"))
        done = mount(self.path("disk"), "-o", "remount,size=64m")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.succeeds(self.train("--resume", run="disk/run"))
        self.endsAsReference(run="disk/run")

    def testRoomForNoLog(self):
        self.disk("64k")
        log = self.path("disk/log")
        with open(self.path("disk/filler"), "wb") as file:
            file.write(bytes(60 * 1024))
        whole = [f"--log={self.path('whole.jsonl')}", "--log-every=1"]
        self.succeeds(self.train(*whole, run="whole"))
        outcome = self.train(f"--log={log}", "--log-every=1")
        self.assertEqual(outcome.status, 0, outcome.errors)
        self.assertEqual(len(outcome.errors.splitlines()), 1, outcome.errors)
        self.assertIn(f"warning: log {log}: ", outcome.errors)
        self.assertIn("no space left on device; training goes on without it", outcome.errors)
        last = self.checkpoint(STEPS, run="whole")
        self.sameBytes(read(self.checkpoint(STEPS)), read(last), "the last checkpoint")
        lines = self.timeless(log)  # Each is whole.
        self.assertEqual(lines, self.timeless(self.path("whole.jsonl"))[: len(lines)])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as trial:
        tried = mount(trial, "-o", "size=64k")
        if tried.returncode:
            print(f"skipped: mounting a small file system is not allowed: {tried.stderr.strip()}")
            sys.exit(workshop.SKIPPED)
        subprocess.run(["umount", trial], check=True)
    workshop.main(__doc__)
