# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes up the tuning database that a card could have measured for a program.

  measure.py PROJECT KERNELS WARNING    database on standard output

PROJECT is what `--emit=project` wrote, KERNELS the JSON of `inspect --kernels`, WARNING what
compiling with an empty database said, which names device and libraries. Of a convolution the
library's first choice takes 9 us and its second 4.5 us, so that measuring changes the choice;
a matrix product has one algorithm.
"""

import json
import re
import sys

project, kernels, warning = sys.argv[1:]
with open(kernels, encoding="utf-8") as file:
    launches = {(launch["kernel"], launch["layer"]): launch for launch in json.load(file)["train"]}
alternatives = {other["problem"]: other for launch in launches.values() for other in launch["alternatives"]}
with open(warning, encoding="utf-8") as file:
    device, cudnn, cublaslt = re.search(r" for (.+) with (cudnn \S+) and (cublaslt \S+) in ", file.read()).groups()
with open(f"{project}/program.cpp", encoding="utf-8") as file:
    tunables = re.findall(r'^    \{"((?:conv2d|matmul) [^"]+)", "(\w+)", "([^"]+)", ', file.read(), re.MULTILINE)

for problem, kernel, layer in tunables:
    if kernel == "matmul":
        print(device, cublaslt, problem, "0" * 128, 0, 2.5, sep="\t")
        continue
    launch = alternatives.get(problem) or launches[kernel, layer]
    candidates = [
        each
        for each in launch["candidates"]
        if not each["refused"] and each["implementation"].startswith("cudnn ")
    ]
    for candidate, time in zip(candidates, (9, 4.5)):
        choice = candidate["implementation"].removeprefix("cudnn ")
        print(device, cudnn, problem, choice, candidate["workspace_bytes"], time, sep="\t")
