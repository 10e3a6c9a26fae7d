/*
 * Per-op times: what the ring remembers of one inference is added up by op, between inferences.
 * An op is a node, or what a delegate reports inside one (step, copy, sync). Ops are learnt from
 * the first inferences; once tb_op_times_reserve has made room for samples nothing is allocated.
 *
 * Only events of the invoking thread count, so that an inference's ops add up to its time; a node
 * that runs others (control flow) includes them.
 */
#ifndef TB_PROFILER_SINK_OPS_H
#define TB_PROFILER_SINK_OPS_H

#include <stddef.h>
#include <stdint.h>

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
    uint64_t first_ns;   /* the first call */
    uint64_t total_ns;
    uint64_t min_ns; /* of one inference, all its calls together; 0 before the first */
    uint64_t max_ns;
    uint64_t bytes; /* moved by copies */
    /* One an inference, from the reserve on, 0 where it was not called; NULL before. */
    uint64_t *samples_ns;
    uint64_t pending_ns; /* of the inference being added up */
    uint32_t pending_calls;
} tb_op_total;

typedef struct tb_op_times tb_op_times;

/* `max_ops`: room for that many; more are dropped and counted. */
tb_status tb_op_times_create(size_t max_ops, tb_error *err, tb_op_times **out);
void tb_op_times_destroy(tb_op_times *times);

/* Adds up one inference's events and clears the ring. */
void tb_op_times_take(tb_op_times *times, tb_ring *ring);
/* Forgets all times, keeps the ops, and makes room for samples of `inferences` more. */
tb_status tb_op_times_reserve(tb_op_times *times, size_t inferences, tb_error *err);

/* In order of first appearance. */
const tb_op_total *tb_op_times_ops(const tb_op_times *times, size_t *count);
/* Inferences taken since the reserve, those past the room included. */
size_t tb_op_times_inferences(const tb_op_times *times);
/* Events lost for want of room, in the ring or here. */
size_t tb_op_times_dropped(const tb_op_times *times);

#endif
