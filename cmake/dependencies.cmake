# SPDX-License-Identifier: Apache-2.0
# Every third-party package, found once. Names of Debian packages are in tools/dev/packages.tsv.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)

# Debian 12's RE2 comes without a CMake package; it is linked by its name.
find_path(ORCHESTRATOR_RE2_INCLUDE re2/re2.h REQUIRED)
find_library(ORCHESTRATOR_RE2_LIBRARY re2 REQUIRED)

if(ORCHESTRATOR_PURE_ONLY)
  find_package(Boost 1.81 REQUIRED COMPONENTS json)
else()
  find_package(Boost 1.81 REQUIRED COMPONENTS json url)
  find_package(CURL 7.85 REQUIRED)
  find_package(SQLite3 3.40 REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(PostgreSQL 15 REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(fmt REQUIRED)
  # libseccomp comes without a package for CMake; it is linked by name.
  find_library(ORCHESTRATOR_SECCOMP seccomp REQUIRED)
  find_path(ORCHESTRATOR_SECCOMP_HEADERS seccomp.h REQUIRED)
  # PCRE2 likewise.
  find_library(ORCHESTRATOR_PCRE2 pcre2-8 REQUIRED)
  find_path(ORCHESTRATOR_PCRE2_HEADERS pcre2.h REQUIRED)
endif()

if(ORCHESTRATOR_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
