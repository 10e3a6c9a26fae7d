#!/bin/sh
# Profiles: the tables, the document, and that the time of an inference adds up.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models

# The first column of a query on the document $json, whose text is `doc`.
ask() {
    sqlite3 :memory: "WITH d AS (SELECT readfile('$json') AS doc) $1"
}

quick="--max-seconds 0.5 --min-seconds 0.05 --warmup-seconds 0.01 --min-runs 5"
json=$dir/profile.json
# shellcheck disable=SC2086 # words
run "$TFLBENCH" profile "$model" -d reference,cpu -t 1 $quick --order given --db "$db" --json "$json" --columns median,interval,kernel
ok "profile succeeds" is "$code" 0
ok "run order" says "$out" "Run order"
ok "top by time" says "$out" "Top by time"
ok "by type" says "$out" "By type"
ok "the usual columns" says "$out" "times called"
ok "a column on request" says "$out" "kernel"
ok "the budget" says "$out" "unattributed"
ok "the command is stored" is "$(sql 'SELECT command FROM run')" profile
ok "the graph is stored with each plan" is "$(sql "SELECT count(*) FROM plan_document WHERE kind = 'graph'")" 2
ok "timelines are stored" is "$(sql "SELECT count(*) FROM process_document WHERE kind = 'timeline'")" 2

ok "the schema" is "$(ask "SELECT doc ->> '$.schema' || ' ' || (doc ->> '$.version') FROM d")" "tflbench.profile 1"
ok "one more configuration" is "$(ask "SELECT json_array_length(doc, '$.more') FROM d")" 1
ok "no allocation after the warm-up" is "$(ask "SELECT (doc ->> '$.memory.allocations') + (doc ->> '$.more[0].memory.allocations') FROM d")" 0
ok "the node where most memory lives is named" is "$(ask "SELECT (doc ->> '$.more[0].memory.peak_op') IS NOT NULL FROM d")" 1
ok "every counter has a value or the kernel's reason" is \
    "$(ask "SELECT count(*) FROM d, json_each(doc, '$.counters.rows') r WHERE (r.value ->> 'available') = 0 AND (r.value ->> 'reason') IS NULL OR (r.value ->> 'available') = 0 AND (r.value ->> 'total') IS NOT NULL")" 0
ok "counters that are missing are said in the table too" is \
    "$(ask "SELECT count(*) > 0 FROM d, json_each(doc, '$.counters.rows') r WHERE (r.value ->> 'available') = 0")" \
    "$(grep -q 'not available: ' "$out" && echo 1 || echo 0)"
for at in '$' '$.more[0]'; do
    what=$(ask "SELECT doc ->> '$at.configuration.delegate' FROM d")
    ok "$what: the parts add up to the whole" is \
        "$(ask "SELECT sum(p.value ->> 'ns') - (doc ->> '$at.budget.end_to_end_ns') FROM d, json_each(doc, '$at.budget.parts') p")" 0
    ok "$what: so do the means" is \
        "$(ask "SELECT abs(sum(p.value ->> 'ns') - (doc ->> '$at.budget.mean.end_to_end_ns')) < 1 FROM d, json_each(doc, '$at.budget.mean.parts') p")" 1
    ok "$what: own times of ops and what lies between them are all of it" is \
        "$(ask "SELECT (SELECT sum(o.value ->> 'self_ns') FROM json_each(doc, '$at.ops') o) + (SELECT sum(p.value ->> 'ns') FROM json_each(doc, '$at.budget.parts') p WHERE p.value ->> 'part' IN ('dispatch', 'unattributed')) - (doc ->> '$at.budget.end_to_end_ns') FROM d")" 0
    ok "$what: the median inference of the timeline is that of the budget" is \
        "$(ask "SELECT (doc ->> '$at.timeline.inferences[1].duration_ns') - (doc ->> '$at.budget.end_to_end_ns') FROM d")" 0
    ok "$what: every node of the plan takes time or is covered" is \
        "$(ask "SELECT (doc ->> '$at.result.nodes_total') - count(DISTINCT c.value) FROM d, json_each(doc, '$at.ops') o, json_each(o.value, '$.covers') c")" 0
    ok "$what: ops agree with the database" is \
        "$(ask "SELECT sum(o.value ->> 'calls') FROM d, json_each(doc, '$at.ops') o")" \
        "$(sql "SELECT sum(t.calls) FROM op_time t JOIN process p ON p.id = t.process_id JOIN configuration c ON c.id = p.configuration_id WHERE c.delegate = '$what'")"
    ok "$what: medians lie in their intervals" is \
        "$(ask "SELECT count(*) FROM d, json_each(doc, '$at.ops') o WHERE NOT (o.value ->> 'median_ns') BETWEEN (o.value ->> 'median_low_ns') - 1 AND (o.value ->> 'median_high_ns') + 1")" 0
    ok "$what: edges lead to tensors" is \
        "$(ask "SELECT count(*) FROM d, json_each(doc, '$at.model.subgraphs[0].nodes') n, json_each(n.value, '$.inputs') i WHERE i.value >= json_array_length(doc, '$at.model.subgraphs[0].tensors')")" 0
