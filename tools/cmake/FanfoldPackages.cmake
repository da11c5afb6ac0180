# Debian packages, one for each component: tools/package makes them. fanfold-cuda holds what
# needs CUDA's libraries, so that fanfold installs without them. The headers and libraries of
# programs are in fanfold, not in a libfanfold-dev: no `fanfold compile` works without them, their
# layout changes with the compiler's, and what `--emit=project` writes has copies of them.

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL fanfold dlfs)
if(FANFOLD_HAS_CUDA_TARGET)
  list(APPEND CPACK_COMPONENTS_ALL fanfold-cuda)
endif()
set(CPACK_PACKAGE_NAME fanfold)
# Each component has its own; this one would come before it.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR Fanfold)
set(CPACK_PACKAGE_CONTACT "the Fanfold project <fanfold@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)

set(CPACK_DEBIAN_FANFOLD_PACKAGE_NAME fanfold)
set(CPACK_COMPONENT_FANFOLD_DESCRIPTION
    "ahead-of-time compiler for training convolutional networks
Compiles a model file to one training program, for the CPU.")
# Programs are compiled by g++, with make.
set(CPACK_DEBIAN_FANFOLD_PACKAGE_DEPENDS "g++, make")
set(CPACK_DEBIAN_FANFOLD_PACKAGE_RECOMMENDS dlfs)
set(CPACK_DEBIAN_FANFOLD_PACKAGE_SUGGESTS fanfold-cuda)

set(CPACK_DEBIAN_DLFS_PACKAGE_NAME dlfs)
set(CPACK_COMPONENT_DLFS_DESCRIPTION
    "store for data sets of many small samples
Imports, lists and verifies the data sets that programs of Fanfold train on.")

set(CPACK_DEBIAN_FANFOLD-CUDA_PACKAGE_NAME fanfold-cuda)
set(CPACK_COMPONENT_FANFOLD-CUDA_DESCRIPTION
    "Fanfold's target cuda:sm_90
Compiles training programs for NVIDIA GPUs. Needs the CUDA toolkit and cuDNN, which do
not come from Debian.")
set(CPACK_DEBIAN_FANFOLD-CUDA_PACKAGE_DEPENDS "fanfold (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_FANFOLD-CUDA_PACKAGE_SHLIBDEPS OFF)

include(CPack)
