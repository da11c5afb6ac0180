# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Leaves a test as skipped where a package that it needs is not installed."""

import importlib
import sys

SKIPPED = 77  # exit status that CTest counts as skipped


def need(*modules):
    """Ends the script, with the reason, unless every module can be imported."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            print(f"skipped: {error}")
            sys.exit(SKIPPED)
