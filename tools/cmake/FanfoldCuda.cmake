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
# The card of the targets, with what it alone has: matrix products of warpgroups.
set(CMAKE_CUDA_ARCHITECTURES 90a)
set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER}
    CACHE STRING "As for C++, unless it is given")
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_FLAGS_DEV "-g1")
# The runtime is linked statically, as into generated programs.
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
find_package(CUDAToolkit REQUIRED)

# fanfold_gpu_test(NAME SOURCES... DEPENDS...): a GoogleTest executable that needs a GPU,
# labelled `gpu`. It lies in gpu/ of the build, from where tools/test-gpu runs it on a
# machine with nothing but a driver: so the C++ library is linked statically.
function(fanfold_gpu_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    ${arg_DEPENDS} CUDA::cudart_static GTest::gtest GTest::gtest_main)
  target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  set_target_properties(${name} PROPERTIES
    LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/gpu)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS gpu)
endfunction()

# fanfold_gpu_script(NAME): lets a script start the test executable NAME, which moves to
# gpu/programs, so that tools/test-gpu runs it without a sanitizer: for tests that start
# other programs, or whose kernels are a library's.
function(fanfold_gpu_script name)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/gpu/programs)
  set(script ${CMAKE_BINARY_DIR}/gpu/${name}.sh)
  file(CONFIGURE OUTPUT ${script} @ONLY CONTENT [[
#!/bin/sh
exec "$(dirname "$0")/programs/@name@" "$@"
]])
  file(CHMOD ${script} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
       WORLD_READ WORLD_EXECUTE)
  add_test(NAME ${name} COMMAND ${script})
  set_tests_properties(${name} PROPERTIES LABELS gpu)
endfunction()
