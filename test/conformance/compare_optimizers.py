#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the optimizers with PyTorch's over three steps of LeNet.

    compare_optimizers.py --fanfold=BIN [--optimizer=NAME]...

The second and third step go on from the file that the one before left, so that
momentum is carried as well. What is compared is the change
of each parameter, in the way of compare_torch.py. PyTorch has no LARS: that one is
its formula (You et al., 2017), as docs/model-files.md describes it.

Exit status: 0 all agree, 1 some do not, 77 PyTorch is missing.
"""

import argparse
import sys
import tempfile

import compare_torch  # first: skips where PyTorch is missing
import model_file
import program
import tensor_file
import torch
import twin_names

STEPS = 3
BATCH = 8

# Recipe's clause, and the update it stands for.
OPTIMIZERS = {
    "sgd": "sgd, learning_rate = 0.05, momentum = 0.9, weight_decay = 0.01",
    "nesterov": "sgd, learning_rate = 0.05, momentum = 0.9, weight_decay = 0.01, nesterov = true",
    "adamw": "adamw, learning_rate = 0.002, beta1 = 0.8, beta2 = 0.95, epsilon = 1e-6,"
    " weight_decay = 0.1",
    "lars": "lars, learning_rate = 0.5, momentum = 0.9, weight_decay = 0.01, trust = 0.04,"
    " epsilon = 1e-6",
}


class Lars(torch.optim.Optimizer):
    """Momentum with a rate adapted to each tensor of the groups that ask for it."""

    def __init__(self, groups):
        super().__init__(groups, {})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                gradient, rate = w.grad, 1.0
                if group["adapt"]:
                    rate = 0.04 * w.norm() / (gradient.norm() + 0.01 * w.norm() + 1e-6)
                    gradient = gradient + 0.01 * w
                state = self.state[w]
                velocity = 0.9 * state.get("velocity", 0.0) + 0.5 * rate * gradient
                state["velocity"] = velocity
                w -= velocity


def torchOptimizer(kind, network):
    """Weights decay, biases do not."""
    weights = [p for p in network.parameters() if p.dim() > 1]
    biases = [p for p in network.parameters() if p.dim() == 1]

    def groups(decay):
        return [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}]

    if kind in ("sgd", "nesterov"):
        return torch.optim.SGD(groups(0.01), lr=0.05, momentum=0.9, nesterov=kind == "nesterov")
    if kind == "adamw":
        return torch.optim.AdamW(groups(0.1), lr=0.002, betas=(0.8, 0.95), eps=1e-6)
    return Lars([{"params": weights, "adapt": True}, {"params": biases, "adapt": False}])


def torchChanges(kind, layers, weights, batches, dtype):
    """{parameter: its change} after a step for each batch."""
    network = compare_torch.torchNetwork("lenet", layers, weights, dtype)
    optimizer = torchOptimizer(kind, network)
    for inputs in batches:
        optimizer.zero_grad()
        loss, _ = compare_torch.forward(network, layers, inputs)
        loss.backward()
        optimizer.step()
    return {
        name: twin_names.fromTorch(layer, tensor.detach().double().numpy()) - weights[name]
        for name, layer, tensor in twin_names.pairs(layers, network)
    }


def compareOptimizer(fanfold, kind, folder):
    text = compare_torch.reduced("lenet")
    text = compare_torch.replace(r"optimizer\([^)]*\)", f"optimizer({OPTIMIZERS[kind]})", text)
    text = compare_torch.replace(r"schedule\([^)]*\)", "schedule(constant)", text)
    layers = model_file.parse(text)
    weights = program.randomWeights(layers, seed=3)
    batches = [program.randomInputs(layers, BATCH, seed) for seed in range(STEPS)]
    binary = program.compileModel(fanfold, text, folder, kind, BATCH)
    state = weights
    for number, inputs in enumerate(batches):
        state = program.step(binary, inputs, state, [f"--step={number}"])
    ours = tensor_file.read(state)
    changes = {name: ours[name].astype("f8") - weights[name] for name in weights}
    exact, single = (
        torchChanges(kind, layers, weights, batches, dtype)
        for dtype in (torch.float64, torch.float32)
    )
    return compare_torch.report(kind, compare_torch.compare(changes, exact, [single]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    parser.add_argument(
        "--optimizer", action="append", choices=sorted(OPTIMIZERS), help="default: all"
    )
    arguments = parser.parse_args()
    good = True
    for kind in arguments.optimizer or OPTIMIZERS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                good &= compareOptimizer(arguments.fanfold, kind, folder)
            except program.CommandError as error:
                print(f"{kind}: {error}")
                good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
