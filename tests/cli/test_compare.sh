#!/bin/sh
# Comparing stored results, interleaved runs, and gates.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models
cd "$dir" || exit 1

quick="--max-seconds 0.6 --min-seconds 0.05 --warmup-seconds 0.01 --min-runs 5"
# A program whose depthwise convolution takes far longer.
printf '#!/bin/sh\nexport TFLBENCH_TEST_SLOW=1:200000\nexec "%s" "$@"\n' "$TFLBENCH" >slow
# One that crashes; test_faults.sh has the others.
printf '#!/bin/sh\nexport TFLBENCH_TEST_FAULT=crash:3\nexec "%s" "$@"\n' "$TFLBENCH" >crash
chmod +x slow crash

# ---- stored results
# shellcheck disable=SC2086 # words
"$TFLBENCH" run "$model" -d reference $quick -q --db "$db" --processes 2 >/dev/null
# shellcheck disable=SC2086
TFLBENCH_TEST_SLOW=1:200000 "$TFLBENCH" run "$model" -d reference $quick -q --db "$db" --processes 2 --label who=slow >/dev/null
run "$TFLBENCH" compare @-1 @ --db "$db"
ok "compare succeeds" is "$code" 0
ok "compare says slower" says "$out" slower
ok "compare names the op" says "$out" "#1"
run "$TFLBENCH" compare @-1 label:who=slow --db "$db"
ok "compare by label" is "$code" 0
run "$TFLBENCH" compare @ "db:$db@1" --db "$db"
ok "compare with another file" says "$out" faster
for format in json csv markdown; do
    run "$TFLBENCH" compare @1 @2 --$format --db "$db"
    ok "compare --$format" is "$code" 0
done
run "$TFLBENCH" compare @1 @2 --json --db "$db"
ok "compare --json names its schema" says "$out" tflbench.compare
for ending in html md csv json txt; do
    run "$TFLBENCH" compare @1 @2 --db "$db" -o "page.$ending"
    ok "compare -o page.$ending" test -s "page.$ending"
done
run "$TFLBENCH" compare @1 @2 --db "$db" -o page.xyz
ok "an ending of no format is usage" is "$code" 2
run "$TFLBENCH" compare @1 --db "$db"
ok "one run without sides is nothing to compare" is "$code" 6
run "$TFLBENCH" compare @1 @2 --where delegate=cpu --db "$db"
ok "--where that leaves nothing" is "$code" 6

# ---- another machine
cp "$db" other.sqlite
sqlite3 other.sqlite "UPDATE environment SET cpu_model = 'another one' WHERE run_id = 2"
run "$TFLBENCH" compare @1 @2 --db other.sqlite
ok "another processor is not comparable" is "$code" 4
ok "it says what differs" says "$out" "cpu_model"
ok "its timings are not shown" says_not "$out" slower
run "$TFLBENCH" compare @1 @2 --db other.sqlite --force
ok "--force compares" is "$code" 0
ok "--force shows timings" says "$out" slower
run "$TFLBENCH" gate --base @1 --head @2 --db other.sqlite
ok "gate refuses it too" is "$code" 4
run "$TFLBENCH" gate --base @1 --head @2 --db other.sqlite --deterministic
ok "but compares what is the same everywhere" is "$code" 0

# ---- interleaved
blocks="--blocks 2 --min-seconds 0.02 --warmup-seconds 0.01"
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" -d reference --base "$TFLBENCH" --head ./slow $blocks -q --db "$db"
ok "run --base --head succeeds" is "$code" 0
ok "it says slower" says "$out" slower
ok "it names the op" says "$out" "#1"
last=$(sql 'SELECT max(id) FROM run')
ok "arms in the order base, head, head, base" is \
    "$(sql "SELECT group_concat(arm) FROM (SELECT arm FROM process WHERE run_id = $last AND block = 0 ORDER BY order_index)")" base,head,head,base
ok "and head, base, base, head" is \
    "$(sql "SELECT group_concat(arm) FROM (SELECT arm FROM process WHERE run_id = $last AND block = 1 ORDER BY order_index)")" head,base,base,head
