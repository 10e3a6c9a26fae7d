#!/bin/sh
# How samples are taken: until a target is reached, at a rate, with pauses, cold, in several shapes.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models
cd "$dir" || exit 1
short="-d reference --min-seconds 0.05 --warmup-seconds 0.01 --min-runs 5 --no-profile -q --db $db"

# metric NAME: its value in the newest run.
metric() {
    sql "SELECT value FROM figure WHERE metric = '$1' AND run_id = (SELECT max(id) FROM run) LIMIT 1"
}
option() {
    sql "SELECT options FROM configuration WHERE id = (SELECT configuration_id FROM process ORDER BY id DESC LIMIT 1)"
}

# ---- a target
# shellcheck disable=SC2086 # words
run "$TFLBENCH" run "$model" $short --target-ci 100%
ok "a target that is easily reached" is "$code" 0
ok "takes the pilot's processes alone" is "$(sql 'SELECT count(*) FROM process')" 5
ok "each of a block of its own" is "$(sql 'SELECT count(DISTINCT block) FROM process')" 5
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" "$model2" $short --target-ci 0.0001% --max-seconds 1.5
ok "a target out of reach is no failure" is "$code" 0
ok "it is told" says "$err" "too few samples"
ok "and how many it would take" says "$err" "would take about"
ok "it is stored of both" is "$(sql "SELECT count(*) FROM warning WHERE kind = 'too_few_samples'")" 2
ok "more processes than the pilot's were taken" at_least \
    "$(sql 'SELECT count(*) FROM process WHERE run_id = 2')" 11
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --target-ci 1
ok "a target of 1 is 100 %" is "$code" 0
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --target-ci soon
ok "a target that is none is usage" is "$code" 2

# ---- rate, pause, priority
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --rate 100 --warmup 0 --warmup-seconds 0 --min-seconds 0.3
ok "a fixed rate" is "$code" 0
ok "so many inferences a second" test "$(sql 'SELECT count(*) FROM sample WHERE process_id = (SELECT max(id) FROM process)')" -le 32
ok "how many were late is stored" test -n "$(metric late_share)"
ok "the rate is part of the configuration" is "$(option)" rate=100
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --idle 20ms --warmup 0 --warmup-seconds 0 --min-seconds 0.2
ok "pauses behind inferences" test "$(sql 'SELECT count(*) FROM sample WHERE process_id = (SELECT max(id) FROM process)')" -le 11
ok "the pause is stored with every sample" at_least \
    "$(sql 'SELECT min(gap_us) FROM sample WHERE idx > 0 AND process_id = (SELECT max(id) FROM process)')" 20000
ok "and part of the configuration" is "$(option)" idle=0.02s
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --priority 5
ok "a priority" is "$code" 0
ok "is part of the configuration" is "$(option)" priority=5

# ---- cold
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --cold file
ok "a cold start" is "$code" 0
ok "what stayed in memory is stored" test -n "$(metric cold_left_bytes)"
ok "it is part of the configuration" is "$(option)" cold=file
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --cold ice
ok "colder than that is usage" is "$code" 2

# ---- shapes
shape=$("$TFLBENCH" inspect "$model" | sed -n 's/.*float32 \[\([0-9,]*\)\].*/\1/p' | head -n 1)
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --shape "0=$shape" --shape "0=$shape,1"
ok "several shapes: each succeeds or fails by itself" is "$code" 5
ok "the model's own shape works" is "$(sql "SELECT status FROM process JOIN configuration c ON c.id = configuration_id WHERE c.options = 'shape=0=$shape'")" ok
ok "the other says why not" is "$(sql "SELECT status FROM process JOIN configuration c ON c.id = configuration_id WHERE c.options = 'shape=0=$shape,1'")" failed
finish
