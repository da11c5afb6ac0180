#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares compiled examples with their PyTorch twins over one training step.

    compare_torch.py --fanfold=BIN [--model=NAME]...

Same weights, same batch. Loss, metrics, every gradient and every running
statistic must agree with PyTorch in fp64 to ||a - ref|| / ||ref|| <= 1e-4, or to
twice the error of PyTorch's own fp32 where that is larger. Images are smaller
than in the examples, so that a step takes seconds, and dropout is off: its mask
is ours alone (test_dropout.py looks at it).

Exit status: 0 all agree, 1 some do not, 77 PyTorch is missing.
"""

import argparse
import os
import re
import sys
import tempfile

import numpy

import model_file
import program

try:
    import torch
    import torch_models
    import twin_names
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOLERANCE = 1e-4

# Image extent and batch. The last image before the global average is at least 2x2,
# so that every normalisation sees at least 16 values a channel.
SIZES = {
    "lenet": (28, 8),
    "alexnet": (99, 4),
    "vgg16": (64, 4),
    "googlenet": (64, 4),
    "resnet50": (64, 4),
    "resnet152": (64, 4),
    "densenet121": (64, 4),
    "mobilenet_v2": (64, 4),
    "inception_resnet_v2": (107, 4),
}


def replace(pattern, by, text, atLeast=1):
    """re.sub that fails where the pattern is not found."""
    text, count = re.subn(pattern, by, text)
    if count < atLeast:
        raise model_file.ModelError(f"nothing in the model file matches {pattern}")
    return text


def reduced(name):
    """Text of an example at the size of SIZES and without dropout."""
    with open(os.path.join(ROOT, "examples", name, name + ".mlir"), encoding="utf-8") as file:
        text = file.read()
    extent = SIZES[name][0]
    text = replace(r"tensor<\?x\d+x\d+x", f"tensor<?x{extent}x{extent}x", text)
    return replace(r"cnn\.dropout (%\w+) rate\([^)]*\)", r"cnn.dropout \1 rate(0.0)", text, 0)


def torchStep(name, layers, weights, inputs, dtype):
    """What one training step of the twin leaves behind, in our names and order."""
    network = torch_models.build(name, layers).to(dtype)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    twin_names.loadWeights(layers, network, weights)
    loss, logits = forward(network, layers, inputs, dtype)
    loss.backward()
    result = {"loss": numpy.float64(loss.item())}
    for layer in layers:
        if layer.op == "accuracy":
            best = logits.topk(layer.number("top", 1)).indices
            hits = (best == torch.from_numpy(inputs["label"]).long()[:, None]).any(1)
            result[layer.name] = hits.double().mean().numpy()
    for variable, layer, tensor in twin_names.pairs(layers, network):
        if isinstance(tensor, torch.nn.Parameter):
            variable, tensor = "grad/" + variable, tensor.grad
        result[variable] = twin_names.fromTorch(layer, tensor.double().numpy())
    return result


def forward(network, layers, inputs, dtype):
    """Loss and logits of a twin on our inputs."""
    normalize = next(layer for layer in layers if layer.op == "normalize")
    smoothing = next(l for l in layers if l.op == "softmax_cross_entropy").number("smoothing", 0.0)
    mean, std = (torch.tensor(normalize.clauses[c], dtype=dtype) for c in ("mean", "std"))
    image = (torch.from_numpy(inputs["image"]).to(dtype) / 255 - mean) / std
    logits = network(image.permute(0, 3, 1, 2).contiguous())
    label = torch.from_numpy(inputs["label"]).long()
    return torch.nn.functional.cross_entropy(logits, label, label_smoothing=smoothing), logits


def distance(a, reference):
    """||a - ref|| / ||ref||; 0 where both are zero."""
    error = numpy.linalg.norm(numpy.asarray(a, numpy.float64).ravel() - reference.ravel())
    size = numpy.linalg.norm(reference.ravel())
    return error / size if size else (0.0 if error == 0 else numpy.inf)


def compare(ours, exact, single):
    """[(error, allowed, name)] over the tensors of `exact`, worst ratio first. NaN
    counts as infinite."""
    rows = []
    for name, reference in exact.items():
        if name not in ours:
            raise program.CommandError(f"the program's output has no tensor {name}")
        if ours[name].size != reference.size:
            shape = ours[name].shape
            raise program.CommandError(f"{name} has shape {shape}, expected {reference.shape}")
        error = distance(ours[name], reference)
        allowed = max(TOLERANCE, 2 * distance(single[name], reference))
        rows.append((error if error == error else numpy.inf, allowed, name))
    return sorted(rows, key=lambda row: row[0] / row[1], reverse=True)


def report(title, rows):
    """Prints how a comparison went; whether all of it is within what is allowed."""
    wrong = [row for row in rows if not row[0] <= row[1]]
    for error, allowed, name in wrong[:20]:
        print(f"  {name}: error {error:.2e}, allowed {allowed:.2e}")
    error, allowed, name = rows[0]
    print(
        f"{title}: {len(rows) - len(wrong)} of {len(rows)} tensors agree;"
        f" worst {name}: {error:.2e}, allowed {allowed:.2e}"
    )
    return not wrong


def compareModel(fanfold, name, folder):
    batch = SIZES[name][1]
    text = reduced(name)
    layers = model_file.parse(text)
    inputs = program.randomInputs(layers, batch, seed=1)
    weights = program.randomWeights(layers, seed=2)
    binary = program.compileModel(fanfold, text, folder, name, batch, ["--keep-gradients"])
    ours = program.step(binary, inputs, weights)
    exact, single = (
        torchStep(name, layers, weights, inputs, dtype) for dtype in (torch.float64, torch.float32)
    )
    return report(name, compare(ours, exact, single))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    parser.add_argument("--model", action="append", choices=sorted(SIZES), help="default: all")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    good = True
    for name in arguments.model or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                good &= compareModel(arguments.fanfold, name, folder)
            except program.CommandError as error:
                print(f"{name}: {error}")
                good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