run "$TFLBENCH" compare --db "$db"
ok "the run is compared with itself later" says "$out" slower
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" --base reference --head cpu $blocks -q --db "$db"
ok "two delegates" is "$code" 0
# shellcheck disable=SC2086
run "$TFLBENCH" run --base "$model" --head "$model2" $blocks -q --db "$db"
ok "two model files" is "$code" 0
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" --base threads=1 --head delegate=reference,threads=2 $blocks -q --db "$db"
ok "two sets of options" is "$code" 0
run "$TFLBENCH" run "$model" --base "$TFLBENCH" --db "$db"
ok "base without head is usage" is "$code" 2
run "$TFLBENCH" run "$model" --base @ --head "$TFLBENCH" --db "$db"
ok "a stored side cannot be measured" is "$code" 2
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" --base "$TFLBENCH" --head ./crash $blocks -q --db "$db"
ok "a side that crashes" is "$code" 5
ok "it says which and how" says "$err" "head crashed"

# ---- gate
gate="--min-seconds 0.02 --warmup-seconds 0.01 -q"
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" -d reference --base "$TFLBENCH" --head ./slow $gate --db "$db" \
    --junit gate.xml --summary gate.md
ok "gate finds what is far slower" is "$code" 1
ok "gate names the op" says "$out" "#1"
ok "gate writes JUnit" says gate.xml '<failure message="worse'
ok "gate writes a summary" says gate.md "**worse**"
# shellcheck disable=SC2086
run env GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY="$dir/step.md" "$TFLBENCH" gate "$model" -d reference \
    --base ./slow --head "$TFLBENCH" $gate --db "$db" --json
ok "gate passes what is better" is "$code" 0
ok "gate --json names its schema" says "$out" tflbench.gate
ok "gate writes the step's summary" says step.md better
# shellcheck disable=SC2086
run env GITHUB_ACTIONS=true "$TFLBENCH" gate "$model" -d reference --base "$TFLBENCH" --head ./slow $gate --db "$db"
ok "gate annotates" says "$out" "::error title=tflbench gate: worse::"
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" -d reference --base "$TFLBENCH" --head "$TFLBENCH" $gate --db "$db" --max-seconds 0.001
ok "gate: no time, no verdict" is "$code" 3
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" -d reference --base "$TFLBENCH" --head "$TFLBENCH" $gate --db "$db" --max-seconds 0.001 --undecided warn
ok "gate: --undecided warn" is "$code" 0
run "$TFLBENCH" gate "$model" --base "$TFLBENCH" --head ./slow -q --db "$db" --deterministic
ok "gate --deterministic is blind to time" is "$code" 0
run "$TFLBENCH" gate "$model" --base cpu --head reference -q --db "$db" --deterministic
ok "gate --deterministic sees nodes that stay behind" is "$code" 1
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" -d reference --base "$TFLBENCH" --calibrate 8 $gate --db "$db"
ok "gate --calibrate says its rates" says "$out" "undecided"
# ---- one side stored, the other measured now
# shellcheck disable=SC2086
"$TFLBENCH" run "$model" -d reference --min-seconds 0.05 --warmup-seconds 0.01 --processes 12 --no-profile -q --db "$db" --label baseline=main >/dev/null
for side in base head; do
    other=$([ $side = base ] && echo head || echo base)
    # shellcheck disable=SC2086
    run "$TFLBENCH" gate "$model" -d reference --$side label:baseline=main --$other "$TFLBENCH" $gate --threshold 80% --db "$db"
    ok "gate: $side is stored, $other measured now" is "$code" 0
done
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" -d reference --base @ --head ./slow $gate --db "$db"
ok "gate: what is far slower than the last run stored" is "$code" 1
ok "gate: it names the median" says "$out" "median latency +"
cp "$db" far.sqlite
sqlite3 far.sqlite "UPDATE environment SET cpu_model = 'another one'"
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" -d reference --base label:baseline=main --head "$TFLBENCH" $gate --db far.sqlite
ok "gate: stored by another machine is not comparable" is "$code" 4
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" -d reference --base label:baseline=main --head "$TFLBENCH" $gate --db far.sqlite --deterministic
ok "gate: but what is the same everywhere is compared" is "$code" 0
run "$TFLBENCH" gate "$model" --base label:baseline=none --head "$TFLBENCH" -q --db "$db"
ok "gate: a baseline that is not there never passes" is "$code" 6
run "$TFLBENCH" gate "$model" --head "$TFLBENCH" --db "$db"
ok "gate without base is usage" is "$code" 2
printf '{"gate": {"treshold": "1%%"}}' >tflbench.json
run "$TFLBENCH" gate "$model" --base "$TFLBENCH" --head "$TFLBENCH" --db "$db"
ok "a misspelt policy is usage" is "$code" 2
ok "a misspelt policy is named" says "$err" treshold
finish
