#!/usr/bin/env python3
"""A program for a GPU needs no library of Debian but those of the system.

    deployable_test.py PROGRAM
"""

import re
import subprocess
import sys

SYSTEM = {"libc", "libm", "libdl", "librt", "libpthread", "ld-linux-x86-64"}

program = sys.argv[1]
dynamic = subprocess.run(["readelf", "-d", program], check=True, capture_output=True, text=True).stdout
needed = re.findall(r"\(NEEDED\).*\[(.*?)\.so", dynamic)
print(program, "needs", ", ".join(needed))
assert "libc" in needed, dynamic
strangers = set(needed) - SYSTEM
assert not strangers, f"found {', '.join(sorted(strangers))}, expected none of them"

# What was linked is all there: the data store and its libraries answer.
info = subprocess.run([program, "info"], check=True, capture_output=True, text=True).stdout
assert "parameters  15" in info, info
