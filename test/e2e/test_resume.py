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
import re
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

    def testLogIsThatOfATrainingThatWasNotStopped(self):
        def logged(run):
            return [f"--log={self.path(run)}.jsonl", "--log-every=7", "--resume"]

        self.succeeds(self.train(*logged("whole"), run="whole"))
        # In the middle of an epoch, of the lines of the log, and of the evaluations.
        for number, step in ((signal.SIGTERM, 20), (signal.SIGKILL, 40), (signal.SIGINT, 80)):
            process = start(self.training(*logged("run")))
            self.waitFor(self.checkpoint(step), process)
            time.sleep(0.01)
            process.send_signal(number)
            self.assertNotEqual(finish(process).status, 0, "the signal came too late")
        resumed = self.succeeds(self.train(*logged("run")))
        self.assertRegex(resumed.output, r"run.jsonl: removed \d+ lines? after step \d+\n")
        self.assertEqual(
            self.timeless(self.path("run.jsonl")), self.timeless(self.path("whole.jsonl"))
        )
        last = self.checkpoint(STEPS, run="whole")
        self.sameBytes(read(self.checkpoint(STEPS)), read(last), "the last checkpoint")

    def testImportedAgain(self):
        process = start(self.training())
        self.waitFor(self.checkpoint(20), process)
        process.kill()
        finish(process)
        again = f"dlfs://{self.prepared('again')}/digits"
        refused = self.refuses(self.train("--resume", data=again), "resuming: ", again)
        imports = re.findall(r"512 (?:images )?of import ([0-9a-f]{16}) of \d{4}-", refused.errors)
        self.assertEqual(len(set(imports)), 2, refused.errors)
        # A copy of the store is the same import.
        copied, _ = self.ownStore()
        self.succeeds(self.train("--resume", data=copied))
        self.endsAsReference()

    def testThreadsOfTheLoaderDoNotMatter(self):
        self.succeeds(self.train("--data-threads=3"))
        self.endsAsReference()


if __name__ == "__main__":
    workshop.main(__doc__)
