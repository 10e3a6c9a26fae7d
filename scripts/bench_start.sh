#!/bin/sh
# Times the start of the zoo's models and, where they are there, of the shared models of tier 1:
# bench_start.sh BUILD_FOLDER. Exits 1 where one is over its limit.
set -eu
cd "$(dirname "$0")/.."
build=$1
zoo=$(mktemp -d)
trap 'rm -rf "$zoo"' EXIT
"$build/tflbench" zoo --all --output "$zoo" >/dev/null
set -- "$zoo"/*.tflite
shared=../shared/models
if [ -f "$shared/MANIFEST.json" ]; then
    for name in $("$build/tflbench" verify --list --tier 1 "$shared"); do
        set -- "$@" "$shared/$name/model.tflite"
    done
else
    echo "no $shared: only the zoo's models are timed"
fi
"$build/tests/bench/start" "$@"
