#!/usr/bin/env python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The loss of ResNet-50 in fp16 against the band of PyTorch AMP runs with other seeds.

    loss_band.py --fanfold=BIN --dlfs=BIN --compile-to=DIR
                                    compiles the program, makes the data set (needs no GPU)
    loss_band.py --programs=DIR     trains the program and the peers (needs a GPU)

Both train from scratch with the same initial distributions, optimizer, data set and batch,
each run with its own seed. The images of the data set are of classes that differ by a
coarse pattern, so that the loss falls within the run. The losses are means over windows of
10 steps. The band is, in each window, where one more run of PyTorch would fall with a
probability of 95% (Student's t with the standard deviation over the seeds, or with the one
relative to the mean loss that is pooled over all windows, whichever is larger).
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile

import numpy

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLASSES, IMAGES, BATCH, WINDOW = 20, 1600, 64, 10
RATE, MOMENTUM, DECAY = 0.05, 0.9, 1e-4
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STUDENT = 4.303  # 97.5th percentile of Student's t with two degrees of freedom.


def prepare(fanfold, dlfs, folder):
    with open(os.path.join(ROOT, "examples/resnet50/resnet50.mlir"), encoding="utf-8") as file:
        model = file.read()
    recipe = f"""cnn.recipe @resnet50 batch({BATCH}) epochs(4)
  optimizer(sgd, learning_rate = {RATE}, momentum = {MOMENTUM}, weight_decay = {DECAY})
  schedule(constant)
"""
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(folder, "loss_band.mlir")
    with open(source, "w", encoding="utf-8") as file:
        file.write(re.sub(r"cnn\.recipe .*", recipe, model, flags=re.DOTALL))
    command = [fanfold, "compile", source, "--target=cuda:sm_90", "--precision=fp16"]
    subprocess.run(command + ["-o", os.path.join(folder, "loss_band")], check=True)
    images = os.path.join(folder, "images")
    makeImages(images)
    command = [dlfs, "import", "--format=folder", "--replace", images, storeUrl(folder)]
    subprocess.run(command, check=True)


def storeUrl(folder):
    return f"dlfs://{os.path.abspath(folder)}/store/patterns"


def makeImages(folder):
    """JPEG files FOLDER/train/CLASS/NUMBER.jpg."""
    import torch
    from PIL import Image

    generator = torch.Generator().manual_seed(7)
    patterns = torch.rand((CLASSES, 3, 7, 7), generator=generator)
    for number in range(IMAGES):
        label = number % CLASSES
        coarse = 0.5 * patterns[label] + 0.5 * torch.rand((3, 7, 7), generator=generator)
        image = torch.nn.functional.interpolate(coarse[None], size=(224, 224), mode="bicubic")[0]
        directory = os.path.join(folder, "train", f"c{label:02}")
        os.makedirs(directory, exist_ok=True)
        pixels = (image.clamp(0, 1) * 255).to(torch.uint8).permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(os.path.join(directory, f"{number:05}.jpg"), quality=85)


def readImages(folder):
    """The images of makeImages() as u8 (N, 3, H, W), and their labels."""
    import torch
    from PIL import Image

    images, labels = [], []
    for label, directory in enumerate(sorted(os.listdir(os.path.join(folder, "train")))):
        path = os.path.join(folder, "train", directory)
        for name in sorted(os.listdir(path)):
            with Image.open(os.path.join(path, name)) as image:
                images.append(torch.from_numpy(numpy.array(image)).permute(2, 0, 1))
            labels.append(label)
    return torch.stack(images), torch.tensor(labels)


def trainPeer(images, labels, seed, steps):
    """Losses of the steps of PyTorch with AMP."""
    import torch
    import torchvision

    torch.manual_seed(seed)
    model = torchvision.models.resnet50(zero_init_residual=True)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
    torch.nn.init.zeros_(model.fc.bias)
    model = model.cuda().to(memory_format=torch.channels_last).train()
    spared = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": DECAY},
              {"params": spared, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=RATE, momentum=MOMENTUM)
    scaler = torch.amp.GradScaler("cuda")
    lossOf = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    mean = torch.tensor(MEAN, device="cuda").view(1, 3, 1, 1) * 255
    std = torch.tensor(STD, device="cuda").view(1, 3, 1, 1) * 255
    losses = []
    while len(losses) < steps:
        order = torch.randperm(IMAGES)
        for begin in range(0, IMAGES - BATCH + 1, BATCH):
            chosen = order[begin:begin + BATCH]
            x = (images[chosen].cuda().float() - mean) / std
            x = x.to(memory_format=torch.channels_last)
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cuda", dtype=torch.float16):
                loss = lossOf(model(x), labels[chosen].cuda())
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            losses.append(loss.item())
    return losses[:steps]


def trainOurs(folder, steps):
    """Mean losses of the windows."""
    with tempfile.TemporaryDirectory() as scratch:
        log = os.path.join(scratch, "log.jsonl")
        command = [os.path.join(folder, "loss_band"), "train", f"--data={storeUrl(folder)}",
                   f"--steps={steps}", f"--log={log}", f"--log-every={WINDOW}", "--seed=1",
                   "--data-threads=8", "--eval-every=0"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
        with open(log, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
    return [line["loss"] for line in lines if line.get("event") == "step"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fanfold")
    parser.add_argument("--dlfs")
    parser.add_argument("--compile-to", metavar="DIR")
    parser.add_argument("--programs", metavar="DIR")
    parser.add_argument("--steps", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.compile_to:
        return prepare(arguments.fanfold, arguments.dlfs, arguments.compile_to)
    if not arguments.programs:
        parser.error("expected --compile-to or --programs")
    folder = os.path.abspath(arguments.programs)
    ours = trainOurs(folder, arguments.steps)
    images, labels = readImages(os.path.join(folder, "images"))
    peers = [trainPeer(images, labels, seed, arguments.steps) for seed in (1, 2, 3)]
    peers = numpy.array(peers).reshape(len(peers), -1, WINDOW).mean(axis=2)
    mean, deviation = peers.mean(axis=0), peers.std(axis=0, ddof=1)
    pooled = math.sqrt(((deviation / mean) ** 2).mean())
    half = STUDENT * math.sqrt(1 + 1 / len(peers)) * numpy.maximum(deviation, pooled * mean)
    outside = 0
    print(f"{'steps':>9}{'ours':>9}{'band':>20}   PyTorch's three")
    for window, loss in enumerate(ours):
        low, high = mean[window] - half[window], mean[window] + half[window]
        inside = low <= loss <= high
        outside += not inside
        print(f"{window * WINDOW:>4}-{window * WINDOW + WINDOW - 1:<4}{loss:>9.3f}"
              f"{low:>10.3f} -{high:>8.3f}   {' '.join(f'{v:.3f}' for v in peers[:, window])}"
              f"{'' if inside else '   outside'}")
    print(f"{len(ours) - outside} of {len(ours)} windows inside")
    return 1 if outside or len(ours) != arguments.steps // WINDOW else 0


if __name__ == "__main__":
    sys.exit(main())
