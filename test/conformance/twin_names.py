# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Carries tensors between a model file's layers and its PyTorch twin.

Both make their parameters in the same order, so the n-th of ours is the n-th of
the twin's; every pair of shapes is checked. Filters are KRSC here and KCRS
there; dense weights are (inputs, units) here and (units, inputs) there, and
behind a flatten their inputs are in HWC order here and CHW there.
"""

import numpy
import torch


class MappingError(Exception):
    """Model file and twin are not the same network."""


def flattened(layer):
    """(h, w, c) of the image that a dense layer's input was, or None."""
    while layer.inputs:
        layer = layer.inputs[0]
        if layer.op == "flatten":
            return layer.inputs[0].shape
        if layer.op == "dense":
            return None
    return None


def toTorch(layer, array):
    """An array in our order as the twin has it (a copy)."""
    if layer.op == "conv2d":
        array = array.transpose(0, 3, 1, 2)
    elif layer.op == "dense":
        image = flattened(layer)
        if image:
            units = array.shape[1]
            array = array.reshape(*image, units).transpose(3, 2, 0, 1).reshape(units, -1)
        else:
            array = array.T
    return numpy.ascontiguousarray(array)


def fromTorch(layer, array):
    """The inverse of toTorch."""
    if layer.op == "conv2d":
        array = array.transpose(0, 2, 3, 1)
    elif layer.op == "dense":
        image = flattened(layer)
        if image:
            h, w, c = image
            array = array.reshape(-1, c, h, w).transpose(2, 3, 1, 0).reshape(h * w * c, -1)
        else:
            array = array.T
    return numpy.ascontiguousarray(array)


def pairs(layers, network):
    """[(name, layer, the twin's tensor)] of parameters, then of statistics."""
    result = []
    theirs = {
        "parameter": list(network.named_parameters()),
        "statistic": [(n, b) for n, b in network.named_buffers() if b.dim() > 0],
    }
    for role, tensors in theirs.items():
        ours = [
            (name, layer, shape)
            for layer in layers
            for name, (shape, r) in layer.variables.items()
            if r == role
        ]
        if len(ours) != len(tensors):
            raise MappingError(f"{len(ours)} {role}s in the model file, {len(tensors)} in the twin")
        for (name, layer, shape), (twin, tensor) in zip(ours, tensors):
            expected = toTorch(layer, numpy.broadcast_to(numpy.float32(0), shape)).shape
            if tuple(tensor.shape) != expected:
                raise MappingError(f"{name} is {expected}, {twin} is {tuple(tensor.shape)}")
            result.append((name, layer, tensor))
    return result


def loadWeights(layers, network, weights):
    """Copies {name: array} into the twin, in the twin's precision."""
    with torch.no_grad():
        for name, layer, tensor in pairs(layers, network):
            tensor.copy_(torch.from_numpy(toTorch(layer, weights[name])))
