#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proof that a fresh Debian machine is enough: a debootstrap minbase root with git, a clone of HEAD, and
# in it `./dev run` and `./dev test`. Needs root. What this machine needs to reach its package registries
# (apt and pip configuration, certificates, proxy variables) is copied into the root, never into a clone.
#
#   tools/dev/clean_root.sh [--keep] [COMMAND...]    COMMAND: default is to run both, one after the other
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for part in terminal packages; do . "tools/dev/$part.sh"; done

suite=bookworm
mirror="${ORCHESTRATOR_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/orchestrator-clean-root"
keep=no
if [ "${1:-}" = --keep ]; then
    keep=yes
    shift
fi
[ "$(id -u)" -eq 0 ] || fail "a clean root needs root (chroot and mounts)"
ensure_packages deep

root="$(mktemp -d "${TMPDIR:-/var/tmp}/clean-root.XXXXXX")"
remove_root() {
    if [ "$keep" = yes ]; then
        say "kept: $root"
    else
        rm -rf --one-file-system -- "$root"
    fi
}
trap remove_root EXIT

# The base is made once a machine: minbase, this machine's package sources, git.
copy_registry_settings() { # ROOT
    local file
    install -d "$1/etc/apt/apt.conf.d" "$1/etc/apt/sources.list.d" "$1/usr/local/share/ca-certificates"
    for file in /etc/apt/apt.conf.d/* /etc/apt/auth.conf.d/* /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list \
        /etc/pip.conf /etc/resolv.conf /etc/hosts /usr/local/share/ca-certificates/*; do
        [ -f "$file" ] && install -D -m 644 "$file" "$1$file"
    done
    # One of the two forms of the list is enough; debootstrap wrote the old one.
    [ ! -f "$1/etc/apt/sources.list.d/debian.sources" ] || [ -s /etc/apt/sources.list ] || : >"$1/etc/apt/sources.list"
}
base="$cache/$suite-minbase-git.tar"
if [ ! -f "$base" ]; then
    mkdir -p "$cache"
    with_progress "debootstrap $suite" debootstrap --variant=minbase "$suite" "$root" "$mirror"
    copy_registry_settings "$root"
    with_progress "apt-get update in the root" chroot "$root" apt-get update
    with_progress "git in the root" chroot "$root" apt-get install -y --no-install-recommends git
    with_progress "keep the base" tar -C "$root" --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* -cf "$base.part" .
    mv "$base.part" "$base"
else
    with_progress "unpack the base" tar -C "$root" -xf "$base"
    copy_registry_settings "$root"
fi

chmod 755 "$root" # as any machine's root is: tests of other users look from there

heading "clone of $(git rev-parse --short HEAD)"
[ -z "$(git status --porcelain)" ] || warn "there are uncommitted changes; the clean root proves HEAD only"
mkdir -p "$root/src"
git clone -q --no-hardlinks . "$root/src/main"
fixtures="${ORCHESTRATOR_FIXTURES:-../shared/fixtures}"
if [ -d "$fixtures" ]; then
    mkdir -p "$root/src/shared"
    cp -r "$fixtures" "$root/src/shared/fixtures"
fi

# Proxy, certificate and registry variables only; everything else is as a new machine has it.
environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CI=true)
while IFS= read -r -d '' variable; do
    environment+=("$variable")
done < <(env -0 | grep -zE '^([A-Za-z]*_(PROXY|proxy)|PIP_[A-Z_]*|NPM_CONFIG_[A-Za-z_]*|SSL_CERT_(FILE|DIR)|[A-Z_]*CA_BUNDLE|[A-Z_]*CA_CERTS|GIT_SSL_CAINFO)=')

if [ $# -eq 0 ]; then
    set -- bash -c './dev run && ./dev run "Say one word." && ./dev test'
fi
heading "in the clean root: $*"
started=$SECONDS
status=0
# A mount and a process namespace of its own: nothing stays mounted or running afterwards.
unshare --mount --pid --fork --kill-child bash -c '
    root="$1"; shift
    # Not chroot: the kernel gives no user namespaces there, and the sandbox of commands needs them.
    mount --bind "$root" "$root" && cd "$root" && mkdir -p .outside && pivot_root . .outside || exit 1
    mount -t proc proc /proc && mount --rbind /.outside/dev /dev && mount --rbind /.outside/sys /sys &&
        mount -t tmpfs tmpfs /tmp ||
        echo "note: no mounts are possible here; sanitizers may refuse to run without /proc" >&2
    umount -l /.outside && rmdir /.outside
    exec /usr/bin/env -i --chdir=/src/main "$@"
' clean-root "$root" "${environment[@]}" "$@" </dev/null || status=$?
say "clean root: exit status $status after $((SECONDS - started)) s"
exit "$status"
