#!/bin/sh
# Installs the Debian packages that a target needs and that are missing: setup.sh build|check|ci;
# and for check and ci the npm packages of tests/browser. Says in one line what it installs; does
# nothing, and says nothing, where all is there.
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
        nodejs | npm)
            # From wherever it comes: another nodejs than Debian's brings an npm that Debian's
            # package would not go with.
            if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
                continue
            fi
            ;;
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

log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
    if ! env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "setup: failed: $*" >&2
        exit 1
    fi
}

install_packages() {
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
    if [ -n "$foreign" ] && ! dpkg --print-foreign-architectures | grep -qx "$foreign"; then
        run $root dpkg --add-architecture "$foreign"
    fi
    run $root apt-get update -q
    # shellcheck disable=SC2086 # a list of words
    run $root apt-get install -y -q --no-install-recommends $missing
}

# Exactly what the lock file names, anew where that changed.
install_modules() {
    browser=$here/../tests/browser
    lock=$browser/node_modules/.package-lock.json
    if [ ! -f "$lock" ] || [ "$browser/package-lock.json" -nt "$lock" ]; then
        echo "setup: installing the npm packages of tests/browser"
        if npm ci --prefix "$browser" >"$log" 2>&1; then
            touch "$lock"
        else
            # A machine without the registry passes every other test; these are counted as skipped.
            tail -n 5 "$log" >&2
            echo "setup: npm has no packages: the tests in a browser will be skipped" >&2
        fi
    fi
}

[ -z "$missing" ] || install_packages
case " $sets " in
*" check "*) install_modules ;;
esac
