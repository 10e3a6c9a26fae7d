#!/bin/sh
# Measuring, storing, reading back.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models

quick="--max-seconds 0.5 --min-seconds 0.05 --warmup-seconds 0.01 --min-runs 5"
# shellcheck disable=SC2086 # words
run "$TFLBENCH" run "$model" "$model2" -d reference,cpu -t 1,2 $quick --db "$db" --label rig=a --label "note=x=y" --seed 5
ok "run succeeds" is "$code" 0
ok "the database is sound" is "$(sql 'PRAGMA integrity_check')" ok
ok "eight configurations" is "$(sql 'SELECT count(DISTINCT configuration_id) FROM process')" 8
ok "sixteen processes, all ok" is "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 16
ok "half of them profiled" is "$(sql 'SELECT sum(profiled) FROM process')" 8
ok "every process has samples" is \
    "$(sql 'SELECT count(DISTINCT process_id) FROM sample')" 16
ok "enough samples each" at_least \
    "$(sql 'SELECT min(n) FROM (SELECT count(*) n FROM sample s JOIN process p ON p.id = s.process_id WHERE profiled = 0 GROUP BY process_id)')" 5
ok "per-op times come from profiled processes alone" is \
    "$(sql 'SELECT count(DISTINCT process_id) FROM op_time')" 8
ok "every process was checked" is \
    "$(sql "SELECT count(*) FROM process WHERE check_verdict = 'ok'")" 16
ok "labels are stored" is "$(sql "SELECT value FROM label WHERE key = 'note'")" "x=y"
ok "the seed is stored" is "$(sql 'SELECT seed FROM run')" 5
ok "memory by phase" is \
    "$(sql "SELECT count(DISTINCT phase) FROM figure WHERE metric = 'rss_bytes' AND value > 0 AND phase IN ('load', 'allocate', 'first_invoke', 'steady')")" 4
ok "the peak" at_least "$(sql "SELECT count(*) FROM figure WHERE metric = 'peak_rss_bytes' AND value > 100000")" 16
ok "the arena" at_least "$(sql "SELECT count(*) FROM figure WHERE metric = 'arena_bytes' AND value > 0")" 16
ok "no figure is zero for unknown" is \
    "$(sql 'SELECT count(*) FROM figure WHERE value IS NULL AND reason IS NULL')" 0
ok "the order is not that of the configurations" sh -c \
    "[ \"$(sql 'SELECT group_concat(configuration_id) FROM (SELECT configuration_id FROM process ORDER BY order_index)')\" != \
       \"$(sql 'SELECT group_concat(configuration_id) FROM (SELECT configuration_id FROM process ORDER BY configuration_id)')\" ]"
ok "the machine is stored" is "$(sql "SELECT count(*) FROM environment WHERE moment IN ('start', 'end') AND kernel LIKE 'Linux%'")" 2
ok "the plan has a row a node" is \
    "$(sql "SELECT count(*) FROM op o JOIN plan p ON p.id = o.plan_id WHERE kind = 'node' AND p.nodes_total = 0")" 0
ok "the result is a table" says "$out" "cpu"

run "$TFLBENCH" ls --db "$db"
ok "ls succeeds" is "$code" 0
ok "ls lists the run" says "$out" "@1"
run "$TFLBENCH" show --db "$db"
ok "show succeeds" is "$code" 0
run "$TFLBENCH" show @1 --ops --figures --db "$db"
ok "show --ops names operators" says "$out" "CONV_2D"
ok "show --figures has the arena" says "$out" "arena_bytes"
run "$TFLBENCH" show @1 --json --db "$db"
ok "show --json succeeds" is "$code" 0
run "$TFLBENCH" show @9 --db "$db"
ok "a run that is not there" is "$code" 6
ok "a run that is not there: one line" one_line "$err"
run "$TFLBENCH" report --db "$db" -o "$dir/page.html"
ok "report succeeds" is "$code" 0
ok "report writes a page" test -s "$dir/page.html"
run "$TFLBENCH" report --db "$db" -o "$dir/page.csv" --where delegate=cpu
ok "report by ending" is "$code" 0
ok "report --where" sh -c "! grep -q ',reference,' '$dir/page.csv'"
run "$TFLBENCH" report --db "$db" -o "$dir/page.xyz"
ok "an ending of no format is usage" is "$code" 2

TFLBENCH_DB=$db run "$TFLBENCH" ls
ok "\$TFLBENCH_DB names the database" says "$out" "@1"

# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" -d reference --no-profile --check off --processes 3 $quick --db "$db" -q
ok "quiet says nothing" test ! -s "$err"
ok "three processes, none profiled" is "$(sql 'SELECT count(*), sum(profiled) FROM process WHERE run_id = 2')" "3|0"
ok "not checked" is "$(sql "SELECT count(*) FROM process WHERE run_id = 2 AND check_verdict = 'not checked'")" 3

# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" -d reference --no-profile $quick --max-runs 7 --db "$db" --json
ok "--max-runs bounds the samples" is "$(sql 'SELECT count(*) FROM sample s JOIN process p ON p.id = s.process_id WHERE run_id = 3')" 7
ok "--json prints JSON" sh -c "head -c 1 '$out' | grep -q '[{[]'"

# What a delegate leaves behind is said, stored, and refused where asked for.
left="$(sql "SELECT count(*) FROM plan WHERE delegate = 'cpu' AND nodes_delegated < nodes_total")"
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model2" -d cpu --no-profile --fallback fail $quick --db "$dir/fail.sqlite"
if [ "$left" = 0 ]; then
    ok "--fallback fail lets a whole plan pass" is "$code" 0
else
    ok "--fallback fail refuses a partial plan" is "$code" 5
    ok "--fallback fail names the node" says "$err" "the first left behind is subgraph 0, node"
    ok "a partial plan is a stored warning" at_least "$(sql "SELECT count(*) FROM warning WHERE kind = 'fallback'")" 1
fi

run "$TFLBENCH" rm @2 --db "$db"
ok "rm succeeds" is "$code" 0
ok "rm removes the run" is "$(sql 'SELECT count(*) FROM run')" 2

cd "$dir" && run "$TFLBENCH" "$model" --quiet
ok "the quick sweep succeeds" is "$code" 0
ok "the quick sweep stores in ./tflbench.sqlite" test -s "$dir/tflbench.sqlite"
ok "the quick sweep closes with a sentence" sh -c "tail -n 1 '$out' | grep -q '\.$'"


# Outputs that vary from process to process, though nothing that was asked for does.
rm -f "$db"
run env TFLBENCH_TEST_FAULT=vary:0 "$TFLBENCH" run "$model" --processes 2 --no-profile --check off --max-seconds 0.4 --min-seconds 0.05 --db "$db"
ok "varying outputs are said" says "$err" "outputs differ"
ok "varying outputs are stored" is "$(sql "SELECT count(*) FROM warning WHERE kind = 'nondeterministic'")" 1
run "$TFLBENCH" show --json --db "$db"
ok "varying outputs stand in the result" says "$out" "nondeterministic"
finish
