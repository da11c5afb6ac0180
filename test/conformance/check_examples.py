#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what the compiler says of every example against model_file.py.

    check_examples.py --fanfold=BIN [--model=NAME]...

Names, shapes, parameters and multiply-adds of `fanfold inspect --layers`; and that
`fanfold compile --emit=plan` gives a plan, which the compiler accepts again.

Exit status: 0 all agree, 1 some do not, 77 numpy is missing.
"""

import argparse
import json
import math
import os
import sys
import tempfile

import requirements

requirements.need("numpy")

import model_file
import program
from test_examples import PUBLISHED, examplePath


def differences(found, layers):
    """Sentences about layers that the compiler sees in another way."""
    ours = {layer.name: layer for layer in layers}
    theirs = {entry["name"]: entry for entry in found}
    for name, layer in ours.items():
        if name not in theirs:
            if layer.variables:
                yield f"{name} ({layer.op}) is missing"
            continue
        entry = theirs[name]
        count = sum(math.prod(s) for s, role in layer.variables.values() if role == "parameter")
        expected = {"op": layer.op, "params": count, "macs": layer.macs}
        for key, value in expected.items():
            if entry[key] != value:
                yield f"{name}: {key} is {entry[key]}, expected {value}"
        if tuple(entry["output_shape"]) != (1, *layer.shape) and layer.shape:
            yield f"{name}: output_shape is {entry['output_shape']}, expected {(1, *layer.shape)}"
    for name in theirs.keys() - ours.keys():
        yield f"{name} is not in the model file"
    total = sum(entry["params"] for entry in found)
    if total != model_file.parameterCount(layers):
        yield f"{total} parameters, expected {model_file.parameterCount(layers)}"


def check(fanfold, name, folder):
    path = examplePath(name)
    inspected = program.run(
        [fanfold, "inspect", path, "--target=cpu", "--batch=1", "--layers", "--format=json"]
    )
    wrong = list(differences(json.loads(inspected)["layers"], model_file.load(path)))
    plan, again = (os.path.join(folder, f"{name}{n}.plan.mlir") for n in (1, 2))
    options = ["--target=cpu", "--emit=plan", "-o"]
    program.run([fanfold, "compile", path, *options, plan])
    program.run([fanfold, "compile", plan, *options, again])
    with open(plan, encoding="utf-8") as first, open(again, encoding="utf-8") as second:
        text = first.read()
        if not text.strip():
            wrong.append("the plan is empty")
        if text != second.read():
            wrong.append("the plan changes when it is read and printed again")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--fanfold", required=True, help="the compiler")
    parser.add_argument("--model", action="append", choices=sorted(PUBLISHED), help="default: all")
    arguments = parser.parse_args()
    failures = 0
    for name in arguments.model or PUBLISHED:
        with tempfile.TemporaryDirectory() as folder:
            try:
                wrong = check(arguments.fanfold, name, folder)
            except (program.CommandError, ValueError, KeyError, TypeError) as error:
                wrong = [f"{type(error).__name__}: {error}"]
        for sentence in wrong[:20]:
            print(f"  {sentence}")
        print(f"{name}: {f'{len(wrong)} differences' if wrong else 'agrees'}")
        failures += bool(wrong)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
