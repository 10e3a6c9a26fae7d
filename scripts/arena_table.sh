#!/bin/sh
# arena_table.sh TFLBENCH MODELS: a Markdown table of the memory that planned tensors take (largest
# offset + size in the primary subgraph) beside the arena that TFLite plans, which MANIFEST.json in the
# folder MODELS has. Models that cannot be run, or whose arena TFLite does not tell, are left out.
# Exits with 1 where one takes more than TFLite.
set -eu
tflbench=$1 models=$2
above=0 count=0 ours_sum=0 theirs_sum=0

echo "| model | planned tensors, bytes | TFLite's arena, bytes | of it |"
echo "|---|---:|---:|---:|"
pairs=$(awk -F'"' '
    /^ *"name":/ { name = $4 }
    /^ *"arena_bytes":/ { split($0, part, /[:,]/); print name, part[2] + 0 }' \
    "$models/MANIFEST.json" | LC_ALL=C sort)
while read -r name theirs; do
    ours=$("$tflbench" inspect "$models/$name/model.tflite" --only memory --delegate reference \
        --json 2>/dev/null | grep -o '"memory_plan":{"arena_bytes":[0-9]*' | head -n 1 |
        sed 's/.*://')
    [ -n "$ours" ] || continue
    share=$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf b ? "%.1f %%" : "-", b ? 100 * a / b : 0 }')
    echo "| $name | $ours | $theirs | $share |"
    count=$((count + 1)) ours_sum=$((ours_sum + ours)) theirs_sum=$((theirs_sum + theirs))
    [ "$ours" -le "$theirs" ] || above=$((above + 1))
done <<EOF
$pairs
EOF
echo
echo "$count models, $above above TFLite's arena; together $ours_sum bytes of $theirs_sum."
[ "$above" = 0 ]
