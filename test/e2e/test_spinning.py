#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A program limits how long its idle threads spin, unless the user decides that.

    test_spinning.py --programs=FOLDER

It does so by executing itself again, which must show nowhere else: the process keeps
its id, its name and its command line.
"""

import os
import re
import unittest.mock

import workshop
from workshop import read, run, start


class Spinning(workshop.WorkshopTest):
    def variables(self, **environment):
        """What OpenMP finds in the environment of a training begun in `environment`."""
        with unittest.mock.patch.dict(os.environ, environment):
            for name in {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} - environment.keys():
                os.environ.pop(name, None)
            process = start(self.training())
        try:
            self.waitFor(self.checkpoint(20), process)
            place = f"/proc/{process.pid}"
            self.assertEqual(read(f"{place}/comm"), b"lenet\n")
            self.assertEqual(read(f"{place}/cmdline").split(b"\0")[1], b"train")
            found = dict(entry.split(b"=", 1) for entry in read(f"{place}/environ").split(b"\0")[:-1])
        finally:
            process.kill()
            process.communicate()
        return found.get(b"OMP_WAIT_POLICY"), found.get(b"GOMP_SPINCOUNT")

    def testIsLimited(self):
        policy, count = self.variables()
        self.assertIsNone(policy)
        self.assertLess(int(count), 10_000)

    def testUserDecides(self):
        self.assertEqual(self.variables(OMP_WAIT_POLICY="passive"), (b"passive", None))
        os.rename(self.path("run"), self.path("first"))
        self.assertEqual(self.variables(GOMP_SPINCOUNT="77"), (None, b"77"))

    def testThroughTheInterpreter(self):
        program = self.prepared("lenet")
        interpreter = re.search(rb"\0(/[^\0]*/ld-[^\0]*)\0", read(program)[:4096])[1].decode()
        self.succeeds(run(interpreter, program, "info"))


if __name__ == "__main__":
    workshop.main(__doc__)
