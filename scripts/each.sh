#!/bin/sh
# Runs each program given; each closes with "N passed, N failed" (tally.sh adds them). One that ends
# badly without saying so is counted as one failed. Exits 1 if any failed.
bad=0
for program in "$@"; do
    echo "-- $program"
    log=$(mktemp)
    "$program" >"$log" 2>&1
    status=$?
    cat "$log"
    if [ $status != 0 ]; then
        bad=1
        grep -qE '[0-9]+ passed, [1-9][0-9]* failed' "$log" || echo "0 passed, 1 failed"
    fi
    rm -f "$log"
done
exit $bad
