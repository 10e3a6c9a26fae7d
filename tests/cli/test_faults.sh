#!/bin/sh
# Workers that crash, hang, run out of memory or answer differently from run to run: what run, compare
# and gate say of each, and that no gate passes for lack of data.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models
cd "$dir" || exit 1

short="-d reference --min-seconds 0.02 --warmup-seconds 0.01 --min-runs 5 -q --db $db"
# shellcheck disable=SC2086 # words
"$TFLBENCH" run "$model" $short --no-profile --processes 2 >/dev/null

# fault KIND STATUS TEXT: what a run, its comparison with a good one, and gates make of it.
fault() {
    printf '#!/bin/sh\nexport TFLBENCH_TEST_FAULT=%s:3\nexec "%s" "$@"\n' "$1" "$TFLBENCH" >"$1"
    chmod +x "$1"
    # shellcheck disable=SC2086
    TFLBENCH_TEST_FAULT=$1:3 run "$TFLBENCH" run "$model" $short --no-profile --processes 2 --timeout 0.5
    ok "run: $1: exit code 5" is "$code" 5
    ok "run: $1: stored as $2" is "$(sql 'SELECT status FROM process ORDER BY id DESC LIMIT 1')" "$2"
    ok "run: $1: told" says "$err" "$3"
    run "$TFLBENCH" compare @1 @ --db "$db"
    ok "compare: $1: told" says "$out" "head $2"
    ok "compare: $1: why" says "$out" "$3"
    run "$TFLBENCH" compare @ @1 --json --db "$db"
    ok "compare: $1: of base, as JSON" says "$out" "base $2"
    run "$TFLBENCH" gate --base @1 --head @ --db "$db"
    ok "gate of stored results: $1: exit code 5" is "$code" 5
    ok "gate of stored results: $1: why" says "$out" "$3"
    for side in head base; do
        other=$([ $side = head ] && echo base || echo head)
        # shellcheck disable=SC2086
        run "$TFLBENCH" gate "$model" --$other "$TFLBENCH" --$side "./$1" $short --timeout 0.5 --junit "$1.xml"
        ok "gate: $1 in $side: exit code 5" is "$code" 5
        ok "gate: $1 in $side: told" says "$out" "$side $2"
        ok "gate: $1 in $side: JUnit has it" says "$1.xml" 'failures="1"'
    done
    # One inference a process: the fault strikes before it.
    sed "s/=$1:3/=$1:0/" "$1" >at-once
    chmod +x at-once
    # shellcheck disable=SC2086
    run "$TFLBENCH" gate "$model" --base "$TFLBENCH" --head ./at-once $short --timeout 0.5 --deterministic
    ok "gate --deterministic: $1: exit code 5" is "$code" 5
    # shellcheck disable=SC2086
    run "$TFLBENCH" run "$model" --base "$TFLBENCH" --head "./$1" $short --timeout 0.5 --blocks 2
    ok "run --base --head: $1: exit code 5" is "$code" 5
    ok "run --base --head: $1: told" says "$err" "head $2"
}
fault crash crashed "signal 11"
fault kill crashed "signal 9"
fault exit crashed "without a word"
fault oom out_of_memory "out of memory"
fault hang timed_out "no sign of life"
fault spin timed_out "no sign of life"

# ---- outputs that vary from process to process
printf '#!/bin/sh\nexport TFLBENCH_TEST_FAULT=vary:0\nexec "%s" "$@"\n' "$TFLBENCH" >vary
chmod +x vary
varies="the same inputs gave different outputs"
# shellcheck disable=SC2086
TFLBENCH_TEST_FAULT=vary:0 run "$TFLBENCH" run "$model" $short --no-profile --processes 2 --check off
ok "run: outputs that vary are told" says "$err" "outputs differ from those of an earlier process"
ok "run: they are a stored warning" is "$(sql "SELECT count(*) FROM warning WHERE kind = 'nondeterministic'")" 1
run "$TFLBENCH" show @ --db "$db"
ok "show: they are told again" says "$out" "outputs differ"
run "$TFLBENCH" compare @1 @ --db "$db"
ok "compare: they are told" says "$out" "$varies"
run "$TFLBENCH" gate --base @1 --head @ --db "$db"
ok "gate of stored results: they never pass" is "$code" 1
ok "gate of stored results: they are told" says "$out" "$varies"
for mode in "" --deterministic; do
    # shellcheck disable=SC2086
    run "$TFLBENCH" gate "$model" --base "$TFLBENCH" --head ./vary $short --check off $mode
    ok "gate $mode: they never pass" is "$code" 1
    ok "gate $mode: they are told" says "$out" "$varies"
done
# shellcheck disable=SC2086
TFLBENCH_TEST_FAULT=vary:0 run "$TFLBENCH" run "$model" $short --no-profile
ok "run: outputs unlike the reference's are wrong" is "$code" 1
run "$TFLBENCH" gate --base @1 --head @ --db "$db"
ok "gate of stored results: wrong outputs never pass" is "$code" 1
ok "gate of stored results: it says so" says "$out" "head's outputs are wrong"

# ---- too little data
# shellcheck disable=SC2086
run "$TFLBENCH" gate "$model" --base "$TFLBENCH" --head "$TFLBENCH" $short --max-seconds 0.001
ok "no time: undecided" is "$code" 3
# shellcheck disable=SC2086
"$TFLBENCH" run "$model" $short --no-profile >/dev/null
run "$TFLBENCH" gate --base @ --head @ --db "$db"
ok "one process a side: undecided" is "$code" 3
# shellcheck disable=SC2086
"$TFLBENCH" run "$model" "$model2" $short --no-profile --processes 6 --min-seconds 0.2 >/dev/null
run "$TFLBENCH" gate --base @ --head @1 --db "$db"
ok "a configuration that head lacks is no pass" is "$code" 5
ok "it is named" says "$out" "base has it, head has not"
run "$TFLBENCH" gate --base @1 --head @ --db "$db"
ok "a configuration that base lacks is no pass" test "$code" != 0
ok "it is named, too" says "$out" "head has it, base has not"
printf '{"gate": {"rules": [{"metric": "energy", "threshold": "5%%"}]}}' >energy.json
sqlite3 "$db" "DELETE FROM figure WHERE metric = 'energy_uj' AND value IS NOT NULL"
run "$TFLBENCH" gate --base @ --head @ --db "$db" --config energy.json --deterministic
ok "a rule for what is not known is no pass" is "$code" 3
ok "it names the metric" says "$out" "energy an inference is not known"
finish
