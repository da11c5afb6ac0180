"""tools/lint in a small tree of its own: what it finds, and what it remembers."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LICENCE = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
HEADER = LICENCE + "#pragma once\ninline int twice(int value) { return 2 * value; }\n"
SOURCE = LICENCE + '#include "a.h"\nint four() { return twice(2); }\n'


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve() / "tree"
        (self.root / "tools").mkdir(parents=True)
        (self.root / "io").mkdir()
        shutil.copy(ROOT / "tools" / "lint", self.root / "tools" / "lint")
        for name in (".clang-format", ".clang-tidy", ".gitignore"):
            shutil.copy(ROOT / name, self.root / name)
        self.write("io/a.h", HEADER)
        self.write("io/a.cpp", SOURCE)
        self.run_("git", "init", "-q")

    def write(self, name, text):
        (self.root / name).write_text(text)

    def run_(self, *command):
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.root.parent / "cache"))
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)

    def lint(self, *arguments):
        ran = self.run_("tools/lint", *arguments)
        return ran.returncode, ran.stdout + ran.stderr

    def testCleanTree(self):
        status, output = self.lint("--no-tidy")
        self.assertEqual((status, output), (0, "licence: 0 findings\nformat: 0 findings\n"))

    def testMissingLicence(self):
        self.write("io/a.cpp", "int four() { return 4; }\n")
        status, output = self.lint("--no-tidy")
        self.assertEqual(status, 1)
        self.assertIn("io/a.cpp:1: no SPDX licence line", output)

    def testFormatIsFoundAndFixed(self):
        self.write("io/a.cpp", SOURCE.replace("{ return", "{return"))
        status, output = self.lint("--no-tidy")
        self.assertEqual(status, 1)
        self.assertIn("io/a.cpp:3: not as clang-format has it", output)
        self.assertEqual(self.lint("--no-tidy", "--fix")[0], 0)
        self.assertEqual((self.root / "io/a.cpp").read_text(), SOURCE)

    def testUnknownFile(self):
        status, output = self.lint("--no-tidy", "io/b.cpp")
        self.assertEqual(status, 2)
        self.assertIn("not a source of this tree", output)

    def testTidyNeedsABuild(self):
        status, output = self.lint()
        self.assertEqual(status, 2)
        self.assertIn("cmake --preset dev", output)

    def build(self):
        self.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(Tree CXX)\n"
                                     "set(CMAKE_EXPORT_COMPILE_COMMANDS ON)\nadd_library(a io/a.cpp)\n")
        for command in (("cmake", "-G", "Ninja", "-B", "build/dev"), ("cmake", "--build", "build/dev")):
            ran = self.run_(*command)
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def testTidyRemembersWhatWasCleanByContent(self):
        self.build()
        status, output = self.lint()
        self.assertEqual(status, 0, output)
        self.assertIn("1 translation units, 0 unchanged", output)
        self.assertIn("1 translation units, 1 unchanged", self.lint()[1])

        # A header that the unit includes changes: it is looked at again, and each time until it is clean.
        self.write("io/a.h", HEADER.replace("twice", "Twice"))
        self.write("io/a.cpp", SOURCE.replace("twice", "Twice"))
        self.build()
        for _ in range(2):
            status, output = self.lint()
            self.assertEqual(status, 1)
            self.assertIn("io/a.h:3:12: error: invalid case style for function 'Twice'", output)

        # The same content in another place is remembered too.
        self.write("io/a.h", HEADER)
        self.write("io/a.cpp", SOURCE)
        moved = self.root.parent / "moved"
        shutil.rmtree(self.root / "build")
        self.root.rename(moved)
        self.root = moved
        self.build()
        self.assertIn("1 translation units, 1 unchanged", self.lint()[1])


if __name__ == "__main__":
    for tool in ("clang-format", "clang-tidy-22", "git", "ninja"):
        if not shutil.which(tool):
            print(f"{tool} is not installed")
            sys.exit(77)
    unittest.main()
