#!/bin/sh
# Help, versions, misspelt words: what is right before anything is measured.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

run "$TFLBENCH" --help
ok "--help succeeds" is "$code" 0
ok "--help lists run" says "$out" "    run "
ok "--help hides the worker" says_not "$out" "    worker "

run "$TFLBENCH" --version
ok "--version names the program" says "$out" "tflbench "

for command in $("$TFLBENCH" --help | sed -n 's/^    \([a-z][a-z]*\)  .*/\1/p'); do
    [ "$command" = tflbench ] && continue
    run "$TFLBENCH" help "$command"
    ok "help $command has a synopsis" says "$out" "tflbench $command"
    ok "help $command explains exit codes" says "$out" "EXIT STATUS"
    cp "$out" "$dir/page"
    run "$TFLBENCH" "$command" --help
    ok "$command --help is the same page" cmp -s "$out" "$dir/page"
done

run "$TFLBENCH" help run
ok "help run documents --max-seconds" says "$out" "--max-seconds"
ok "help run shows defaults" says "$out" "(default: 10)"

run "$TFLBENCH" rnu
ok "an unknown command is usage" is "$code" 2
ok "an unknown command gets a hint" says "$err" "did you mean run?"

run "$TFLBENCH" run x.tflite --thraeds 2 --db "$db"
ok "a misspelt flag is usage" is "$code" 2
ok "a misspelt flag gets a hint" says "$err" "did you mean --threads?"
ok "a misspelt flag makes no database" test ! -e "$db"

run "$TFLBENCH" run --db "$db"
ok "no model is usage" is "$code" 2

for words in "--threads 0" "--threads two" "--max-seconds 5parsecs" "--delegate cpx" \
    "--engine natve" "--check often" "--fallback maybe" "--order backwards" "--label novalue" \
    "--memory-limit -1" "--delegate cpu:a=1;a=2"; do
    # shellcheck disable=SC2086 # words
    run "$TFLBENCH" run x.tflite --db "$db" $words
    ok "run $words is usage" is "$code" 2
    ok "run $words: one line says so" one_line "$err"
done

run "$TFLBENCH" run x.tflite --dry-run --threads 1,2 --delegate reference --db "$db"
ok "--dry-run succeeds" is "$code" 0
ok "--dry-run shows each configuration" says "$out" "x, reference, 2 threads"
ok "--dry-run says how long it takes" says "$out" "20 s in all"
ok "--dry-run makes no database" test ! -e "$db"

run "$TFLBENCH" run x.tflite --dry-run --threads 1,2,3,4 -d reference --seed 7
cp "$out" "$dir/first"
run "$TFLBENCH" run x.tflite --dry-run --threads 1,2,3,4 -d reference --seed 7
ok "a seed fixes the order" cmp -s "$out" "$dir/first"
run "$TFLBENCH" run x.tflite --dry-run --threads 1,2,3,4 -d reference --seed 8
ok "another seed is another order" sh -c "! cmp -s '$out' '$dir/first'"

finish
