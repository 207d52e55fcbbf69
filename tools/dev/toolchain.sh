# SPDX-License-Identifier: Apache-2.0
# Sourced, not run: checks the versions of what the build needs.

# at_least FOUND WANTED: true if version FOUND is WANTED or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

first_version() { grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1; }

boost_version() {
    sed -n 's/^#define BOOST_LIB_VERSION "\([0-9_]*\)"/\1/p' /usr/include/boost/version.hpp 2>/dev/null | tr _ .
}

# tool_versions: lines "NAME FOUND WANTED"; FOUND is - where the tool is absent.
tool_versions() {
    local name command wanted found
    while read -r name wanted command; do
        found="$( (eval "$command" 2>/dev/null || true) | first_version || true)"
        printf '%s %s %s\n' "$name" "${found:--}" "$wanted"
    done <<'TABLE'
clang++-19 19.0 clang++-19 --version
ld.lld-19 19.0 ld.lld-19 --version
cmake 3.24 cmake --version
ninja 1.10 ninja --version
boost 1.81 boost_version
libcurl 7.85 curl-config --version
python3 3.9 python3 --version
TABLE
}

check_toolchain() {
    local name found wanted
    while read -r name found wanted; do
        [ "$found" != - ] || fail "$name is not installed (version $wanted or newer is needed)"
        at_least "$found" "$wanted" || fail "$name is version $found; $wanted or newer is needed"
    done < <(tool_versions)
}
