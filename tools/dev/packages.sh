# SPDX-License-Identifier: Apache-2.0
# Sourced, not run: installs Debian packages of the groups in packages.tsv when they are missing.

packages_of() { # GROUP...
    local group
    for group in "$@"; do
        awk -F '\t' -v group="$group" '$1 == group {print $2}' tools/dev/packages.tsv
    done
}

missing_packages() { # GROUP...
    local installed package
    installed=" $(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" {printf "%s ", $2}')"
    for package in $(packages_of "$@"); do
        # A machine may bring Node in another way, so it is asked for by command.
        case "$package" in
            nodejs) command -v node >/dev/null && continue ;;
            npm) command -v npm >/dev/null && continue ;;
        esac
        [[ "$installed" == *" $package "* ]] || printf '%s ' "$package"
    done
}

# ensure_packages GROUP...: returns at once when nothing is missing.
ensure_packages() {
    local missing sudo=()
    if ! command -v apt-get >/dev/null; then
        warn "this is no Debian system: nothing is installed, the tools of ./dev doctor are taken as they are"
        return 0
    fi
    missing="$(missing_packages "$@")"
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "packages are missing and there is neither root nor sudo; as root run: apt-get install $missing"
        sudo=(sudo -E)
        [ "${CI:-}" = true ] && sudo=(sudo -n -E)
        # Ask for a password now: later, output is in a log.
        "${sudo[@]}" true || fail "sudo was refused; as root run: apt-get install $missing"
    fi
    say "missing packages: $missing"
    export DEBIAN_FRONTEND=noninteractive
    with_progress "apt-get update" "${sudo[@]}" apt-get update ||
        warn "apt-get update failed; trying with the lists that are there"
    # shellcheck disable=SC2086 # the list is meant to be split
    with_progress "apt-get install" "${sudo[@]}" apt-get install -y --no-install-recommends $missing ||
        fail "could not install the packages above"
}
