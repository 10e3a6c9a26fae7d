#!/bin/sh
# `tflbench inspect` on the real binary, with a model of the conformance suite.
. "$(dirname "$0")/lib.sh"
tar --zstd -xf "$root/tests/conformance/open.tar.zst" -C "$dir" open/RELU/f32_r4
model=$dir/open/RELU/f32_r4/model.tflite

run "$TFLBENCH" inspect "$model" --delegate reference
ok "a model is shown" is "$code" 0
ok "with its operator" says "$out" RELU
ok "its shapes" says "$out" "float32 [2,3,5,3]"
ok "its memory plan and the bound" says "$out" "lower bound"
ok "and who runs it" says "$out" "Delegate reference"
run "$TFLBENCH" inspect "$model" --delegate reference --plan-limit 5
ok "the plan is within 5 % of its bound" is "$code" 0
run "$TFLBENCH" inspect "$model" --only memory --delegate reference
ok "one part alone" says_not "$out" "Tensors"
run "$TFLBENCH" inspect "$model" --json --delegate reference
ok "JSON names its schema" says "$out" '"schema":"tflbench.inspect","version":1'
ok "on one line" one_line "$out"
run "$TFLBENCH" inspect "$model" --only everything
ok "an unknown part is a mistake of the caller" is "$code" 2
printf 'no model at all' >"$dir/bad.tflite"
run "$TFLBENCH" inspect "$dir/bad.tflite" "$model" --delegate reference
ok "a damaged file is one line" one_line "$err"
ok "and does not keep the next from being shown" says "$out" RELU
ok "but from success" is "$code" 1
run "$TFLBENCH" inspect "$dir/nowhere.tflite" --delegate reference
ok "a file that is not there" is "$code" 6

finish
