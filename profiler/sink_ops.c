/* Per-op times out of the ring; see sink_ops.h. */
#include "profiler/sink_ops.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

struct tb_op_times {
    tb_op_total *ops;
    size_t op_count;
    size_t max_ops;
    /* Open addressing: 1 + index into ops, 0 where empty; a power of two, at most half full. */
    uint32_t *slots;
    size_t slot_mask;
    uint64_t *samples; /* a row of `room` for each op known at the reserve */
    size_t room;
    size_t inferences;
    size_t dropped;
};

tb_status tb_op_times_create(size_t max_ops, tb_error *err, tb_op_times **out)
{
    size_t slots = 16;
    while (slots < max_ops * 2)
        slots *= 2;
    tb_op_times *times = calloc(1, sizeof *times);
    if (times) {
        times->ops = calloc(max_ops, sizeof *times->ops);
        times->slots = calloc(slots, sizeof *times->slots);
        times->max_ops = max_ops;
        times->slot_mask = slots - 1;
    }
    if (!times || !times->ops || !times->slots) {
        tb_op_times_destroy(times);
        return tb_fail(err, TB_NO_MEMORY, "per-op times: no memory for %zu ops", max_ops);
    }
    *out = times;
    return TB_OK;
}

void tb_op_times_destroy(tb_op_times *times)
{
    if (!times)
        return;
    free(times->ops);
    free(times->slots);
    free(times->samples);
    free(times);
}

static size_t hash_event(const tb_event *event)
{
    uint64_t h = (uint64_t)(uint32_t)event->node << 32 ^ (uint64_t)(uint32_t)event->subgraph << 8 ^
                 event->kind ^ (uint64_t)(uintptr_t)event->step;
    h *= UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 32);
}

static bool same_op(const tb_op_total *op, const tb_event *event)
{
    return op->kind == (tb_event_kind)event->kind && op->subgraph == event->subgraph &&
           op->node == event->node && op->step == event->step;
}

/* The event's op, made where it is new; NULL where there is no room. */
static tb_op_total *find_op(tb_op_times *times, const tb_event *event)
{
    size_t slot = hash_event(event) & times->slot_mask;
    for (; times->slots[slot]; slot = (slot + 1) & times->slot_mask) {
        tb_op_total *op = &times->ops[times->slots[slot] - 1];
        if (same_op(op, event))
            return op;
    }
    if (times->op_count == times->max_ops)
        return NULL;
    tb_op_total *op = &times->ops[times->op_count++];
    times->slots[slot] = (uint32_t)times->op_count;
    op->kind = (tb_event_kind)event->kind;
    op->subgraph = event->subgraph;
    op->node = event->node;
    op->step = event->step;
    return op;
}

static void add_event(tb_op_times *times, const tb_event *event)
{
    bool counts =
        event->thread == 0 && (event->kind == TB_EVENT_NODE || event->kind == TB_EVENT_STEP ||
                               event->kind == TB_EVENT_COPY || event->kind == TB_EVENT_SYNC);
    if (!counts)
        return;
    tb_op_total *op = find_op(times, event);
    if (!op) {
        times->dropped++;
        return;
    }
    uint64_t duration_ns = event->end_ns - event->begin_ns;
    if (op->calls == 0 && op->pending_calls == 0)
        op->first_ns = duration_ns;
    op->pending_ns += duration_ns;
    op->pending_calls++;
    op->bytes += event->bytes;
}

static void close_inference(tb_op_times *times)
{
    for (size_t k = 0; k < times->op_count; k++) {
        tb_op_total *op = &times->ops[k];
        if (op->pending_calls == 0)
            continue;
        uint64_t ns = op->pending_ns;
        if (op->inferences == 0 || ns < op->min_ns)
            op->min_ns = ns;
        if (ns > op->max_ns)
            op->max_ns = ns;
        op->calls += op->pending_calls;
        op->total_ns += ns;
        op->inferences++;
        if (op->samples_ns && times->inferences < times->room)
            op->samples_ns[times->inferences] = ns;
        op->pending_ns = 0;
        op->pending_calls = 0;
    }
    times->inferences++;
}

void tb_op_times_take(tb_op_times *times, tb_ring *ring)
{
    size_t count, dropped;
    const tb_event *events = tb_ring_events(ring, &count, &dropped);
    for (size_t k = 0; k < count; k++)
        add_event(times, &events[k]);
    times->dropped += dropped;
    close_inference(times);
    tb_ring_clear(ring);
}

static void forget(tb_op_total *op)
{
    *op = (tb_op_total){
        .kind = op->kind, .subgraph = op->subgraph, .node = op->node, .step = op->step};
}

tb_status tb_op_times_reserve(tb_op_times *times, size_t inferences, tb_error *err)
{
    size_t cells = 0;
    uint64_t *samples = NULL;
    if (tb_mul_size(times->op_count, inferences, &cells) && cells > 0)
        samples = calloc(cells, sizeof *samples);
    if (!samples && times->op_count > 0)
        return tb_fail(err, TB_NO_MEMORY, "per-op times: no memory for %zu ops in %zu inferences",
                       times->op_count, inferences);
    free(times->samples);
    times->samples = samples;
    times->room = inferences;
    times->inferences = 0;
    times->dropped = 0;
    for (size_t k = 0; k < times->op_count; k++) {
        forget(&times->ops[k]);
        times->ops[k].samples_ns = samples + k * inferences;
    }
    return TB_OK;
}

const tb_op_total *tb_op_times_ops(const tb_op_times *times, size_t *count)
{
    *count = times->op_count;
    return times->ops;
}

size_t tb_op_times_inferences(const tb_op_times *times)
{
    return times->inferences;
}

size_t tb_op_times_dropped(const tb_op_times *times)
{
    return times->dropped;
}
