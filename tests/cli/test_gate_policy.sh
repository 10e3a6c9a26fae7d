#!/bin/sh
# One policy for latency, accuracy, numerics, memory and size: `gate` holds head to all of them at
# once, and `compare` shows them.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3

cd "$dir" || exit 1
# Four black pictures of the class given.
black() {
    mkdir -p black
    head -c 12288 /dev/zero >black/images_4x32x32x3_u8.bin
    printf "\\$1\\$1\\$1\\$1" >black/labels_4_u8.bin
}

# answer MODEL: the class it gives for black.
answer() {
    for class in 0 1 2 3 4 5 6 7; do
        black $class
        rm -f answer.sqlite
        "$TFLBENCH" accuracy "$1" --data black --std 255 --delegate reference --db answer.sqlite >/dev/null 2>&1
        [ "$(sqlite3 answer.sqlite "SELECT value FROM figure WHERE phase = 'accuracy' AND metric = 'score'")" = 1.0 ] && break
    done
    echo "$class"
}

# Two models of one shape with different weights, the second of which answers differently.
zoo() {
    "$TFLBENCH" zoo resnet8_mini --precision float32 --seed "$1" -o "seed$1" >/dev/null
    echo "seed$1"/*.tflite
}
model=$(zoo 1)
right=$(answer "$model")
for seed in 2 3 4 5 6 7 8; do
    other=$(zoo $seed)
    [ "$(answer "$other")" = "$right" ] || break
done
black "$right"

policy() {
    echo "{\"gate\": {\"threshold\": \"9999%\", \"undecided\": \"warn\", \"rules\": [$1]}}" >tflbench.json
}
gate() {
    run "$TFLBENCH" gate "$model" "$@" --accuracy "classify:black;std=255" --max-seconds 1 \
        --min-seconds 0.02 --warmup-seconds 0.01 --min-runs 5 -q --db "$db"
}

whole='{"metric": "accuracy", "threshold": "1%"}, {"metric": "noise", "threshold": "1%"},
    {"metric": "peak_rss", "threshold": "900%"}, {"metric": "arena", "threshold": "900%"},
    {"metric": "model_bytes", "threshold": "1%"}'

policy "$whole"
gate --base reference --head cpu
ok "the cpu delegate is held to all of it and passes" is "$code" 0
ok "both sides' accuracy is stored" is "$(sql "SELECT count(*) FROM figure WHERE phase = 'accuracy' AND metric = 'score'")" 2
ok "head's outputs were compared" is "$(sql "SELECT count(*) FROM figure WHERE metric = 'output_noise'")" 1
run "$TFLBENCH" compare @ --db "$db" --json
ok "compare has the accuracy" says "$out" '"accuracy"'
ok "... and the noise" says "$out" '"noise"'

gate --base "$model" --head "$other"
ok "another model's accuracy is worse" is "$code" 1
ok "... and named, with both values" says "$out" "accuracy on labelled data"
policy '{"metric": "accuracy", "threshold": "100%"}, {"metric": "model_bytes", "threshold": "1%"}'
gate --base "$model" --head "$other"
ok "nothing right is worse than any share of something" is "$code" 1
policy '{"metric": "model_bytes", "threshold": "1%"}'
gate --base "$model" --head "$other"
ok "without that rule it passes" is "$code" 0

# Numerics: a delegate that computes wrongly is noise, whatever the labels say.
cc=${CC:-gcc}
need "$cc"
case $TFLBENCH in *-address* | *-thread* | *-aarch64*) finish && exit 0 ;; esac
"$cc" -shared -fPIC -I"$root" -o add.so "$root/tests/cli/delegate/add.c" "$root/runtime/abi_common.c" || finish
node=$("$TFLBENCH" inspect "$model" --delegate "external:$dir/add.so" | awk '$2 == "ADD" && /external, node/ { print $1; exit }')
policy '{"metric": "noise", "threshold": "1%"}'
gate --base cpu --head "external:$dir/add.so"
ok "a right delegate is no noise" is "$code" 0
gate --base cpu --head "external:$dir/add.so;fault=$node" --check off
ok "a wrong one is" is "$code" 1
ok "... and says how much" says "$out" "noise to signal of the outputs"

policy '{"metric": "task_error", "threshold": "1%"}'
gate --base cpu --head "external:$dir/add.so"
ok "what the policy asks for and nobody measured is no pass" says "$out" "is not known of both sides"
finish
