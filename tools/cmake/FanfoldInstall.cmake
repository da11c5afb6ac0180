# What an installation has, and the same layout in the build tree, with links: see
# codegen/Installation.h. Components are the Debian packages of tools/package.

if(NOT FANFOLD_BUILD_COMPILER)
  return()
endif()
include(GNUInstallDirs)
set(library_dir lib/fanfold)
set(share_dir ${CMAKE_INSTALL_DATADIR}/fanfold)

# Headers of programs, and what they include of fmt.
set(header_dirs runtime io codegen/kernels)
find_path(FANFOLD_FMT_INCLUDE_DIR fmt/format.h REQUIRED)
file(MAKE_DIRECTORY ${FANFOLD_SHARE_DIR}/include/codegen)
foreach(dir IN LISTS header_dirs)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${dir} ${FANFOLD_SHARE_DIR}/include/${dir} SYMBOLIC)
  install(DIRECTORY ${dir}/ DESTINATION ${share_dir}/include/${dir} COMPONENT fanfold
          FILES_MATCHING PATTERN "*.h" PATTERN "*.cuh")
endforeach()
file(CREATE_LINK ${FANFOLD_FMT_INCLUDE_DIR}/fmt ${FANFOLD_SHARE_DIR}/include/fmt SYMBOLIC)
install(DIRECTORY ${FANFOLD_FMT_INCLUDE_DIR}/fmt DESTINATION ${share_dir}/include COMPONENT fanfold)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/codegen/devices ${FANFOLD_SHARE_DIR}/devices SYMBOLIC)
install(DIRECTORY codegen/devices DESTINATION ${share_dir} COMPONENT fanfold
        FILES_MATCHING PATTERN "*.json")

# Libraries of programs: ours, and those of Debian's that are linked statically, so that a
# machine with a compiler alone makes programs. oneDNN's shared library is among them: its
# development package is not needed then.
foreach(name IN LISTS FANFOLD_IO_LIBRARIES)
  list(APPEND foreign_libraries ${FANFOLD_STATIC_${name}})
endforeach()
find_library(FANFOLD_DNNL libdnnl.so.2 REQUIRED)
list(APPEND foreign_libraries ${FANFOLD_DNNL})
file(MAKE_DIRECTORY ${FANFOLD_LIBRARY_DIR})
foreach(library IN LISTS foreign_libraries)
  get_filename_component(name ${library} NAME)
  get_filename_component(real ${library} REALPATH)
  file(CREATE_LINK ${real} ${FANFOLD_LIBRARY_DIR}/${name} SYMBOLIC)
  install(FILES ${real} DESTINATION ${library_dir} RENAME ${name} COMPONENT fanfold)
endforeach()
install(TARGETS fanfold_cpu_main fanfold_cpu_kernels fanfold_fmt fanfold_io fanfold_runtime
        ARCHIVE DESTINATION ${library_dir} COMPONENT fanfold)

# What Debian has in folders where the loader does not look.
set_target_properties(fanfold PROPERTIES INSTALL_RPATH "${LLVM_LIBRARY_DIR}")
if(FANFOLD_HAS_CUDA_TARGET)
  get_filename_component(cudnn_dir ${FANFOLD_CUDNN_LIBRARY} DIRECTORY)
  set_target_properties(fanfold-cuda PROPERTIES INSTALL_RPATH "${LLVM_LIBRARY_DIR};${cudnn_dir}")
endif()

install(TARGETS fanfold RUNTIME DESTINATION bin COMPONENT fanfold)
install(TARGETS dlfs RUNTIME DESTINATION bin COMPONENT dlfs)
foreach(component fanfold dlfs fanfold-cuda)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${component} RENAME copyright
          COMPONENT ${component})
endforeach()
foreach(command fanfold dlfs)
  install(FILES tools/completion.bash
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${command}
          COMPONENT ${command})
endforeach()
include(FanfoldPackages)
if(FANFOLD_HAS_CUDA_TARGET)
  install(TARGETS fanfold-cuda LIBRARY DESTINATION ${library_dir} COMPONENT fanfold-cuda)
  install(TARGETS ${FANFOLD_CUDA_PROGRAM_TARGETS}
          ARCHIVE DESTINATION ${library_dir} COMPONENT fanfold-cuda)
endif()
