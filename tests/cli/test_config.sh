#!/bin/sh
# tflbench.json: models and options that the command line does not give.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models
cd "$dir" || exit 1

count() {
    sql "SELECT count(*) FROM $1"
}

cat >tflbench.json <<END
{
  // Comments are lines of their own.
  "models": ["$model", "$model2"],
  "matrix": {"delegate": ["reference", "cpu"], "threads": [1, 2]},
  "labels": {"rig": "bench7", "who": "file"},
  "options": {"max-seconds": "300ms", "min-seconds": 0.02, "warmup-seconds": "10ms", "min-runs": 5,
              "processes": 2, "profile": false, "db": "$db"},
  "gate": {"threshold": "50%"}
}
END
run "$TFLBENCH" run -q
ok "run without operands takes the file's models" is "$code" 0
ok "two models" is "$(count model)" 2
ok "two delegates and two thread counts of each" is "$(count configuration)" 8
ok "two processes of each" is "$(count process)" 16
ok "none of them profiled" is "$(sql 'SELECT sum(profiled) FROM process')" 0
ok "the labels" is "$(sql "SELECT group_concat(key || '=' || value) FROM label ORDER BY key")" "rig=bench7,who=file"

run "$TFLBENCH" run "$model" -t 3 --processes 1 --profile -q --label who=me
ok "the command line overrides the file" is "$code" 0
ok "its model, threads, processes and profile" is \
    "$(sql "SELECT count(*) || ' ' || sum(profiled) || ' ' || min(threads) FROM process JOIN configuration c ON c.id = configuration_id WHERE run_id = 2")" "4 2 3"
ok "its labels" is "$(sql "SELECT group_concat(key || '=' || value) FROM label WHERE run_id = 2")" who=me
run "$TFLBENCH" run -q --dry-run --delegate cpu
ok "each option by itself" says "$out" "4 configurations"
run "$TFLBENCH" gate --base "$TFLBENCH" --head "$TFLBENCH" -q -d cpu -t 1 --max-seconds 60
ok "gate takes models, options and policy" is "$code" 0
ok "of both models" says "$out" "2 configurations passed"

mv tflbench.json other.json
run "$TFLBENCH" run -q
ok "without the file, no models" is "$code" 2
run "$TFLBENCH" run -q --config other.json --dry-run
ok "--config names another" says "$out" "8 configurations"

# bad WHAT TEXT: a file that is refused, and what is said of it.
bad() {
    echo "$1" >tflbench.json
    run "$TFLBENCH" run "$model" -q --db "$db"
    ok "refused: $1" is "$code" 2
    ok "it says $2" says "$err" "$2"
}
bad '{"modles": []}' modles
bad '{"options": {"treads": 2}}' "--treads: no such option; did you mean --threads?"
bad '{"matrix": {"threads": [0]}}' "--threads"
bad '{"models": "a.tflite"}' "list of files"
bad '{"options": {"processes": "many"}}' "not a whole number"
bad '{"options": {"quiet": "yes"}}' "true or false"
bad '{"labels": {"a": 1}}' "is no text"
bad '[1]' "no JSON object"
finish
