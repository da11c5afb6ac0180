#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps on the CPU, ours and PyTorch's side by side, and compile times.

    cpu_train.py --fanfold=BIN [--model=NAME:BATCH]... [--threads=N] [--format=json]

Both run whole steps: normalisation, forward, loss, backward, and the update of SGD
with momentum. They take turns on an otherwise idle machine, with the same number of
threads, and the best round of each counts, because what disturbs a round only makes
it slower. PyTorch runs channels_last and contiguous; the faster of the two counts.

Exit status: 0 measured, 1 a command failed, 77 PyTorch is missing.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "conformance"))

import requirements

requirements.need("numpy", "torch", "torchvision")

import torch

import model_file
import program
import torch_models
from test_examples import examplePath

SECONDS = 4.0  # of steps in a round of PyTorch


class TorchStep:
    """A training step of a twin in one memory format."""

    def __init__(self, name, layers, batch, memoryFormat):
        self.format = memoryFormat
        self.network = torch_models.build(name, layers).to(memory_format=memoryFormat)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4
        )
        inputs = program.randomInputs(layers, batch, seed=1)
        self.image = torch.from_numpy(inputs["image"])
        self.label = torch.from_numpy(inputs["label"]).long()
        normalize = next(layer for layer in layers if layer.op == "normalize")
        self.mean, self.std = (torch.tensor(normalize.clauses[c]) for c in ("mean", "std"))

    def run(self):
        image = ((self.image / 255 - self.mean) / self.std).permute(0, 3, 1, 2)
        logits = self.network(image.contiguous(memory_format=self.format))
        loss = torch.nn.functional.cross_entropy(logits, self.label)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def imagesPerSecond(self):
        """From the median step of a round; the first step does not count."""
        self.run()
        times, begin = [], time.perf_counter()
        while time.perf_counter() - begin < SECONDS or len(times) < 3:
            start = time.perf_counter()
            self.run()
            times.append(time.perf_counter() - start)
        return len(self.label) / statistics.median(times)


def seconds(command):
    start = time.perf_counter()
    program.run(command)
    return time.perf_counter() - start


def measure(fanfold, name, batch, threads, rounds, folder):
    """A dictionary of what is printed for one model."""
    path, binary = examplePath(name), os.path.join(folder, name)
    compile = [fanfold, "compile", path, "--target=cpu", f"--batch={batch}", f"--threads={threads}"]
    result = {"model": name, "batch": batch, "threads": threads}
    result["compile_plan_s"] = seconds([*compile, "--emit=plan", "-o", binary + ".plan.mlir"])
    result["compile_binary_s"] = seconds([*compile, "-o", binary])
    layers = model_file.load(path)
    steps = {
        "channels_last": TorchStep(name, layers, batch, torch.channels_last),
        "contiguous": TorchStep(name, layers, batch, torch.contiguous_format),
    }
    bench = [binary, "bench", f"--threads={threads}", "--format=json"]
    if batch * model_file.macs(layers) > 10**10:
        bench += ["--steps=3", "--warmup=1"]
    ours, theirs = [], {layout: [] for layout in steps}
    for _ in range(rounds):
        ours.append(json.loads(program.run(bench))["images_per_s"])
        for layout, step in steps.items():
            theirs[layout].append(step.imagesPerSecond())
    layout = max(theirs, key=lambda l: max(theirs[l]))
    result["images_per_s"] = max(ours)
    result["torch_images_per_s"] = max(theirs[layout])
    result["torch_layout"] = layout
    result["ratio"] = result["images_per_s"] / result["torch_images_per_s"]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    parser.add_argument(
        "--model",
        action="append",
        metavar="NAME:BATCH",
        help="default: lenet:64 and resnet50:16",
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    results = []
    for spec in arguments.model or ["lenet:64", "resnet50:16"]:
        name, _, batch = spec.partition(":")
        if name not in torch_models.TWINS or not batch.isdigit() or int(batch) == 0:
            parser.error(f"--model is {spec}, expected NAME:BATCH with an example's name")
        with tempfile.TemporaryDirectory() as folder:
            try:
                r = measure(
                    arguments.fanfold, name, int(batch), arguments.threads, arguments.rounds, folder
                )
            except program.CommandError as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 1
        results.append(r)
        if arguments.format == "text":
            print(
                f"{name}, batch {batch}, {r['threads']} threads: {r['images_per_s']:.1f} images/s,"
                f" PyTorch {r['torch_images_per_s']:.1f} ({r['torch_layout']}),"
                f" ratio {r['ratio']:.2f}; compiled to a plan in {r['compile_plan_s']:.2f} s,"
                f" to a program in {r['compile_binary_s']:.1f} s",
                flush=True,
            )
    if arguments.format == "json":
        print(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
