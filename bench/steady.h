/*
 * The timed loops: warm-up, and the steady state that the samples come from. A sample is one
 * invoke, from call to return. Between samples nothing is computed but the stop condition; samples
 * leave the process in batches, between inferences, every 100 ms.
 */
#ifndef TB_BENCH_STEADY_H
#define TB_BENCH_STEADY_H

#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/fault.h"
#include "profiler/event_log.h"
#include "profiler/ring.h"
#include "profiler/sink_ops.h"
#include "profiler/state.h"

/* When a loop ends: at max_runs or the deadline, whichever is first; else as soon as both minima are
   reached. At least one inference is made. */
typedef struct tb_stop_rule {
    int64_t min_runs;
    int64_t max_runs; /* 0: no bound */
    uint64_t min_ns;
    uint64_t deadline_ns; /* on tb_clock_ns(); 0: none */
} tb_stop_rule;

bool tb_stop_now(const tb_stop_rule *rule, int64_t runs, uint64_t begin_ns, uint64_t now_ns);

/* `late` inferences began later than `interval_ns` wanted. */
typedef struct tb_steady {
    const tb_engine *engine;
    tb_session *session;
    tb_event_stream *events;
    const char *phase; /* "warmup" or "steady" */
    tb_stop_rule stop;
    uint64_t interval_ns;  /* from begin to begin of inferences; 0: one after the other */
    uint64_t idle_ns;      /* pause behind each */
    int64_t keep;          /* only the first so many latencies are sent; 0: all */
    tb_ring *ring;         /* not NULL: per-op events are taken */
    tb_op_times *ops;      /* with `ring` */
    tb_event_log *log;     /* with `ring`; NULL: none */
    const tb_fault *fault; /* NULL: none */
    tb_state *state;       /* sampled at the begin, with every batch and at the end; NULL: not */
    /* Called after each inference, outside its sample; NULL: nothing is. */
    tb_status (*after)(void *context, tb_error *err);
    void *after_context;
    int64_t *late;         /* counts them; NULL */
    uint64_t *allocations; /* gets the allocations inside the inferences (alloc_count.h); NULL */
} tb_steady;

/* Runs the loop and sends the latencies; `runs` is how many inferences it made, also on failure.
   TB_CANCELLED: the driver is gone. */
tb_status tb_steady_run(const tb_steady *steady, tb_error *err, int64_t *runs);

#endif
