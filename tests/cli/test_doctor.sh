#!/bin/sh
# What the machine does to measurements: findings, and settings that come back.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$dir" || exit 1

run "$TFLBENCH" doctor --watch 0.2
ok "doctor succeeds" is "$code" 0
for check in governor turbo load steal clock_drift thermal swap power timer aslr hypervisor; do
    ok "doctor looks at $check" says "$out" "$check "
done
run "$TFLBENCH" doctor --watch 0.2 --json
ok "doctor --json succeeds" is "$code" 0
ok "doctor --json names its schema" says "$out" '"schema":"tflbench.doctor"'
run "$TFLBENCH" doctor --fix --restore
ok "fix and restore exclude each other" is "$code" 2
run "$TFLBENCH" doctor --restore --state "$dir/none"
ok "nothing to restore" is "$code" 6
ok "nothing to restore: one line" one_line "$err"
printf '/etc/passwd\tbroken\n' >"$dir/state"
run "$TFLBENCH" doctor --restore --state "$dir/state"
ok "a state file that names other files is refused" is "$code" 1
printf '/sys/../etc/passwd\tbroken\n' >"$dir/state"
run "$TFLBENCH" doctor --restore --state "$dir/state"
ok "a state file that climbs out of /sys is refused" is "$code" 1
: >"$dir/state"
run "$TFLBENCH" doctor --fix --state "$dir/state"
ok "former settings are not overwritten" is "$code" 6
ok "former settings are not overwritten: it says what to do" says "$err" "--restore"

need sqlite3
models
run "$TFLBENCH" run "$model" --max-seconds 0.5 --min-seconds 0.1 --db "$db" -q
ok "a run keeps what disturbed it" is \
    "$(sql "SELECT count(*) FROM figure WHERE process_id IS NULL AND phase = 'run' AND metric IN ('other_load', 'steal', 'reference_kernel_ns', 'reference_kernel_spread')")" 4
finish
