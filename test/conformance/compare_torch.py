#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares compiled examples with their PyTorch twins over one training step.

    compare_torch.py --fanfold=BIN [--target=T] [--model=NAME]...
    compare_torch.py --fanfold=BIN --target=T --compile-to=DIR    compiles and stops
    compare_torch.py --programs=DIR --device=cuda                 compares, PyTorch on a GPU
    compare_torch.py ... --precision=fp16 --size=224x16           in fp16, images of 224, 16 of them

Same weights, same batch. Loss, metrics, every gradient and every running
statistic must agree with PyTorch in fp64 to ||a - ref|| / ||ref|| <= 1e-4, or to
twice the error of PyTorch's own fp32 where that is larger: the largest error of
three ways to compute the same (NCHW, NHWC, the batch backwards). TF32 is off. A gradient that
is zero but for rounding (of a shift that the next normalisation takes away) is
measured against the largest gradient instead of against itself.

Images are smaller than in the examples, so that a step takes seconds, and dropout
is off: its mask is ours alone (check_dropout.py looks at it). --size takes others: with
small images some rewritings do not pay and so are not done.

In fp16 the same bound holds with PyTorch's automatic mixed precision in the place of its
fp32, and half of what rounding one number to fp16 does in the place of 1e-4; that takes a GPU.

Exit status: 0 all agree, 1 some do not, 77 PyTorch is missing.
"""

import argparse
import contextlib
import os
import re
import sys
import tempfile
import unittest.mock

import requirements

requirements.need("numpy", "torch", "torchvision")

import numpy
import torch

import model_file
import program
import tensor_file
import torch_models
import twin_names

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOLERANCE = {False: 1e-4, True: 2**-12}  # In fp32, in fp16.
BATCHES = 4

# Image extent and batch. The last image before the global average is at least 2x2,
# so that every normalisation sees at least 16 values a channel.
SIZES = {
    "lenet": (28, 8),
    "alexnet": (99, 4),
    "alexnet_one_tower": (99, 4),
    "vgg16": (64, 4),
    "googlenet": (64, 4),
    "resnet20": (28, 8),
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


SCALE = 1024.0  # Of the loss in fp16, there as here: random weights have large gradients.


def reduced(name):
    """Text of an example at the size of SIZES and without dropout."""
    with open(os.path.join(ROOT, "examples", name, name + ".mlir"), encoding="utf-8") as file:
        text = file.read()
    extent = SIZES[name][0]
    text = replace(r"tensor<\?x\d+x\d+x", f"tensor<?x{extent}x{extent}x", text)
    return replace(r"cnn\.dropout (%\w+) rate\([^)]*\)", r"cnn.dropout \1 rate(0.0)", text, 0)


@contextlib.contextmanager
def withoutInitialization():
    """Modules made inside keep whatever their memory holds: half the time of a large twin."""
    with contextlib.ExitStack() as patches:
        for function in dir(torch.nn.init):
            if function.endswith("_") and not function.startswith("_"):
                patches.enter_context(
                    unittest.mock.patch.object(torch.nn.init, function, lambda tensor, *_, **__: tensor)
                )
        yield


def torchNetwork(name, layers, weights, dtype, device="cpu"):
    """The twin with our weights, without dropout."""
    with withoutInitialization():
        network = torch_models.build(name, layers).to(dtype)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    twin_names.loadWeights(layers, network, weights)
    return network.to(device)


def forward(network, layers, inputs, memoryFormat=torch.contiguous_format):
    """Loss and logits of a twin on our inputs."""
    dtype, device = (getattr(next(network.parameters()), a) for a in ("dtype", "device"))
    normalize = next(layer for layer in layers if layer.op == "normalize")
    smoothing = next(l for l in layers if l.op == "softmax_cross_entropy").number("smoothing", 0.0)
    mean, std = (
        torch.tensor(normalize.clauses[c], dtype=dtype, device=device) for c in ("mean", "std")
    )
    image = (torch.from_numpy(inputs["image"]).to(device, dtype) / 255 - mean) / std
    logits = network(image.permute(0, 3, 1, 2).contiguous(memory_format=memoryFormat))
    label = torch.from_numpy(inputs["label"]).long().to(device)
    return torch.nn.functional.cross_entropy(logits, label, label_smoothing=smoothing), logits


def torchStep(
    name, layers, weights, inputs, dtype, device, memoryFormat=torch.contiguous_format, half=False
):
    """What one training step of the twin leaves behind, in our names and order; with `half`
    in automatic mixed precision."""
    network = torchNetwork(name, layers, weights, dtype, device).to(memory_format=memoryFormat)
    mixed = torch.autocast(device, torch.float16) if half else contextlib.nullcontext()
    with mixed:
        loss, logits = forward(network, layers, inputs, memoryFormat)
    scale = SCALE if half else 1.0
    (loss * scale).backward()
    result = {"loss": numpy.float64(loss.item())}
    for layer in layers:
        if layer.op == "accuracy":
            best = logits.topk(layer.number("top", 1)).indices.cpu()
            hits = (best == torch.from_numpy(inputs["label"]).long()[:, None]).any(1)
            result[layer.name] = hits.double().mean().numpy()
    for variable, layer, tensor in twin_names.pairs(layers, network):
        if isinstance(tensor, torch.nn.Parameter):
            variable, tensor = "grad/" + variable, tensor.grad / scale
        result[variable] = twin_names.fromTorch(layer, tensor.double().cpu().numpy())
    return result


def referenceSteps(name, layers, weights, inputs, device="cpu", half=False):
    """PyTorch's step in fp64, and the list of its steps in fp32 or mixed precision."""
    exact = torchStep(name, layers, weights, inputs, torch.float64, device)
    backwards = {key: array[::-1].copy() for key, array in inputs.items()}
    last = torch.channels_last
    return exact, [
        torchStep(name, layers, weights, inputs, torch.float32, device, half=half),
        torchStep(name, layers, weights, inputs, torch.float32, device, last, half),
        torchStep(name, layers, weights, backwards, torch.float32, device, half=half),
    ]


