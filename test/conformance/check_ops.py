#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks every op of the model language in compiled programs, one by one.

    check_ops.py --fanfold=BIN

Each case stands in a branch of its own, between a convolution and a dense layer. The
gradient of the dense layer's weights shows what the op computes, those of the
convolution and its bias show the op's gradient. What is expected are differences of
the loss in double precision (op_twins.py).

Exit status: 0 all agree, 1 some do not, 77 numpy is missing.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import sys
import tempfile
import unittest
import unittest.mock

import requirements

requirements.need("numpy")

import numpy

import model_file
import op_twins
import program
import tensor_file

OPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ir", "Cnn")
BATCH = 3
TOLERANCE = 1e-4

# Name -> op on %x, an image of 5x5 with 4 channels; %conv is x without its bias.
CASES = {
    "activations": {
        "relu": "cnn.relu %x",
        "relu6": "cnn.relu6 %x",
        "sigmoid": "cnn.sigmoid %x",
        "tanh": "cnn.tanh %x",
        "scale": "cnn.scale %x by(-1.25)",
        "add": "cnn.add %x, %conv",
        "twice": "cnn.add %x, %x",
        "concat": "cnn.concat %conv, %x, %conv",
    },
    "windows": {
        "max": "cnn.max_pool2d %x kernel(2)",
        "max_overlap": "cnn.max_pool2d %x kernel(3) stride(2) pad(1)",
        "max_ceil": "cnn.max_pool2d %x kernel(2, 3) stride(2) ceil",
        "avg": "cnn.avg_pool2d %x kernel(3) stride(1) pad(1)",
        "avg_ceil": "cnn.avg_pool2d %x kernel(2) ceil",
        "avg_count": "cnn.avg_pool2d %x kernel(3) stride(2) pad(1) count_pad",
        "avg_count_ceil": "cnn.avg_pool2d %x kernel(2) stride(2) pad(1) ceil count_pad",
        "global": "cnn.global_avg_pool2d %x",
    },
    "products": {
        "conv_stride": "cnn.conv2d %x filters(3) kernel(3) stride(2) pad(1)",
        "conv_dilation": "cnn.conv2d %x filters(2) kernel(3) pad(2) dilation(2)",
        "conv_groups": "cnn.conv2d %x filters(6) kernel(3) pad(1) groups(2)",
        "conv_depthwise": "cnn.conv2d %x filters(4) kernel(3) groups(4)",
        "conv_wide": "cnn.conv2d %x filters(3) kernel(1, 4) stride(1, 2) pad(0, 2)",
        "conv_point": "cnn.conv2d %x filters(5) kernel(1)",
        "bias": "cnn.bias %x",
        "batch_norm": "cnn.batch_norm %x epsilon(1e-3)",
        "lrn": "cnn.lrn %x size(3) alpha(0.5) beta(0.6) k(2.0)",
        "lrn_even": "cnn.lrn %x size(4) alpha(0.2)",
    },
}
# check_dropout.py has dropout; a loss has no result that a branch could go on with.
ELSEWHERE = {"dropout", "input"}
# The mean is subtracted again.
NO_GRADIENT = {"batch_norm_x.bias"}


def model(cases):
    """A model file with a branch for each case."""
    lines, previous = [], None
    for name, text in cases.items():
        text = re.sub(r"%(x|conv)\b", rf"%{name}_\1", text)
        lines += [
            f"%{name}_conv = cnn.conv2d %0 filters(4) kernel(3) pad(1)",
            f"%{name}_x = cnn.bias %{name}_conv",
            f"%{name} = {text}",
            f"%{name}_flat = cnn.flatten %{name}",
            f"%{name}_fc = cnn.dense %{name}_flat units(4)",
        ]
        if previous:
            lines.append(f"%{name}_sum = cnn.add %{previous}, %{name}_fc")
        previous = name + ("_sum" if previous else "_fc")
    body = "\n".join("  " + line for line in lines)
    return f"""
cnn.model @ops {{
  %image = cnn.input "image" as tensor<?x5x5x2xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.4, 0.6) std(0.2, 0.3)
{body}
  %logits = cnn.bias %{previous}
  %loss = cnn.softmax_cross_entropy %logits, %label smoothing(0.1)
  %top1 = cnn.accuracy %logits, %label
  %top2 = cnn.accuracy %logits, %label top(2)
  cnn.loss %loss metrics(top1 = %top1, top2 = %top2)
}}
cnn.recipe @ops optimizer(sgd) schedule(constant)
"""


