# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The examples as docs/model-files.md reads them, and the tools of this folder.

Needs no compiler: model_file.py is the second reading of every example.
"""

import os
import tempfile
import unittest

import requirements

requirements.need("numpy")

import numpy

import graph_generator
import model_file
import tensor_file

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Parameters as published: torchvision's and timm's documentation; for AlexNet with
# groups the sum over the layers of Krizhevsky et al. ResNet-20 with projections has 272,474
# for CIFAR-10; images of one channel take two channels' 3x3x16 weights away.
PUBLISHED = {
    "lenet": 431_080,
    "alexnet": 60_965_224,
    "alexnet_one_tower": 61_100_840,
    "vgg16": 138_357_544,
    "googlenet": 6_624_904,
    "resnet20": 272_186,
    "resnet50": 25_557_032,
    "resnet152": 60_192_808,
    "densenet121": 7_978_856,
    "mobilenet_v2": 3_504_872,
    "inception_resnet_v2": 55_843_464,
}

# Lines that a network may take: model files are for reading.
LINES = {"alexnet": 30, "resnet50": 60, "googlenet": 60}


def examplePath(name):
    return os.path.join(ROOT, "examples", name, name + ".mlir")


class Examples(unittest.TestCase):
    def testEveryExampleIsListed(self):
        folders = os.scandir(os.path.join(ROOT, "examples"))
        self.assertEqual({f.name for f in folders if f.is_dir()}, set(PUBLISHED))

    def testParameterCounts(self):
        for name, count in PUBLISHED.items():
            with self.subTest(name):
                layers = model_file.load(examplePath(name))
                self.assertEqual(model_file.parameterCount(layers), count)

    def testTableOfExamples(self):
        with open(os.path.join(ROOT, "examples", "README.md"), encoding="utf-8") as file:
            table = file.read()
        for name, count in PUBLISHED.items():
            with self.subTest(name):
                macs = model_file.macs(model_file.load(examplePath(name)))
                self.assertIn(f"| [{name}]({name}/{name}.mlir) |", table)
                row = next(l for l in table.splitlines() if l.startswith(f"| [{name}]"))
                self.assertIn(f"| {count:,} | {macs / 1e6:,.1f} M |", row)

    def testAlexNetLayers(self):
        # Million multiply-adds and thousand parameters of each layer, biases included,
        # rounded down, as published for the original network.
        expected = [(105, 34), (223, 307), (149, 885), (112, 663), (74, 442)]
        expected += [(37, 37752), (16, 16781), (4, 4097)]
        found = []
        for layer in model_file.load(examplePath("alexnet")):
            count = sum(numpy.prod(shape) for shape, _ in layer.variables.values())
            if layer.op in ("conv2d", "dense"):
                found.append([layer.macs // 10**6, count])
            elif layer.op == "bias":
                found[-1][1] += count
        self.assertEqual([(m, int(c) // 1000) for m, c in found], expected)

    def testLength(self):
        for name, limit in LINES.items():
            with open(examplePath(name), encoding="utf-8") as file:
                self.assertLessEqual(len(file.readlines()), limit, name)


class ModelFiles(unittest.TestCase):
    def testCeilPoolDropsWindowInPadding(self):
        # PyTorch: a window that would begin in the right padding does not count.
        self.assertEqual(model_file.extent(4, kernel=2, stride=2, pad=1, ceil=True), 3)
        self.assertEqual(model_file.extent(112, kernel=3, stride=2, pad=0, ceil=True), 56)
        self.assertEqual(model_file.extent(7, kernel=2, stride=2, pad=0, ceil=True), 4)

    def testMistakes(self):
        model = 'cnn.model @m { %x = cnn.input "image" as tensor<?x8x8x3xui8> %y = cnn.BODY %x }'
        for body in ("conv2d", "use @missing(%x)", "if(1", "conv2d %x filters(4) filters(4)"):
            with self.assertRaises((model_file.ModelError, KeyError, TypeError), msg=body):
                model_file.parse(model.replace("BODY %x", body))


class Generator(unittest.TestCase):
    def testNetworksAreValidAndWholeAndTheSameEachTime(self):
        for seed in range(300):
            text = graph_generator.generate(seed)
            self.assertEqual(text, graph_generator.generate(seed))
            layers = model_file.parse(text)
            read = {i.name for layer in layers for i in layer.inputs}
            unread = {layer.name for layer in layers} - read
            self.assertEqual(unread, {"loss", "top1"}, f"seed {seed}")


class TensorFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "t.safetensors")
        self.tensors = {
            "b": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
            "a": numpy.array(7, numpy.int32),
            "none": numpy.zeros((0, 4), numpy.uint8),
        }
        tensor_file.write(self.path, self.tensors, {"step": "3"})

    def testRoundTrip(self):
        read = tensor_file.read(self.path)
        self.assertEqual(set(read), set(self.tensors))
        for name, array in self.tensors.items():
            self.assertEqual(read[name].dtype, array.dtype)
            numpy.testing.assert_array_equal(read[name], array)

    def testEveryTruncationIsRefused(self):
        with open(self.path, "rb") as file:
            content = file.read()
        for length in range(len(content)):
            with open(self.path, "wb") as file:
                file.write(content[:length])
            with self.assertRaises(tensor_file.FormatError, msg=f"{length} bytes"):
                tensor_file.read(self.path)

    def testBytesBehindTheEndAreRefused(self):
        with open(self.path, "ab") as file:
            file.write(b"x")
        with self.assertRaises(tensor_file.FormatError):
            tensor_file.read(self.path)


if __name__ == "__main__":
    unittest.main()
