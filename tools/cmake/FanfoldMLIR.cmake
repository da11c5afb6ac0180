# MLIR 22 as shared libraries, and tablegen for our dialects and passes.

# MLIR is compatible within a minor version only.
find_package(MLIR 22.1 REQUIRED CONFIG
             PATHS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# What targets on MLIR are compiled with.
add_library(fanfold_mlir INTERFACE)
# Generated headers are a system's: neither compiler nor clang-tidy looks for faults in them.
target_include_directories(fanfold_mlir SYSTEM INTERFACE
                           ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS} ${PROJECT_BINARY_DIR})
target_include_directories(fanfold_mlir INTERFACE ${PROJECT_SOURCE_DIR})
fanfold_precompiled_set(Mlir OPTIMISE cold DEPENDS fanfold_mlir)
fanfold_precompiled_set(Dialects OPTIMISE warm DEPENDS fanfold_mlir)
fanfold_precompiled_set(Tool OPTIMISE cold DEPENDS fanfold_mlir)

# fanfold_mlir_library(NAME SOURCES... DEPENDS... [PRECOMPILED SET]): a static library on
# MLIR. Its translation units see generated headers of all dialects.
function(fanfold_mlir_library name)
  fanfold_library(${name} PRECOMPILED Dialects ${ARGN})
  target_link_libraries(${name} PUBLIC fanfold_mlir MLIR LLVM)
endfunction()
