# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles model files and runs single steps of the programs."""

import math
import os
import subprocess
import zlib

import numpy

import model_file
import tensor_file


class CommandError(Exception):
    """A command failed; the text has its command line and what it printed."""


# For make: half of the compile time of a small program is -O3.
QUICK = (r"KERNELFLAGS=-O1\ -march=native\ -fopenmp\ -ffp-contract=off\ -fno-math-errno"
         r"\ -fno-trapping-math")


def run(command, environment=None):
    """Runs a command; returns its standard output."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        said = f"{' '.join(command)}\n{done.stdout}{done.stderr}".strip()
        raise CommandError(f"exit status {done.returncode}: {said}")
    return done.stdout


def compileModel(fanfold, text, folder, name, batch, flags=(), target="cpu", quick=False):
    """Compiles the text of a model file; returns the program's path. `quick` is for programs that
    are compared with each other alone: their kernels are compiled at -O1."""
    source = os.path.join(folder, name + ".mlir")
    os.makedirs(folder, exist_ok=True)
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    program = os.path.join(folder, name)
    environment = dict(os.environ, MAKEFLAGS=QUICK) if quick else None
    run([fanfold, "compile", source, f"--target={target}", f"--batch={batch}", *flags, "-o", program],
        environment)
    return program


def step(program, inputs, weights, flags=()):
    """One training step; returns the path of every tensor it leaves behind. `weights`
    are tensors, or the path that an earlier step returned: then it goes on from there."""
    paths = [f"{program}.{part}.safetensors" for part in ("inputs", "weights", "out")]
    tensor_file.write(paths[0], inputs)
    if isinstance(weights, dict):
        tensor_file.write(paths[1], weights)
    else:
        os.replace(weights, paths[1])
    run([program, "step", f"--inputs={paths[0]}", f"--weights={paths[1]}", *flags, "-o", paths[2]])
    return paths[2]


def outputs(program, inputs, weights, steps):
    """What each of several steps, and an evaluation after them, leave behind."""
    found = []
    for index in range(steps):
        weights = step(program, inputs, weights, [f"--step={index}"])
        found.append(tensor_file.read(weights))
    found.append(tensor_file.read(step(program, inputs, weights, ["--eval"])))
    return found


def randomInputs(layers, batch, seed):
    """{"image": u8 NHWC, "label": i32} for a model."""
    generator = numpy.random.default_rng(seed)
    image = model_file.imageShape(layers)
    classes = [l.shape[0] for l in layers if l.op == "dense"][-1]
    return {
        "image": generator.integers(0, 256, (batch, *image), dtype=numpy.uint8),
        "label": generator.integers(0, classes, batch, dtype=numpy.int32),
    }


def randomWeights(layers, seed):
    """{name: f32 array} for every parameter and statistic of a model.

    Nothing is at a special value such as 0 or 1. The shift of batch normalisation
    is near 4, so that few activations stand so close to the kink of a relu that
    rounding decides on which side: each of those changes a gradient by far more
    than rounding does, in PyTorch as here."""
    weights = {}
    for layer in layers:
        for name, (shape, _) in layer.variables.items():
            generator = numpy.random.default_rng([seed, zlib.crc32(name.encode())])
            kind = name.rsplit(".", 1)[1]
            if kind == "weight":
                inputs = shape[0] if layer.op == "dense" else math.prod(shape[1:])
                gain = 1.0 if layer.op == "dense" else 2.0
                values = generator.normal(0.0, math.sqrt(gain / inputs), shape)
            elif kind == "beta":
                values = generator.normal(4.0, 0.1, shape)
            elif kind in ("gamma", "running_variance"):
                values = generator.uniform(0.5, 1.5, shape)
            else:
                values = generator.normal(0.0, 0.1, shape)
            weights[name] = values.astype(numpy.float32)
    return weights
