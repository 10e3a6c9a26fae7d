#!/bin/sh
# How often the gate is wrong on this machine: invocations of base against itself (A/A), and with a
# busy loop of 3 % and of 10 % of the inference's time planted in one op of head.
#
#     bench_gate.sh BUILD FOLDER [AA [SLOW3 [SLOW10]]]      invocations of each, default 200 100 20
#
# Resumable: every verdict is a line of FOLDER/verdicts.tsv as soon as it is made, and a later call
# goes on where the last one stopped. The program under test is a copy in FOLDER, so that verdicts of
# several days are of one build; to test another build, name another folder.
#
# The verdicts are those of `tflbench gate` with its defaults; the planted op is DEPTHWISE_CONV_2D #1
# of the zoo's mini MobileNet v1, on the portable kernels. GATE_SECONDS ends the call after so long.
set -eu
build=$(readlink -f "$1")
folder=$2
aa=${3:-200} slow3=${4:-100} slow10=${5:-20}
node=1
op="DEPTHWISE_CONV_2D #1"
mkdir -p "$folder"
folder=$(readlink -f "$folder")
# One at a time: two would write into each other's verdicts.
exec 9>"$folder/lock"
flock -n 9 || { echo "bench_gate: another one is at work in $folder" >&2; exit 1; }
log=$folder/verdicts.tsv
touch "$log"
# A copy: a build that goes on meanwhile must not change what is measured.
[ -x "$folder/tflbench" ] || cp "$build/tflbench" "$folder/tflbench"
tflbench=$folder/tflbench
model=$folder/zoo/mobilenet_v1_mini_float32.tflite
[ -f "$model" ] || "$tflbench" zoo --mini mobilenet_v1 -o "$folder/zoo" >/dev/null
db=$folder/gate.sqlite

# The length of an inference, in ns, calibrated once: the planted loop is a share of it. The smallest
# of five medians: one that was taken beside a busy neighbour would plant more than it says.
if [ ! -s "$folder/median_ns" ]; then
    for _ in 1 2 3 4 5; do
        "$tflbench" run "$model" -d reference --processes 2 --no-profile --max-seconds 2 \
            --min-seconds 0.5 -q --json --db "$folder/calibrate.sqlite" |
            sed -n 's/.*"median_ns":[[:space:]]*\([0-9.]*\).*/\1/p' | head -n 1
    done | sort -n | head -n 1 >"$folder/median_ns"
fi
median=$(cat "$folder/median_ns")

# head KIND: writes the program that is gated.
head_of() {
    case $1 in
    aa) ns=0 ;;
    slow3) ns=$(awk "BEGIN { printf \"%d\", $median * 0.03 }") ;;
    slow10) ns=$(awk "BEGIN { printf \"%d\", $median * 0.10 }") ;;
    esac
    if [ "$ns" = 0 ]; then
        printf '#!/bin/sh\nexec "%s" "$@"\n' "$tflbench"
    else
        printf '#!/bin/sh\nexport TFLBENCH_TEST_SLOW=%s:%s\nexec "%s" "$@"\n' "$node" "$ns" "$tflbench"
    fi >"$folder/head-$1"
    chmod +x "$folder/head-$1"
}

begin=$(date +%s)
one() { # KIND
    if [ -n "${GATE_SECONDS:-}" ] && [ $(($(date +%s) - begin)) -ge "$GATE_SECONDS" ]; then
        return 1
    fi
    code=0
    before=$(date +%s%N)
    "$tflbench" gate "$model" -d reference --base "$tflbench" --head "$folder/head-$1" --json -q \
        --db "$db" >"$folder/last.json" || code=$?
    spent=$((($(date +%s%N) - before) / 1000000))
    named=no
    if grep -qF "$op" "$folder/last.json"; then named=yes; fi
    verdict=$(sed -n 's/.*"verdict":"\([a-z]*\)".*/\1/p' "$folder/last.json" | head -n 1)
    blocks=$(sed -n 's/.*"blocks":\([0-9]*\).*/\1/p' "$folder/last.json" | head -n 1)
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$code" "$verdict" "$named" "$blocks" "$spent" >>"$log"
    rm -f "$db" "$db-wal" "$db-shm"
}

count_of() {
    awk -F'\t' -v kind="$1" '$1 == kind' "$log" | wc -l
}

for kind in aa slow3 slow10; do head_of $kind; done
# By turns, so that each kind sees the same weather.
while :; do
    left=0
    for kind in aa aa slow3 slow10; do
        eval "want=\$$kind"
        [ "$(count_of $kind)" -lt "$want" ] || continue
        left=1
        one $kind || { left=0; break; }
    done
    [ $left = 1 ] || break
done

"$tflbench" --version | head -n 1 | sed 's/^/tested:               /'
awk -F'\t' '
    # Wilson, 95 %.
    function interval(k, n,    z, p, m, h) {
        if (!n) return "none yet"
        z = 1.959964; p = k / n
        m = (p + z * z / (2 * n)) / (1 + z * z / n)
        h = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return sprintf("%d of %d = %.1f %% [%.1f, %.1f]", k, n, 100 * p, 100 * (k ? m - h : 0), 100 * (k < n ? m + h : 1))
    }
    function median(kind, column,    n, i, j, t, v) {
        n = 0
        for (i = 1; i <= NR; i++) if (kinds[i] == kind) v[++n] = column == 5 ? blocks[i] : spent[i]
        for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
        return n ? (n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2) : 0
    }
    { kinds[NR] = $1; blocks[NR] = $5; spent[NR] = $6; all[$1]++; worse[$1] += $2 == 1; undecided[$1] += $2 == 3
      failed[$1] += $2 != 0 && $2 != 1 && $2 != 3; named[$1] += $2 == 1 && $4 == "yes" }
    END {
        printf "A/A alarms:           %s\n", interval(worse["aa"], all["aa"])
        printf "3 %% found:            %s\n", interval(worse["slow3"], all["slow3"])
        printf "  of those, op named: %s\n", interval(named["slow3"], worse["slow3"])
        printf "10 %% found:           %s\n", interval(worse["slow10"], all["slow10"])
        printf "undecided:            A/A %d, 3 %% %d, 10 %% %d; failed otherwise %d\n", undecided["aa"], undecided["slow3"], undecided["slow10"], failed["aa"] + failed["slow3"] + failed["slow10"]
        printf "a verdict costs:      A/A %.1f s and %d blocks, 3 %% %.1f s and %d, 10 %% %.1f s and %d (medians)\n", median("aa", 6) / 1000, median("aa", 5), median("slow3", 6) / 1000, median("slow3", 5), median("slow10", 6) / 1000, median("slow10", 5)
    }' "$log"
