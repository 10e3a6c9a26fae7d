#!/bin/sh
# The engine tflite with a library that lacks functions or fails (tests/fake_tflite): each absence is
# a stored reason, each fault a stored result, and the sweep goes on.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

cc=${CC:-gcc}
need "$cc"
need sqlite3
case $TFLBENCH in *-address* | *-thread*) skip "a plain library would not load into a sanitizer's process" ;; esac
models
FAKE_TFLITE_BEHIND=$(dirname "$TFLBENCH")/libtensorflowlite_c.so
export FAKE_TFLITE_BEHIND

# fake NAME [-DFAKE_WITHOUT_...]: builds $dir/NAME.so
fake() {
    name=$1
    shift
    "$cc" -shared -fPIC -Wl,-Bsymbolic -I"$root" "$@" -o "$dir/$name.so" "$root/tests/fake_tflite/fake.c" ||
        skip "the library does not build for this machine"
}

# measure LIBRARY [OPTION...]: the model in our engine and in that one.
measure() {
    library=$1
    shift
    rm -f "$db" "$db-wal" "$db-shm"
    run "$TFLBENCH" run --engine "native,tflite:$dir/$library.so" --max-seconds 0.3 --min-seconds 0.02 \
        --warmup-seconds 0.01 --min-runs 5 --timeout 1 --db "$db" "$@"
}

short="-d reference --no-profile"

# suffers STATUS TEXT: the other engine's process ended so, for that reason; ours was measured.
suffers() {
    ok "$what: exit code 5" is "$code" 5
    ok "$what: status $1" is "$(sql "SELECT count(*) FROM process WHERE status = '$1'")" 1
    sql "SELECT reason FROM process WHERE status != 'ok'" >"$dir/reason"
    ok "$what: the reason says: $2" says "$dir/reason" "$2"
    ok "$what: the reason is told" says "$err" "$2"
    ok "$what: the rest was measured" is "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 1
}

# fails KIND STATUS TEXT
fails() {
    what="fault $1"
    # shellcheck disable=SC2086 # words
    FAKE_TFLITE_FAULT=$1 measure whole "$model" $short
    suffers "$2" "$3"
}

verdict_of_tflite() {
    sql "SELECT check_verdict FROM process JOIN configuration ON configuration.id = configuration_id WHERE engine LIKE 'tflite%' ORDER BY process.id LIMIT 1"
}

fake whole
what="a library with everything"
measure whole "$model" "$model2" -d reference,cpu
ok "$what: exit code 0" is "$code" 0
ok "$what: both engines were measured" is "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 16
ok "$what: none is wrong" is "$(sql "SELECT count(*) FROM process WHERE check_verdict = 'wrong'")" 0
ok "$what: its version is stored" is "$(sql "SELECT count(*) FROM build WHERE engine_version LIKE '%0.0.0-fake%'")" 1

# What a call refuses.
fails model failed "this model is refused: as asked"
fails create failed "Didn't find op for builtin opcode 'CONV_2D' version '99'"
fails silent failed "making the interpreter failed"
fails allocate failed "node number 3 failed to prepare"
fails invoke failed "Node number 5 (CONV_2D) failed to invoke"
fails invoke:4 failed "Node number 5 (CONV_2D) failed to invoke"
fails crash crashed "signal 11"
fails crash:4 crashed "signal 11"
fails crash_create crashed "signal 11"
fails hang timed_out "no sign of life for 1 s"
fails hang_allocate timed_out "no sign of life for 1 s"

what="a delegate that cannot be made"
FAKE_TFLITE_FAULT=delegate measure whole "$model" -d cpu --no-profile
suffers unavailable "creating XNNPACK failed"

# Outputs.
what="wrong floats"
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=wrong measure whole "$model" $short
ok "$what: exit code 1" is "$code" 1
ok "$what: the verdict is stored" is "$(verdict_of_tflite)" wrong
ok "$what: it is told" says "$err" "WRONG"
run "$TFLBENCH" show --db "$db"
ok "$what: the table marks it" says "$out" "wrong"

what="an int8 output far off"
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=wrong measure whole "$model2" $short
ok "$what: it is wrong, on noise too" is "$(verdict_of_tflite)" wrong

what="an int8 output one step off"
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=step measure whole "$model2" $short
ok "$what: exit code 0" is "$code" 0
ok "$what: noise proves nothing" is "$(verdict_of_tflite)" "not verifiable on noise"

what="outputs that differ from process to process"
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=vary measure whole "$model2" $short --processes 3
ok "$what: a stored warning" at_least "$(sql "SELECT count(*) FROM warning WHERE kind = 'nondeterministic'")" 1

what="outputs that go wrong after some inferences"
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=wrong:6 measure whole "$model" $short
ok "$what: the first was right" is "$(verdict_of_tflite)" ok
ok "$what: that they changed is a stored warning" at_least "$(sql "SELECT count(*) FROM warning WHERE kind = 'nondeterministic'")" 1
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=wrong:6 measure whole "$model" $short --check every
ok "$what: --check every finds it" is "$(verdict_of_tflite)" wrong
ok "$what: exit code 1" is "$code" 1
ok "$what: the inference is named" says "$err" "inference 7: output 0"
ok "$what: ours stays right" is "$(sql "SELECT count(*) FROM process WHERE check_verdict = 'ok'")" 1
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=wrong measure whole "$model" $short --check off
ok "$what: --check off looks at nothing" is "$(verdict_of_tflite)" "not checked"

