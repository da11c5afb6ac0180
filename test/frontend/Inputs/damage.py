"""Damages a file in many ways and runs a command on each: damage.py COUNT FILE COMMAND...

COUNT prefixes of the file, and COUNT copies with one byte changed. Each run must either
take the file or end with status 1 and a diagnostic that says where.
"""

import pathlib
import random
import re
import subprocess
import sys
import tempfile


def damaged(data, count):
    """Pairs of what was done and the result; the same for the same file."""
    rng = random.Random(1)
    for end in sorted(rng.sample(range(len(data)), count)):
        yield f"cut off behind {end} bytes", data[:end]
    for at in sorted(rng.sample(range(len(data)), count)):
        byte = rng.choice(b"(){}<>[]\"%@#!,=-0aZ\n\0\xff")
        yield f"byte {at} is {byte}", data[:at] + bytes([byte]) + data[at + 1:]


def main():
    count, source, command = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    taken = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "damaged.mlir")
        for what, data in damaged(source.read_bytes(), count):
            path.write_bytes(data)
            run = subprocess.run(command + [str(path)], capture_output=True, timeout=60)
            if run.returncode == 0:
                taken += 1
            elif run.returncode == 1 and re.search(rb"damaged\.mlir:\d+:\d+: error: \S", run.stderr):
                refused += 1
            else:
                sys.exit(f"{what}: exit status {run.returncode}\n{run.stderr.decode(errors='replace')}")
    print(f"{taken} taken, {refused} refused")


main()