done
ok "the headline figures are those of the store" is \
    "$(ask "SELECT doc ->> '$.result.samples' FROM d")" \
    "$(sql "SELECT count(*) FROM sample s JOIN process p ON p.id = s.process_id JOIN configuration c ON c.id = p.configuration_id WHERE p.profiled = 0 AND c.delegate = 'cpu'")"

run "$TFLBENCH" profile @1 --db "$db" --where delegate=cpu --json -
ok "a stored run, as JSON alone" is "$code" 0
cp "$out" "$json"
ok "narrowed to one configuration" is "$(ask "SELECT json_array_length(doc, '$.more') || (doc ->> '$.configuration.delegate') FROM d")" 0cpu
# The roof: measured once, then ops are held against it.
ok "without a roof that is said" is "$(ask "SELECT (doc ->> '$.roofs.reason') LIKE '%doctor --roof%' FROM d")" 1
run "$TFLBENCH" doctor --roof --db "$db"
ok "doctor measures the roof" is "$code" 0
ok "every row has a value or a reason" is \
    "$(sql "SELECT count(*) FROM figure WHERE phase = 'roof' AND NOT (value > 0 OR reason IS NOT NULL)")" 0
ok "arithmetic and four levels of memory" at_least \
    "$(sql "SELECT count(*) FROM figure WHERE phase = 'roof' AND owner = '1'")" 6
run "$TFLBENCH" profile @1 --db "$db" --json "$json" --columns roof --top 1
ok "a profile holds its ops against it" is "$code" 0
ok "rows and shares" is \
    "$(ask "SELECT json_array_length(doc, '$.roofs.rows') >= 6 AND (SELECT count(*) FROM json_each(doc, '$.ops') o WHERE (o.value ->> '$.roof.share') > 0 AND (o.value ->> '$.roof.bound') IN ('memory', 'compute')) > 3 OR (SELECT count(*) FROM json_each(doc, '$.roofs.rows') r WHERE (r.value ->> 'reason') IS NOT NULL) > 0 FROM d")" 1

# Trace events: B and E balance and nest on every track, and time never goes back there.
trace=$dir/trace.json
run "$TFLBENCH" profile @1 --db "$db" --trace "$trace" --csv "$dir/ops.csv" --model-explorer "$dir/nodes.json" --top 1
ok "exports succeed" is "$code" 0
sqlite3 -separator ' ' :memory: "SELECT e.value ->> 'pid', e.value ->> 'tid', e.value ->> 'ph', e.value ->> 'ts', (e.value ->> 'name') IS NOT NULL FROM json_each(readfile('$trace'), '$.traceEvents') e WHERE e.value ->> 'ph' <> 'M'" >"$dir/events"
ok "a trace has events" at_least "$(wc -l <"$dir/events")" 40
ok "only begins and ends, begins with names" is "$(awk '$3 != "B" && $3 != "E" || $3 == "B" && $5 != 1' "$dir/events" | wc -l)" 0
ok "they balance on every track" is \
    "$(awk '{ t = $1 " " $2; d[t] += $3 == "B" ? 1 : -1; if (d[t] < 0) bad++ } END { for (t in d) bad += d[t]; print bad + 0 }' "$dir/events")" 0
ok "tracks never overlap" is \
    "$(awk '{ t = $1 " " $2; if ($4 + 0 < last[t] + 0) bad++; last[t] = $4 } END { print bad + 0 }' "$dir/events")" 0
ok "tracks have names" is \
    "$(sqlite3 :memory: "SELECT count(*) FROM json_each(readfile('$trace'), '$.traceEvents') e WHERE e.value ->> 'name' = 'thread_name'")" 2
ok "a line an op in the CSV" is "$(($(wc -l <"$dir/ops.csv") - 1))" "$(sql 'SELECT count(*) FROM op_time WHERE calls > 0')"
ok "node data by output tensor" is \
    "$(sqlite3 :memory: "SELECT count(*) > 3 AND min(v.value ->> 'value') >= 0 FROM json_each(readfile('$dir/nodes.json'), '$.results') v")" 1
