#!/usr/bin/env python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps on several GPUs of one machine: compiled programs against PyTorch's DDP.

    gpu_ranks.py --fanfold=BIN --compile-to=DIR                  compiles the programs (needs no GPU)
    gpu_ranks.py --programs=DIR --peer=torch_ddp.py [--gpus=2]   on the machine with the GPUs

Each GPU trains alone first; what all do together is held against the sum of that, and what a step
takes longer is the time of exchange that nothing hides. Beside buckets of the usual size, one for
all gradients and one for each. The peer prints a JSON line for each model and number of GPUs.
"""

import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASES = [("resnet50", 256, "resnet50"), ("alexnet_one_tower", 1024, "alexnet"), ("googlenet", 512, "googlenet")]
BUCKETS = {"": [], "_fused": ["--bucket-size=64G"], "_each": ["--bucket-size=1"]}


def compileAll(fanfold, folder):
    os.makedirs(folder, exist_ok=True)
    for model, batch, _ in CASES:
        source = os.path.join(ROOT, "examples", model, model + ".mlir")
        for suffix, flags in BUCKETS.items():
            target = os.path.join(folder, model + suffix)
            subprocess.run([fanfold, "compile", source, "--target=cuda:sm_90", "--precision=fp16",
                            f"--batch={batch}", *flags, "-o", target], check=True)
            subprocess.run(["strip", target], check=True)


def bench(program, steps, *flags, device=None):
    environment = dict(os.environ)
    if device is not None:
        environment["CUDA_VISIBLE_DEVICES"] = str(device)
    done = subprocess.run([program, "bench", f"--steps={steps}", "--warmup=10", "--format=json", *flags],
                          capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout[done.stdout.index("{"):])


def peerLines(script, gpus):
    models = [f"{name}:{batch}" for _, batch, name in CASES]
    done = subprocess.run([sys.executable, script, "--models", *models, "--gpus", "1", str(gpus)],
                          capture_output=True, text=True, check=True)
    return {(row["model"], row["gpus"]): row["img_per_s"]
            for row in map(json.loads, (line for line in done.stdout.splitlines() if line.startswith("{")))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fanfold")
    parser.add_argument("--compile-to", metavar="DIR")
    parser.add_argument("--programs", metavar="DIR")
    parser.add_argument("--peer", metavar="SCRIPT")
    parser.add_argument("--gpus", type=int, default=2)
    parser.add_argument("--steps", type=int, default=100)
    arguments = parser.parse_args()
    if arguments.compile_to:
        return compileAll(arguments.fanfold, arguments.compile_to)
    if not arguments.programs:
        parser.error("expected --compile-to or --programs")
    theirs = peerLines(arguments.peer, arguments.gpus) if arguments.peer else {}
    for model, batch, name in CASES:
        program = os.path.join(arguments.programs, model)
        alone = [bench(program, arguments.steps, device=gpu) for gpu in range(arguments.gpus)]
        total = sum(run["images_per_s"] for run in alone)
        slowest = max(run["step_ms"] for run in alone)
        print(f"{model} {batch} a GPU on {alone[0]['device']}: alone "
              + ", ".join(f"{run['images_per_s']:,.0f}" for run in alone) + " images/s")
        for suffix in BUCKETS:
            run = bench(program + suffix, arguments.steps, f"--gpus={arguments.gpus}")
            print(f"  {arguments.gpus} GPUs{suffix or '_buckets'}: {run['images_per_s']:,.0f} images/s, "
                  f"{run['images_per_s'] / total:.1%}, exposed {run['step_ms'] - slowest:.2f} ms", flush=True)
        one, all_ = theirs.get((name, 1)), theirs.get((name, arguments.gpus))
        if one:
            print(f"  peer: {one:,.0f} and {all_:,.0f} images/s, {all_ / one / arguments.gpus:.1%}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
