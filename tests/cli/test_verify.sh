#!/bin/sh
# `tflbench verify` on the real binary: what passes, what fails and how that is told, exit codes.
. "$(dirname "$0")/lib.sh"
suite=$root/tests/conformance/open.tar.zst

run "$TFLBENCH" verify "$suite" --list
ok "a packed suite is listed" is "$code $(wc -l <"$out")" "0 2270"
run "$TFLBENCH" verify "$suite" --list --filter 'CONV_2D/*' --filter 'RELU/f32_r4'
ok "filters choose by name" says "$out" RELU/f32_r4
ok "filters leave out the rest" says_not "$out" RELU/f32_edges

run "$TFLBENCH" verify "$suite" --delegate reference --filter 'INVALID/*' --jobs 2
ok "files that must be refused are, and without a crash" is "$code" 0
ok "the last line sums up" sh -c "tail -n 1 '$out' | grep -qE '^verify: [0-9]+ passed, 0 failed, 0 skipped$'"

tar --zstd -xf "$suite" -C "$dir" open/RELU/f32_r4
case=$dir/open/RELU/f32_r4
verify() {
    run "$TFLBENCH" verify "$@" --delegate reference
}

verify "$case"
ok "one case passes" says "$out" "verify: 1 passed, 0 failed, 0 skipped"
verify "$dir/open" --in-process
ok "and in one process" is "$code" 0

# An output that is wrong in its third element.
cp -r "$case" "$dir/wrong"
printf '\377\377' | dd of="$dir/wrong/expected_0.bin" bs=1 seek=10 conv=notrunc 2>/dev/null
verify "$dir/wrong"
ok "a wrong output fails" is "$code" 1
ok "and names the element" says "$out" "element 2"
ok "and is counted" says "$out" "verify: 0 passed, 1 failed, 0 skipped"
verify "$dir/wrong" "$case" --json
ok "JSON tells both" says "$out" '"passed":1,"failed":1,"skipped":0'

# A model that is accepted where it must be refused, and the other way round.
cp -r "$case" "$dir/accepted"
sed -i 's/"expect": "ok"/"expect": "refuse"/' "$dir/accepted/case.json"
verify "$dir/accepted"
ok "what should have been refused fails" says "$out" "has to be refused"
cp -r "$case" "$dir/refused"
printf 'no model' >"$dir/refused/model.tflite"
verify "$dir/refused"
ok "a model that cannot be loaded fails" is "$code" 1
ok "and says where" says "$out" "load: "
: >"$dir/refused/model.tflite"
verify "$dir/refused"
ok "an empty file is no crash" says_not "$out" "crashed"

# A model whose shapes only an inference knows: the cpu delegate leaves it, and says why.
run "$TFLBENCH" verify "$suite" --filter 'MEAN/f32_dynamic_axis' --delegate cpu --verbose
ok "what a delegate declines runs on the portable kernels" is "$code" 0
ok "and is counted with the reason" says "$out" "has no fixed shape"
ok "as left behind" says "$out" "delegate cpu took 0 of 1 nodes"

# A slip of the caller's.
verify "$dir/nowhere"
ok "a place that is not there" is "$code" 6
ok "is one line" one_line "$err"
verify "$case" --tier 1
ok "tiers need a manifest" is "$code" 2
run "$TFLBENCH" verify "$case" --delegate nonesuch
ok "an unknown delegate" is "$code" 2
verify "$suite" --filter 'NOSUCH/*'
ok "a filter that fits nothing" is "$code" 2
printf '{' >"$case/case.json"
verify "$case"
ok "a damaged case.json fails alone" says "$out" "case.json"
printf 'x' >"$dir/suite.tar.zst"
verify "$dir/suite.tar.zst"
ok "a damaged archive" is "$code" 1
ok "is one line, too" one_line "$err"

finish
