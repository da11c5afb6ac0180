# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ops of the model language in double precision, forward only, by their definition
in docs/model-files.md.

    network = Network(model_file.parse(text), inputs, weights)
    network.values["conv1"]         # NHWC, with the batch
    network.gradient("conv1.weight")  # of the loss, by central differences

Dropout is missing: nobody but the program knows its mask.
"""

import numpy


def windows(layer, x, kernel, stride, pad, dilation=(1, 1)):
    """The elements under each position of a window, (batch, h, w, kernel h, kernel w,
    channels), zero outside the image; and two masks over all but batch and channels:
    inside the image, and inside image and padding (`ceil` lets windows reach beyond)."""
    indices, inside, padded = [], [], []
    for axis in (0, 1):
        out, size = layer.shape[axis], x.shape[1 + axis]
        index = numpy.arange(out)[:, None] * stride[axis] - pad[axis]
        index = index + numpy.arange(kernel[axis])[None, :] * dilation[axis]
        inside.append((index >= 0) & (index < size))
        padded.append(index < size + pad[axis])
        indices.append(index.clip(0, size - 1))
    rows, columns = indices[0][:, None, :, None], indices[1][None, :, None, :]
    inside = inside[0][:, None, :, None] & inside[1][None, :, None, :]
    padded = padded[0][:, None, :, None] & padded[1][None, :, None, :]
    return x[:, rows, columns] * inside[..., None], inside, padded


def conv2d(layer, x, weight):
    kernel, stride = layer.window("kernel", None), layer.window("stride", 1)
    pad, dilation = layer.window("pad", 0), layer.window("dilation", 1)
    patches, _, _ = windows(layer, x, kernel, stride, pad, dilation)
    groups = layer.number("groups", 1)
    results = [
        numpy.einsum("nhwrsc,krsc->nhwk", part, filters)
        for part, filters in zip(numpy.split(patches, groups, -1), numpy.split(weight, groups))
    ]
    return numpy.concatenate(results, -1)


def poolWindows(layer, x):
    kernel = layer.window("kernel", None)
    stride = layer.window("stride", None) if "stride" in layer.clauses else kernel
    return windows(layer, x, kernel, stride, layer.window("pad", 0))


def maxPool2d(layer, x):
    patches, inside, _ = poolWindows(layer, x)
    return numpy.where(inside[..., None], patches, -numpy.inf).max((3, 4))


def avgPool2d(layer, x):
    patches, inside, padded = poolWindows(layer, x)
    counted = padded if "count_pad" in layer.clauses else inside
    return patches.sum((3, 4)) / counted.sum((2, 3))[..., None]


def batchNorm(layer, x, gamma, beta, *_):
    axes = tuple(range(x.ndim - 1))
    deviation = numpy.sqrt(x.var(axes) + layer.number("epsilon", 1e-5))
    return (x - x.mean(axes)) / deviation * gamma + beta


def lrn(layer, x):
    size, channels = layer.number("size", 5), x.shape[-1]
    squares = numpy.stack(
        [
            (x[..., max(0, c - size // 2) : c + (size - 1) // 2 + 1] ** 2).sum(-1)
            for c in range(channels)
        ],
        -1,
    )
    mean = layer.number("alpha", 1e-4) / size * squares
    return x / (layer.number("k", 1.0) + mean) ** layer.number("beta", 0.75)


def crossEntropy(layer, logits, label):
    shifted = logits - logits.max(1, keepdims=True)
    logarithms = shifted - numpy.log(numpy.exp(shifted).sum(1, keepdims=True))
    smoothing = layer.number("smoothing", 0.0)
    taken = numpy.take_along_axis(logarithms, label[:, None], 1)[:, 0]
    return -((1 - smoothing) * taken + smoothing * logarithms.mean(1)).mean()


def accuracy(layer, logits, label):
    own = numpy.take_along_axis(logits, label[:, None], 1)
    return ((logits > own).sum(1) < layer.number("top", 1)).mean()


# The op's layer, its operands, its variables.
OPS = {
    "normalize": lambda layer, x: (x / 255.0 - layer.clauses["mean"]) / layer.clauses["std"],
    "conv2d": conv2d,
    "dense": lambda layer, x, weight: x @ weight,
    "bias": lambda layer, x, bias: x + bias,
    "batch_norm": batchNorm,
    "lrn": lrn,
    "relu": lambda layer, x: numpy.maximum(x, 0),
    "relu6": lambda layer, x: numpy.clip(x, 0, 6),
    "sigmoid": lambda layer, x: 1 / (1 + numpy.exp(-x)),
    "tanh": lambda layer, x: numpy.tanh(x),
    "max_pool2d": maxPool2d,
    "avg_pool2d": avgPool2d,
    "global_avg_pool2d": lambda layer, x: x.mean((1, 2), keepdims=True),
    "add": lambda layer, a, b: a + b,
    "scale": lambda layer, x: x * layer.number("by", None),
    "concat": lambda layer, *parts: numpy.concatenate(parts, -1),
    "flatten": lambda layer, x: x.reshape(len(x), -1),
    "softmax_cross_entropy": crossEntropy,
    "accuracy": accuracy,
}


class Network:
    """A model on one batch. `weights` has an array for every variable."""

    STEP = 1e-5  # of the differences: their error is about STEP squared, and 1e-16 / STEP

    def __init__(self, layers, inputs, weights):
        self.layers = layers
        self.weights = {name: array.astype(numpy.float64) for name, array in weights.items()}
        self.values = {}
        for layer in layers:
            if layer.op == "input":
                self.values[layer.name] = inputs[layer.name]
            else:
                self.values[layer.name] = self.value(layer, self.values)
        self.loss = next(l.name for l in layers if l.op == "softmax_cross_entropy")

    def value(self, layer, values):
        operands = [values[i.name] for i in layer.inputs]
        return OPS[layer.op](layer, *operands, *(self.weights[v] for v in layer.variables))

    def readers(self, variable):
        """Layers between a variable and the loss, in order."""
        changed, result = set(), []
        for layer in self.layers:
            if variable in layer.variables or any(i.name in changed for i in layer.inputs):
                changed.add(layer.name)
                if layer.op != "accuracy":
                    result.append(layer)
        return result

    def gradient(self, variable):
        array, readers = self.weights[variable], self.readers(variable)
        result = numpy.empty_like(array)

        def loss():
            values = dict(self.values)
            for layer in readers:
                values[layer.name] = self.value(layer, values)
            return values[self.loss]

        for index in numpy.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + self.STEP
            above = loss()
            array[index] = kept - self.STEP
            result[index] = (above - loss()) / (2 * self.STEP)
            array[index] = kept
        return result
