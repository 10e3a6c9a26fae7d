#!/bin/sh
# The delegate xnnpack, where libXNNPACK is installed; and what is said where it is not.
. "$(dirname "$0")/lib.sh"

"$TFLBENCH" zoo resnet8_mini unet_mini mobilenet_v2_mini -o "$dir" >/dev/null
model=$dir/resnet8_mini_float32.tflite

run "$TFLBENCH" run "$model" --delegate "xnnpack:library=$dir/none.so" --max-seconds 0.2 --db "$db"
ok "a library that is not there fails the configuration" is "$code" 5
ok "and is named" says "$out" "none.so"

"$TFLBENCH" list delegates --json | grep -q '"name":"xnnpack","what":"[^"]*","available":true' ||
    skip "no libXNNPACK.so.0 here"
run "$TFLBENCH" run "$model" --delegate xnnpack:speed=2 --max-seconds 0.2 --db "$db"
ok "an unknown option is said" says "$out" "no option 'speed'"
case $TFLBENCH in *-thread*) skip "its threads are not seen by the thread sanitizer" ;; esac
for file in "$dir"/*.tflite; do
    name=$(basename "$file" .tflite)
    run "$TFLBENCH" run "$file" --delegate xnnpack --threads 1,2 --max-seconds 0.3 --min-runs 3 \
        --db "$db" --json
    ok "$name runs at one and two threads" is "$code" 0
    ok "$name: no output is wrong" says_not "$out" '"wrong"'
done
run "$TFLBENCH" profile "$model" --delegate xnnpack --max-seconds 0.3 --db "$db"
ok "a partition is a step of the profile" says "$out" "xnnpack"
run "$TFLBENCH" inspect "$dir/unet_mini_float32.tflite" --delegate xnnpack
ok "what it leaves behind has its reason" says "$out" "XNNPACK has no such operator"
finish
