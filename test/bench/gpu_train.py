#!/usr/bin/env python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps on a GPU: compiled programs against PyTorch, in one run on one card.

    gpu_train.py --fanfold=BIN --compile-to=DIR       compiles the programs (needs no GPU)
    gpu_train.py --programs=DIR --peer=torch_train.py [--mode=compile] [--model=NAME]...
    gpu_train.py ... --deterministic                  what equal bits cost, on both sides

The peer is a script that prints one JSON line with `img_per_s` for --model, --batch,
--mode and --dtype. Both sides run alone, one after the other: fp16, synthetic input,
forward, loss, backward and update. --peer may be left out; then there is no ratio.
Prints a table as each row is known, and JSON with --json=FILE.
"""

import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Ours, the batch, and the peer's name for the same network.
CASES = [
    ("alexnet_one_tower", 1024, "alexnet"),
    ("googlenet", 512, "googlenet"),
    ("resnet50", 256, "resnet50"),
    ("resnet50", 512, "resnet50"),
    ("densenet121", 256, "densenet121"),
    ("inception_resnet_v2", 128, "inception_resnet_v2"),
]


def programPath(folder, model, batch, deterministic=False):
    return os.path.join(folder, f"{model}_{batch}" + ("_deterministic" if deterministic else ""))


def compileAll(fanfold, folder, cases, deterministic):
    os.makedirs(folder, exist_ok=True)
    for model, batch, _ in cases:
        for repeats in (False, True) if deterministic else (False,):
            source = os.path.join(ROOT, "examples", model, model + ".mlir")
            command = [fanfold, "compile", source, "--target=cuda:sm_90", "--precision=fp16"]
            command += [f"--batch={batch}", "-o", programPath(folder, model, batch, repeats)]
            subprocess.run(command + ["--deterministic"] * repeats, check=True)


def ours(program, steps):
    done = subprocess.run(
        [program, "bench", f"--steps={steps}", "--format=json"], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{program}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def peer(script, name, batch, mode, limit, deterministic=False):
    """The peer's line, or a word that says why there is none."""
    command = [sys.executable, script, "--model", name, "--batch", str(batch), "--mode", mode]
    command += ["--deterministic"] * deterministic
    try:
        done = subprocess.run(
            command + ["--dtype", "fp16"], capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return f"not within {limit} s"
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        return "failed"
    return json.loads(lines[-1])


def compareSpeeds(arguments, cases):
    """A step of ours beside one of the peer."""
    rows = []
    print(f"{'model':<22}{'batch':>6}{'images/s':>12}{'ms':>9}{'arena MiB':>11}"
          f"{'peer':>10}{'peer MiB':>10}{'ratio':>8}")
    for model, batch, name in cases:
        program = programPath(arguments.programs, model, batch)
        if not os.path.exists(program):
            continue
        mine = ours(program, arguments.steps)
        other = peer(arguments.peer, name, batch, arguments.mode, arguments.limit) \
            if arguments.peer else "-"
        row = {"model": model, "batch": batch, "ours": mine, "peer": other}
        rows.append(row)
        line = (f"{model:<22}{batch:>6}{mine['images_per_s']:>12,.0f}{mine['step_ms']:>9.2f}"
                f"{mine['device_peak_bytes'] / 2**20:>11,.0f}")
        if isinstance(other, dict):
            line += (f"{other['img_per_s']:>10,.0f}{other['peak_MiB']:>10,.0f}"
                     f"{mine['images_per_s'] / other['img_per_s']:>8.2f}")
        else:
            line += f"  {other}"
        print(line, flush=True)
    return rows


def comparePrices(arguments, cases):
    """What equal bits cost: both sides with and without, in one run."""
    rows = []
    print(f"{'model':<22}{'batch':>6}{'images/s':>12}{'determ.':>10}{'costs':>8}"
          f"{'peer':>10}{'determ.':>10}{'costs':>8}")
    for model, batch, name in cases:
        programs = [programPath(arguments.programs, model, batch, repeats) for repeats in (False, True)]
        if not all(os.path.exists(program) for program in programs):
            continue
        mine = [ours(program, arguments.steps)["images_per_s"] for program in programs]
        others = [peer(arguments.peer, name, batch, arguments.mode, arguments.limit, repeats)
                  for repeats in (False, True)] if arguments.peer else []
        rows.append({"model": model, "batch": batch, "ours": mine, "peer": others})
        line = f"{model:<22}{batch:>6}{mine[0]:>12,.0f}{mine[1]:>10,.0f}{mine[0] / mine[1] - 1:>8.1%}"
        if others and all(isinstance(other, dict) for other in others):
            theirs = [other["img_per_s"] for other in others]
            line += f"{theirs[0]:>10,.0f}{theirs[1]:>10,.0f}{theirs[0] / theirs[1] - 1:>8.1%}"
        else:
            line += f"  {[other for other in others if not isinstance(other, dict)]}"
        print(line, flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fanfold")
    parser.add_argument("--compile-to", metavar="DIR")
    parser.add_argument("--programs", metavar="DIR")
    parser.add_argument("--peer", metavar="SCRIPT")
    parser.add_argument("--mode", default="compile", help="the peer's")
    parser.add_argument("--limit", type=int, default=300, help="seconds for one run of the peer")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--model", action="append")
    parser.add_argument("--deterministic", action="store_true", help="what equal bits cost")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    cases = [c for c in CASES if not arguments.model or c[0] in arguments.model]
    if arguments.compile_to:
        return compileAll(arguments.fanfold, arguments.compile_to, cases, arguments.deterministic)
    if not arguments.programs:
        parser.error("expected --compile-to or --programs")
    rows = (comparePrices if arguments.deterministic else compareSpeeds)(arguments, cases)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