def norm(array):
    return numpy.linalg.norm(numpy.asarray(array, numpy.float64).ravel())


def compare(ours, exact, singles, tolerance=TOLERANCE[False]):
    """[(error, allowed, name)] over the tensors of `exact`, worst ratio first."""
    typical = {name: norm(ref) / max(ref.size, 1) ** 0.5 for name, ref in exact.items()}
    largest = max((t for name, t in typical.items() if name.startswith("grad/")), default=0.0)
    rows = []
    for name, reference in exact.items():
        if name not in ours:
            raise program.CommandError(f"the program's output has no tensor {name}")
        if ours[name].size != reference.size:
            shape = ours[name].shape
            raise program.CommandError(f"{name} has shape {shape}, expected {reference.shape}")
        size = norm(reference)
        if name.startswith("grad/") and typical[name] < 1e-9 * largest:
            size = largest * reference.size**0.5

        def error(tensor):
            difference = norm(numpy.asarray(tensor, numpy.float64).ravel() - reference.ravel())
            if not numpy.isfinite(difference):
                return numpy.inf
            return difference / size if size else (0.0 if difference == 0 else numpy.inf)

        theirs = max(error(single[name]) for single in singles)
        if not numpy.isfinite(theirs):
            raise ArithmeticError(f"{name}: PyTorch in fp32 does not give finite values")
        allowed = max(tolerance, 2 * theirs)
        rows.append((error(ours[name]), allowed, name))
    return sorted(rows, key=lambda row: row[0] / row[1], reverse=True)


def report(title, rows, tolerance=TOLERANCE[False]):
    """Prints how a comparison went; whether all of it is within what is allowed."""
    wrong = [row for row in rows if not row[0] <= row[1]]
    for error, allowed, name in wrong[:20]:
        print(f"  {name}: error {error:.2e}, allowed {allowed:.2e}")
    error, allowed, name = rows[0]
    strict = sum(row[1] == tolerance for row in rows)
    print(
        f"{title}: {len(rows) - len(wrong)} of {len(rows)} tensors agree"
        f" ({strict} had to be within {tolerance:g});"
        f" worst {name}: {error:.2e}, allowed {allowed:.2e}"
    )
    return not wrong


def compileExample(fanfold, name, folder, target, precision):
    """The program of an example at the size of SIZES."""
    flags = ["--keep-gradients"]
    if target != "cpu":
        flags.append(f"--precision={precision}")
    return program.compileModel(fanfold, reduced(name), folder, name, SIZES[name][1], flags, target)


def compareModel(binary, name, device, half=False):
    """Compares over up to BATCHES random batches until every tensor has agreed in one.

    Where rounding carries the input of a ReLU across zero, or changes which of two
    nearly equal elements a max pool takes, the gradient jumps, in PyTorch as here: one
    such element of a batch is enough to put every tensor before it beyond the
    tolerance. It does so in that batch alone; a wrong rule does so in all of them."""
    batch = SIZES[name][1]
    layers = model_file.parse(reduced(name))
    weights = program.randomWeights(layers, seed=2)
    if half:
        weights["loss_scale"] = numpy.array(SCALE, numpy.float32)
    best = {}
    for seed in range(1, BATCHES + 1):
        inputs = program.randomInputs(layers, batch, seed=seed)
        ours = tensor_file.read(program.step(binary, inputs, weights))
        references = referenceSteps(name, layers, weights, inputs, device, half)
        for row in compare(ours, *references, TOLERANCE[half]):
            old = best.get(row[2])
            if old is None or row[0] / row[1] < old[0] / old[1]:
                best[row[2]] = row
        if all(row[0] <= row[1] for row in best.values()):
            break
    rows = sorted(best.values(), key=lambda row: row[0] / row[1], reverse=True)
    return report(f"{name} ({seed} of at most {BATCHES} batches)", rows, TOLERANCE[half])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fanfold", help="the compiler")
    parser.add_argument("--target", default="cpu")
    parser.add_argument("--compile-to", metavar="DIR", help="compile the programs and stop")
    parser.add_argument("--programs", metavar="DIR", help="where they are, if they are compiled")
    parser.add_argument("--device", default="cpu", help="PyTorch's: cpu or cuda")
    parser.add_argument("--model", action="append", choices=sorted(SIZES), help="default: all")
    parser.add_argument("--precision", choices=("fp32", "fp16"), default="fp32")
    parser.add_argument("--size", help="EXTENTxBATCH instead of the table's, for all models")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    if bool(arguments.fanfold) == bool(arguments.programs):
        parser.error("expected --fanfold or --programs")
    if arguments.size:
        try:
            extent, batch = (int(number) for number in arguments.size.split("x"))
        except ValueError:
            parser.error(f"--size is '{arguments.size}', expected EXTENTxBATCH")
        SIZES.update({name: (extent, batch) for name in SIZES})
    half = arguments.precision == "fp16"
    torch.set_num_threads(arguments.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    good = True
    for name in arguments.model or SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                if arguments.programs:
                    binary = os.path.join(arguments.programs, name)
                else:
                    folder = arguments.compile_to or scratch
                    binary = compileExample(
                        arguments.fanfold, name, folder, arguments.target, arguments.precision
                    )
                if not arguments.compile_to:
                    good &= compareModel(binary, name, arguments.device, half)
            except program.CommandError as error:
                print(f"{name}: {error}")
                good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
