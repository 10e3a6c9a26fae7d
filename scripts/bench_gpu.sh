#!/bin/sh
# The gpu delegate in figures, on whatever OpenCL device there is: bench_gpu.sh BUILD FOLDER [PAGE]
#
#   - MobileNet v1 and v2 and the U-Net of the zoo (and the segmenter of ../shared/models), fp32 and fp16,
#     beside the cpu delegate at all threads; processes in random order, BENCH_PROCESSES (3) of each
#   - the rows of a profile against the span of the delegate's node
#   - the first start, with no cache anywhere, and later ones with a warm --delegate-cache and the
#     driver's own cache cleared
#
# Prints markdown, and writes it to PAGE. BENCH_SECONDS=0 prints what was measured before.
set -eu
cd "$(dirname "$0")/.."
tflbench=$(readlink -f "$1")/tflbench
mkdir -p "$2"
folder=$(readlink -f "$2")
page=${3:-}
processes=${BENCH_PROCESSES:-3}
seconds=${BENCH_SECONDS:-2}
threads=$(nproc)
db=$folder/gpu.sqlite
cache=$folder/cache
export POCL_CACHE_DIR="$folder/driver-cache"
mkdir -p "$POCL_CACHE_DIR"

device=$("$tflbench" list delegates | sed -n 's/^gpu  *yes  *an OpenCL device, 1.2 or later *//p')
[ -n "$device" ] || { echo "bench_gpu: $("$tflbench" list delegates | grep '^gpu')" >&2; exit 1; }

[ -d "$folder/zoo" ] ||
    "$tflbench" zoo mobilenet_v1 mobilenet_v2 unet --precision float32 -o "$folder/zoo" >/dev/null
models=$(ls "$folder"/zoo/*.tflite)
segmenter=../shared/models/segmentation/deeplabv3_257_float32/model.tflite
[ ! -f "$segmenter" ] || models="$models $segmenter"
sql() { sqlite3 -batch -noheader -separator ' | ' "$db" "$1"; }

first=$(echo "$models" | head -n 1)
starts=$folder/starts.sqlite

measure() {
    rm -f "$db" "$db-wal" "$db-shm"
    # Compiles everything once.
    "$tflbench" run $models --delegate gpu:precision=fp32,gpu:precision=fp16 --no-profile --check off \
        --min-runs 1 --max-runs 1 --max-seconds 60 --delegate-cache "$cache" --db "$folder/warm.sqlite" \
        >/dev/null 2>&1
    # Halves may be further from the reference than run allows; that is no reason to end here.
    "$tflbench" run $models --delegate gpu:precision=fp32,gpu:precision=fp16,cpu --threads "$threads" \
        --processes "$processes" --max-seconds $((seconds * processes * 2)) --min-seconds "$seconds" \
        --delegate-cache "$cache" --db "$db" --quiet >/dev/null 2>&1 || [ $? = 1 ] ||
        echo "bench_gpu: not everything was measured" >&2

    cold=$folder/cold-cache
    rm -f "$starts" "$starts-wal" "$starts-shm"
    for round in 1 2 3; do
        rm -rf "$cold"
        for start in first later later; do
            rm -rf "$POCL_CACHE_DIR" && mkdir -p "$POCL_CACHE_DIR"
            "$tflbench" run "$first" --delegate gpu:precision=fp32 --delegate-cache "$cold" --no-profile \
                --check off --min-runs 1 --max-runs 1 --label start=$start --db "$starts" >/dev/null 2>&1
        done
    done
}
[ "$seconds" = 0 ] || measure

{
    echo "# The gpu delegate, measured"
    echo
    echo "Written by \`make bench-gpu\`, which measures on the OpenCL device of the machine at hand. Here:"
    echo
    echo "> $device"
    echo
    case $device in
    processor*)
        echo "That is no GPU but the processor itself, seen through OpenCL: the figures tell that the"
        echo "delegate works, what its own parts cost, and nothing about how fast a GPU is."
        echo
        ;;
    esac
    echo "## Beside the cpu delegate"
    echo
    echo "Batch 1, median of $processes processes' medians, $threads threads where the cpu delegate runs;"
    echo "nodes that the device took."
    echo
    echo "| model | delegate | nodes | median, ms |"
    echo "|---|---|---|---|"
    sql "with ranked as (select p.id, p.configuration_id c, p.plan_id plan, s.latency_ns ns,
             row_number() over (partition by p.id order by s.latency_ns) rank,
             count(*) over (partition by p.id) n
             from process p join sample s on s.process_id = p.id
             where p.status = 'ok' and not p.profiled),
         m as (select *, row_number() over (partition by c order by ns) place,
               count(*) over (partition by c) of from ranked where rank = (n + 1) / 2)
         select '| ' || model.name, configuration.delegate,
             (select sum(partition is not null) || ' of ' || count(*) from op
              where op.plan_id = m.plan and op.kind = 'node' and op.op <> 'tflbench_gpu'
              and op.op <> 'tflbench_cpu'),
             printf('%.3g |', ns / 1e6)
         from m join configuration on configuration.id = m.c
         join model on model.id = configuration.model_id
         where place = (of + 1) / 2 order by model.name, configuration.delegate"
    echo
    echo "## What the rows add up to"
    echo
    echo "Kernels, copies across the boundary, the submission, gaps between launches and the waiting, of"
    echo "a profile's inferences together, against the span of the delegate's node."
    echo
    echo "| model | delegate | kernels | copies | submit, gaps, waits | sum of the node's span |"
    echo "|---|---|---|---|---|---|"
    sql "select '| ' || model.name, configuration.delegate,
             printf('%.1f %%', 100.0 * sum(case kind when 'step' then total_ns end) / span),
             printf('%.1f %%', 100.0 * sum(case kind when 'copy' then total_ns end) / span),
             printf('%.1f %%', 100.0 * sum(case kind when 'sync' then total_ns end) / span),
             printf('%.2f %% |', 100.0 * sum(case when kind in ('step', 'copy', 'sync')
                                             then total_ns end) / span)
         from (select o.kind, t.total_ns, p.configuration_id c,
                   (select sum(t2.total_ns) from op_time t2 join op o2
                    on o2.plan_id = p.plan_id and o2.idx = t2.op_idx
                    where t2.process_id = p.id and o2.op = 'tflbench_gpu') span
               from process p join op_time t on t.process_id = p.id
               join op o on o.plan_id = p.plan_id and o.idx = t.op_idx
               where p.profiled and p.status = 'ok')
         join configuration on configuration.id = c join model on model.id = configuration.model_id
         where configuration.delegate like 'gpu%' group by c order by model.name, configuration.delegate"
    echo
    echo "## Starts"
    echo
    echo "$(basename "$first" .tflite), three rounds: the first start with no cache anywhere, then two"
    echo "with a warm \`--delegate-cache\` alone (the driver's own cache is cleared before every start)."
    echo
    echo "| start | delegate preparation, ms | first inference, ms |"
    echo "|---|---|---|"
    db=$starts
    sql "select '| ' || value_of, printf('%.0f to %.0f', min(d), max(d)),
             printf('%.0f to %.0f |', min(f), max(f))
         from (select label.value value_of, sum(case phase when 'delegate' then figure.value end) / 1e6 d,
                   sum(case phase when 'first_invoke' then figure.value end) / 1e6 f
               from figure join label on label.run_id = figure.run_id and label.key = 'start'
               where metric = 'duration_ns' group by figure.process_id)
         group by value_of order by value_of"
} >"$folder/page.md"
cat "$folder/page.md"
[ -z "$page" ] || cp "$folder/page.md" "$page"
