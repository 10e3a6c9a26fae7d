#!/bin/sh
# The cpu delegate beside its peers, every model at one and two threads, interleaved (base, head,
# head, base) in fresh processes: bench_cpu.sh BUILD FOLDER [PAGE]
#
# Peers: `tflite`, a real TFLite with XNNPACK, where TFLITE_LIB names its libtensorflowlite_c.so; and
# the delegate `xnnpack`, where it is available. Models: the zoo, and tiers 1 and 2 of ../shared/models
# where they are there; or those that BENCH_MODELS names.
#
# Measures for BENCH_SECONDS (default 900) in rounds of two blocks for every model, thread count and
# peer; a later call of the same program adds rounds, another program starts anew. Then prints the
# tables, and writes them to PAGE. BENCH_SECONDS=0 prints what there is. TFLITE_NAME says on the page
# what the library was built from; BENCH_PEERS=tflite leaves the other one out.
set -eu
cd "$(dirname "$0")/.."
build=$(readlink -f "$1")
mkdir -p "$2"
folder=$(readlink -f "$2")
page=${3:-}
seconds=${BENCH_SECONDS:-900}
threads="1 2"

exec 9>"$folder/lock"
flock -n 9 || { echo "bench_cpu: another one is at work in $folder" >&2; exit 1; }

# A copy, since a build that goes on meanwhile must not change what is measured.
db=$folder/bench.sqlite
if [ "$seconds" != 0 ] && ! cmp -s "$build/tflbench" "$folder/tflbench"; then
    rm -f "$db" "$db-wal" "$db-shm"
    cp "$build/tflbench" "$folder/tflbench"
fi
tflbench=$folder/tflbench
rm -f "$folder"/models-*

