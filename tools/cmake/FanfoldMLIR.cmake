# MLIR 22 as shared libraries, and tablegen for our dialects and passes.

# MLIR is compatible within a minor version only.
find_package(MLIR 22.1 REQUIRED CONFIG
             PATHS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# fanfold_mlir_library(NAME SOURCES... DEPENDS...): a static library on MLIR.
# Its translation units see generated headers of all dialects.
function(fanfold_mlir_library name)
  fanfold_library(${name} ${ARGN})
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_include_directories(${name} PUBLIC ${PROJECT_BINARY_DIR})
  target_link_libraries(${name} PUBLIC MLIR LLVM)
endfunction()
