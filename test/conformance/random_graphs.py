#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that sharing, in-place and fusion do not change a single bit.

But for one fusion: convolutions of one input that become one (merge-fans) add up the gradient of
the input in another order. Of networks that have such, the programs with fusion are compared
with each other, and so are those without.

    random_graphs.py --fanfold=BIN [--count=N] [--seed=S]

Compiles N random networks (graph_generator.py), each with every combination of
--no-sharing, --no-in-place and --no-fusion, runs one training step of each program
on the same inputs and weights, and compares every tensor byte for byte. The seed of
a network that fails is printed; --seed=S --count=1 runs it alone, --print shows it.

Exit status: 0 all the same, 1 some are not, 77 numpy is missing.
"""

import argparse
import concurrent.futures
import itertools
import os
import sys
import tempfile

import requirements

requirements.need("numpy")

import graph_generator
import model_file
import program
import tensor_file

FLAGS = ("--no-sharing", "--no-in-place", "--no-fusion")
BATCH = 3


def combinations():
    """All eight, from all flags (the plainest program) to none."""
    for count in range(len(FLAGS), -1, -1):
        yield from itertools.combinations(FLAGS, count)


def difference(plain, other):
    """What two outputs differ in; None if they are the same."""
    if plain.keys() != other.keys():
        return f"different tensors: {sorted(plain.keys() ^ other.keys())}"
    for name, array in plain.items():
        if array.dtype != other[name].dtype or array.shape != other[name].shape:
            return f"{name}: {other[name].dtype}{other[name].shape}"
        if array.tobytes() != other[name].tobytes():
            changed = (array.view("u1") != other[name].view("u1")).sum()
            return f"{name}: {changed} of {array.nbytes} bytes differ"
    return None


def plan(fanfold, text, folder):
    """The text of a network's plan."""
    source = os.path.join(folder, "graph.mlir")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    return program.run([fanfold, "compile", source, f"--batch={BATCH}", "--target=cpu", "--emit=plan"])


def check(fanfold, seed):
    """A sentence about what is wrong with network `seed`, or None."""
    text = graph_generator.generate(seed)
    layers = model_file.parse(text)
    inputs = program.randomInputs(layers, BATCH, seed)
    weights = program.randomWeights(layers, seed)
    plain = {}  # Of programs with fusion and without, or of all.
    with tempfile.TemporaryDirectory() as folder:
        mergesFans = ".filters" in plan(fanfold, text, folder)
        for number, flags in enumerate(combinations()):
            title = " ".join(flags) or "default flags"
            kind = "--no-fusion" in flags if mergesFans else None
            try:
                binary = program.compileModel(
                    fanfold, text, folder, f"graph{number}", BATCH, ["--keep-gradients", *flags], quick=True
                )
                outputs = tensor_file.read(program.step(binary, inputs, weights))
            except (program.CommandError, tensor_file.FormatError) as error:
                return f"{title}: {error}"
            expected = {"loss", *(f"grad/{name}" for name in model_file.variables(layers))}
            if missing := expected - outputs.keys():
                return f"{title}: the output lacks {sorted(missing)}"
            if found := difference(plain.setdefault(kind, outputs), outputs):
                return f"{title}: {found}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", help="the compiler")
    parser.add_argument("--count", type=int, default=10, help="networks (10)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first (0)")
    parser.add_argument("--jobs", type=int, default=2, help="networks at a time (2)")
    parser.add_argument("--print", action="store_true", help="print the networks and stop")
    arguments = parser.parse_args()
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    if arguments.print:
        print("\n".join(graph_generator.generate(seed) for seed in seeds))
        return 0
    if not arguments.fanfold:
        parser.error("--fanfold is required")
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda seed: check(arguments.fanfold, seed), seeds)
        for seed, wrong in zip(seeds, results):
            if wrong:
                print(f"seed {seed}: {wrong}", flush=True)
                failures += 1
    agree = len(seeds) - failures
    print(f"{agree} of {len(seeds)} networks agree in {2 ** len(FLAGS)} programs each")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
