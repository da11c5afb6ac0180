"""Prints a model file that would be too long to keep: generate.py NAME."""

import sys

DEPTH = 100_000

OPENING = 'module attributes {t.a = '


def parens():
    return ('cnn.model @m {\n  %x = cnn.input "x" as tensor<?x4xf32>\n'
            f'  %y = cnn.dense %x units({"(" * DEPTH}1{")" * DEPTH})\n  cnn.loss %y\n}}')


def regions():
    return 'module {\n' * DEPTH


def arrays():
    return OPENING + '[' * DEPTH


def types():
    return OPENING + 'tuple<' * DEPTH


def no_brackets():
    """What only looks like brackets: in comments and strings, less-than signs and arrows."""
    layers = ''.join(f'    %x{i} = cnn.conv2d %x filters(1 + (n < {i})) kernel(n < 7, 3 < n)\n' for i in range(1000))
    return (f'// {"(" * 1000}\nmodule attributes {{t.a = "\\"{"(" * 1000}"}} {{\n'
            f'  cnn.block @b(%x) params(n) {{\n{layers}    cnn.yield %x\n  }}\n'
            '  func.func private @f() -> i32\n}')


def long_model():
    layers = ''.join(f'  %y{i} = cnn.relu %{f"y{i - 1}" if i else "x"}\n' for i in range(DEPTH))
    return ('cnn.model @m {\n  %x = cnn.input "x" as tensor<?x4xf32>\n'
            f'{layers}  cnn.loss %y{DEPTH - 1}\n}}')


print({f.__name__: f for f in (parens, regions, arrays, types, no_brackets, long_model)}[sys.argv[1]]())
