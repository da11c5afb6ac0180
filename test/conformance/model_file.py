# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A second reading of model files, independent of the compiler's.

docs/model-files.md is the only thing this module and the compiler share. It
expands blocks, infers shapes and lists every layer with its variables, so that
tests know the names, shapes, parameter counts and multiply-adds to expect.

    layers = model_file.load("examples/lenet/lenet.mlir")
    layers[0].name, layers[0].shape, layers[0].variables

Shapes leave the batch out: images are (height, width, channels), filters KRSC,
dense weights (inputs, units). A mistake in a file raises ModelError.
"""

import math
import re
from dataclasses import dataclass, field


class ModelError(Exception):
    """The file does not follow docs/model-files.md."""


@dataclass
class Layer:
    """One op of the expanded model."""

    name: str
    op: str  # without the dialect: "conv2d"
    inputs: list  # of Layer
    clauses: dict  # clause -> list of values; {} for a flag
    shape: tuple = ()
    variables: dict = field(default_factory=dict)  # name -> (shape, role)
    macs: int = 0  # multiply-adds of convolutions and dense layers, one sample

    def window(self, clause, default):
        """(height, width) of a clause with one or two values."""
        values = self.clauses.get(clause, [default])
        return (values[0], values[-1])

    def number(self, clause, default):
        return self.clauses.get(clause, [default])[0]


# ---- Text -----------------------------------------------------------------

TOKEN = re.compile(
    r"""\s+|//[^\n]*|(?P<token>"[^"]*"|tensor<[^>]*>|[@%][\w.]+|cnn\.\w+|
    \d+\.?\d*(?:[eE][+-]?\d+)?|\w+|==|[-+*/<(){}\[\],=])""",
    re.VERBOSE,
)


class Parser:
    """Recursive descent over the tokens of a file; lines are for messages."""

    def __init__(self, text):
        self.tokens, position = [], 0
        while position < len(text):
            match = TOKEN.match(text, position)
            line = text.count("\n", 0, position) + 1
            if not match:
                raise ModelError(f"line {line}: unexpected {text[position]!r}")
            if match["token"]:
                self.tokens.append((match["token"], line))
            position = match.end()
        self.tokens.append(("", text.count("\n") + 1))
        self.at = 0

    @property
    def next(self):
        return self.tokens[self.at][0]

    def take(self, expected=None):
        token, line = self.tokens[self.at]
        if expected is not None and token != expected:
            raise ModelError(f"line {line}: found {token!r}, expected {expected!r}")
        self.at += 1
        return token

    def accept(self, token):
        if self.next == token:
            self.at += 1
            return True
        return False

    def file(self):
        """(blocks by name, (model's name, body), recipe's clauses or {})."""
        blocks, model, recipe = {}, None, {}
        while self.next:
            kind = self.take()
            name = self.take()
            if kind == "cnn.block":
                operands = self.operands()
                params = self.clause_list().get("params", [])
                blocks[name] = (operands, params, self.body())
            elif kind == "cnn.model":
                model = (name, self.body())
            elif kind == "cnn.recipe":
                recipe = self.clause_list()
            else:
                raise ModelError(f"found {kind!r}, expected a block, a model or a recipe")
        if not model:
            raise ModelError("no cnn.model")
        return blocks, model, recipe

    def body(self):
        self.take("{")
        statements = []
        while not self.accept("}"):
            result = None
            if self.next.startswith("%"):
                result = self.take()
                self.take("=")
            statements.append(self.statement(result))
        return statements

    def statement(self, result):
        """(result, op, target, operands, clauses, bodies)."""
        op = self.take()
        if not op.startswith("cnn."):
            raise ModelError(f"found {op!r}, expected an op")
        op, target, operands, clauses, bodies = op[4:], None, [], {}, []
        if op == "if":
            self.take("(")
            target = self.expression()
            self.take(")")
            bodies.append(self.body())
            self.take("else")
            bodies.append(self.body())
        elif op == "input":
            target = self.take().strip('"')
            self.take("as")
            clauses["type"] = self.take()
        else:
            if self.next.startswith("@"):
                target = self.take()
                operands = self.operands()
            elif self.next.startswith("%"):
                operands = [self.take()]
                while self.accept(","):
                    operands.append(self.take())
            clauses = self.clause_list()
        return result, op, target, operands, clauses, bodies

    def operands(self):
        self.take("(")
        names = []
        while not self.accept(")"):
            names.append(self.take())
            self.accept(",")
        return names

    def clause_list(self):
        """{clause: [(key or None, expression), ...]}, in the order of the text."""
        clauses = {}
        while re.fullmatch(r"[a-z]\w*", self.next):
            name, items = self.take(), []
            if self.accept("("):
                while not self.accept(")"):
                    items.append(self.item())
                    self.accept(",")
            if name in clauses:
                raise ModelError(f"clause {name!r} is there twice")
            clauses[name] = items
        return clauses

    def item(self):
        value = self.take() if self.next.startswith("%") else self.expression()
        if isinstance(value, str) and self.accept("="):
            return value, self.take() if self.next.startswith("%") else self.expression()
        return None, value

    def expression(self):
        return self.binary((("==", "<"), ("+", "-"), ("*", "/")))

    def binary(self, levels):
        if not levels:
            return self.factor()
        left = self.binary(levels[1:])
        while self.next in levels[0]:
            left = (self.take(), left, self.binary(levels[1:]))
        return left

    def factor(self):
        if self.accept("("):
            value = self.expression()
            self.take(")")
            return value
        if self.accept("["):
            values = []
            while not self.accept("]"):
                values.append(self.expression())
                self.accept(",")
            return values
        if self.accept("-"):
            return ("-", 0, self.factor())
        token = self.take()
        if token[:1].isdigit():
            return int(token) if token.isdigit() else float(token)
        if not re.fullmatch(r"\w+", token):
            raise ModelError(f"found {token!r}, expected a value")
        return token  # a parameter or a keyword


def evaluate(value, parameters):
    """An expression's number; a keyword (he_normal) stays a string."""
    if isinstance(value, tuple):
        operator, a, b = value[0], evaluate(value[1], parameters), evaluate(value[2], parameters)
        return {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a // b,
            "==": lambda: int(a == b),
            "<": lambda: int(a < b),
        }[operator]()
    return parameters.get(value, value) if isinstance(value, str) else value


# ---- Expansion ------------------------------------------------------------


class Expander:
    """Flattens blocks into layers, in the order of the text."""

    def __init__(self, blocks):
        self.blocks, self.layers, self.counters = blocks, [], {}

    def run(self, body, scope, parameters, prefix):
        """Expands a body; returns what it yields."""
        for result, op, target, operands, clauses, bodies in body:
            values = [scope[name] for name in operands]
            if op == "yield":
                return values[0]
            if op == "if":
                chosen = bodies[0 if evaluate(target, parameters) else 1]
                scope[result] = self.run(chosen, dict(scope), parameters, prefix)
                continue
            if op == "loss":
                continue
            name = prefix + (result[1:] if not result[1:].isdigit() else self.count(op))
            if op == "use":
                scope[result] = self.instance(name, target, values, clauses, parameters)
                continue
            numbers = (
                clauses
                if op == "input"
                else {c: [evaluate(v, parameters) for _, v in i] for c, i in clauses.items()}
            )
            layer = Layer(name, op, values, numbers)
            infer(layer)
            self.layers.append(layer)
            scope[result] = layer
        return None

    def count(self, op):
        number = self.counters.get(op, 0)
        self.counters[op] = number + 1
        return f"{op}_{number}"

    def instance(self, name, block, values, clauses, parameters):
        if block not in self.blocks:
            raise ModelError(f"{name}: no block {block}")
        operands, declared, body = self.blocks[block]
        arguments = {}
        for key, default in declared:  # `filters` alone is (None, "filters")
            if key is not None:
                arguments[key] = evaluate(default, {})
        known = {key if key is not None else default for key, default in declared}
        for key, value in clauses.get("with", []):
            if key not in known:
                raise ModelError(f"{name}: block {block} has no parameter {key}")
            arguments[key] = evaluate(value, parameters)
        for key in known - arguments.keys():
            raise ModelError(f"{name}: block {block} needs {key}")
        repeat = clauses.get("repeat")
        if repeat is None:
            return self.run(body, dict(zip(operands, values)), arguments, name + ".")
        for i in range(evaluate(repeat[0][1], parameters)):
            scope = dict(zip(operands, values))
            values = [self.run(body, scope, arguments, f"{name}.{i}."), *values[1:]]
        return values[0]


# ---- Shapes ---------------------------------------------------------------


def extent(size, kernel, stride, pad, dilation=1, ceil=False):
    """Output size of a window. As in PyTorch, the last window of a `ceil` pool
    begins inside the image or its left padding."""
    span = size + 2 * pad - dilation * (kernel - 1) - 1
    if span < 0:
        raise ModelError(f"a window of {kernel} does not fit into {size} with padding {pad}")
    out = (-(-span // stride) if ceil else span // stride) + 1
    if ceil and (out - 1) * stride >= size + pad:
        out -= 1
    return out


def infer(layer):
    """Fills in shape, variables and multiply-adds."""
    shapes = [i.shape for i in layer.inputs]
    op, x = layer.op, shapes[0] if shapes else None

    def own(suffix, shape, role="parameter"):
        layer.variables[f"{layer.name}.{suffix}"] = (shape, role)

    if op == "input":
        extents = layer.clauses["type"][len("tensor<") : -1].split("x")[1:-1]
        layer.shape = tuple(int(e) for e in extents)
    elif op == "conv2d":
        filters, groups = layer.number("filters", None), layer.number("groups", 1)
        kernel, stride = layer.window("kernel", None), layer.window("stride", 1)
        pad, dilation = layer.window("pad", 0), layer.window("dilation", 1)
        if x[2] % groups or filters % groups:
            raise ModelError(f"{layer.name}: {groups} groups divide not {x[2]} and {filters}")
        h, w = (extent(x[i], kernel[i], stride[i], pad[i], dilation[i]) for i in (0, 1))
        layer.shape = (h, w, filters)
        own("weight", (filters, *kernel, x[2] // groups))
        layer.macs = h * w * filters * kernel[0] * kernel[1] * (x[2] // groups)
    elif op in ("max_pool2d", "avg_pool2d"):
        kernel = layer.window("kernel", None)
        stride = layer.window("stride", None) if "stride" in layer.clauses else kernel
        pad, ceil = layer.window("pad", 0), "ceil" in layer.clauses
        h, w = (extent(x[i], kernel[i], stride[i], pad[i], ceil=ceil) for i in (0, 1))
        layer.shape = (h, w, x[2])
    elif op == "global_avg_pool2d":
        layer.shape = (1, 1, x[2])
    elif op == "dense":
        layer.shape = (layer.number("units", None),)
        own("weight", (x[0], layer.shape[0]))
        layer.macs = x[0] * layer.shape[0]
    elif op == "flatten":
        layer.shape = (math.prod(x),)
    elif op == "concat":
        if len({s[:2] for s in shapes}) != 1:
            raise ModelError(f"{layer.name}: images of different sizes {shapes}")
        layer.shape = (*x[:2], sum(s[2] for s in shapes))
    elif op in ("softmax_cross_entropy", "accuracy"):
        layer.shape = ()
    else:
        if op == "add" and shapes[0] != shapes[1]:
            raise ModelError(f"{layer.name}: adds {shapes[0]} and {shapes[1]}")
        layer.shape = x
        if op == "bias":
            own("bias", (x[-1],))
        elif op == "batch_norm":
            own("gamma", (x[-1],))
            own("beta", (x[-1],))
            own("running_mean", (x[-1],), "statistic")
            own("running_variance", (x[-1],), "statistic")


# ---- Use ------------------------------------------------------------------


def parse(text):
    """The layers of a model file's text."""
    blocks, (_, body), _ = Parser(text).file()
    expander = Expander(blocks)
    expander.run(body, {}, {}, "")
    names = [name for layer in expander.layers for name in layer.variables]
    if len(set(names)) != len(names):
        raise ModelError("two variables have the same name")
    return expander.layers


def load(path):
    """The layers of a model file."""
    with open(path, encoding="utf-8") as file:
        return parse(file.read())


def variables(layers, role="parameter"):
    """{name: shape} of one role, in the order of the file."""
    return {
        name: shape
        for layer in layers
        for name, (shape, r) in layer.variables.items()
        if r == role
    }


def parameterCount(layers):
    return sum(math.prod(shape) for shape in variables(layers).values())


def macs(layers):
    return sum(layer.macs for layer in layers)


def imageShape(layers):
    """Height, width and channels of the image input."""
    return next(l.shape for l in layers if l.op == "input" and l.shape)
