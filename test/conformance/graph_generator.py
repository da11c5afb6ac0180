# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes small random model files that are hard on memory planning.

    text = graph_generator.generate(seed)

A pure function of the seed. The networks branch and join; values have several
readers; activations stand on values that another branch reads afterwards, which an
op in place must not overwrite; concatenations take values that are read elsewhere,
or the same value twice. Every value reaches the loss.
"""

import random

import model_file


class Generator:
    """Grows a model file line by line; shapes come from model_file.infer."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.values = []  # image-shaped layers, oldest first
        self.readers = {}  # name -> number of readers

    def emit(self, op, inputs, **clauses):
        """Appends an op; returns its layer. None where the op does not fit."""
        numbers = {c: list(v) if isinstance(v, tuple) else [v] for c, v in clauses.items()}
        flags = [c for c, v in clauses.items() if v is True]
        numbers.update({c: [] for c in flags})
        layer = model_file.Layer(f"{op}{len(self.lines)}", op, inputs, numbers)
        try:
            model_file.infer(layer)
        except model_file.ModelError:
            return None
        operands = ", ".join("%" + i.name for i in inputs)
        parts = [
            c if c in flags else f"{c}({', '.join(map(str, v))})" for c, v in numbers.items()
        ]
        self.lines.append(f"  %{layer.name} = cnn.{op} {' '.join([operands, *parts])}".rstrip())
        for i in inputs:
            self.readers[i.name] = self.readers.get(i.name, 0) + 1
        if len(layer.shape) == 3:
            self.values.append(layer)
        return layer

    def pick(self):
        """A value: mostly a recent one, at times one that has readers already."""
        if self.random.random() < 0.6:
            return self.values[-1]
        return self.random.choice(self.values)

    def matching(self, x, same):
        """A value of the same shape, or of the same image size; perhaps x itself."""
        count = 3 if same else 2
        return self.random.choice([v for v in self.values if v.shape[:count] == x.shape[:count]])

    def convolution(self, x):
        r, groups = self.random, 1
        filters = r.choice([4, 6, 8, 12])
        if r.random() < 0.3:
            groups = r.choice([g for g in (2, 3, 4, x.shape[2]) if x.shape[2] % g == 0] or [1])
            filters = groups * r.choice([1, 2])
        kernel = r.choice([1, 1, 3, 3, 5, (1, 3), (3, 1)])
        pad = tuple(k // 2 for k in kernel) if isinstance(kernel, tuple) else kernel // 2
        options = {"filters": filters, "kernel": kernel, "pad": pad}
        if groups > 1:
            options["groups"] = groups
        if min(x.shape[:2]) > 4 and r.random() < 0.3:
            options["stride"] = 2
        elif kernel == 3 and r.random() < 0.2:
            options.update(dilation=2, pad=2)
        y = self.emit("conv2d", [x], **options)
        if y and r.random() < 0.4:
            self.emit("bias", [y])

    def pool(self, x):
        r = self.random
        op = r.choice(["max_pool2d", "avg_pool2d"])
        options = {"kernel": r.choice([2, 3]), "stride": r.choice([1, 2])}
        if options["kernel"] == 3 and r.random() < 0.6:
            options["pad"] = 1
        if r.random() < 0.5:
            options["ceil"] = True
        if op == "avg_pool2d" and r.random() < 0.5:
            options["count_pad"] = True
        if min(x.shape[:2]) >= 3:
            self.emit(op, [x], **options)

    def residual(self, x):
        """x + f(x), with an activation on x itself between its two readers."""
        y = self.emit(self.random.choice(["relu", "tanh", "sigmoid"]), [x])
        y = self.emit("conv2d", [y], filters=x.shape[2], kernel=3, pad=1)
        if self.random.random() < 0.5:
            y = self.emit("batch_norm", [y])
        y = self.emit("add", [x, y])
        if self.random.random() < 0.5:
            self.emit("relu", [y])

    def module(self, x):
        """Parallel branches from x into a concatenation, as in an Inception module."""
        branches = [x] if self.random.random() < 0.3 else []
        for _ in range(self.random.choice([2, 3])):
            y = self.emit("conv2d", [x], filters=self.random.choice([2, 4]), kernel=1)
            if self.random.random() < 0.5:
                y = self.emit("relu", [y])
            branches.append(y)
        if branches[0] is x and self.random.random() < 0.3:
            branches.append(x)
        self.emit("concat", branches)

    def grow(self):
        r, x = self.random, self.pick()
        choice = r.random()
        if choice < 0.25:
            self.convolution(x)
        elif choice < 0.45:
            self.emit(r.choice(["relu", "relu", "relu6", "sigmoid", "tanh"]), [x])
        elif choice < 0.55:
            self.emit("batch_norm", [x])
        elif choice < 0.65:
            self.pool(x)
        elif choice < 0.75:
            self.residual(x)
        elif choice < 0.83:
            self.module(x)
        elif choice < 0.88:
            self.emit("add", [x, self.matching(x, same=True)])
        elif choice < 0.92:
            self.emit("dropout", [x], rate=r.choice([0.1, 0.5]))
        elif choice < 0.95:
            self.emit("scale", [x], by=r.choice([0.5, -1.25]))
        elif choice < 0.97:
            self.emit("lrn", [x], size=3, alpha=0.01, k=2.0)
        else:
            other = self.matching(x, same=False)
            if x.shape[2] + other.shape[2] <= 48:
                self.emit("concat", [x, other])

    def finish(self):
        """Joins every value that nothing reads, by its mean over the image."""
        means = [
            self.emit("global_avg_pool2d", [v]) for v in list(self.values)
            if v.name not in self.readers
        ]
        joined = means[0] if len(means) == 1 else self.emit("concat", means)
        x = self.emit("dense", [self.emit("flatten", [joined])], units=5)
        return self.emit("bias", [x])


def generate(seed):
    """The text of a model file named @random."""
    g = Generator(seed)
    extent, channels = g.random.choice([8, 11, 16]), g.random.choice([1, 3])
    image = model_file.Layer("image", "input", [], {}, (extent, extent, channels))
    mean, std = ((v,) * channels for v in (0.5, 0.25))
    g.emit("normalize", [image], mean=mean, std=std)
    for _ in range(g.random.randint(5, 14)):
        g.grow()
    logits = g.finish()
    smoothing = g.random.choice(["", " smoothing(0.1)"])
    return "\n".join(
        [
            f"// Random network {seed}.",
            "cnn.model @random {",
            f'  %image = cnn.input "image" as tensor<?x{extent}x{extent}x{channels}xui8>',
            '  %label = cnn.input "label" as tensor<?xi32>',
            *g.lines,
            f"  %loss = cnn.softmax_cross_entropy %{logits.name}, %label{smoothing}",
            f"  %top1 = cnn.accuracy %{logits.name}, %label",
            "  cnn.loss %loss metrics(top1 = %top1)",
            "}",
            "",
            "cnn.recipe @random batch(3) epochs(1)",
            f"  optimizer({g.random.choice(['sgd', 'sgd, nesterov = true', 'adamw', 'lars'])})",
            "",
        ]
    )
