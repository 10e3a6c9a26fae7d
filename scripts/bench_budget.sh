#!/bin/sh
# The closed time budget of real models: bench_budget.sh BUILD_FOLDER. Profiles every shared model of
# tier 1 with `reference` and `cpu` at 1 and 2 threads and holds what stays unattributed against the
# larger of 1 % and 200 ns + 50 ns a node. Exits 1 where one is over it or does not add up.
set -eu
cd "$(dirname "$0")/.."
build=$1
shared=../shared/models
if [ ! -f "$shared/MANIFEST.json" ]; then
    echo "no $shared: no real models to profile"
    exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
: >"$dir/rows"
for name in $("$build/tflbench" verify --list --tier 1 "$shared"); do
    "$build/tflbench" profile "$shared/$name/model.tflite" --delegate reference,cpu --threads 1,2 \
        --max-seconds "${BUDGET_SECONDS:-0.5}" --min-seconds 0.05 --warmup-seconds 0.02 \
        --min-runs 3 --check off --quiet --db "$dir/db.sqlite" --json "$dir/p.json" >/dev/null
    sqlite3 -separator ' ' :memory: "
        WITH d AS (SELECT readfile('$dir/p.json') doc),
             p AS (SELECT json(doc) one FROM d
                   UNION ALL SELECT m.value FROM d, json_each(doc, '\$.more') m)
        SELECT '$name', one ->> '\$.configuration.delegate', one ->> '\$.configuration.threads',
               CAST(one ->> '\$.budget.end_to_end_ns' AS INT),
               CAST(one ->> '\$.budget.unattributed_ns' AS INT),
               CAST((SELECT x.value ->> 'ns' FROM json_each(one, '\$.budget.parts') x
                     WHERE x.value ->> 'part' = 'dispatch') AS INT),
               CAST(one ->> '\$.budget.unattributed_limit_ns' AS INT),
               CAST((SELECT sum(x.value ->> 'ns') FROM json_each(one, '\$.budget.parts') x) AS INT)
        FROM p" >>"$dir/rows"
    rm -f "$dir"/db.sqlite*
done
awk 'BEGIN { printf "%-52s %-9s %7s %12s %12s %10s %10s\n", "model", "delegate", "threads", "end to end", "unattributed", "dispatch", "limit" }
     { bad = $5 > $7 || $8 != $4; over += bad
       printf "%-52s %-9s %7d %12d %12d %10d %10d%s\n", $1, $2, $3, $4, $5, $6, $7, bad ? "  OVER" : ""
       if ($5 + $6 > $7) both++ }
     END { printf "%d profiles, %d over the limit, %d where dispatch and unattributed together are\n", NR, over, both
           exit over > 0 }' "$dir/rows"