def randomWeights(layers):
    """Such that activations meet all of their pieces and logits stay small."""
    weights = program.randomWeights(layers, seed=3)
    for name, array in weights.items():
        if name.endswith("_fc.weight"):
            array *= 0.1
        elif name.endswith("_conv.weight"):
            array *= 2.0
        elif name.endswith("_x.bias"):
            array += 1.0
    return weights


class Ops(unittest.TestCase):
    def testEveryOpHasACase(self):
        defined = set()
        for path in glob.glob(os.path.join(OPS, "*Ops.td")):
            with open(path, encoding="utf-8") as file:
                kinds = "Layer|DifferentiableLayer|Activation|Pool2d"
                defined.update(re.findall(rf"\bCnn_(?:{kinds})<\"(\w+)\"", file.read()))
        self.assertGreater(len(defined), 15)
        used = {l.op for cases in CASES.values() for l in model_file.parse(model(cases))}
        self.assertEqual(used | ELSEWHERE, defined | {"input"})

    def step(self, group):
        """What the compiled step leaves behind, and the twin of the group's network."""
        layers = model_file.parse(model(CASES[group]))
        inputs, weights = program.randomInputs(layers, BATCH, seed=4), randomWeights(layers)
        with tempfile.TemporaryDirectory() as folder:
            binary = program.compileModel(
                self.fanfold, model(CASES[group]), folder, "ops", BATCH, ["--keep-gradients"]
            )
            ours = tensor_file.read(program.step(binary, inputs, weights))
        return ours, op_twins.Network(layers, inputs, weights)

    def error(self, ours, exact, name):
        """Of the gradient of one variable, relative."""
        expected = exact.gradient(name)
        size = numpy.linalg.norm(expected)
        if name in NO_GRADIENT:
            self.assertLess(size, 1e-8)
            size = 1.0
        else:  # Zeros would agree with whatever is zero by mistake.
            self.assertGreater(size, 1e-4)
        return numpy.linalg.norm(ours["grad/" + name] - expected) / size

    def check(self, group):
        ours, exact = self.step(group)
        for name in ("loss", "top1", "top2"):
            numpy.testing.assert_allclose(ours[name], exact.values[name], rtol=1e-5, err_msg=name)
        for name in model_file.variables(exact.layers):
            with self.subTest(name):
                self.assertLess(self.error(ours, exact, name), TOLERANCE)
        return ours, exact

    def testActivations(self):
        ours, exact = self.check("activations")
        # And the comparison can fail, for the op itself and for its gradient.
        wrong = {"sigmoid": lambda layer, x: 1 / (1 + numpy.exp(-1.001 * x))}
        with unittest.mock.patch.dict(op_twins.OPS, wrong):
            exact = op_twins.Network(exact.layers, exact.values, exact.weights)
            for name in ("sigmoid_fc.weight", "sigmoid_x.bias"):
                self.assertGreater(self.error(ours, exact, name), TOLERANCE)

    def testWindows(self):
        self.check("windows")

    def testProducts(self):
        self.check("products")

    def testActivationsMeetAllTheirPieces(self):
        layers = model_file.parse(model(CASES["activations"]))
        inputs = program.randomInputs(layers, BATCH, seed=4)
        values = op_twins.Network(layers, inputs, randomWeights(layers)).values
        for name in ("relu", "relu6"):
            self.assertGreater((values[name] == 0).mean(), 0.05)
        self.assertGreater((values["relu6"] == 6).mean(), 0.05)
        self.assertGreater((abs(values["tanh"]) < 0.9).mean(), 0.05)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    arguments, more = parser.parse_known_args()
    Ops.fanfold = arguments.fanfold
    unittest.main(argv=[sys.argv[0], *more])
