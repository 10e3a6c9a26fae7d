#!/bin/sh
# Fails on an #include that points up the layers, on SQL outside the store, on exit() outside
# main.c, and on operating-system tests outside os_*.c. docs/architecture.md explains the layers.
set -eu
cd "$(dirname "$0")/.."
bad=0

complain() {
    echo "layers: $*" >&2
    bad=1
}

# What each layer may include, by path prefix. runtime/ and delegates/ see one file of profiler/.
allowed_for() {
    case $1 in
    runtime/base/*) echo 'runtime/base/' ;;
    profiler/sink.h) echo '' ;;
    profiler/*) echo 'profiler/ runtime/base/ runtime/tflite_abi/' ;;
    runtime/*) echo 'runtime/ profiler/sink.h' ;;
    delegates/*) echo 'delegates/ runtime/ profiler/sink.h' ;;
    models/*) echo 'models/ runtime/base/ runtime/tflite_abi/ runtime/schema runtime/flatbuffer.h runtime/tensor.h runtime/builtin_names.h' ;;
    reports/*) echo 'reports/ runtime/base/' ;;
    bench/*) echo 'bench/ reports/ models/ delegates/ runtime/ profiler/' ;;
    esac
}

for file in $(git ls-files 'runtime/*.[ch]' 'profiler/*.[ch]' 'delegates/*.[ch]' 'models/*.[ch]' \
    'reports/*.[ch]' 'bench/*.[ch]' 'runtime/*.def' 'reports/*.def'); do
    allowed=$(allowed_for "$file")
    for included in $(sed -n 's/^#include "\(.*\)".*/\1/p' "$file"); do
        case $included in
        runtime/* | profiler/* | delegates/* | models/* | reports/* | bench/*) ;;
        *) continue ;; # generated, or a system's own
        esac
        fits=no
        for prefix in $allowed; do
            case $included in "$prefix"*) fits=yes ;; esac
        done
        [ $fits = yes ] || complain "$file includes $included"
    done
done

for file in $(git grep -lE '\bsqlite3?_|#include <sqlite3\.h>' -- '*.[ch]' || true); do
    case $file in
    reports/store_* | reports/store.c | tests/*) ;;
    *) complain "$file speaks to SQLite; only reports/store_*.c may" ;;
    esac
done

for file in $(git grep -lE '\b(exit|_exit|abort|quick_exit)\(' -- 'runtime/*.c' 'profiler/*.c' \
    'delegates/*.c' 'models/*.c' 'reports/*.c' || true); do
    complain "$file ends the process; only bench/main.c may"
done

for file in $(git grep -lE '^#[ ]*if.*(__linux__|__ANDROID__|__APPLE__|_WIN32)' -- '*.[ch]' || true); do
    case $file in
    runtime/base/os* | tests/*) ;;
    *) complain "$file asks which operating system this is; only runtime/base/os_*.c may" ;;
    esac
done

[ $bad = 0 ] && echo "layers: ok"
exit $bad
