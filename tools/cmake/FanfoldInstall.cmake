# What an installation has, and the same layout in the build tree, with links: see
# codegen/Installation.h. Components are the Debian packages of tools/package.

if(NOT FANFOLD_BUILD_COMPILER)
  return()
endif()
include(GNUInstallDirs)
include(FanfoldCopyright)
set(library_dir lib/fanfold)
set(share_dir ${CMAKE_INSTALL_DATADIR}/fanfold)

# Headers of programs, and what they include of fmt. Reference kernels are for tests, and data
# are imported by dlfs alone.
set(header_dirs runtime io codegen/kernels)
find_path(FANFOLD_FMT_INCLUDE_DIR fmt/format.h REQUIRED)
file(MAKE_DIRECTORY ${FANFOLD_SHARE_DIR}/include/codegen)
foreach(dir IN LISTS header_dirs)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${dir} ${FANFOLD_SHARE_DIR}/include/${dir} SYMBOLIC)
  install(DIRECTORY ${dir}/ DESTINATION ${share_dir}/include/${dir} COMPONENT fanfold
          FILES_MATCHING PATTERN "*.h" PATTERN "*.cuh"
          PATTERN kernels/reference EXCLUDE PATTERN io/import EXCLUDE)
endforeach()
file(CREATE_LINK ${FANFOLD_FMT_INCLUDE_DIR}/fmt ${FANFOLD_SHARE_DIR}/include/fmt SYMBOLIC)
install(DIRECTORY ${FANFOLD_FMT_INCLUDE_DIR}/fmt DESTINATION ${share_dir}/include COMPONENT fanfold)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/codegen/devices ${FANFOLD_SHARE_DIR}/devices SYMBOLIC)
install(DIRECTORY codegen/devices DESTINATION ${share_dir} COMPONENT fanfold
        FILES_MATCHING PATTERN "*.json")

# Libraries of programs: ours, and those of Debian's that are linked statically, so that a
# machine with a compiler alone makes programs.
foreach(name IN LISTS FANFOLD_IO_LIBRARIES)
  list(APPEND store_libraries ${FANFOLD_STATIC_${name}})
endforeach()
file(MAKE_DIRECTORY ${FANFOLD_LIBRARY_DIR})
foreach(library IN LISTS store_libraries)
  get_filename_component(name ${library} NAME)
  get_filename_component(real ${library} REALPATH)
  file(CREATE_LINK ${real} ${FANFOLD_LIBRARY_DIR}/${name} SYMBOLIC)
  install(FILES ${real} DESTINATION ${library_dir} RENAME ${name} COMPONENT fanfold)
endforeach()
# oneDNN's shared library is where fanfold is, which needs it: a link names it for programs,
# and for the copy that `--emit=project` makes.
find_library(FANFOLD_DNNL libdnnl.so.2 REQUIRED)
file(CREATE_LINK ${FANFOLD_DNNL} ${FANFOLD_LIBRARY_DIR}/libdnnl.so.2 SYMBOLIC)
install(FILES ${FANFOLD_LIBRARY_DIR}/libdnnl.so.2 DESTINATION ${library_dir} COMPONENT fanfold)
install(TARGETS fanfold_cpu_main fanfold_cpu_kernels fanfold_comm fanfold_fmt fanfold_io fanfold_runtime
        ARCHIVE DESTINATION ${library_dir} COMPONENT fanfold)

# What Debian has in folders where the loader does not look.
set_target_properties(fanfold PROPERTIES INSTALL_RPATH "${LLVM_LIBRARY_DIR}")
if(FANFOLD_HAS_CUDA_TARGET)
  get_filename_component(cudnn_dir ${FANFOLD_CUDNN_LIBRARY} DIRECTORY)
  set_target_properties(fanfold-cuda PROPERTIES INSTALL_RPATH "${LLVM_LIBRARY_DIR};${cudnn_dir}")
endif()

install(TARGETS fanfold RUNTIME DESTINATION bin COMPONENT fanfold)
install(TARGETS dlfs RUNTIME DESTINATION bin COMPONENT dlfs)
find_path(FANFOLD_CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
find_path(FANFOLD_JSON_INCLUDE_DIR nlohmann/json.hpp REQUIRED)
set(foreign_headers ${FANFOLD_FMT_INCLUDE_DIR}/fmt/format.h ${FANFOLD_CLI11_INCLUDE_DIR}/CLI/CLI.hpp
    ${FANFOLD_JSON_INCLUDE_DIR}/nlohmann/json.hpp)
foreach(command fanfold dlfs)
  fanfold_copyright(${command} ${store_libraries} ${foreign_headers})
  # Manual pages are made by tools/man-pages, where there are any.
  install(DIRECTORY ${PROJECT_BINARY_DIR}/man/${command}/ OPTIONAL
          DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${command})
  install(FILES tools/completion.bash
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${command}
          COMPONENT ${command})
endforeach()
include(FanfoldPackages)
if(FANFOLD_HAS_CUDA_TARGET)
  fanfold_copyright(fanfold-cuda ${foreign_headers})
  install(TARGETS fanfold-cuda LIBRARY DESTINATION ${library_dir} COMPONENT fanfold-cuda)
  install(TARGETS ${FANFOLD_CUDA_PROGRAM_TARGETS}
          ARCHIVE DESTINATION ${library_dir} COMPONENT fanfold-cuda)
endif()
