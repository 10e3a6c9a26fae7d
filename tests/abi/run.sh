#!/bin/sh
# What libtensorflowlite_c.so exports is what stock TFLite's does, under the same symbol version, and
# nothing else; then the client that is linked to it runs. exports.txt is that list; where the file of
# recorded facts is there (../shared/abi), the list is held to it.
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

facts=$here/../../../shared/abi/tflite_c_abi.json
[ -e "$facts" ] || facts=../shared/abi/tflite_c_abi.json
skipped=0
if [ -e "$facts" ]; then
    sed -n '/"exported_by_libtensorflowlite_c"/,/"notes"/p' "$facts" |
        sed -n 's/^ *"\(TfLite[A-Za-z0-9]*\)",*$/\1/p' | LC_ALL=C sort -u >"$scratch/facts"
    LC_ALL=C sort "$here/exports.txt" | cmp -s - "$scratch/facts"
    check $? "exports.txt is not what $facts records"
else
    echo "no ../shared/abi: exports.txt is not held to the recorded facts"
    skipped=1
fi

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
    "$BUILD/tests/abi/make_model" "$scratch/state.tflite" count &&
    "$BUILD/tests/abi/client" "$scratch/two_signatures.tflite" "$scratch/state.tflite" \
        "$BUILD/libtflbench_cpu_delegate.so"
check $? "the client"

# The delegates in a real TFLite, where TFLITE_LIB names one; the gpu's where there is a device.
delegates=cpu
if [ -x "$BUILD/tflbench" ] && "$BUILD/tflbench" list delegates | grep -q '^gpu  *yes '; then
    delegates="cpu gpu"
else
    skipped=$((skipped + 4))
fi
if [ -n "$TFLITE_LIB" ]; then
    for delegate in $delegates; do
        for model in mobilenet_v2_mini_float32 resnet8_mini_int8 unet_mini_int8 lstm_mini_float32; do
            "$BUILD/tests/abi/plugin" "$TFLITE_LIB" "$BUILD/libtflbench_${delegate}_delegate.so" \
                "$here/../data/zoo/$model.tflite"
            check $? "the delegate $delegate in $TFLITE_LIB: $model"
        done
    done
else
    for delegate in $delegates; do
        skipped=$((skipped + 4))
    done
fi

echo "C library: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
