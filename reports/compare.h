/*
 * Comparing stored results: base and head, configuration by configuration and metric by metric, with
 * the ops that answer for a difference, and whether the two can be compared at all.
 */
#ifndef TB_REPORTS_COMPARE_H
#define TB_REPORTS_COMPARE_H

#include "reports/costs.h"
#include "reports/pool.h"
#include "reports/report.h"
#include "reports/select.h"
#include "reports/stats_bootstrap.h"
#include "runtime/base/buf.h"

/* X(id, key, title, unit, better, deterministic): better is LOWER or HIGHER; a deterministic metric
   is the same in every run of the same build and model. Rows up to THROUGHPUT come from samples. */
#define TB_METRIC_LIST(X)                                                                     \
    X(MEDIAN, "median", "median latency", "ns", LOWER, false)                                 \
    X(P90, "p90", "90th percentile", "ns", LOWER, false)                                      \
    X(P95, "p95", "95th percentile", "ns", LOWER, false)                                      \
    X(P99, "p99", "99th percentile", "ns", LOWER, false)                                      \
    X(THROUGHPUT, "throughput", "inferences a second", "/s", HIGHER, false)                   \
    X(PREPARE, "prepare", "applying the delegate and allocating", "ns", LOWER, false)         \
    X(STARTUP, "startup", "load, delegate, allocate and first inference", "ns", LOWER, false) \
    X(RSS, "rss", "resident memory", "bytes", LOWER, false)                                   \
    X(PEAK_RSS, "peak_rss", "peak memory", "bytes", LOWER, false)                             \
    X(ENERGY, "energy", "energy an inference", "uj", LOWER, false)                            \
    X(ARENA, "arena", "tensor arena", "bytes", LOWER, true)                                   \
    X(OWNED, "owned", "memory the runtime accounts for, at its peak", "bytes", LOWER, true)   \
    X(MODEL_BYTES, "model_bytes", "model file", "bytes", LOWER, true)                         \
    X(BINARY_BYTES, "binary_bytes", "program or library", "bytes", LOWER, true)               \
    X(NODES, "nodes", "nodes of the execution plan", "count", LOWER, true)                    \
    X(LEFT_BEHIND, "left_behind", "nodes the delegate left behind", "count", LOWER, true)     \
    X(PARTITIONS, "partitions", "partitions of the delegate", "count", LOWER, true)           \
    X(ACCURACY, "accuracy", "accuracy on labelled data", "share", HIGHER, true)               \
    X(TASK_ERROR, "task_error", "error on labelled data", "value", LOWER, true)               \
    X(NOISE, "noise", "noise to signal of the outputs", "share", LOWER, true)                 \
    X(FLOPS, "flops", "operations", "count", LOWER, true)                                     \
    X(BYTES_MOVED, "bytes_moved", "bytes read and written", "bytes", LOWER, true)

typedef enum tb_metric {
#define X(id, key, title, unit, better, deterministic) TB_METRIC_##id,
    TB_METRIC_LIST(X)
#undef X
        TB_METRIC_COUNT
} tb_metric;

typedef struct tb_metric_info {
    const char *key, *title, *unit;
    bool higher_is_better, deterministic;
} tb_metric_info;

const tb_metric_info *tb_metric_about(tb_metric metric);
/* What is added to values of a metric that may be 0, so that they have a ratio: 0 for most, else 1. */
double tb_metric_offset(tb_metric metric);
/* TB_METRIC_COUNT: no metric has that key. */
tb_metric tb_metric_find(const char *key);

/* One metric on both sides. Unknown where a side has no value. */
typedef struct tb_metric_change {
    bool known;
    double base, head; /* medians over processes */
    tb_ratio ratio;    /* head / base */
    double p;          /* ratio.p adjusted by Holm over all configurations */
    bool unreliable;   /* a percentile with too few samples for it */
} tb_metric_change;

/* An op of both plans, or of one. */
typedef struct tb_op_change {
    const char *op, *nodes, *tensor;
    double base_ns, head_ns; /* 0: not in that plan */
    double share; /* of the sum of all differences of its sign's direction; 0 where there is none */
} tb_op_change;

typedef struct tb_comparison {
    const char *name;             /* "mobilenet, cpu, 2 threads" */
    const char *base_name;        /* where the sides are called differently, else NULL */
    const tb_result *base, *head; /* the newest of each */
    const char *failure;          /* why there is no verdict: a side failed or is empty; or NULL */
    bool nondeterministic, outputs_differ, plan_changed, head_wrong;
    tb_metric_change metrics[TB_METRIC_COUNT];
    tb_op_change *ops; /* by size of the difference, largest first */
    size_t op_count;
    double op_base_ns, op_head_ns; /* sums of both profiles */
    tb_costs costs; /* what delegating saves and costs in head, where its tensors were compared */
} tb_comparison;

/* Something of the context that is not the same on both sides. */
typedef struct tb_caveat {
    bool refuses; /* no comparison of timings; else it is only said */
    const char *what, *base, *head;
} tb_caveat;

typedef struct tb_compared {
    tb_comparison *items;
    size_t count;
    const char **unmatched; /* "only in base: ..." */
    size_t unmatched_count;
    tb_mean_ratio mean; /* geometric, of the median latencies */
    size_t mean_count;  /* of so many */
    tb_caveat *caveats;
    size_t caveat_count;
    bool interleaved; /* measured in turns in one run */
    bool refused;     /* a caveat refuses */
    tb_results base_results, head_results;
    struct tb_pool *pool;
} tb_compared;

/* Two selections; the same one twice where both arms are in it (a run with --base and --head), which
   are told apart by their arm. TB_NOT_FOUND where nothing of one side has its like in the other. */
tb_status tb_compare(const tb_selection *base, const tb_selection *head, tb_error *err,
                     tb_compared *out);
void tb_compared_free(tb_compared *compared);

/* "+4.1 % [3.6, 4.6]" of a ratio; "+4.1 %" without an interval. */
void tb_format_change(const tb_ratio *ratio, char text[96]);

/* slower, faster, larger, smaller, same, unclear: what the interval says of a change; a difference
   below half a per cent is none, nor is one below 5 % between two single processes. */
const char *tb_change_word(tb_metric metric, const tb_metric_change *change);
/* One sentence: how much, and which ops answer for it; nothing appended where the latency is
   unknown. */
void tb_describe_change(const tb_comparison *comparison, tb_buf *out);

/* Formats table, markdown, csv, json, html (docs/formats.md); `forced`: refused timings are shown
   all the same. */
tb_status tb_compared_write(const tb_compared *compared, const char *format, bool forced,
                            const tb_report_options *options, tb_buf *out, tb_error *err);

/* What compare.c's parts share. */
tb_status tb_compare_context(const tb_selection *base, const tb_selection *head,
                             tb_compared *compared, tb_error *err);
tb_status tb_compare_ops(const tb_selection *base, const tb_result *base_all,
                         const tb_selection *head, const tb_result *head_all, tb_pool *pool,
                         tb_comparison *item, tb_error *err);

#endif
