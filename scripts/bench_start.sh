#!/bin/sh
# Times the start of the zoo's models and, where they are there, of the shared models of tier 1:
# bench_start.sh BUILD_FOLDER. The limit holds for the latter: exits 1 where one is over it. Some of
# the zoo's are made of very many small nodes, and are there to show what that costs.
set -eu
cd "$(dirname "$0")/.."
build=$1
zoo=$(mktemp -d)
trap 'rm -rf "$zoo"' EXIT
"$build/tflbench" zoo --all --output "$zoo" >/dev/null
echo "The zoo, for information"
"$build/tests/bench/start" "$zoo"/*.tflite || true
shared=../shared/models
if [ ! -f "$shared/MANIFEST.json" ]; then
    echo "no $shared: real models are not timed"
    exit 0
fi
set --
for name in $("$build/tflbench" verify --list --tier 1 "$shared"); do
    set -- "$@" "$shared/$name/model.tflite"
done
echo
echo "Real models of tier 1"
"$build/tests/bench/start" "$@"
