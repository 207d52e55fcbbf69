# SPDX-License-Identifier: Apache-2.0
# Sourced, not run: configures and builds a preset in build/PRESET.

presets='release debug asan tsan fuzz'

# configure_preset PRESET [CMAKE_ARGUMENT...]: runs CMake only where the tree is new or arguments are
# given; ninja runs it again by itself when a CMake file changes.
configure_preset() {
    local preset="$1"
    shift
    case " $presets " in
        *" $preset "*) ;;
        *) fail "unknown preset '$preset' (there are: $presets)" ;;
    esac
    if [ ! -f "build/$preset/build.ninja" ] || [ $# -gt 0 ]; then
        with_progress "configure $preset" cmake --preset "$preset" "$@"
    fi
}

# build_preset PRESET [TARGET...]
build_preset() {
    local preset="$1" targets="${*:2}"
    configure_preset "$preset"
    with_progress "build $preset${targets:+: $targets}" cmake --build "build/$preset" ${targets:+--target $targets}
}
