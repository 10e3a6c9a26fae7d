#!/bin/sh
# Custom operators out of shared objects: what they may export, that a model runs with one in run,
# inspect and in another runtime, and what is said where one is missing.
. "$(dirname "$0")/lib.sh"
maker=$(dirname "$TFLBENCH")/tests/abi/make_model
[ -x "$maker" ] || skip "no $maker"
cc=${CC:-gcc}
need "$cc"
"$maker" "$dir/count.tflite"

# build NAME FLAGS...: the operator as $dir/NAME.so
build() {
    name=$1
    shift
    "$cc" -shared -fPIC -I"$root" "$@" -o "$dir/$name.so" "$root/tests/cli/custom_op/count.c"
}
build exact -DNAME=Register_Count
build capitals -DNAME=Register_COUNT
build cpp -DNAME=_Z14Register_COUNTv
build cpp_namespace -DNAME=_ZN6tflite3ops6custom14Register_COUNTEv
build list -DAS_LIST
build other -DNAME=Register_Something
build broken -DNAME=Register_Count -DBROKEN

measure() {
    run "$TFLBENCH" run "$dir/count.tflite" --signature count --db "$db" --warmup 0 \
        --warmup-seconds 0 --min-runs 1 --max-runs 3 --min-seconds 0 --no-profile "$@"
}

measure --delegate reference
ok "without a library the operator is missing" is "$code" 5
ok "... and named" says "$out" "Count"
for how in exact capitals cpp cpp_namespace list; do
    measure --delegate reference,cpu --custom-op "$dir/$how.so"
    ok "run: found as $how" is "$code" 0
done
ok "outputs were checked against the reference" says "$out" "right"
ok "the library's name is kept with the figures" says "$out" "custom-op=list.so"
measure --delegate reference --custom-op "$dir/other.so" --custom-op "$dir/exact.so"
ok "run: the second of two libraries has it" is "$code" 0
(cd "$dir" && "$TFLBENCH" inspect count.tflite --custom-op exact.so) >"$out" 2>"$err"
ok "inspect: a plain name is a file here" is $? 0
ok "inspect: shapes are known" says_not "$out" "cannot be run"

run "$TFLBENCH" inspect "$dir/count.tflite" --custom-op "$dir/none.so"
ok "a library that is not there is an error" [ "$code" -ne 0 ]
ok "... which names it" says "$err" "none.so"
run "$TFLBENCH" inspect "$dir/count.tflite" --custom-op "$dir/other.so"
ok "a library without the operator is an error" is "$code" 1
ok "... which says what was looked for" says "$err" "looked for tflbench_custom_ops, Register_Count, Register_COUNT"
ok "... and where" says "$err" "other.so"
run "$TFLBENCH" inspect "$dir/count.tflite" --custom-op "$dir/broken.so"
ok "a registration without invoke is an error" says "$err" "without an invoke function"
models
run "$TFLBENCH" inspect "$model" --custom-op "$dir/other.so"
ok "a model without custom operators does not mind" is "$code" 0

library=$(dirname "$TFLBENCH")/libtensorflowlite_c.so
measure --delegate reference --engine "tflite:$library" --custom-op "$dir/exact.so"
ok "engine tflite takes the same library" is "$code" 0
finish
