#!/bin/sh
# Installs the Debian packages that a target needs and that are missing: setup.sh build|check|ci.
# Says in one line what it installs; does nothing, and says nothing, where all is there.
set -eu
here=$(dirname "$0")
case "${1:-build}" in
build) sets="build" ;;
check) sets="build check" ;;
ci) sets="build check ci" ;;
*)
    echo "usage: setup.sh build|check|ci" >&2
    exit 2
    ;;
esac

missing=""
foreign=""
for set_name in $sets; do
    for package in $(sed -n "s/^$set_name //p" "$here/packages.txt"); do
        case $package in
        *:arm64)
            # A machine that is itself arm64 needs no foreign copies.
            if [ "$(dpkg --print-architecture 2>/dev/null)" = arm64 ]; then
                continue
            fi
            foreign=arm64
            ;;
        esac
        state=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null || true)
        case " $state" in
        *" installed"*) ;; # once an architecture that has it
        *) missing="$missing $package" ;;
        esac
    done
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: needs the equivalents of these Debian packages:$missing" >&2
    exit 1
fi
root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "setup: not root and no sudo; as root run: apt-get install$missing" >&2
        exit 1
    fi
    root=sudo
fi
echo "setup: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
    if ! $root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "setup: failed: $*" >&2
        exit 1
    fi
}
if [ -n "$foreign" ] && ! dpkg --print-foreign-architectures | grep -qx "$foreign"; then
    run dpkg --add-architecture "$foreign"
fi
run apt-get update -q
# shellcheck disable=SC2086 # a list of words
run apt-get install -y -q --no-install-recommends $missing
