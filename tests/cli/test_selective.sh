#!/bin/sh
# A runtime for certain models: `tflbench ops`, `make runtime`, the model runs in it as in the whole
# one, and a model that needs more is refused with what it lacks.
. "$(dirname "$0")/lib.sh"
need make
models
build=$(dirname "$TFLBENCH")
whole=$build/libtensorflowlite_c.so
client=$build/tests/abi/run_model
[ -x "$client" ] && [ -e "$whole" ] || skip "no client of the C library in $build"

run "$TFLBENCH" ops "$model2"
ok "ops lists operators with versions" says "$out" "op CONV_2D "
ok "ops lists data types" says "$out" "type INT8"
ok "ops lists no type that the model lacks" says_not "$out" "FLOAT32"
run "$TFLBENCH" ops "$model" "$model2"
ok "ops takes several models" says "$out" "type FLOAT32"
run "$TFLBENCH" ops "$dir/none.tflite"
ok "ops tells of a model that is not there" is "$code" 6
run "$TFLBENCH" ops "$model2" -o "$dir/no/such/folder/ops.txt"
ok "ops tells of a list that cannot be written" is "$code" 6
ok "... in one line" one_line "$err"

# In a folder that stays, so that only the first time is slow.
small=$build/runtime-test
run "$TFLBENCH" ops "$model2" -o "$dir/ops.txt"
run make -s -C "$root" runtime OPS="$dir/ops.txt" RUNTIME="$small" SAN= CC="${CC:-gcc}"
ok "make runtime builds it" is "$code" 0
ok "... and prints its size" says "$out" "bytes of text"
library=$small/libtensorflowlite_c.so
ok "it is a fraction of the whole" [ "$(stat -c %s "$library")" -lt "$(stat -c %s "$whole")" ]

run "$client" "$model2"
cp "$out" "$dir/whole.txt"
ok "the whole runtime runs the model" is "$code" 0
run env LD_LIBRARY_PATH="$small" "$client" "$model2"
ok "the small one runs it" is "$code" 0
ok "... to the same outputs" cmp -s "$out" "$dir/whole.txt"
run "$client" "$model"
ok "the whole runtime runs its float sibling" is "$code" 0

run env LD_LIBRARY_PATH="$small" "$client" "$model"
ok "the small one refuses the float sibling" is "$code" 1
ok "... because of a data type" says "$err" "is FLOAT32, which this runtime is built without"
other=$(find "$dir/zoo" -name 'lstm_mini*int8*' | head -n 1)
run env LD_LIBRARY_PATH="$small" "$client" "$other"
ok "it refuses a model with another operator" is "$code" 1
ok "... by its name" says "$err" "LSTM"
ok "... as not supported" says "$err" "is not supported"
finish