# Cases: ours by the rule, the library by the lenient one.
what="a folder of cases"
need zstd
zstd -dc "$root/tests/conformance/open.tar.zst" | tar -x -C "$dir"
mkdir "$dir/cases"
mv "$dir/open/ADD/i8_relu6" "$dir/open/CONV_2D/f32_resize" "$dir/cases"
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=step measure whole "$dir/cases" $short
ok "$what: exit code 0" is "$code" 0
ok "$what: the case's inputs" is "$(sql "SELECT count(*) FROM process WHERE input LIKE 'case:%'")" 4
ok "$what: a step is within the lenient rule" is "$(sql "SELECT count(*) FROM process WHERE check_detail LIKE '%lenient rule'")" 1
ok "$what: the others within the rule" is "$(sql "SELECT count(*) FROM process WHERE check_detail LIKE '%case''s rule'")" 3
ok "$what: the table says so" says "$out" "outputs within their case's rule: 3; within its lenient rule, which is for other engines: 1"
run "$TFLBENCH" report --db "$db" -o - -f markdown
ok "$what: and so does a report" says "$out" "within its lenient rule"
# shellcheck disable=SC2086
FAKE_TFLITE_FAULT=wrong measure whole "$dir/cases/i8_relu6" $short
ok "$what: beyond both it is wrong" is "$(verdict_of_tflite)" wrong
# shellcheck disable=SC2086
measure whole "$dir/cases" $short --tier 1
ok "$what: tiers need a manifest" is "$code" 2

# Per-op times, from what a library tells of its operators.
what="watched operators"
measure whole "$model" -d reference,cpu
ok "$what: exit code 0" is "$code" 0
ops_of() {
    sql "SELECT $2 FROM op_time JOIN process ON process.id = process_id JOIN configuration ON configuration.id = configuration_id JOIN op ON op.plan_id = process.plan_id AND idx = op_idx WHERE engine LIKE 'tflite%' AND configuration.delegate = '$1'"
}
ok "$what: each node of the library's own" is "$(ops_of reference 'count(*)')" 7
ok "$what: by its name" is "$(ops_of reference 'group_concat(op)' | cut -d, -f1-2)" "CONV_2D,DEPTHWISE_CONV_2D"
ok "$what: a delegate's kernel and its steps" is "$(ops_of cpu 'count(*)')" 4
ok "$what: the kernel covers what did not run by itself" is "$(ops_of cpu 'max(covers)')" "0,1,2,3,4,5,6"
ok "$what: a step has the name it was told with" at_least "$(ops_of cpu "sum(op = 'Add (ND)')")" 2
ok "$what: the headline process is not watched" is "$(sql "SELECT count(DISTINCT process_id) FROM op_time JOIN process ON process.id = process_id WHERE NOT profiled")" 0

# What a library does not export.
fake no_xnnpack -DFAKE_WITHOUT_XNNPACK
what="no XNNPACK"
measure no_xnnpack "$model" -d cpu --no-profile
suffers unavailable "exports no XNNPACK delegate"
# shellcheck disable=SC2086
measure no_xnnpack "$model" $short
ok "$what: its own kernels run" is "$code" 0

fake no_signatures -DFAKE_WITHOUT_SIGNATURES
what="no signature runner"
# shellcheck disable=SC2086
measure no_signatures "$model" $short
ok "$what: the primary subgraph runs" is "$code" 0
# shellcheck disable=SC2086
measure no_signatures "$model" $short --signature serving_default
ok "$what: a signature is refused, with the reason" is "$(sql "SELECT count(*) FROM process WHERE reason LIKE '%knows no signatures%'")" 1

fake no_custom_ops -DFAKE_WITHOUT_CUSTOM_OPS
what="no custom operators"
# shellcheck disable=SC2086
measure no_custom_ops "$model" $short --custom-op "$dir/whole.so"
ok "$what: they are refused, with the reason" is "$(sql "SELECT count(*) FROM process WHERE reason LIKE '%takes no custom operators%'")" 1

fake old -DFAKE_WITHOUT_REPORTER -DFAKE_WITHOUT_CANCELLATION -DFAKE_WITHOUT_VARIABLES \
    -DFAKE_WITHOUT_STRINGS -DFAKE_WITHOUT_SIGNATURES -DFAKE_WITHOUT_TELEMETRY -DFAKE_WITHOUT_XNNPACK \
    -DFAKE_WITHOUT_CUSTOM_OPS
what="an old library"
measure old "$model" -d reference
ok "$what: it runs" is "$code" 0
ok "$what: why there are no per-op times" is "$(sql "SELECT count(*) FROM warning WHERE kind = 'no_op_times' AND message LIKE '%SetTelemetryProfiler%'")" 1
FAKE_TFLITE_FAULT=model measure old "$model" -d reference --no-profile
suffers failed "reading the model failed"

fake no_invoke -DFAKE_WITHOUT_INVOKE
what="a library without what every model needs"
# shellcheck disable=SC2086
measure no_invoke "$model" $short
suffers unavailable "does not export TfLiteInterpreterInvoke"

what="a file that is no library"
cp "$model" "$dir/none.so"
# shellcheck disable=SC2086
measure none "$model" $short
ok "$what: exit code 5" is "$code" 5
ok "$what: ours was measured" is "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 1

finish
