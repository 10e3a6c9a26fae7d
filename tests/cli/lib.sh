# Sourced by the command-line tests. A script says what it checks by ok, and ends with `finish`.
#
#     run COMMAND...          runs it; afterwards $code, and its output in $out and $err (files)
#     ok "what" TEST...       TEST is a command; prints ok or not ok and counts
#     says FILE TEXT          FILE contains the fixed TEXT
#     models                  writes $model and $model2 (float32 and int8)
#     skip "why"              ends the script; counted as skipped, not as passed
#
# $TFLBENCH is the program, $dir an empty folder that is removed at the end.
# shellcheck shell=sh
set -u
TFLBENCH=$(readlink -f "${TFLBENCH:-build/tflbench}")
root=$(cd "$(dirname "$0")/../.." && pwd)
passed=0
failed=0
dir=$(mktemp -d)
out=$dir/.out
err=$dir/.err
db=$dir/results.sqlite
trap 'chmod -R u+w "$dir" 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
unset TFLBENCH_DB TFLBENCH_TEST_FAULT COLUMNS
export LC_ALL=C

run() {
    "$@" >"$out" 2>"$err"
    code=$?
}

ok() {
    claim=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok - $claim"
    else
        failed=$((failed + 1))
        echo "not ok - $claim"
        echo "#   failed: $*"
        [ -f "$out" ] && sed 's/^/#   out: /' "$out" | head -n 20
        [ -f "$err" ] && sed 's/^/#   err: /' "$err" | head -n 20
    fi
}

says() {
    grep -qF -- "$2" "$1"
}

says_not() {
    ! grep -qF -- "$2" "$1"
}

is() {
    [ "$1" = "$2" ] || {
        echo "#   '$1' is not '$2'"
        return 1
    }
}

at_least() {
    [ "$1" -ge "$2" ] || {
        echo "#   $1 is less than $2"
        return 1
    }
}

# One line and no more on standard error, apart from plan and progress.
one_line() {
    [ "$(wc -l <"$1")" -eq 1 ]
}

sql() {
    sqlite3 "$db" "$1"
}

skip() {
    echo "skipped: $1"
    echo "$passed passed, $failed failed, 1 skipped"
    exit 0
}

need() {
    command -v "$1" >/dev/null || skip "no $1 here"
}

# Small models of the zoo: $model (float32) and $model2 (int8).
models() {
    "$TFLBENCH" zoo --mini -o "$dir/zoo" >/dev/null || {
        echo "not ok - the zoo writes its miniatures"
        echo "$passed passed, 1 failed"
        exit 1
    }
    model=$(find "$dir/zoo" -name '*ds_cnn*float32*' | head -n 1)
    model2=$(find "$dir/zoo" -name '*ds_cnn*int8*' | head -n 1)
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
