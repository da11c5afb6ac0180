#!/usr/bin/python3
# Part of the Fanfold project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is installed works where neither sources nor build tree are.

    test_install.py --cmake=CMAKE --build=FOLDER --source=FOLDER

Installs into a prefix, moves the prefix, hides sources and build tree behind empty file
systems, and there compiles and trains LeNet and builds an emitted project with make alone.
Command lines complete in bash.
Hiding takes a mount namespace; the test skips where the system does not grant one.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"
# An argument a line: what is hidden, then the folder to work in.
SCRIPT = r"""
set -eu
mount -t tmpfs none "$1"
mount -t tmpfs none "$2"
cd "$3"
PATH="$3/moved/bin:$PATH"
! [ -e "$1/build.ninja" ] && ! [ -e "$2/CMakeLists.txt" ]
fanfold doctor
bash -c "$5" bash moved/share/bash-completion/completions
dlfs import --format=idx --quiet "$4" "dlfs://$3/store/images"
fanfold compile lenet.mlir --target=cpu -o lenet
./lenet train --data="dlfs://$3/store/images" --steps=20 --eval-every=0 --checkpoint=checkpoint
test -s checkpoint/step-20.safetensors
fanfold compile lenet.mlir --target=cpu --emit=project -o project
# The project needs no Fanfold.
rm -r moved
cp -r project elsewhere
rm -r project
make -s -C elsewhere
./elsewhere/program info > /dev/null
"""

# Completes as the shell would; its argument is where the completions are.
COMPLETION = r"""
set -eu
# completes COMMAND WORDS EXPECTED: the last of WORDS is what is being typed.
completes() {
  local command=$1 function
  COMP_WORDS=($command $2)
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  . "$folder/$command"
  function=$(complete -p "$command" | sed 's/.* -F \([^ ]*\) .*/\1/')
  COMPREPLY=()
  "$function"
  [ "${COMPREPLY[*]}" = "$3" ] && return
  echo "$command $2: found '${COMPREPLY[*]}', expected '$3'"
  exit 1
}
folder=$1
completes fanfold comp compile
completes fanfold "compile --emi" --emit
completes dlfs ver verify
completes dlfs "import --auto" --auto-orient
"""


def main():
    parser = argparse.ArgumentParser()
    for name in ("cmake", "build", "source"):
        parser.add_argument(f"--{name}", required=True)
    options, _ = parser.parse_known_args()
    if not os.path.isdir(FASHION_MNIST):
        print(f"no {FASHION_MNIST}: install dataset-fashion-mnist")
        return 77
    granted = subprocess.run(["unshare", "--map-root-user", "--mount", "true"], capture_output=True)
    if granted.returncode != 0:
        print(f"no mount namespace: {granted.stderr.decode().strip()}")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        prefix = pathlib.Path(folder) / "prefix"
        subprocess.run([options.cmake, "--install", options.build, "--prefix", str(prefix)],
                       check=True, stdout=subprocess.DEVNULL)
        shutil.copy(os.path.join(options.source, "examples", "lenet", "lenet.mlir"), folder)
        prefix.rename(pathlib.Path(folder) / "moved")
        ran = subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh",
                              options.build, options.source, folder, FASHION_MNIST,
                              COMPLETION], cwd="/")
    return 1 if ran.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