# Two threads: what the second does lies inside the step it is for.
wide=$(find "$dir/zoo" -name '*mobilenet_v1*float32*' | head -n 1)
# Its layers are large enough to be shared: small ones stay with the thread that invokes.
"$TFLBENCH" zoo mobilenet_v1 --precision float32 --width 0.25 --resolution 96 -o "$dir/shared" >/dev/null
# shellcheck disable=SC2086 # words
run "$TFLBENCH" profile "$dir"/shared/*.tflite -t 2 $quick --db "$dir/two.sqlite" --json "$json" --no-counters
ok "a profile with two threads" is "$code" 0
ok "work of other threads lies inside the step of its op" is \
    "$(ask "SELECT count(*) FROM d, json_each(doc, '$.timeline.inferences') i, json_each(i.value, '$.events') w WHERE w.value ->> 3 = 'work' AND NOT EXISTS (SELECT 1 FROM json_each(i.value, '$.events') s WHERE s.value ->> 3 = 'step' AND s.value ->> 4 = w.value ->> 4 AND s.value ->> 0 <= w.value ->> 0 AND (s.value ->> 0) + (s.value ->> 1) >= (w.value ->> 0) + (w.value ->> 1))")" 0
ok "every step that threads share waits for them at its end" at_least \
    "$(ask "SELECT count(*) FROM d, json_each(doc, '$.ops') w JOIN json_each(doc, '$.ops') s ON s.value ->> 'index' = w.value ->> 'parent' WHERE w.value ->> 'kind' = 'sync' AND s.value ->> 'kind' = 'step' AND s.value ->> 'covers' = w.value ->> 'covers'")" 1
ok "these waits are the budget's synchronisation" is \
    "$(ask "SELECT sum(w.value ->> 'self_ns') FROM d, json_each(doc, '$.ops') w WHERE w.value ->> 'kind' = 'sync'")" \
    "$(ask "SELECT p.value ->> 'ns' FROM d, json_each(doc, '$.budget.parts') p WHERE p.value ->> 'part' = 'sync'")"
ok "waits do no work" is \
    "$(ask "SELECT count(*) FROM d, json_each(doc, '$.ops') w WHERE w.value ->> 'kind' = 'sync' AND (w.value ->> 'flops' > 0 OR w.value ->> 'bytes' > 0)")" 0
ok "counters left out are said to be" says "$json" "left out (--no-counters)"
ok "... in the tables too" says "$out" "Counters: not available: they were left out"

# The error of every node beside its time, of the same run, and of an earlier `numerics`.
# shellcheck disable=SC2086 # words
run "$TFLBENCH" profile "$wide" -d cpu,reference $quick --db "$dir/off.sqlite" --json "$json" --no-counters --numerics
ok "a profile with numerics" is "$code" 0
ok "an error for every node" is \
    "$(ask "SELECT count(DISTINCT r.value ->> 'node') - json_array_length(doc, '$.model.subgraphs[0].nodes') + (SELECT count(*) FROM json_each(doc, '$.model.subgraphs[0].nodes') n WHERE n.value ->> 'kernel') FROM d, json_each(doc, '$.numerics.rows') r")" 0
ok "as it was stored" is \
    "$(ask "SELECT r.value ->> 'max_abs' FROM d, json_each(doc, '$.numerics.rows') r WHERE r.value ->> 'node' = 3")" \
    "$(sqlite3 "$dir/off.sqlite" "SELECT value FROM figure WHERE phase = 'numerics' AND metric = 'max_abs' AND owner LIKE 'node:3:%'")"
ok "the reference is named" is "$(ask "SELECT doc ->> '$.numerics.reference' FROM d")" reference
ok "and has no errors, for a reason" is "$(ask "SELECT doc ->> '$.more[0].numerics.reason' FROM d")" "this is what others are compared with"
# shellcheck disable=SC2086 # words
run "$TFLBENCH" profile "$wide" $quick --db "$dir/off.sqlite" --json "$json" --no-counters
ok "another run of the same build shows them too, with their run" is "$(ask "SELECT doc ->> '$.numerics.run' FROM d")" 1
run "$TFLBENCH" profile "$wide" --against cpu --db "$db"
ok "--against without --numerics is usage" is "$code" 2

run "$TFLBENCH" profile @7 --db "$db"
ok "a run that is not there" is "$code" 6
ok "a run that is not there: one line" one_line "$err"
run "$TFLBENCH" profile @1 "$model" --db "$db"
ok "a stored run beside a model is usage" is "$code" 2
run "$TFLBENCH" profile @1 --db "$db" --columns nonsense
ok "a column of no name" is "$code" 2
ok "a column of no name: the others are named" says "$err" "gflops"
# shellcheck disable=SC2086 # words
run "$TFLBENCH" run "$model" $quick --no-profile --db "$db" -q
run "$TFLBENCH" profile @ --db "$db"
ok "a run without profiling has no profile" is "$code" 6
ok "and that is said" says "$err" "no process with per-op profiling"

finish
