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
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter)

find_package(fmt REQUIRED)
find_package(Threads REQUIRED)

# fanfold_library(NAME SOURCES... DEPENDS...): a static library whose headers
# are included from the root of the tree ("io/Storage.h").
function(fanfold_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
endfunction()

# fanfold_unit_test(NAME SOURCES... DEPENDS...): a GoogleTest executable that
# ctest runs, labelled `unit`.
function(fanfold_unit_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit)
endfunction()
