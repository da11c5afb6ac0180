# Build types, warnings and the helpers that every folder's CMakeLists uses.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev CACHE STRING "Dev, Release or Debug" FORCE)
endif()

# Dev: what one works with. Little optimisation, because compile time is what
# one waits for; assertions on.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_C_FLAGS_DEV "-O1 -g1")

option(FANFOLD_SANITIZE "AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(FANFOLD_SANITIZE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    # Instructions of the standard library's and other headers are not looked into: what is
    # looked for is in our code, and half of the build's time went there.
    set(ignored ${CMAKE_BINARY_DIR}/sanitizer-ignored.txt)
    file(CONFIGURE OUTPUT ${ignored} CONTENT "src:/usr/include/*\nsrc:/usr/lib/*\n")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize-ignorelist=${ignored}>)
  endif()
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  # GCC's library uses what it deprecates, in templates that are instantiated by us.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-deprecated-declarations>)
endif()

find_package(fmt REQUIRED)
find_package(Threads REQUIRED)

# g++ is what machines have on which programs are made, and their speed is measured with it,
# whatever compiles Fanfold itself.
find_program(FANFOLD_PROGRAM_CXX NAMES g++ c++ REQUIRED DOC "The compiler of generated programs")

# OpenMP of programs is GCC's, which oneDNN brings with it. The loops that it shares out are in
# headers that programs compile; what is compiled here asks for numbers of threads alone.
execute_process(COMMAND ${FANFOLD_PROGRAM_CXX} -print-file-name=include
                OUTPUT_VARIABLE gcc_include OUTPUT_STRIP_TRAILING_WHITESPACE)
add_library(fanfold_gomp INTERFACE)
target_compile_options(fanfold_gomp INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-idirafter${gcc_include}>)
target_link_libraries(fanfold_gomp INTERFACE gomp)

include(FanfoldPrecompiled)
fanfold_precompiled_set(Program)
fanfold_precompiled_set(Command OPTIMISE cold)

# The linker of the compiler's family takes a tenth of the time of binutils'.
find_program(FANFOLD_LLD ld.lld HINTS /usr/lib/llvm-22/bin DOC "LLVM's linker")
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND FANFOLD_LLD)
  add_link_options($<$<LINK_LANGUAGE:CXX>:-fuse-ld=lld>)
endif()

# fanfold_library(NAME SOURCES... [COMMANDS SOURCES...] DEPENDS... [PRECOMPILED SET]): a static
# library whose headers are included from the root of the tree ("io/Storage.h"). COMMANDS are
# those of its sources that parse command lines, with the set Command.
function(fanfold_library name)
  cmake_parse_arguments(arg "" "PRECOMPILED" "SOURCES;COMMANDS;DEPENDS" ${ARGN})
  if(NOT arg_PRECOMPILED)
    set(arg_PRECOMPILED Program)
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
  fanfold_precompiled(${name} ${arg_PRECOMPILED})
  if(arg_COMMANDS)
    add_library(${name}_commands OBJECT ${arg_COMMANDS})
    target_include_directories(${name}_commands PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name}_commands PRIVATE ${arg_DEPENDS})
    fanfold_precompiled(${name}_commands Command)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}_commands>)
  endif()
endfunction()

# fanfold_unit_test(NAME SOURCES... DEPENDS... [PRECOMPILED SET|none]): a GoogleTest
# executable that ctest runs, labelled `unit`.
function(fanfold_unit_test name)
  cmake_parse_arguments(arg "" "PRECOMPILED" "SOURCES;DEPENDS" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gtest GTest::gtest_main)
  if(NOT arg_PRECOMPILED)
    set(arg_PRECOMPILED Test)
  endif()
  if(NOT arg_PRECOMPILED STREQUAL none)
    fanfold_precompiled(${name} ${arg_PRECOMPILED})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit)
endfunction()
