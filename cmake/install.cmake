# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, and the package that find_package(orchestrator-ai-harness-core) finds.
include(CMakePackageConfigHelpers)

set(package orchestrator-ai-harness-core)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/${package}")
get_property(libraries GLOBAL PROPERTY ORCHESTRATOR_LIBRARIES)

install(TARGETS ${package} ${libraries} EXPORT ${package}-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT core)
install(EXPORT ${package}-targets NAMESPACE ${package}:: DESTINATION ${package_folder} COMPONENT core)

# What the installed package consists of, for those who build no more than that.
add_custom_target(core_libraries)
foreach(library IN LISTS libraries)
  get_target_property(type ${library} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    add_dependencies(core_libraries ${library})
  endif()
endforeach()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/package-config.cmake.in"
                              "${CMAKE_BINARY_DIR}/${package}-config.cmake"
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file("${CMAKE_BINARY_DIR}/${package}-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/${package}-config.cmake"
              "${CMAKE_BINARY_DIR}/${package}-config-version.cmake"
        DESTINATION ${package_folder} COMPONENT core)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/core/include/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT core FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/schema/" DESTINATION ${CMAKE_INSTALL_DATADIR}/${package}/schema
        COMPONENT core OPTIONAL FILES_MATCHING PATTERN "*.json")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT core)

if(TARGET orchestrator)
  install(TARGETS orchestrator RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cli)
endif()
file(GLOB man_pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/packaging/man/*.1")
list(FILTER man_pages EXCLUDE REGEX "/orchestratord\\.1$")
if(man_pages)
  install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT cli)
endif()

install(TARGETS orchestratord RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT daemon)
install(FILES "${PROJECT_SOURCE_DIR}/packaging/man/orchestratord.1"
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT daemon)

# What starts the local model: the launcher finds its parts beside it once installed.
file(GLOB local_model_files "${PROJECT_SOURCE_DIR}/tools/local_model/*.py" "${PROJECT_SOURCE_DIR}/tools/local_model/*.txt")
install(FILES ${local_model_files} DESTINATION ${CMAKE_INSTALL_DATADIR}/orchestrator/local-model COMPONENT cli)
install(PROGRAMS "${PROJECT_SOURCE_DIR}/tools/dev/local_model.sh"
        DESTINATION ${CMAKE_INSTALL_DATADIR}/orchestrator/local-model COMPONENT cli)

# The ranks of the encodings that tokens are counted by, where `tools/dev/encodings.sh` could fetch them.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/.encodings/" DESTINATION ${CMAKE_INSTALL_DATADIR}/orchestrator/encodings
        COMPONENT cli OPTIONAL FILES_MATCHING PATTERN "*.tiktoken" PATTERN "LICENSES")
