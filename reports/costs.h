/*
 * Speed joined to error: what delegating an op saves, and what it costs. A delegate's step takes
 * some time where the same nodes take another without a delegate, and its result lies farther from
 * the reference's than what it reads: "delegating node 17 saves 0.8 ms and costs 21 dB".
 */
#ifndef TB_REPORTS_COSTS_H
#define TB_REPORTS_COSTS_H

#include "reports/node_errors.h"
#include "reports/pool.h"
#include "runtime/base/buf.h"

/* What one step of a delegate does, or several that share nodes. */
typedef struct tb_cost {
    const char *op;    /* operators of all it covers */
    const char *nodes; /* "17", "17,18" */
    bool several;      /* nodes */
    tb_real time_ns;   /* medians of profiled inferences */
    tb_real plain_ns;  /* of the same nodes without a delegate */
    tb_real snr_db;    /* of what comes out; unknown: `without` says why, mostly no difference */
    tb_real lost_db; /* against the worst of what it reads; unknown: that is exact, or not known */
    const char *without;
} tb_cost;

typedef struct tb_costs {
    tb_cost *items; /* the most decibels lost first, then by signal to noise */
    size_t count;
    const char *reason; /* why there are none, or why nothing is known of savings; NULL */
} tb_costs;

/* Of a process that compared tensors, with the newest profiles of the same build, configuration and
   model: its own, and that without a delegate, of the same run where there is one. */
tb_status tb_costs_read(tb_store *store, int64_t numerics_process_id, tb_pool *pool, tb_error *err,
                        tb_costs *out);

/* One sentence without its full stop. */
void tb_cost_describe(const tb_cost *cost, tb_buf *out);

#endif
