/*
 * One configuration's profile out of the store: what the tables, the JSON document, the exports and
 * the page are made from. Times come from its last profiled process, headline figures from the
 * others.
 */
#ifndef TB_REPORTS_PROFILE_H
#define TB_REPORTS_PROFILE_H

#include <cjson/cJSON.h>

#include "reports/pool.h"
#include "reports/select.h"
#include "runtime/base/buf.h"

#define TB_PROFILE_SCHEMA         "tflbench.profile"
#define TB_PROFILE_SCHEMA_VERSION 1

/* A row of the plan that takes time. */
typedef struct tb_profile_op {
    const tb_op_row *row;
    const char *kind;   /* "node", "kernel" (a delegate's node), "step", "copy", "sync" */
    const char *name;   /* operators of all it covers: "CONV_2D + RELU"; of others its own */
    const char *tensor; /* the output of the last it covers */
    const char *shape;
    const char *delegate;
    const int64_t *covers; /* node numbers in its subgraph, in order */
    size_t cover_count;
    int64_t partition; /* -1: none */
    bool encloses;     /* a delegate's node whose steps have rows of their own */
    int64_t parent;    /* index of the row inside which it runs; -1: none */
    double wait_ns;    /* of a step: the median of waits for other threads inside it, which have
                          rows of their own */
    tb_integer flops, macs, bytes;
    tb_integer mem_bytes;       /* of the outputs of the last it covers */
    const uint64_t *samples_ns; /* single inferences as stored, 0 where it was not called */
    size_t sample_count;
    tb_summary summary;         /* of the inferences in which it was called */
    double avg_ns, self_avg_ns; /* over all inferences */
    const double *counters;     /* mean an inference by profile->counter_names; NAN: not counted;
                                   NULL: none */
    /* What of the machine's roof it reaches, by what bounds it; `bound` NULL: no roof is known, or
       nothing is known of its work. */
    const char *bound;     /* "compute" or "memory" */
    const char *roof_name; /* the roof's row */
    double roof_per_s, roof_share;
    double share; /* of self_avg_ns in the end-to-end mean */
} tb_profile_op;

typedef struct tb_profile_part {
    const char *name;
    tb_real ns, mean_ns;
} tb_profile_part;

typedef struct tb_profile {
    const tb_selection *selection;     /* borrowed */
    const tb_result *result;           /* borrowed */
    const tb_result_process *process;  /* the profiled one; NULL: there is none that ended well */
    const tb_result_process *headline; /* the first that counts; NULL: none */
    tb_ops plan;                       /* all rows */
    tb_profile_op *ops;                /* those that take time, in order of the rows */
    size_t op_count;
    int64_t *op_of_row;                        /* index in ops, -1: takes no time; one a row */
    tb_real end_to_end_ns, end_to_end_mean_ns; /* of the budget */
    tb_real node_events, budget_inference, events, event_ns;
    tb_profile_part *parts;
    size_t part_count;
    tb_array roofs; /* tb_figure_row of tb_read_roof; empty: none was measured */
    int64_t roof_unix_ms;
    tb_figures figures;         /* of all processes of the result */
    int64_t inferences;         /* of the profiled process */
    const char **counter_names; /* of those there are */
    size_t counter_count;
    cJSON *counters; /* the document, parsed; NULL: none */
    cJSON *graph;    /* parsed; NULL: the engine tells none */
    const char *graph_text, *timeline_text, *state_text, *counters_text; /* JSON; NULL: none */
    tb_pool *pool;
} tb_profile;

/* TB_NOT_FOUND where the result has no profiled process that ended well. Close it after a failure
   as well. */
tb_status tb_profile_open(const tb_selection *selection, const tb_result *result, tb_error *err,
                          tb_profile *profile);
void tb_profile_close(tb_profile *profile);

/* A figure of a process without owner (owner NULL) or with that owner; unknown where there is none. */
tb_real tb_profile_figure(const tb_profile *profile, const tb_result_process *process,
                          const char *phase, const char *metric, const char *owner);

/* A node of the graph by its place; NULL: none, or no graph. */
const cJSON *tb_profile_node(const tb_profile *profile, int64_t subgraph, int64_t node);

/* ---- writers ------------------------------------------------------------------------------------ */

/* The document of docs/formats.md, "Profile": of the first of these profiles, with the others. */
tb_status tb_profile_json(const tb_profile *profiles, size_t count, const tb_results *results,
                          tb_error *err, tb_buf *out);
/* docs/formats.md, "Other forms of a profile". */
tb_status tb_profile_csv(const tb_profile *profiles, size_t count, tb_error *err, tb_buf *out);
tb_status tb_profile_trace(const tb_profile *profiles, size_t count, tb_error *err, tb_buf *out);
tb_status tb_profile_explorer(const tb_profile *profile, tb_error *err, tb_buf *out);

#endif
