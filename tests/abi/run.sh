#!/bin/sh
# What libtensorflowlite_c.so exports is what stock TFLite's does (its XNNPACK delegate aside), under
# the same symbol version, and nothing else; then the client that is linked to it runs.
here=$(dirname "$0")
library=$BUILD/libtensorflowlite_c.so
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

check() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
    fi
}

nm -D --defined-only "$library" | sed -n 's/.* [A-Z] \(.*\)/\1/p' | grep -v '^VERS_1.0$' |
    sort >"$scratch/versioned"
sed 's/@@VERS_1.0$//' "$scratch/versioned" >"$scratch/names"
comm -23 "$here/exports.txt" "$scratch/names" >"$scratch/missing"
[ ! -s "$scratch/missing" ]
check $? "not exported: $(tr '\n' ' ' <"$scratch/missing")"
grep -v '@@VERS_1.0$' "$scratch/versioned" >"$scratch/unversioned"
[ ! -s "$scratch/unversioned" ]
check $? "without the version VERS_1.0: $(tr '\n' ' ' <"$scratch/unversioned")"
grep -v '^TfLite' "$scratch/names" >"$scratch/foreign"
[ ! -s "$scratch/foreign" ]
check $? "not of the interface: $(tr '\n' ' ' <"$scratch/foreign")"

"$BUILD/tests/abi/make_model" "$scratch/two_signatures.tflite" &&
    "$BUILD/tests/abi/client" "$scratch/two_signatures.tflite"
check $? "the client"

echo "C library: $passed passed, $failed failed"
[ $failed = 0 ]
