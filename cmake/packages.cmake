# SPDX-License-Identifier: Apache-2.0
# `./dev package`: one .deb for each component (core: library and headers; cli: the program) and one
# .tar.gz with both.

set(CPACK_PACKAGE_NAME orchestrator-ai-harness)
set(CPACK_PACKAGE_VENDOR "The orchestrator-ai-harness authors")
set(CPACK_PACKAGE_CONTACT "The orchestrator-ai-harness authors")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL core cli)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_CORE_PACKAGE_NAME orchestrator-ai-harness-core-dev)
set(CPACK_DEBIAN_CORE_PACKAGE_DEPENDS
    "libboost1.81-dev, libboost-json1.81-dev, libboost-url1.81-dev, libcurl4-openssl-dev, libsqlite3-dev, libssl-dev, libseccomp-dev, libre2-dev, libpcre2-dev, libpq-dev, libspdlog-dev, libfmt-dev, zlib1g-dev")
set(CPACK_DEBIAN_CORE_PACKAGE_SECTION libdevel)
# Without it no command of a model runs; everything else does.
set(CPACK_DEBIAN_CORE_PACKAGE_RECOMMENDS bubblewrap)
set(CPACK_DEBIAN_CLI_PACKAGE_RECOMMENDS bubblewrap)
set(CPACK_DEBIAN_CLI_PACKAGE_NAME orchestrator)
set(CPACK_DEBIAN_CLI_PACKAGE_SECTION utils)
include(CPack)
