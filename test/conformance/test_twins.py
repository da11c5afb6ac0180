# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The PyTorch twins against the model files, and the comparison against itself.

Needs PyTorch and no compiler.
"""

import unittest

import requirements

requirements.need("numpy", "torch", "torchvision")

import numpy
import torch

import compare_torch
import model_file
import program
import torch_models
import twin_names
from test_examples import PUBLISHED, examplePath


class Twins(unittest.TestCase):
    def testEveryParameterHasItsTwin(self):
        for name in torch_models.TWINS:
            with self.subTest(name):
                layers = model_file.load(examplePath(name))
                network = torch_models.build(name, layers)
                self.assertEqual(sum(p.numel() for p in network.parameters()), PUBLISHED[name])
                self.assertGreater(len(twin_names.pairs(layers, network)), 0)

    def testEveryExampleHasATwin(self):
        self.assertEqual(set(torch_models.TWINS), set(PUBLISHED))
        self.assertEqual(set(compare_torch.SIZES), set(PUBLISHED))

    def testAnotherNetworkDoesNotMap(self):
        layers = model_file.load(examplePath("resnet50"))
        with self.assertRaises(twin_names.MappingError):
            twin_names.pairs(layers, torch_models.build("googlenet", layers))

    def testPermutationsInvertAndFlattenIsHwc(self):
        layers = model_file.parse(compare_torch.reduced("alexnet"))
        weights = program.randomWeights(layers, seed=5)
        for layer in layers:
            for name in layer.variables:
                twin = twin_names.toTorch(layer, weights[name])
                numpy.testing.assert_array_equal(twin_names.fromTorch(layer, twin), weights[name])
        dense = next(layer for layer in layers if layer.op == "dense")
        h, w, c = twin_names.flattened(dense)
        self.assertGreater(h * w, 1, "the image is too small to see the order")
        image = numpy.random.default_rng(0).normal(size=(h, w, c)).astype("f4")
        weight = weights[dense.name + ".weight"]
        ours = image.reshape(-1) @ weight
        theirs = twin_names.toTorch(dense, weight) @ image.transpose(2, 0, 1).reshape(-1)
        numpy.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


class Comparison(unittest.TestCase):
    """A comparison that cannot fail would be worth nothing."""

    @classmethod
    def setUpClass(cls):
        cls.layers = model_file.parse(compare_torch.reduced("lenet"))
        inputs = program.randomInputs(cls.layers, 8, seed=1)
        weights = program.randomWeights(cls.layers, seed=2)
        cls.exact, cls.singles = compare_torch.referenceSteps("lenet", cls.layers, weights, inputs)

    def verdict(self, change=None):
        ours = {name: numpy.array(value) for name, value in self.singles[0].items()}
        if change:
            change(ours)
        rows = compare_torch.compare(ours, self.exact, self.singles)
        return all(error <= allowed for error, allowed, _ in rows)

    def testPyTorchAgreesWithItself(self):
        self.assertTrue(self.verdict())

    def testSmallChangesAreSeen(self):
        def scaled(ours):
            ours["grad/conv1.conv.weight"] *= 1.0003

        def swapped(ours):
            ours["grad/fc1.weight"][[0, 1]] = ours["grad/fc1.weight"][[1, 0]]

        def notANumber(ours):
            ours["grad/logits.bias"][3] = numpy.nan

        def wrongLoss(ours):
            ours["loss"] = ours["loss"] * 1.0003

        for change in (scaled, swapped, notANumber, wrongLoss):
            with self.subTest(change.__name__):
                self.assertFalse(self.verdict(change))

    def testMissingTensorIsNamed(self):
        with self.assertRaisesRegex(program.CommandError, "grad/fc2.weight"):
            self.verdict(lambda ours: ours.pop("grad/fc2.weight"))

    def testRoundingOfAZeroGradientIsAllowedAndMoreIsNot(self):
        exact = {"grad/big": numpy.ones(100), "grad/zero": numpy.full(4, 1e-16)}
        for value, good in ((1e-6, True), (1e-3, False)):
            ours = {"grad/big": numpy.ones(100), "grad/zero": numpy.full(4, value)}
            rows = compare_torch.compare(ours, exact, [exact])
            self.assertEqual(all(error <= allowed for error, allowed, _ in rows), good)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
