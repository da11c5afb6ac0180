#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that concatenation and slices without copies change no bit, and are without copies.

    check_slices.py --fanfold=BIN

Compiles a small DenseNet, a small Inception and a network of odd concatenations for the CPU,
with places and without (--no-in-place), and within memory budgets, and compares what several
training steps and an evaluation leave behind, gradients included, byte for byte. Counts the
copies in the plans: what a convolution makes is copied, and nothing else.

Exit status: 0 all of it holds, 1 something does not, 77 numpy is missing.
"""

import argparse
import json
import re
import sys
import tempfile
import unittest

import requirements

requirements.need("numpy")

import model_file
import program
from random_graphs import difference

BATCH = 3
STEPS = 3

HEAD = """
cnn.model @small {
  %image = cnn.input "image" as tensor<?x12x12x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %stem = cnn.conv2d %0 filters(10) kernel(3) pad(1)
  %stem_bn = cnn.batch_norm %stem
  %x = cnn.relu %stem_bn
"""
TAIL = """
  %mean = cnn.global_avg_pool2d %last
  %flat = cnn.flatten %mean
  %fc = cnn.dense %flat units(5)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label
  cnn.loss %loss
}
cnn.recipe @small batch(3) epochs(1) optimizer(sgd)
"""

DENSENET = """
cnn.block @dense_layer(%x) params(growth = 5) {
  %bn1 = cnn.batch_norm %x
  %relu1 = cnn.relu %bn1
  %conv1 = cnn.conv2d %relu1 filters(12) kernel(1)
  %bn2 = cnn.batch_norm %conv1
  %relu2 = cnn.relu %bn2
  %conv2 = cnn.conv2d %relu2 filters(growth) kernel(3) pad(1)
  %concat = cnn.concat %x, %conv2
  cnn.yield %concat
}
""" + HEAD + """
  %pool = cnn.max_pool2d %x kernel(3) stride(2) pad(1)
  %block = cnn.use @dense_layer(%pool) repeat(4)
  %bn = cnn.batch_norm %block
  %last = cnn.relu %bn
""" + TAIL

INCEPTION = """
cnn.block @unit(%x) params(filters, kernel, pad) {
  %conv = cnn.conv2d %x filters(filters) kernel(kernel) pad(pad)
  %bn = cnn.batch_norm %conv
  %relu = cnn.relu %bn
  cnn.yield %relu
}
cnn.block @inception(%x) {
  %branch1 = cnn.use @unit(%x) with(filters = 6, kernel = 1, pad = 0)
  %reduce = cnn.use @unit(%x) with(filters = 4, kernel = 1, pad = 0)
  %branch2 = cnn.use @unit(%reduce) with(filters = 7, kernel = 3, pad = 1)
  %drop = cnn.dropout %branch2 rate(0.3)
  %branch3 = cnn.max_pool2d %x kernel(3) stride(1) pad(1)
  %branch4 = cnn.avg_pool2d %x kernel(3) stride(1) pad(1)
  %concat = cnn.concat %branch1, %drop, %branch3, %branch4
  cnn.yield %concat
}
""" + HEAD + """
  %one = cnn.use @inception(%x)
  %two = cnn.use @inception(%one)
  %bn = cnn.batch_norm %two
  %last = cnn.relu %bn
""" + TAIL

# Values that are concatenated twice, that others read before and behind, a concatenation
# of concatenations, and one of a convolution.
ODD = HEAD + """
  %a = cnn.tanh %x
  %b = cnn.relu %a
  %ab = cnn.concat %a, %b
  %twice = cnn.concat %b, %b
  %sum = cnn.add %ab, %twice
  %nested = cnn.concat %ab, %sum, %a
  %conv = cnn.conv2d %nested filters(10) kernel(3) pad(1)
  %more = cnn.add %conv, %b
  %all = cnn.concat %conv, %nested, %more
  %bn = cnn.batch_norm %all
  %relu = cnn.relu %bn
  %late = cnn.tanh %ab
  %last = cnn.concat %relu, %late
