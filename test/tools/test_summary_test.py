"""tools/test-summary: what it counts, and that nothing that failed is lost."""

import pathlib
import subprocess
import tempfile
import unittest

SUMMARY = pathlib.Path(__file__).resolve().parents[2] / "tools" / "test-summary"


def ctest(*cases):
    return "<testsuite>" + "".join(
        f'<testcase name="{name}" classname="{name}" status="{status}">{inside}</testcase>'
        for name, status, inside in cases) + "</testsuite>"


class SummaryTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.results = pathlib.Path(self.folder.name)

    def write(self, name, text):
        path = self.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def summary(self):
        """(exit status, all lines, the last line)"""
        ran = subprocess.run([str(SUMMARY), str(self.results)], capture_output=True, text=True)
        self.assertEqual(ran.stderr, "")
        lines = ran.stdout.splitlines()
        return ran.returncode, lines, lines[-1]

    def testCountsCtest(self):
        self.write("dev/ctest.xml", ctest(("a", "run", ""), ("b", "fail", '<failure message=""/>')))
        status, lines, last = self.summary()
        self.assertEqual((status, last), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("failed: dev: b", lines)

    def testSkipNamesItsReason(self):
        self.write("dev/ctest.xml", ctest(
            ("a", "run", ""),
            ("b", "notrun", '<skipped message="SKIP_RETURN_CODE=77"/>'
                            "<system-out>looking\nno torch here\n</system-out>")))
        status, lines, last = self.summary()
        self.assertEqual((status, last), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("skipped: dev: b: no torch here", lines)

    def testCountsCasesInsideGoogleTest(self):
        self.write("dev/ctest.xml", ctest(("unit", "run", "")))
        self.write("dev/gtest/unit.xml", """<testsuites><testsuite>
            <testcase name="one" classname="A" status="run"/>
            <testcase name="two" classname="A" status="run"/>
            <testcase name="gpu" classname="A" status="run"><skipped message="a.cpp:3&#x0A;no GPU"/></testcase>
            </testsuite></testsuites>""")
        status, lines, last = self.summary()
        self.assertEqual((status, last), (0, "2 passed, 0 failed, 1 skipped"))
        self.assertIn("skipped: dev: unit: A.gpu: no GPU", lines)

    def testLeakAfterTheLastCaseIsAFailure(self):
        self.write("asan/ctest.xml", ctest(("unit", "fail", '<failure message=""/>')))
        self.write("asan/gtest/unit.xml",
                   '<testsuites><testsuite><testcase name="one" classname="A"/></testsuite></testsuites>')
        self.assertEqual(self.summary()[::2], (1, "1 passed, 1 failed, 0 skipped"))

    def testFailedCaseIsNotCountedTwice(self):
        self.write("dev/ctest.xml", ctest(("unit", "fail", '<failure message=""/>')))
        self.write("dev/gtest/unit.xml", """<testsuites><testsuite><testcase name="one" classname="A">
            <failure message="a.cpp:7&#x0A;Expected 1"/></testcase></testsuite></testsuites>""")
        self.write("stages", "passed dev build\nfailed dev tests\n")
        status, lines, last = self.summary()
        self.assertEqual((status, last), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("failed: dev: unit: A.one: a.cpp:7", lines)

    def testCountsCasesInsideLit(self):
        self.write("dev/ctest.xml", ctest(("lit", "run", "")))
        self.write("dev/lit.x1.xml", """<testsuites><testsuite>
            <testcase name="a.mlir" classname="Fanfold"/>
            <testcase name="b.mlir" classname="Fanfold"><skipped message="Missing required feature(s): cuda"/></testcase>
            </testsuite></testsuites>""")
        status, lines, last = self.summary()
        self.assertEqual((status, last), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("skipped: dev: Fanfold.b.mlir: Missing required feature(s): cuda", lines)

    def testTruncatedResultsAreAFailure(self):
        self.write("dev/ctest.xml", ctest(("a", "run", ""))[:30])
        status, _, last = self.summary()
        self.assertEqual((status, last), (1, "0 passed, 1 failed, 0 skipped"))

    def testFailedBuildIsAFailure(self):
        self.write("dev/ctest.xml", ctest(("a", "run", "")))
        self.write("stages", "passed dev tests\nfailed asan build\n")
        self.assertEqual(self.summary()[::2], (1, "1 passed, 1 failed, 0 skipped"))

    def testFailedTestStageWithoutFailedTestIsAFailure(self):
        self.write("dev/ctest.xml", ctest(("a", "run", "")))
        self.write("stages", "passed dev build\nfailed dev tests\n")
        self.assertEqual(self.summary()[::2], (1, "2 passed, 1 failed, 0 skipped"))

    def testNothingRunIsNotSuccess(self):
        self.assertEqual(self.summary()[::2], (1, "0 passed, 0 failed, 0 skipped"))


if __name__ == "__main__":
    unittest.main()
