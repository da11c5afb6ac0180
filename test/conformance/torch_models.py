# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch twins of the examples: torchvision's where it has the network.

`build(name, layers)` makes the twin of a model file, at the image size and
number of classes that the file says. A twin creates its parameters in the order
of the model file; twin_names.py relies on that and checks every shape.
"""

import torch
import torchvision
from torch import nn


def convBias(inputs, outputs, kernel, **options):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, **options), nn.ReLU())


class ConvBn(nn.Sequential):
    """Convolution, batch normalisation and ReLU as in Inception-ResNet-v2."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, padding=0):
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
            nn.BatchNorm2d(outputs, eps=0.001),
            nn.ReLU(),
        )


class Branches(nn.ModuleList):
    """Concatenates what its branches make of one input."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


class Residual(nn.Module):
    """Branches, a 1x1 convolution with bias, and a scaled sum with the input."""

    def __init__(self, channels, width, scale, branches, relu=True):
        super().__init__()
        self.branches = Branches(branches)
        self.expand = nn.Conv2d(width, channels, 1)
        self.scale, self.relu = scale, relu

    def forward(self, x):
        y = self.expand(self.branches(x)) * self.scale + x
        return torch.relu(y) if self.relu else y


def lenet(flat, classes):
    return nn.Sequential(
        convBias(1, 20, 5),
        nn.MaxPool2d(2),
        convBias(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(flat, 500),
        nn.ReLU(),
        nn.Linear(500, classes),
    )


def alexnet(flat, classes):
    return nn.Sequential(
        convBias(3, 96, 11, stride=4),
        nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0),
        nn.MaxPool2d(3, 2),
        convBias(96, 256, 5, padding=2, groups=2),
        nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0),
        nn.MaxPool2d(3, 2),
        convBias(256, 384, 3, padding=1),
        convBias(384, 384, 3, padding=1, groups=2),
        convBias(384, 256, 3, padding=1, groups=2),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Sequential(nn.Linear(flat, 4096), nn.ReLU(), nn.Dropout(0.5)),
        nn.Sequential(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(4096, classes),
    )


def alexnetOneTower(flat, classes):
    """torchvision's alexnet at any size of image."""
    return nn.Sequential(
        convBias(3, 64, 11, stride=4, padding=2),
        nn.MaxPool2d(3, 2),
        convBias(64, 192, 5, padding=2),
        nn.MaxPool2d(3, 2),
        convBias(192, 384, 3, padding=1),
        convBias(384, 256, 3, padding=1),
        convBias(256, 256, 3, padding=1),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(flat, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, classes),
    )


def vgg16(flat, classes):
    # torchvision averages any image to 7x7 before the first dense layer, which
    # does nothing at 224x224; without it smaller images work alike.
    network = torchvision.models.vgg16(init_weights=False, num_classes=classes)
    network.avgpool = nn.Identity()
    network.classifier[0] = nn.Linear(flat, 4096)
    return network


def inceptionResnetV2(flat, classes):
    def seq(*convs):
        return nn.Sequential(*[ConvBn(*c) for c in convs])

    def rowColumn(inputs, middle, outputs, n):
        return seq(
            (inputs, middle, (1, n), 1, (0, n // 2)), (middle, outputs, (n, 1), 1, (n // 2, 0))
        )

    def block35():
        return Residual(
            320,
            128,
            0.17,
            [
                ConvBn(320, 32),
                seq((320, 32), (32, 32, 3, 1, 1)),
                seq((320, 32), (32, 48, 3, 1, 1), (48, 64, 3, 1, 1)),
            ],
        )

    def block17():
        branch1 = nn.Sequential(ConvBn(1088, 128), rowColumn(128, 160, 192, 7))
        return Residual(1088, 384, 0.1, [ConvBn(1088, 192), branch1])

    def block8(scale=0.2, relu=True):
        branch1 = nn.Sequential(ConvBn(2080, 192), rowColumn(192, 224, 256, 3))
        return Residual(2080, 448, scale, [ConvBn(2080, 192), branch1], relu)

    return nn.Sequential(
        seq((3, 32, 3, 2), (32, 32, 3), (32, 64, 3, 1, 1)),
        nn.MaxPool2d(3, 2),
        seq((64, 80), (80, 192, 3)),
        nn.MaxPool2d(3, 2),
        Branches(
            [
                ConvBn(192, 96),
                seq((192, 48), (48, 64, 5, 1, 2)),
                seq((192, 64), (64, 96, 3, 1, 1), (96, 96, 3, 1, 1)),
                nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), ConvBn(192, 64)),
            ]
        ),
        *[block35() for _ in range(10)],
        Branches(
            [
                ConvBn(320, 384, 3, 2),
                seq((320, 256), (256, 256, 3, 1, 1), (256, 384, 3, 2)),
                nn.MaxPool2d(3, 2),
            ]
        ),
        *[block17() for _ in range(20)],
        Branches(
            [
                seq((1088, 256), (256, 384, 3, 2)),
                seq((1088, 256), (256, 288, 3, 2)),
                seq((1088, 256), (256, 288, 3, 1, 1), (288, 320, 3, 2)),
                nn.MaxPool2d(3, 2),
            ]
        ),
        *[block8() for _ in range(9)],
        block8(scale=1.0, relu=False),
        ConvBn(2080, 1536),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(flat, classes),
    )


def fromTorchvision(name, **options):
    return lambda flat, classes: getattr(torchvision.models, name)(num_classes=classes, **options)


def resnet20(flat, classes):
    def block(inputs, width, stride=1):
        project = None
        if stride != 1:
            project = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )
        return torchvision.models.resnet.BasicBlock(inputs, width, stride, project)

    layers = [nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    layers += [block(16, 16) for _ in range(3)]
    layers += [block(16, 32, stride=2), block(32, 32), block(32, 32)]
    layers += [block(32, 64, stride=2), block(64, 64), block(64, 64)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(flat, classes))


TWINS = {
    "lenet": lenet,
    "alexnet": alexnet,
    "alexnet_one_tower": alexnetOneTower,
    "vgg16": vgg16,
    "googlenet": fromTorchvision("googlenet", aux_logits=False, init_weights=False),
    "resnet20": resnet20,
    "resnet50": fromTorchvision("resnet50"),
    "resnet152": fromTorchvision("resnet152"),
    "densenet121": fromTorchvision("densenet121"),
    "mobilenet_v2": fromTorchvision("mobilenet_v2"),
    "inception_resnet_v2": inceptionResnetV2,
}


def build(name, layers):
    """The twin of model file `name`, in training mode, fp32, NCHW."""
    flat = next(layer.shape[0] for layer in layers if layer.op == "flatten")
    classes = [layer.shape[0] for layer in layers if layer.op == "dense"][-1]
    return TWINS[name](flat, classes).train()