[ -d "$folder/zoo" ] || "$tflbench" zoo --all -o "$folder/zoo" >/dev/null
models=${BENCH_MODELS:-}
if [ -z "$models" ]; then
    models=$(ls "$folder"/zoo/*.tflite)
    shared=../shared/models
    if [ -f "$shared/MANIFEST.json" ]; then
        for tier in 1 2; do
            for name in $("$tflbench" verify --list --tier "$tier" "$shared"); do
                [ ! -f "$shared/$name/model.tflite" ] || models="$models $shared/$name/model.tflite"
            done
        done
    fi
fi

# The name, and the side that stands against ours.
peers=""
if [ -n "${TFLITE_LIB:-}" ]; then peers="tflite"; fi
if "$tflbench" list delegates --json |
    grep -q '"name":"xnnpack","what":"[^"]*","available":true'; then
    peers="$peers xnnpack"
fi
peers=${BENCH_PEERS:-$peers}
side_of() {
    case $1 in
    tflite) echo "engine=tflite:$(readlink -f "$TFLITE_LIB"),delegate=cpu" ;;
    *) echo "engine=native,delegate=$1" ;;
    esac
}

# Of the models those that a peer takes: on the portable kernels the rest would measure those, at length.
# A C library has kernels of its own.
models_of() {
    if [ "$1" = tflite ]; then
        echo "$models"
        return
    fi
    [ -s "$folder/models-$1" ] || for model in $models; do
        "$tflbench" inspect "$model" --delegate "$1" --json >"$folder/inspect.json" 2>/dev/null || continue
        sqlite3 :memory: "
            WITH d AS (SELECT readfile('$folder/inspect.json') AS doc)
            SELECT '$model' FROM d WHERE doc ->> '\$.nodes' * 0.8 <=
                (SELECT sum(o.value ->> 'delegated') FROM json_each(doc, '\$.ops') o)"
    done >"$folder/models-$1"
    cat "$folder/models-$1"
}

# Two blocks of each model and thread count. Failed configurations are stored (exit 5) and shown.
round() {
    code=0
    # shellcheck disable=SC2086 # a list
    "$tflbench" run $(models_of "$1") --threads 1,2 --base "$(side_of "$1")" --head engine=native,delegate=cpu \
        --label "peer=$1" --blocks 2 --no-profile --check off --warmup 3 --warmup-seconds 0.03 \
        --min-runs 5 --min-seconds 0.06 --max-runs 5000 --quiet --db "$db" >/dev/null 2>"$folder/round.log" || code=$?
    [ "$code" = 0 ] || [ "$code" = 5 ] || { cat "$folder/round.log" >&2; exit "$code"; }
}

begin=$(date +%s)
longest=0
done_one=0
while [ "$seconds" != 0 ] && [ -n "$peers" ]; do
    # Two rounds against TFLite of today for each against the library of old.
    for peer in $peers $(echo "$peers" | grep -o tflite || true); do
        before=$(date +%s)
        # The first call of all has a round of each, however long that takes.
        if [ $((before - begin + longest)) -gt "$seconds" ] &&
            [ "$("$tflbench" ls --json --db "$db" 2>/dev/null | grep -c "peer=$peer" || true)" != 0 ]; then
            done_one=1
            continue
        fi
        round "$peer"
        spent=$(($(date +%s) - before))
        [ "$spent" -le "$longest" ] || longest=$spent
        echo "bench_cpu: a round against $peer in $spent s" >&2
    done
    [ "$done_one" = 0 ] || break
done
[ -n "$peers" ] || {
    echo "bench_cpu: no peer: set TFLITE_LIB to a libtensorflowlite_c.so, or install libxnnpack0" >&2
    exit 1
}

# ---- the page ------------------------------------------------------------------------------------

for peer in $peers; do
    for t in $threads; do
        "$tflbench" compare "label:peer=$peer" --where "threads=$t" --force --json --db "$db" \
            >"$folder/$peer-$t.json" || echo '{}' >"$folder/$peer-$t.json"
    done
done

sql() { sqlite3 -batch -noheader -separator ' | ' :memory: "$@"; }

# Of $peer and $t: the comparisons as rows.
rows="
    CREATE TEMP VIEW doc AS SELECT readfile('FILE') AS d;
    CREATE TEMP VIEW item AS
        SELECT substr(c.value ->> 'configuration', 1, instr(c.value ->> 'configuration', ', ') - 1) AS model,
               c.value ->> 'failure' AS failure, c.value -> 'metrics' AS metrics
        FROM doc, json_each(d, '\$.comparisons') c;
    CREATE TEMP VIEW figure AS
        SELECT model, m.value ->> 'metric' AS metric, m.value ->> 'base' AS base,
               m.value ->> 'head' AS head, 1 / (m.value ->> 'ratio') AS speed,
               1 / (m.value ->> 'ratio_high') AS low, 1 / (m.value ->> 'ratio_low') AS high,
               m.value ->> 'processes_head' AS processes
        FROM item, json_each(metrics) m;"
rows_of() { echo "$rows" | sed "s|FILE|$folder/$1-$2.json|"; }

# "1.53 [1.50, 1.56]", of so many models; and what lies below.
mean_of() {
    sql "$(rows_of "$1" "$2")
        SELECT printf('%.2f x [%.2f, %.2f] over %d models; below 0.97 x with their whole interval: %d%s; '
                      || 'prepared in %.2f x its time (geometric mean), more than 1.2 x: %d; '
                      || 'peak memory %.2f x, above it: %d',
            1 / (d ->> '\$.geometric_mean'), 1 / (d ->> '\$.geometric_mean_high'),
            1 / (d ->> '\$.geometric_mean_low'),
            (SELECT count(*) FROM figure WHERE metric = 'median'),
            (SELECT count(*) FROM figure WHERE metric = 'median' AND high < 0.97),
            coalesce((SELECT ' (' || group_concat(model, ', ') || ')' FROM figure
                      WHERE metric = 'median' AND high < 0.97), ''),
            (SELECT exp(avg(ln(1 / speed))) FROM figure WHERE metric = 'prepare'),
            (SELECT count(*) FROM figure WHERE metric = 'prepare' AND head > 1.2 * base),
            (SELECT exp(avg(ln(1 / speed))) FROM figure WHERE metric = 'peak_rss'),
            (SELECT count(*) FROM figure WHERE metric = 'peak_rss' AND head > base))
        FROM doc"
}

table_of() {
    echo "| model | peer, us | ours, us | times as fast [95 %] | processes | prepare: peer, ms | ours, ms | peak memory: peer, MB | ours, MB |"
    echo "|---|--:|--:|---|--:|--:|--:|--:|--:|"
    sql "$(rows_of "$1" "$2")
        SELECT '| ' || i.model, printf('%.1f', l.base / 1e3), printf('%.1f', l.head / 1e3),
               CASE WHEN l.low > 0 THEN printf('%.2f [%.2f, %.2f]', l.speed, l.low, l.high)
                    ELSE printf('%.2f', l.speed) END,
               l.processes, printf('%.2f', p.base / 1e6), printf('%.2f', p.head / 1e6),
               printf('%.1f', r.base / 1e6), printf('%.1f |', r.head / 1e6)
        FROM item i JOIN figure l ON l.model = i.model AND l.metric = 'median'
             LEFT JOIN figure p ON p.model = i.model AND p.metric = 'prepare'
             LEFT JOIN figure r ON r.model = i.model AND r.metric = 'peak_rss'
        ORDER BY i.model;
        SELECT '| ' || model || ' | ' || replace(replace(failure, '$folder/', ''), '|', '/')
               || ' | | | | | | | |'
        FROM item WHERE failure IS NOT NULL ORDER BY model;"
}

title_of() {
    case $1 in
    tflite) echo "TFLite with XNNPACK: ${TFLITE_NAME:-the library that TFLITE_LIB names}" ;;
    xnnpack) echo "The delegate \`xnnpack\`: $("$tflbench" list delegates --json |
        sed -n 's/.*"name":"xnnpack","what":"[^"]*","available":true,"found":"\([^"]*\)".*/\1/p')" ;;
    esac
}

write_page() {
    version=$("$tflbench" --version | head -n 1)
    cat <<END
# The cpu delegate beside its peers

\`make bench-cpu\` wrote this page, on $(date -u '+%Y-%m-%d'), with $version.

Every model runs with the peer and with the cpu delegate in turns (base, head, head, base, then the
other way round), each time in a fresh process, on random inputs that are the same for both. "Times
as fast" is the peer's median latency over ours, with its 95 % interval over blocks (docs/measuring.md);
a block is two processes of each side. "Prepare" is applying the delegate and allocating: what a
program waits for between loading the model and the first inference. Peak memory is the process's
highest resident set, the program that measures included. Medians over processes. Against the delegate
\`xnnpack\` stand the models of which it takes four nodes of five.

- processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores used, $("$tflbench" list delegates --json |
        sed -n 's/.*"name":"cpu","what":"[^"]*","available":true,"found":"\([^"]*\)".*/\1/p')
- system: $(uname -sr), load $(cut -d' ' -f1 /proc/loadavg) at the end

END
    for peer in $peers; do
        echo "## $(title_of "$peer")"
        echo
        for t in $threads; do
            echo "- **$t thread$([ "$t" = 1 ] || echo s)**: $(mean_of "$peer" "$t")"
        done
        for t in $threads; do
            echo
            echo "### $t thread$([ "$t" = 1 ] || echo s)"
            echo
            table_of "$peer" "$t"
        done
        echo
    done
}

write_page >"$folder/page.md"
cat "$folder/page.md"
if [ -n "$page" ]; then
    mkdir -p "$(dirname "$page")"
    cp "$folder/page.md" "$page"
fi
