#!/usr/bin/env python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Memory budgets on a GPU: predicted and measured bytes and slowdown.

    gpu_memory.py --fanfold=BIN --compile-to=DIR     compiles the programs (needs no GPU)
    gpu_memory.py --programs=DIR                     runs them on the card

For each network a program without a budget, and one for each share of the memory that
PyTorch's eager step takes at its peak. Figures are of fp16 and synthetic input. A budget
that no plan fits is in the table with the smallest one that would do.
"""

import argparse
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Network, batch, and MiB that PyTorch 2.11's allocator takes at the peak of an eager step
# (AMP in fp16, channels_last) on an NVIDIA H200.
CASES = [
    ("alexnet_one_tower", 1024, 2994),
    ("googlenet", 512, 14775),
    ("resnet50", 256, 11121),
    ("densenet121", 256, 16360),
    ("inception_resnet_v2", 128, 12356),
]
SHARES = (100, 75, 50, 33)
MIB = 2**20


def nameOf(model, share):
    return f"{model}_{share}" if share else model


def compileOne(fanfold, folder, model, batch, budget, share):
    """What the plan predicts, or the smallest budget that would do."""
    source = os.path.join(ROOT, "examples", model, model + ".mlir")
    flags = [source, "--target=cuda:sm_90", "--precision=fp16", f"--batch={batch}"]
    if budget:
        flags.append(f"--memory-budget={budget}MiB")
    program = os.path.join(folder, nameOf(model, share))
    done = subprocess.run(
        [fanfold, "compile", *flags, "-o", program], capture_output=True, text=True, check=False
    )
    row = {"model": model, "batch": batch, "share": share, "budget_bytes": budget * MIB}
    if done.returncode:
        least = re.search(r"expected (\d+) or more", done.stderr)
        if not least:
            sys.exit(done.stderr)
        return row | {"smallest_bytes": int(least.group(1))}
    report = subprocess.run(
        [fanfold, "inspect", *flags, "--memory", "--format=json"],
        capture_output=True, text=True, check=True,
    )
    plan = json.loads(report.stdout)
    again = plan.get("recomputation") or {"launches": 0, "step_ms": 1, "extra_ms": 0}
    return row | {
        "arena_bytes": plan["arena_bytes"],
        "lower_bound_bytes": plan["lower_bound_bytes"],
        "launches_again": again["launches"],
        "predicted_slowdown": again["extra_ms"] / again["step_ms"],
    }


def compileAll(fanfold, folder, cases):
    os.makedirs(folder, exist_ok=True)
    rows = []
    for model, batch, peak in cases:
        for share in (0, *SHARES):
            rows.append(compileOne(fanfold, folder, model, batch, peak * share // 100, share))
            print(json.dumps(rows[-1]), flush=True)
    with open(os.path.join(folder, "predicted.json"), "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=2)


def bench(program, steps):
    done = subprocess.run(
        [program, "bench", f"--steps={steps}", "--format=json"],
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        sys.exit(f"{program}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def runAll(folder, steps, models):
    with open(os.path.join(folder, "predicted.json"), encoding="utf-8") as file:
        rows = json.load(file)
    print(f"{'model':<22}{'share':>6}{'budget':>9}{'predicted':>11}{'measured':>10}{'MiB over':>10}"
          f"{'ms':>9}{'predicted':>11}{'measured':>10}  of {'again':>6}")
    base, wrong = {}, 0
    for row in rows:
        model, share = row["model"], row["share"]
        if models and model not in models:
            continue
        head = f"{model:<22}{share or '-':>6}{row['budget_bytes'] / MIB:>9,.0f}"
        if "smallest_bytes" in row:
            print(f"{head}  fits nothing below {row['smallest_bytes'] / MIB:,.0f} MiB", flush=True)
            continue
        found = bench(os.path.join(folder, nameOf(model, share)), steps)
        base.setdefault(model, found["step_ms"])
        row["measured"] = found
        wrong += found["device_peak_bytes"] != row["arena_bytes"]
        print(f"{head}{row['arena_bytes'] / MIB:>11,.0f}{found['device_peak_bytes'] / MIB:>10,.0f}"
              f"{(row['arena_bytes'] - row['lower_bound_bytes']) / MIB:>10,.1f}"
              f"{found['step_ms']:>9.2f}{row['predicted_slowdown']:>11.1%}"
              f"{found['step_ms'] / base[model] - 1:>10.1%}     {row['launches_again']:>6}", flush=True)
    print(f"{wrong} programs did not take the bytes that the plan predicts")
    return rows, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fanfold")
    parser.add_argument("--compile-to", metavar="DIR")
    parser.add_argument("--programs", metavar="DIR")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--model", action="append")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.compile_to:
        cases = [c for c in CASES if not arguments.model or c[0] in arguments.model]
        return compileAll(arguments.fanfold, arguments.compile_to, cases)
    if not arguments.programs:
        parser.error("expected --compile-to or --programs")
    rows, wrong = runAll(arguments.programs, arguments.steps, arguments.model)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
