#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A compiled training ends with the same bits, whatever happens to it on the way.

    test_resume.py --programs=FOLDER

The program has dropout, shuffling and augmentation, and is stopped in the middle of
epochs, so parameters, momentum, schedule, random numbers and the position in the
data all have to come back. What is compared is the last checkpoint, byte for byte.
"""

import os
import signal
import time

import workshop
from workshop import STEPS, finish, read, start


class Resume(workshop.WorkshopTest):
    def testOneSeedOneResult(self):
        self.succeeds(self.train())
        self.endsAsReference()
        # And the comparison can fail.
        self.succeeds(self.train("--seed=8", run="other"))
        self.assertNotEqual(read(self.checkpoint(STEPS, run="other")), self.reference())

    def testKilledAndResumed(self):
        # Once at a checkpoint, once a while after, once before there is any.
        for step, delay in ((None, 0.05), (40, 0.0), (80, 0.005)):
            process = start(self.training("--resume"))
            if step is not None:
                self.waitFor(self.checkpoint(step), process)
            time.sleep(delay)
            process.kill()
            killed = finish(process)
            self.assertEqual(killed.status, -signal.SIGKILL, "it ended before it was killed")
            self.assertFalse(os.path.exists(self.checkpoint(STEPS)))
        resumed = self.succeeds(self.train("--resume"))
        self.assertIn(f"resuming from {self.path('run')}/step-", resumed.output)
        self.endsAsReference()
        self.assertEqual(
            sorted(os.listdir(self.path("run"))),
            ["step-120.safetensors", f"step-{STEPS}.safetensors"],
            "debris, or a checkpoint too many",
        )

    def testStoppedAndResumed(self):
        for number, step in ((signal.SIGTERM, 20), (signal.SIGINT, 60), (signal.SIGHUP, 80)):
            process = start(self.training("--resume"))
            self.waitFor(self.checkpoint(step), process)
            process.send_signal(number)
            stopped = finish(process)
            self.assertEqual(stopped.status, 128 + number, stopped)
            self.assertEqual(stopped.errors, "")
            self.assertIn(f"stopped by {number.name} after step", stopped.output)
            self.assertFalse(os.path.exists(self.checkpoint(STEPS)), "the signal came too late")
        self.succeeds(self.train("--resume"))
        self.endsAsReference()

    def testThreadsOfTheLoaderDoNotMatter(self):
        self.succeeds(self.train("--data-threads=3"))
        self.endsAsReference()


if __name__ == "__main__":
    workshop.main(__doc__)
