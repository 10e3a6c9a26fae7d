#!/bin/sh
# `tflbench numerics` on the real binary: a right delegate, and one with a planted fault in one node,
# which is found by looking and by bisecting.
. "$(dirname "$0")/lib.sh"

"$TFLBENCH" zoo mobilenet_v2 --width 0.35 --resolution 32 -o "$dir" >/dev/null
float=$dir/mobilenet_v2_0.35_32_float32.tflite
int8=$dir/mobilenet_v2_0.35_32_int8.tflite

run "$TFLBENCH" numerics "$float" --db "$db"
ok "the cpu delegate is right" is "$code" 0
ok "... and says so" says "$out" "The outputs are right."
ok "intermediate tensors are shown" says "$out" "DEPTHWISE_CONV_2D"
run "$TFLBENCH" numerics "$int8" --json --db "$db"
ok "quantised models bit for bit" says_not "$out" '"differing":1'
ok "as JSON with its schema" says "$out" '"schema":"tflbench.numerics","version":1'
ok "figures are stored" at_least \
    "$(sqlite3 "$db" "SELECT count(*) FROM figure WHERE phase='numerics' AND metric='snr_db'")" 50
run "$TFLBENCH" numerics "$int8" --against-model "$float" --snr 1 --cosine 0.5 --db "$db"
ok "the float twin is a reference too" is "$code" 0

run "$TFLBENCH" numerics "$float" --snr 400 --max-abs 0 --mse 0 --db "$db"
ok "limits can be set" is "$code" 1
run "$TFLBENCH" numerics "$dir/none.tflite" --db "$db"
ok "a model that is not there" is "$code" 5
run "$TFLBENCH" numerics "$float" --delegate nobody
ok "a delegate that does not exist" is "$code" 2

# Speed joined to error.
run "$TFLBENCH" numerics "$float" --db "$dir/times.sqlite"
ok "without times it is said how to have them" says "$out" "--times makes one"
run "$TFLBENCH" numerics "$float" --times --json --db "$dir/times.sqlite"
ok "what delegating saves and costs, as JSON" says "$out" '"lost_db":'
ok "... with both times" says "$out" '"plain_ns":'
run "$TFLBENCH" numerics "$float" --db "$dir/times.sqlite"
ok "profiles of the same store are found again" says "$out" "What delegating saves and costs"
ok "... in a sentence" grep -qE '^The costliest: delegating nodes? [0-9,]+ (saves|loses) ' "$out"
for delegate in reference cpu; do
    run "$TFLBENCH" run "$float" -d $delegate --numerics --max-seconds 0.3 --min-runs 5 --db "$dir/times.sqlite"
    ok "run --numerics, $delegate" is "$code" 0
done
run "$TFLBENCH" compare @-1 @ --force --db "$dir/times.sqlite"
ok "a comparison names the costliest op" grep -qE 'delegating nodes? [0-9,]+ (saves|loses) .* and (costs|leaves) [0-9.]+ dB' "$out"
run "$TFLBENCH" compare @-1 @ --force --json --db "$dir/times.sqlite"
ok "... and all of them as JSON" says "$out" '"lost_db":'
run "$TFLBENCH" compare @-1 @ --force -o "$dir/compare.html" --db "$dir/times.sqlite"
ok "... and as a page" grep -q 'delegating node' "$dir/compare.html"

# The planted fault.
cc=${CC:-gcc}
need "$cc"
case $TFLBENCH in *-address* | *-thread* | *-aarch64*) finish ;; esac
"$cc" -shared -fPIC -I"$root" -o "$dir/add.so" "$root/tests/cli/delegate/add.c" "$root/runtime/abi_common.c" || finish
taken=$("$TFLBENCH" inspect "$float" --delegate "external:$dir/add.so" | awk '$2 == "ADD" && /external, node/ { print $1 }')
for node in $(echo "$taken" | sed -n '1p;$p'); do
    run "$TFLBENCH" numerics "$float" --delegate "external:$dir/add.so;fault=$node" --bisect --db "$db"
    ok "a fault in node $node is an error" is "$code" 1
    ok "... found by looking" says "$out" "Node $node ADD is the first whose result is off"
    ok "... and by bisecting" says "$out" "delegating node $node alone shows it"
    runs=$(sed -n 's/^Bisected in \([0-9]*\) runs.*/\1/p' "$out")
    nodes=$("$TFLBENCH" inspect "$float" --json | grep -o '"nodes":[0-9]*' | head -n 1 | tr -dc 0-9)
    ok "... in 2 log2(nodes) + 2 runs at most" awk "BEGIN { exit !($runs <= 2 * log($nodes) / log(2) + 2) }"
done
finish
