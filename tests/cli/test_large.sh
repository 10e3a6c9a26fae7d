#!/bin/sh
# Constants behind the FlatBuffer, by offset and size: a small file, and one of more than 2 GB, which
# FlatBuffers alone cannot reach. The large one is mostly a hole, so the disk holds little of it.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$TFLBENCH")
maker=$build/tests/abi/make_model
client=$build/tests/abi/run_model
[ -x "$maker" ] && [ -x "$client" ] || skip "no $maker or $client"

run "$maker" "$dir/small.tflite" behind 8192
ok "a file with its constant at 8192 is made" is "$code" 0
run "$client" "$dir/small.tflite"
cp "$out" "$dir/small.txt"
ok "it runs" is "$code" 0
head -c 8200 "$dir/small.tflite" >"$dir/cut.tflite"
run "$client" "$dir/cut.tflite"
ok "a file that ends within the constant is refused" is "$code" 1
ok "... with what lies outside" says "$err" "16 bytes at offset 8192 lie outside the file's 8200 bytes"
run "$TFLBENCH" inspect "$dir/small.tflite" --only tensors
ok "inspect shows the constant" says "$out" "constant"

# Beyond 2 and beyond 4 GiB.
for offset in 2500000000 5000000000; do
    run "$maker" "$dir/large.tflite" behind $offset
    [ "$code" = 3 ] && skip "no file of $offset bytes fits on this disk"
    run "$client" "$dir/large.tflite"
    ok "a constant at $offset is read" is "$code" 0
    ok "... the same as in the small file" cmp -s "$out" "$dir/small.txt"
    # Not run: that would take the checksum of all of it.
    run "$TFLBENCH" inspect "$dir/large.tflite" --only memory
    ok "inspect takes it" is "$code" 0
    rm -f "$dir/large.tflite"
done
finish
