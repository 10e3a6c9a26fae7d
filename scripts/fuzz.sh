#!/bin/bash
# Runs fuzz targets one after the other:  fuzz.sh SECONDS TARGET…
#
# What a target learns stays in build/fuzz/NAME/corpus, what it breaks on goes to
# build/fuzz/NAME/found. It starts from the models in tests/fuzz/seeds and, where it is at hand, the
# operator cases of ../shared.
set -u
seconds=$1
shift
seeds=build/fuzz/seeds
cases=../shared/conformance/open.tar.zst
mkdir -p "$seeds"
if [ -r "$cases" ] && [ ! -e "$seeds/.cases" ]; then
    zstd -qdc "$cases" | tar -C "$seeds" --wildcards -xf - '*/model.tflite' && touch "$seeds/.cases"
fi
bad=0
for target in "$@"; do
    name=$(basename "$target")
    corpus=build/fuzz/$name/corpus found=build/fuzz/$name/found
    mkdir -p "$corpus" "$found"
    echo "-- $name, $seconds s"
    "$target" -max_total_time="$seconds" -timeout=5 -max_len=65536 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$found/" "$corpus" "$seeds" || bad=1
done
exit $bad
