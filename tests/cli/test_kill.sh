#!/bin/bash
# Drivers and workers that are killed: nothing stored is lost, nobody is left behind.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models

# How many processes of ours run: those with this test's folder in their environment. A process
# that has ended but was not waited for has none.
export TFLBENCH_TEST_MARK=$dir
left_behind() {
    local count=0 folder name
    for folder in /proc/[0-9]*; do
        read -r name <"$folder/comm" || continue
        if [[ $name == tflbench* ]] &&
            tr '\0' '\n' <"$folder/environ" | grep -qxF "TFLBENCH_TEST_MARK=$dir"; then
            count=$((count + 1))
        fi
    done 2>/dev/null
    echo "$count"
}

children_of() {
    local folder parent
    for folder in /proc/[0-9]*; do
        read -r _ _ _ parent _ <"$folder/stat" || continue
        [ "$parent" = "$1" ] && echo "${folder#/proc/}"
    done 2>/dev/null
}

start() {
    "$TFLBENCH" run "$model" "$model2" -d reference -t 1,2 --max-seconds 1 --min-seconds 0.3 \
        --warmup-seconds 0.05 --min-runs 5 --db "$db" "$@" >"$out" 2>"$err" &
    driver=$!
}

# Waits until the query gives a number above 0, 30 s at most.
wait_for() {
    local tries
    for tries in $(seq 300); do
        [ "$(sqlite3 "$db" "$1" 2>/dev/null || echo 0)" -gt 0 ] && return 0
        sleep 0.1
    done 2>/dev/null
    echo "# waited in vain for: $1 ($tries tries)"
    return 1
}
measuring="SELECT count(*) FROM sample s JOIN process p ON p.id = s.process_id WHERE p.status = 'running'"

for round in 1 2 3 4 5 6 7 8 9 10; do
    start
    [ $((round % 2)) = 0 ] && wait_for "SELECT count(*) FROM process p JOIN run r ON r.id = p.run_id WHERE p.status = 'ok' AND r.id = (SELECT max(id) FROM run)"
    sleep "0.$((RANDOM % 900 + 100))"
    kill -9 $driver
    wait $driver 2>/dev/null
    sleep 1
    ok "round $round: no worker runs a second after the driver's end" is "$(left_behind)" 0
    ok "round $round: the database is sound" is "$(sql 'PRAGMA integrity_check')" ok
    ok "round $round: so are its references" is "$(sql 'PRAGMA foreign_key_check')" ""
done
ok "what was measured before is readable" at_least \
    "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 1
run "$TFLBENCH" ls --db "$db"
ok "ls reads it" is "$code" 0
run "$TFLBENCH" show @ --db "$db"
ok "show does not stumble over an unfinished run" test "$code" -le 6

# A worker in the middle of an endless kernel does not outlive its driver either.
rm -f "$db" "$db-wal" "$db-shm"
TFLBENCH_TEST_FAULT=spin:3 start --timeout 60
wait_for "SELECT count(*) FROM process WHERE status = 'running'"
ok "a worker is computing" at_least "$(left_behind)" 2
kill -9 $driver
wait $driver 2>/dev/null
sleep 1
ok "it ends with its driver" is "$(left_behind)" 0

# A killed worker costs its configuration, no more.
rm -f "$db" "$db-wal" "$db-shm"
start --no-profile --max-seconds 3 --min-seconds 2 --max-runs 0
wait_for "$measuring"
for pid in $(children_of $driver); do
    kill -9 "$pid"
done
wait $driver
code=$?
ok "a killed worker: exit code 5" is $code 5
ok "a killed worker is a row that says so" is \
    "$(sql "SELECT count(*) FROM process WHERE status = 'crashed' AND signal = 9")" 1
ok "its samples so far are kept" at_least \
    "$(sql "SELECT count(*) FROM sample s JOIN process p ON p.id = s.process_id WHERE p.status = 'crashed'")" 1
ok "the others were measured" is "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 3

# Ctrl-C stores and sums up.
rm -f "$db" "$db-wal" "$db-shm"
start --no-profile --max-seconds 3 --min-seconds 2 --max-runs 0
wait_for "$measuring"
kill -INT $driver
wait $driver
code=$?
ok "Ctrl-C: exit code 5" is $code 5
ok "Ctrl-C: the process says so" is "$(sql "SELECT count(*) FROM process WHERE status = 'cancelled'")" 1
ok "Ctrl-C: the run is finished" is "$(sql 'SELECT count(*) FROM run WHERE exit_code = 5')" 1
ok "Ctrl-C: nobody is left" is "$(left_behind)" 0

# Two drivers, one database.
rm -f "$db" "$db-wal" "$db-shm"
start --no-profile
first=$driver
start --no-profile
wait $first
one=$?
wait $driver
two=$?
ok "two drivers write one database" is "$one $two" "0 0"
ok "both runs are there" is "$(sql "SELECT count(*) FROM run WHERE exit_code = 0")" 2
ok "with all their processes" is "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 8

finish
