#!/bin/sh
# Delegates out of shared libraries: one that knows TFLite's C interface alone, and our own as a plugin.
. "$(dirname "$0")/lib.sh"

cc=${CC:-gcc}
need "$cc"
case $TFLBENCH in *-address* | *-thread*) skip "a plain library would not load into a sanitizer's process" ;; esac
"$cc" -shared -fPIC -I"$root" -o "$dir/add.so" "$root/tests/cli/delegate/add.c" "$root/runtime/abi_common.c" ||
    skip "the library does not build for this machine"
"$TFLBENCH" zoo resnet8_mini -o "$dir" --precision float32 >/dev/null
model=$dir/resnet8_mini_float32.tflite

run "$TFLBENCH" inspect "$model" --delegate "external:$dir/add.so"
ok "a foreign delegate loads" is "$code" 0
ok "it takes the additions" says "$out" "external"
run "$TFLBENCH" run "$model" --delegate "external:$dir/add.so" --max-seconds 0.2 --min-runs 3 --no-profile --db "$db"
ok "it runs, and the outputs are right" is "$code" 0
run "$TFLBENCH" run "$model" --delegate "external:$(dirname "$TFLBENCH")/libtflbench_cpu_delegate.so" \
    --max-seconds 0.2 --min-runs 3 --no-profile --db "$db"
ok "so does our own as a plugin" is "$code" 0
run "$TFLBENCH" run "$model" --delegate "external:$dir/add.so;decline=1" --max-seconds 0.2 --db "$db"
ok "one that declines fails its configuration" is "$code" 5
ok "with what it said" says "$out" "declined, as asked"
run "$TFLBENCH" run "$model" --delegate "external:$dir/none.so" --max-seconds 0.2 --db "$db"
ok "so does a library that is not there" is "$code" 5
run "$TFLBENCH" run "$model" --delegate "external:$TFLBENCH" --max-seconds 0.2 --db "$db"
ok "and a file that is none" is "$code" 5
run "$TFLBENCH" run "$model" --delegate external --max-seconds 0.2 --db "$db"
ok "a name is needed" says "$out" "which library?"
finish
