# fanfold_copyright(COMPONENT FILES...): installs the component's licence, and behind it those of
# the Debian packages that FILES are of: libraries and headers that are parts of the component.

find_program(FANFOLD_DPKG_QUERY dpkg-query DOC "Knows which Debian package a file is of")

function(fanfold_copyright component)
  file(READ ${PROJECT_SOURCE_DIR}/LICENSE text)
  set(licences)
  foreach(file IN LISTS ARGN)
    set(package)
    if(FANFOLD_DPKG_QUERY)
      get_filename_component(real ${file} REALPATH)
      execute_process(COMMAND ${FANFOLD_DPKG_QUERY} --search ${real}
                      OUTPUT_VARIABLE owner ERROR_QUIET)
      string(REGEX MATCH "^[^:,]+" package "${owner}")
    endif()
    set(licence /usr/share/doc/${package}/copyright)
    if(package AND EXISTS ${licence})
      list(APPEND licences ${licence})
    else()
      message(STATUS "no Debian package has ${file}: its licence is not installed with ${component}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES licences)
  list(SORT licences)
  string(REPEAT "=" 78 line)
  foreach(licence IN LISTS licences)
    file(READ ${licence} words)
    string(APPEND text "\n${line}\nOf a part of this package, from ${licence}:\n${line}\n\n${words}")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/copyright/${component} CONTENT "@text@" @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/copyright/${component} RENAME copyright
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${component} COMPONENT ${component})
endfunction()
