#!/bin/sh
# `tflbench accuracy` and `run --accuracy` on the real binary, with pictures and labels made here.
. "$(dirname "$0")/lib.sh"

# A 24-bit BMP of 8 x 8 pixels, all of the byte given (octal).
bmp() {
    printf 'BM\366\0\0\0\0\0\0\0\066\0\0\0\050\0\0\0\010\0\0\0\010\0\0\0\001\0\030\0' >"$1"
    printf '\0\0\0\0\300\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >>"$1"
    head -c 192 /dev/zero | tr '\0' "\\$2" >>"$1"
}

"$TFLBENCH" zoo resnet8_mini -o "$dir" >/dev/null || skip "no zoo"
float=$dir/resnet8_mini_float32.tflite
int8=$dir/resnet8_mini_int8.tflite
mkdir "$dir/set" "$dir/set/a" "$dir/set/b"
k=0
for byte in 000 040 100 140 200 240 300 340; do
    bmp "$dir/set/a/$k.bmp" $byte
    bmp "$dir/set/b/$k.bmp" $byte
    k=$((k + 1))
done

run "$TFLBENCH" accuracy "$float" --data "$dir/set" --std 255 --delegate reference,cpu --db "$db"
ok "a folder of classes is evaluated" is "$code" 0
# The same pictures are in both classes: half of at most all answers can be right.
ok "the share that is right" says "$err" "16 items"
ok "both delegates answer alike" says "$err" "0 are right only there, 0 only here"
ok "the table has the accuracy" says "$out" "top1"
run "$TFLBENCH" show @ --json --db "$db"
ok "the store has it" says "$out" '"top1"'

run "$TFLBENCH" accuracy "$int8" --data "$dir/set" --shard 1/2 --db "$db"
ok "one half" says "$err" "8 items"
run "$TFLBENCH" accuracy "$int8" --data "$dir/set" --resume --db "$db"
ok "resuming puts halves together" says "$err" "16 items"
ok "and evaluated only the others" is \
    "$(sqlite3 "$db" "SELECT count(*) FROM figure WHERE phase='item' AND run_id=(SELECT max(id) FROM run)")" 8

printf 'BMxx' >"$dir/set/b/3.bmp"
run "$TFLBENCH" accuracy "$float" --data "$dir/set" --db "$db"
ok "a broken picture costs itself" is "$code" 0
ok "it is counted and named" says "$err" "1 could not be evaluated, the first: $dir/set/b/3.bmp: not a sound BMP"

mkdir "$dir/packed"
head -c 6144 /dev/zero >"$dir/packed/images_2x32x32x3_u8.bin"
printf '\0\001' >"$dir/packed/labels_2_u8.bin"
run "$TFLBENCH" accuracy "$float" --data "$dir/packed" --limit 1 --db "$db"
ok "a packed array" says "$err" " 1 items"
head -c 6143 /dev/zero >"$dir/packed/images_2x32x32x3_u8.bin"
run "$TFLBENCH" accuracy "$float" --data "$dir/packed" --db "$db"
ok "of the wrong size is refused" says "$out" "6143 bytes; by its name 2 items of 3072 bytes"
ok "as a failed configuration" is "$code" 5

run "$TFLBENCH" run "$float" --max-seconds 0.2 --min-runs 3 --no-profile --db "$db" \
    --accuracy "classify:$dir/set;std=255"
ok "run evaluates as well" is "$code" 0
run "$TFLBENCH" show @ --json --db "$db"
ok "one row has the latency" says "$out" '"median_ns":'
ok "and the accuracy" says "$out" '"top1"'
ok "... the same row" is "$(grep -c '"median_ns"' "$out")" 1

run "$TFLBENCH" accuracy "$float" --task guess --data "$dir/set"
ok "an unknown task is a mistake of the caller" is "$code" 2
ok "the tasks are named" says "$err" "classify, keyword, detect, segment, anomaly, regress"
run "$TFLBENCH" accuracy "$float"
ok "so is no data" is "$code" 2
run "$TFLBENCH" accuracy "$float" --data "$dir/set" --crop 2
ok "and a crop above 1" is "$code" 2
run "$TFLBENCH" accuracy "$float" --data "$dir/nothing" --db "$db"
ok "a folder that is not there fails the configuration" is "$code" 5
ok "with its name" says "$out" "$dir/nothing"
finish
