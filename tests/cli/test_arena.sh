#!/bin/sh
# docs/memory.md: the table of planned memory is what this build plans, and nothing is above TFLite's.
. "$(dirname "$0")/lib.sh"
models=$root/../shared/models
[ -e "$models/MANIFEST.json" ] || skip "no ../shared/models"

run "$root/scripts/arena_table.sh" "$TFLBENCH" "$models"
ok "no model's planned tensors take more than TFLite's arena" is "$code" 0
ok "the table has models" at_least "$(grep -c '^| .*/' "$out")" 70
sed -n '/^| model/,$p' "$root/docs/memory.md" >"$dir/docs.txt"
ok "docs/memory.md is up to date (make arena-table)" cmp -s "$out" "$dir/docs.txt"
finish
