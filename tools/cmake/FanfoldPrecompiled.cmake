# Precompiled headers. A translation unit on MLIR spends nine tenths of its time reading
# headers; with these read once it takes 2 s instead of 14.
#
# A set of headers is compiled once and shared by all targets that name it. Sources include
# what they use all the same: with -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON they build without.

if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  # Without times the same headers make the same file, so ccache knows what was built with it.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

# fanfold_precompiled_set(NAME [OPTIMISE LEVEL] DEPENDS...): the headers of
# tools/cmake/precompiled/NAME.h, with the include directories of DEPENDS. LEVEL is
#   hot    as the build type has it, -O1 or -O3 (the default)
#   warm   -O1: what a user waits for, but most of whose time is spent in libraries
#   cold   -O0: what is never waited for
# because the optimisation is part of what is precompiled, and most of what compiling costs
# then.
function(fanfold_precompiled_set name)
  cmake_parse_arguments(arg "" "OPTIMISE" "DEPENDS" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/tools/cmake/precompiled)
  set(options)
  if(arg_OPTIMISE STREQUAL warm)
    set(options $<$<COMPILE_LANGUAGE:CXX>:-O1>)
  elseif(arg_OPTIMISE STREQUAL cold)
    set(options $<$<COMPILE_LANGUAGE:CXX>:-O0>)
  endif()
  set(target fanfold_precompiled_${name})
  add_library(${target} OBJECT ${folder}/Precompiled.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE ${options})
  target_link_libraries(${target} PRIVATE ${arg_DEPENDS})
  target_precompile_headers(${target} PRIVATE ${folder}/${name}.h)
  set(FANFOLD_OPTIONS_${name} "${options}" CACHE INTERNAL "Optimisation of the set ${name}")
endfunction()

# fanfold_precompiled(TARGET NAME): has TARGET use a set, and its optimisation.
function(fanfold_precompiled target name)
  target_precompile_headers(${target} REUSE_FROM fanfold_precompiled_${name})
  target_compile_options(${target} PRIVATE ${FANFOLD_OPTIONS_${name}})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE)
    # What is precompiled for libraries fits only what is compiled like one.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fPIC>)
  endif()
endfunction()
