#!/bin/bash
# Runs test runners, adds up what they say they counted, and tells the sum.
#
#   tally.sh reset               start counting anew
#   tally.sh run NAME COMMAND…   run a runner; its closing counts are added, never its word alone:
#                                one that ends badly without a failed test counts as one failed
#   tally.sh step NAME COMMAND…  run a step that counts nothing (a build, a lint); failing counts
#   tally.sh skip NAME COUNT WHY count tests that cannot run here
#   tally.sh sum                 the table and, last, "N passed, N failed"; exits 1 on a failure
#
# The counts lie in $TALLY (default build/tally.tsv): name, passed, failed, skipped, seconds.
set -u
tally=${TALLY:-build/tally.tsv}
mkdir -p "$(dirname "$tally")"

# Reads a runner's output and prints "passed failed skipped", summed over its closing lines:
# Criterion's "Tested: N | Passing: N | Failing: N | Crashing: N", and "[word:] N passed, N failed
# [, N skipped]".
counts() {
    sed 's/\x1b\[[0-9;]*[A-Za-z]//g' "$1" | awk '
        /Synthesis: Tested:/ {
            for (i = 1; i < NF; i++) {
                if ($i == "Passing:") passed += $(i + 1)
                if ($i == "Failing:" || $i == "Crashing:") failed += $(i + 1)
            }
        }
        /^([A-Za-z][A-Za-z _-]*: )?[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
            sub(/^[A-Za-z][A-Za-z _-]*: /, "")
            passed += $1; failed += $3; skipped += $5
        }
        /^# skipped: [0-9]+/ { skipped += $3; passed -= $3 }
        END { printf "%d %d %d\n", passed, failed, skipped }'
}

add() {
    printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$tally"
}

case ${1:-} in
reset)
    : >"$tally"
    ;;
run | step)
    kind=$1 name=$2
    shift 2
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    echo "== $name"
    start=$SECONDS
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    passed=0 failed=0 skipped=0
    [ "$kind" = run ] && read -r passed failed skipped < <(counts "$log")
    if [ $status != 0 ] && [ "$failed" = 0 ]; then
        failed=1
        echo "$name: exit status $status" >&2
    fi
    if [ "$kind" = run ] && [ $((passed + failed + skipped)) = 0 ]; then
        failed=1
        echo "$name: ran no test" >&2
    fi
    add "$name" "$passed" "$failed" "$skipped" $((SECONDS - start))
    ;;
skip)
    add "$2" 0 0 "$3" 0
    echo "== $2: $3 skipped: $4"
    ;;
sum)
    echo "== summary"
    awk -F'\t' '
        BEGIN { printf "%-28s %8s %8s %8s %8s\n", "runner", "passed", "failed", "skipped", "seconds" }
        { printf "%-28s %8d %8d %8d %8d\n", $1, $2, $3, $4, $5; p += $2; f += $3; s += $4; t += $5 }
        END {
            printf "%d skipped, %d s\n", s, t
            printf "%d passed, %d failed\n", p, f
            exit f > 0 || p == 0
        }' "$tally"
    ;;
*)
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
