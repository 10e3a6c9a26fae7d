#!/bin/sh
# `tflbench zoo` on the real binary.
. "$(dirname "$0")/lib.sh"

differ() {
    ! cmp -s "$1" "$2"
}

run "$TFLBENCH" zoo
ok "without a model it lists them" says "$out" mobilenet_v2
run "$TFLBENCH" zoo list --json
ok "the list as JSON names its schema" says "$out" '"schema":"tflbench.zoo","version":1'

run "$TFLBENCH" zoo ds_cnn_mini resnet8_mini -o "$dir/a"
ok "two models in both precisions" is "$code" 0
ok "it says what it wrote" says "$out" "$dir/a/ds_cnn_mini_int8.tflite"
run "$TFLBENCH" zoo resnet8_mini ds_cnn_mini -o "$dir/b"
for name in ds_cnn_mini_float32 ds_cnn_mini_int8 resnet8_mini_float32 resnet8_mini_int8; do
    ok "$name is the same each time" cmp "$dir/a/$name.tflite" "$dir/b/$name.tflite"
    run "$TFLBENCH" inspect "$dir/a/$name.tflite"
    ok "$name can be inspected" is "$code" 0
done
run "$TFLBENCH" zoo ds_cnn_mini --precision int8 --seed 7 --json -o "$dir/c"
ok "one precision, as JSON" says "$out" '"precision":"int8"'
ok "another seed gives other weights" differ "$dir/a/ds_cnn_mini_int8.tflite" "$dir/c/ds_cnn_mini_int8.tflite"
run "$TFLBENCH" zoo mobilenet_v2 --width 0.35 --resolution 32 --blocks 2 --precision float32 -o "$dir"
ok "parameters stand in the name" test -f "$dir/mobilenet_v2_0.35_32_float32.tflite"

run "$TFLBENCH" zoo ds_cnn_mimi -o "$dir/none"
ok "an unknown model is a mistake of the caller" is "$code" 2
ok "it names the nearest" says "$err" ds_cnn_mini
ok "and writes nothing" test ! -e "$dir/none"
run "$TFLBENCH" zoo unet --resolution 100 -o "$dir"
ok "a resolution that does not divide" is "$code" 2
run "$TFLBENCH" zoo ds_cnn_mini --precision float16 -o "$dir"
ok "an unknown precision" is "$code" 2
run "$TFLBENCH" zoo ds_cnn_mini -o /dev/null/x
ok "a folder that cannot be" is "$code" 6

finish
