#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks dropout in a compiled program, forward, backward and in evaluation.

    check_dropout.py --fanfold=BIN

With one sample, the gradient of a dense layer's weights is the outer product of its
input and the gradient of its bias, so the output of a step shows which elements
were dropped. The rest of the step must agree with that mask: loss, the gradient
before the dropout, the rate; a step drops the same each time it runs, another step
drops others, and evaluation drops none.

Exit status: 0 all of it holds, 1 something does not, 77 numpy is missing.
"""

import argparse
import sys
import tempfile
import unittest

import requirements

requirements.need("numpy")

import numpy

import model_file
import program
import tensor_file

RATE = 0.3

MODEL = f"""
cnn.model @dropout {{
  %image = cnn.input "image" as tensor<?x32x32x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.25, 0.25, 0.25)
  %flat = cnn.flatten %0
  %shift = cnn.bias %flat
  %dropout = cnn.dropout %shift rate({RATE})
  %fc = cnn.dense %dropout units(4)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label
  cnn.loss %loss
}}
cnn.recipe @dropout optimizer(sgd) schedule(constant)
"""


class Dropout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.layers = model_file.parse(MODEL)
        cls.inputs = program.randomInputs(cls.layers, 1, seed=1)
        cls.weights = program.randomWeights(cls.layers, seed=2)
        cls.binary = program.compileModel(
            cls.fanfold, MODEL, folder.name, "dropout", 1, ["--keep-gradients"]
        )
        image = cls.inputs["image"].reshape(-1).astype("f8")
        cls.x = (image / 255 - 0.5) / 0.25 + cls.weights["shift.bias"]

    def step(self, *flags):
        return tensor_file.read(program.step(self.binary, self.inputs, self.weights, flags))

    def kept(self, out):
        """What the dense layer read divided by what stood before the dropout."""
        gradient = out["grad/logits.bias"].astype("f8")
        largest = numpy.abs(gradient).argmax()
        return out["grad/fc.weight"][:, largest] / gradient[largest] / self.x

    def lossAndGradient(self, x):
        """Of the dense layer and what follows it, on the input `x`."""
        logits = x @ self.weights["fc.weight"].astype("f8") + self.weights["logits.bias"]
        p = numpy.exp(logits - logits.max())
        p /= p.sum()
        label = self.inputs["label"][0]
        return -numpy.log(p[label]), p - (numpy.arange(len(p)) == label)

    def testMaskForwardAndBackward(self):
        out = self.step()
        kept = self.kept(out)
        mask = kept > 0.5 / (1 - RATE)
        # Not divided by x, which may be small next to the rounding of its terms.
        numpy.testing.assert_allclose(
            kept * self.x, mask / (1 - RATE) * self.x, rtol=1e-5, atol=1e-5
        )
        deviation = (RATE * (1 - RATE) / mask.size) ** 0.5
        self.assertLess(abs(1 - mask.mean() - RATE), 5 * deviation)
        loss, gradient = self.lossAndGradient(self.x * mask / (1 - RATE))
        numpy.testing.assert_allclose(out["loss"], loss, rtol=1e-4)
        numpy.testing.assert_allclose(out["grad/logits.bias"], gradient, rtol=1e-4, atol=1e-6)
        before = self.weights["fc.weight"].astype("f8") @ gradient * mask / (1 - RATE)
        numpy.testing.assert_allclose(out["grad/shift.bias"], before, rtol=1e-3, atol=1e-6)

    def testMaskDependsOnTheStepAlone(self):
        first, again, other = self.step(), self.step(), self.step("--step=1")
        for name in first:
            self.assertEqual(first[name].tobytes(), again[name].tobytes(), name)
        same = (self.kept(first) > 0.5) == (self.kept(other) > 0.5)
        # Independent masks agree on an element with probability p^2 + (1 - p)^2.
        self.assertLess(abs(same.mean() - (RATE**2 + (1 - RATE) ** 2)), 0.06)

    def testEvaluationDropsNothing(self):
        loss, _ = self.lossAndGradient(self.x)
        numpy.testing.assert_allclose(self.step("--eval")["loss"], loss, rtol=1e-4)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    Dropout.fanfold = parser.parse_args().fanfold
    unittest.main(argv=sys.argv[:1])
