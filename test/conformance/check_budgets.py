#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a memory budget is kept, costs what the sweep says, and changes no bit.

    check_budgets.py --fanfold=BIN [--count=N] [--seed=S]

For LeNet, a small residual network with dropout and batch normalisation, and N random
networks: takes budgets from the smallest plan to the full one from inspect --memory
--sweep, compiles each, and compares what several training steps and an evaluation leave
behind, parameters, optimizer state and running averages included, byte for byte with the
program without a budget. More budget must never be slower, by the compiler's own model.

Exit status: 0 all of it holds, 1 something does not, 77 numpy is missing.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import requirements

requirements.need("numpy")

import graph_generator
import model_file
import program
from random_graphs import difference

BATCH = 3
STEPS = 3

RESIDUAL = """
cnn.block @residual(%x) {
  %a = cnn.conv2d %x filters(12) kernel(3) pad(1)
  %b = cnn.batch_norm %a
  %c = cnn.relu %b
  %d = cnn.conv2d %c filters(12) kernel(3) pad(1)
  %e = cnn.batch_norm %d
  %f = cnn.add %e, %x
  %y = cnn.relu %f
  cnn.yield %y
}
cnn.model @small {
  %image = cnn.input "image" as tensor<?x16x16x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %stem = cnn.conv2d %0 filters(12) kernel(3) pad(1)
  %stem_bn = cnn.batch_norm %stem
  %r0 = cnn.relu %stem_bn
  %drop = cnn.dropout %r0 rate(0.3)
  %r1 = cnn.use @residual(%drop)
  %r2 = cnn.use @residual(%r1)
  %drop2 = cnn.dropout %r2 rate(0.3)
  %pool = cnn.max_pool2d %drop2 kernel(2) stride(2)
  %flat = cnn.flatten %pool
  %fc = cnn.dense %flat units(5)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label
  cnn.loss %loss
}
cnn.recipe @small batch(3) epochs(1) optimizer(sgd)
"""


class Budgets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, text):
        path = os.path.join(self.folder, "model.mlir")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def sweep(self, model):
        said = program.run([self.fanfold, "inspect", model, "--memory", "--sweep", "--target=cpu",
                            f"--batch={BATCH}", "--format=json"])
        return json.loads(said)["sweep"]

    def plan(self, model, *flags):
        """Runs the compiler to a plan; returns (exit status, what it wrote, what it said)."""
        done = subprocess.run(
            [self.fanfold, "compile", model, "--target=cpu", f"--batch={BATCH}", "--emit=plan", *flags],
            capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def outputs(self, text, name, flags, inputs, weights):
        binary = program.compileModel(self.fanfold, text, self.folder, name, BATCH, flags, quick=True)
        return program.outputs(binary, inputs, weights, STEPS)

    def check(self, text, most):
        """`most` budgets of the model `text`, spread over its sweep."""
        layers = model_file.parse(text)
        inputs = program.randomInputs(layers, BATCH, seed=3)
        weights = program.randomWeights(layers, seed=4)
        model = self.write(text)
        points = self.sweep(model)
        self.assertGreater(len(points), 0)
        budgets = [point["budget_bytes"] for point in points]
        times = [point["step_ms"] for point in points]
        self.assertEqual(budgets, sorted(budgets, reverse=True))
        self.assertEqual(times, sorted(times))

        plain = self.outputs(text, "plain", [], inputs, weights)
        stride = max(1, (len(points) - 2) // max(1, most - 1))
        chosen = sorted({*range(1, len(points), stride), len(points) - 1} - {0})
        ran = 0
        for index in chosen:
            budget = budgets[index]
            status, plan, said = self.plan(model, f"--memory-budget={budget}")
            self.assertEqual(status, 0, said)
            arena = int(re.search(r"plan\.arena .*?\bbytes = (\d+)", plan)[1])
            self.assertLessEqual(arena, budget)
            launches = int(re.search(r"launches = (\d+) : i64", plan)[1])
            extra, seconds = (float(re.search(rf"\b{key} = (\S+) : f64", plan)[1])
                              for key in ("extra_seconds", "seconds"))
            self.assertLessEqual(1e3 * (seconds + extra), times[index] * (1 + 1e-6))
            self.assertGreater(launches, 0)
            ran += launches
            other = self.outputs(text, f"budget{index}", [f"--memory-budget={budget}"], inputs, weights)
            for step, (a, b) in enumerate(zip(plain, other)):
                self.assertIsNone(difference(a, b), f"budget {budget}, step {step}")
        # Below the smallest there is nothing, and it says how much there would be.
        status, _, said = self.plan(model, "--memory-budget=1")
        self.assertEqual(status, 1)
        least = int(re.search(r"expected (\d+) or more", said)[1])
        self.assertLessEqual(least, budgets[-1])
        self.assertEqual(self.plan(model, f"--memory-budget={least}")[0], 0)
        self.assertEqual(self.plan(model, f"--memory-budget={least - 1}")[0], 1)
        return ran

    def testResidual(self):
        self.assertGreater(self.check(RESIDUAL, 4), 0)

    def testLeNet(self):
        with open(os.path.join(self.examples, "lenet", "lenet.mlir"), encoding="utf-8") as file:
            self.check(file.read(), 2)

    def testRandomGraphs(self):
        for seed in range(self.seed, self.seed + self.count):
            with self.subTest(seed=seed):
                self.check(graph_generator.generate(seed), 2)

    def testMoreBudgetIsNeverSlower(self):
        model = self.write(RESIDUAL)
        points = self.sweep(model)
        low, high = points[-1]["budget_bytes"], points[0]["budget_bytes"]
        last = float("inf")
        for k in range(17):
            budget = low + (high - low) * k // 16
            status, plan, said = self.plan(model, f"--memory-budget={budget}")
            self.assertEqual(status, 0, said)
            extra = float(re.search(r"\bextra_seconds = (\S+) : f64", plan)[1])
            self.assertLessEqual(extra, last)
            last = extra
        self.assertEqual(last, 0)

    def testUnits(self):
        model = self.write(RESIDUAL)
        for size in ("1G", "1GB", "0.5GiB", "512M", "600000K", "1000000000", "1000000000B"):
            self.assertEqual(self.plan(model, f"--memory-budget={size}")[0], 0, size)
        for size in ("0", "-1", "-3G", "1X", "GiB", "1Gi", "nan", "inf", "1e30", "1 G"):
            status, plan, said = self.plan(model, f"--memory-budget={size}")
            self.assertEqual((status, plan), (2, ""), size)
            self.assertIn("is not a size", said)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    parser.add_argument("--count", type=int, default=3, help="random networks (3)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first (0)")
    arguments, rest = parser.parse_known_args()
    Budgets.fanfold = arguments.fanfold
    Budgets.count, Budgets.seed = arguments.count, arguments.seed
    Budgets.examples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
    unittest.main(argv=[sys.argv[0], *rest])
