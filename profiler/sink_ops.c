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
    uint64_t *samples; /* two rows of `room` for each op known at the reserve: all, own */
    size_t room;
    size_t inferences;
    size_t dropped;
    tb_budget_maker *maker; /* as large as the ring; made by the first take */
    int32_t *own_nodes;     /* until then */
    size_t subgraphs;
    tb_budget sum;
    uint64_t summed;
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
    free(times->own_nodes);
    tb_budget_maker_destroy(times->maker);
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

static void add_event(tb_op_times *times, const tb_event *event, uint64_t own_ns)
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
    op->pending_ns += duration_ns;
    op->pending_own_ns += own_ns;
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
        if (!op->seen)
            op->first_ns = ns;
        op->seen = true;
        op->calls += op->pending_calls;
        op->total_ns += ns;
        op->own_total_ns += op->pending_own_ns;
        op->inferences++;
        if (op->samples_ns && times->inferences < times->room) {
            op->samples_ns[times->inferences] = ns;
            op->own_samples_ns[times->inferences] = op->pending_own_ns;
        }
        op->pending_ns = 0;
        op->pending_own_ns = 0;
        op->pending_calls = 0;
    }
    times->inferences++;
}

tb_status tb_op_times_set_own_nodes(tb_op_times *times, const int32_t *own_nodes, size_t subgraphs,
                                    tb_error *err)
{
    if (times->maker)
        return tb_budget_set_own_nodes(times->maker, own_nodes, subgraphs, err);
    size_t bytes = subgraphs * sizeof *own_nodes;
    int32_t *copy = malloc(bytes ? bytes : 1);
    if (!copy)
        return tb_fail(err, TB_NO_MEMORY, "per-op times: no memory for %zu subgraphs", subgraphs);
    memcpy(copy, own_nodes, bytes);
    free(times->own_nodes);
    times->own_nodes = copy;
    times->subgraphs = subgraphs;
    return TB_OK;
}

/* False: no memory; then there are no own times and no budget. */
static bool have_maker(tb_op_times *times, size_t max_events)
{
    if (times->maker)
        return true;
    if (tb_budget_maker_create(max_events, NULL, &times->maker) != TB_OK)
        return false;
    if (!times->own_nodes)
        return true;
    return tb_budget_set_own_nodes(times->maker, times->own_nodes, times->subgraphs, NULL) == TB_OK;
}

static void add_budget(tb_op_times *times, const tb_budget *budget)
{
    times->sum.end_to_end_ns += budget->end_to_end_ns;
    times->sum.node_events += budget->node_events;
    for (int k = 0; k < TB_BUDGET_PART_COUNT; k++)
        times->sum.part_ns[k] += budget->part_ns[k];
    times->summed++;
}

void tb_op_times_take(tb_op_times *times, tb_ring *ring, uint64_t latency_ns)
{
    size_t count, dropped;
    const tb_event *events = tb_ring_events(ring, &count, &dropped);
    const tb_own_time *own = NULL;
    tb_budget budget;
    if (have_maker(times, ring->capacity))
        own = tb_budget_make(times->maker, events, count, latency_ns, &budget);
    for (size_t k = 0; k < count; k++)
        add_event(times, &events[k], own ? own[k].ns : 0);
    if (own && !dropped)
        add_budget(times, &budget);
    times->dropped += dropped;
    close_inference(times);
    tb_ring_clear(ring);
}

static void forget(tb_op_total *op)
{
    *op = (tb_op_total){
        .kind = op->kind,
        .subgraph = op->subgraph,
        .node = op->node,
        .step = op->step,
        .first_ns = op->first_ns,
        .seen = op->seen,
    };
}

tb_status tb_op_times_reserve(tb_op_times *times, size_t inferences, tb_error *err)
{
    size_t cells = 0;
    uint64_t *samples = NULL;
    if (tb_mul_size(2 * times->op_count, inferences, &cells) && cells > 0)
        samples = calloc(cells, sizeof *samples);
    if (!samples && times->op_count > 0)
        return tb_fail(err, TB_NO_MEMORY, "per-op times: no memory for %zu ops in %zu inferences",
                       times->op_count, inferences);
    free(times->samples);
    times->samples = samples;
    times->room = inferences;
    times->inferences = 0;
    times->dropped = 0;
    times->sum = (tb_budget){0};
    times->summed = 0;
    for (size_t k = 0; k < times->op_count; k++) {
        forget(&times->ops[k]);
        times->ops[k].samples_ns = samples + 2 * k * inferences;
        times->ops[k].own_samples_ns = samples + (2 * k + 1) * inferences;
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

const tb_budget *tb_op_times_budget(const tb_op_times *times, uint64_t *inferences)
{
    *inferences = times->summed;
    return &times->sum;
}

const tb_own_time *tb_op_times_own(tb_op_times *times, const tb_event *events, size_t count,
                                   uint64_t latency_ns, tb_budget *out)
{
    return times->maker ? tb_budget_make(times->maker, events, count, latency_ns, out) : NULL;
}
