/*
 * Per-op times: what the ring remembers of one inference is added up by op, between inferences.
 * An op is a node, or what a delegate reports inside one (step, copy, sync). Ops are learnt from
 * the first inferences; once tb_op_times_reserve has made room for samples nothing is allocated.
 *
 * Only events of the invoking thread count, so that an inference's ops add up to its time. A node
 * that runs others (control flow, a delegate's kernel) includes them in its time, and not in its own
 * time (budget.h).
 */
#ifndef TB_PROFILER_SINK_OPS_H
#define TB_PROFILER_SINK_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/budget.h"
#include "profiler/ring.h"
#include "profiler/sink.h"
#include "runtime/base/status.h"

typedef struct tb_op_total {
    tb_event_kind kind; /* NODE, STEP, COPY or SYNC */
    int32_t subgraph;
    int32_t node;
    const tb_step *step; /* NULL for nodes; lives as long as the delegate's plan */
    uint64_t calls;
    uint64_t inferences; /* in which it was called */
    uint64_t first_ns;   /* in the first inference it was ever seen in, also before a reserve */
    uint64_t total_ns;
    uint64_t min_ns; /* of one inference, all its calls together; 0 before the first */
    uint64_t max_ns;
    uint64_t bytes; /* moved by copies */
    /* One an inference, from the reserve on, 0 where it was not called; NULL before. */
    uint64_t *samples_ns;
    uint64_t own_total_ns;
    uint64_t *own_samples_ns; /* as samples_ns */
    uint64_t pending_ns;      /* of the inference being added up */
    uint64_t pending_own_ns;
    uint32_t pending_calls;
    bool seen;
} tb_op_total;

typedef struct tb_op_times tb_op_times;

/* `max_ops`: room for that many; more are dropped and counted. */
tb_status tb_op_times_create(size_t max_ops, tb_error *err, tb_op_times **out);
void tb_op_times_destroy(tb_op_times *times);

/* How many nodes each subgraph of the model has of its own: those behind are delegates' kernels. */
tb_status tb_op_times_set_own_nodes(tb_op_times *times, const int32_t *own_nodes, size_t subgraphs,
                                    tb_error *err);

/* Adds up one inference's events and clears the ring. `latency_ns` is measured around the call; 0:
   unknown. The first call allocates. */
void tb_op_times_take(tb_op_times *times, tb_ring *ring, uint64_t latency_ns);
/* Forgets all times but the first, keeps the ops, and makes room for samples of `inferences` more. */
tb_status tb_op_times_reserve(tb_op_times *times, size_t inferences, tb_error *err);

/* In order of first appearance. */
const tb_op_total *tb_op_times_ops(const tb_op_times *times, size_t *count);
/* Inferences taken since the reserve, those past the room included. */
size_t tb_op_times_inferences(const tb_op_times *times);
/* Sums over the inferences since the reserve of which no event was lost, and how many those are. */
const tb_budget *tb_op_times_budget(const tb_op_times *times, uint64_t *inferences);
/* The budget of one inference whose events were kept elsewhere, as tb_budget_make. NULL: no take has
   been made, or there was no memory. */
const tb_own_time *tb_op_times_own(tb_op_times *times, const tb_event *events, size_t count,
                                   uint64_t latency_ns, tb_budget *out);
/* Events lost for want of room, in the ring or here. */
size_t tb_op_times_dropped(const tb_op_times *times);

#endif
