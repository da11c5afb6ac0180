# The CUDA compiler, where there is one: sets FANFOLD_CUDA. Kernels are compiled for
# the card of the targets, which need not be in this machine.

find_program(FANFOLD_NVCC nvcc
             HINTS $ENV{CUDACXX} ${CUDAToolkit_ROOT} $ENV{CUDA_HOME} /usr/local/cuda
             PATH_SUFFIXES bin DOC "The CUDA compiler")
if(NOT FANFOLD_NVCC)
  set(FANFOLD_CUDA OFF)
  message(STATUS "no nvcc found: the kernels for CUDA are not built")
  return()
endif()

set(FANFOLD_CUDA ON)
set(CMAKE_CUDA_COMPILER ${FANFOLD_NVCC})
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 90 CACHE STRING "Compute capabilities of the cards")
endif()
set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER}
    CACHE STRING "As for C++, unless it is given")
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_FLAGS_DEV "-g1")
# The runtime is linked statically, as into generated programs.
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
find_package(CUDAToolkit REQUIRED)