""" + TAIL


class Slices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def outputs(self, text, name, flags):
        """What each of several steps, and an evaluation after them, leave behind."""
        layers = model_file.parse(text)
        inputs = program.randomInputs(layers, BATCH, seed=3)
        weights = program.randomWeights(layers, seed=4)
        binary = program.compileModel(
            self.fanfold, text, self.folder, name, BATCH, ["--keep-gradients", *flags], quick=True)
        return program.outputs(binary, inputs, weights, STEPS)

    def compare(self, text, name):
        """The plan with default flags, whose program makes the bits of the one with copies."""
        copied = self.outputs(text, "copied", ["--no-in-place"])
        source = f"{self.folder}/copied.mlir"
        options = ["--target=cpu", f"--batch={BATCH}", "--keep-gradients"]
        base = [self.fanfold, "inspect", source, "--memory", *options]
        sweep = json.loads(program.run([*base, "--sweep", "--format=json"]))["sweep"]
        budgets = {point["budget_bytes"] for point in (sweep[len(sweep) // 2], sweep[-1])}
        for flags in [[], *([f"--memory-budget={budget}"] for budget in sorted(budgets))]:
            for step, (a, b) in enumerate(zip(copied, self.outputs(text, "placed", flags))):
                self.assertIsNone(difference(a, b), f"{name} {flags}, step {step}")
        # A part is no buffer: buffers that live at the same time lie apart.
        buffers = json.loads(program.run([*base, "--format=json"]))["buffers"]
        buffers.sort(key=lambda buffer: buffer["offset"])
        for i, a in enumerate(buffers):
            for b in buffers[i + 1:]:
                if b["offset"] >= a["offset"] + a["bytes"]:
                    break
                overwritten = a["last_step"] == b["first_step"] or b["last_step"] == a["first_step"]
                self.assertTrue(
                    a["last_step"] < b["first_step"] or b["last_step"] < a["first_step"]
                    or (overwritten and {a["in_place_of"], b["in_place_of"]} != {None}),
                    f"{a['name']} and {b['name']}")
        return program.run([self.fanfold, "compile", source, *options, "--emit=plan"])

    def copies(self, plan, step):
        """(kernel that made the operand, kernels that read the result) of the copies."""
        text = re.search(rf"plan\.step @{step} \{{(.*?)\n  \}}", plan, re.DOTALL)[1]
        launches = re.findall(r'plan\.launch "(\w+)"(?: body \[[^\]]*\])?\((.*?)\) -> \((.*?)\)', text)
        self.assertGreater(len(launches), 0)
        self.assertFalse({"concat", "slice"} & {kernel for kernel, _, _ in launches})
        variables = set(re.findall(r"(%\S+) = plan\.get", text))
        makers, readers = {}, {}
        for kernel, inputs, outputs in launches:
            makers.update((name, kernel) for name in outputs.split(", "))
            for name in inputs.split(", "):
                readers.setdefault(name, []).append(kernel)
        return [
            (makers.get(inputs), sorted(readers.get(outputs, [])))
            for kernel, inputs, outputs in launches
            if kernel == "copy" and outputs not in variables
        ]

    def testDenseNet(self):
        plan = self.compare(DENSENET, "DenseNet")
        # Each layer's new channels. Their gradient for its last convolution is a result of its
        # own of the kernel that makes that of all channels.
        for step in ("train", "eval"):
            self.assertCountEqual(self.copies(plan, step), [("conv2d", [])] * 4)
        self.assertEqual(plan.count("first_channels"), 4)

    def testInception(self):
        plan = self.compare(INCEPTION, "Inception")
        # Two convolutions read the input of each block, and are one; their filters lie with the
        # optimizer, and are copied side by side.
        filters = [(None, [])] * 4
        self.assertEqual(self.copies(plan, "train"), filters)
        self.assertEqual(self.copies(plan, "eval"), filters)

    def testOdd(self):
        plan = self.compare(ODD, "odd concatenations")
        self.assertGreater(len(self.copies(plan, "train")), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    arguments, rest = parser.parse_known_args()
    Slices.fanfold = arguments.fanfold
    unittest.main(argv=[sys.argv[0], *rest])
