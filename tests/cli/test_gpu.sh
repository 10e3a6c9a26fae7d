#!/bin/sh
# The delegate gpu, where there is an OpenCL device; and what is said where there is none.
. "$(dirname "$0")/lib.sh"
shim=$(dirname "$TFLBENCH")/libopencl_shim.so
: "${POCL_CACHE_DIR:=$dir/driver-cache}"
export POCL_CACHE_DIR
mkdir -p "$POCL_CACHE_DIR"

"$TFLBENCH" zoo ds_cnn mobilenet_v2_mini -o "$dir" >/dev/null
model=$dir/ds_cnn_1.0_49_float32.tflite

run "$TFLBENCH" run "$model" --delegate "gpu:library=$dir/none.so" --max-seconds 0.2 --db "$db"
ok "a library that is not there fails the configuration" is "$code" 5
ok "and is named" says "$out" "none.so"
run "$TFLBENCH" run "$model" --delegate gpu:precision=fp8 --max-seconds 0.2 --db "$db"
ok "a wrong option is said" says "$out" "fp32, fp16 or auto"

"$TFLBENCH" list delegates | grep -q '^gpu  *yes ' || skip "no OpenCL device here"
cache=$dir/cache
for file in "$dir"/*.tflite; do
    for precision in fp32 fp16; do
        name="$(basename "$file" .tflite), $precision"
        run "$TFLBENCH" run "$file" --delegate gpu:precision=$precision --delegate-cache "$cache" \
            --max-seconds 0.3 --min-runs 3 --db "$db" --json
        ok "$name runs" is "$code" 0
        ok "$name: no output is wrong" says_not "$out" '"wrong"'
    done
done
ok "what was compiled is kept" test -n "$(ls "$cache"/*.gpu)"
run "$TFLBENCH" profile "$model" --delegate gpu --delegate-cache "$cache" --max-seconds 0.3 --db "$db"
for row in "submit" "copy to the device" "launch gap" "copy to the host" "wait for the end"; do
    ok "a profile has the row '$row'" says "$out" "$row"
done
suite=$(dirname "$0")/../conformance/open.tar.zst
run "$TFLBENCH" verify "$suite" --filter 'ADD/f32*' --delegate 'gpu:min-partition=1;precision=fp16' \
    --delegate-cache "$cache"
ok "halves are further off than the cases' rules allow" is "$code" 1
run "$TFLBENCH" verify "$suite" --filter 'ADD/f32*' --delegate 'gpu:min-partition=1;precision=fp16' \
    --delegate-cache "$cache" --halves
ok "and as close as halves are" is "$code" 0
ok "values that halves have not are no fault of theirs" says "$out" "0 failed, 1 skipped"
run "$TFLBENCH" inspect "$model" --delegate gpu:min-partition=100
ok "a small partition stays behind, and says so" says "$out" "fewer than min-partition=100"

# A device that is lost in the middle of a run: all calls from the 400th on fail.
run env TB_SHIM_FAIL=400:1 "$TFLBENCH" run "$model" --delegate "gpu:library=$shim" \
    --delegate-cache "$cache" --max-seconds 0.5 --db "$db"
ok "a lost device ends the configuration" is "$code" 5
ok "with its reason" says "$out" "CL_OUT_OF_RESOURCES"
run env TB_SHIM_FAIL=400:1 "$TFLBENCH" run "$model" --delegate "gpu:library=$shim" --fallback allow --no-profile \
    --delegate-cache "$cache" --max-seconds 0.5 --db "$db"
ok "or the engine's own kernels go on, where that is allowed" is "$code" 0
# A device that fails before the first run: nothing is delegated.
run env TB_SHIM_FAIL=30:1 "$TFLBENCH" run "$model" --delegate "gpu:library=$shim" \
    --delegate-cache "$cache" --max-seconds 0.5 --db "$db"
ok "a device that cannot be made ready takes nothing" is "$code" 0
ok "and says why" says "$err" "CL_"
run env TB_SHIM_FAIL=30:1 "$TFLBENCH" run "$model" --delegate "gpu:library=$shim" --fallback fail \
    --delegate-cache "$cache" --max-seconds 0.5 --db "$db"
ok "which --fallback fail makes a failure" is "$code" 5
finish
