# The tests of ir/ and passes/: a file here has the path of the source that it tests.
# lit reads lit.site.cfg.py in the build tree first, which says where things are.

import os
import sys

import lit.formats

config.name = "fanfold"
config.test_format = lit.formats.ShTest()
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.build_root, "test", "lit")

# Variables of one CHECK-LABEL are not those of the next.
config.environment["FILECHECK_OPTS"] = "--enable-var-scope"
config.environment["PATH"] = os.pathsep.join(
    [config.fanfold_tools, config.llvm_tools, config.environment["PATH"]])

config.substitutions.append(("%examples", os.path.join(config.source_root, "examples")))
config.substitutions.append(("%python", sys.executable))

# Where the compiler has the target: it needs the CUDA toolkit and cuDNN, no GPU.
if config.has_cuda:
    config.available_features.add("cuda")
