/* The event ring and the per-op times made from it. */
#include <criterion/criterion.h>
#include <string.h>

#include "profiler/ring.h"
#include "profiler/sink_ops.h"

static void emit(tb_ring *ring, tb_event_kind kind, int node, const tb_step *step,
                 uint64_t duration_ns, uint16_t thread)
{
    tb_event event = {
        .begin_ns = 1000,
        .end_ns = 1000 + duration_ns,
        .step = step,
        .subgraph = 0,
        .node = node,
        .thread = thread,
        .kind = (uint16_t)kind,
    };
    ring->sink.emit(&ring->sink, &event);
}

Test(ring, keeps_order_and_counts_what_does_not_fit)
{
    tb_ring *ring = NULL;
    cr_assert_eq(tb_ring_create(3, NULL, &ring), TB_OK);
    for (int k = 0; k < 5; k++)
        emit(ring, TB_EVENT_NODE, k, NULL, 10, 0);
    size_t count, dropped;
    const tb_event *events = tb_ring_events(ring, &count, &dropped);
    cr_assert_eq(count, 3);
    cr_assert_eq(dropped, 2);
    for (int k = 0; k < 3; k++)
        cr_assert_eq(events[k].node, k);
    tb_ring_clear(ring);
    tb_ring_events(ring, &count, &dropped);
    cr_assert(count == 0 && dropped == 0);
    tb_ring_destroy(ring);
}

Test(op_times, adds_calls_of_one_inference_and_keeps_extremes)
{
    tb_ring *ring = NULL;
    tb_op_times *times = NULL;
    cr_assert_eq(tb_ring_create(64, NULL, &ring), TB_OK);
    cr_assert_eq(tb_op_times_create(8, NULL, &times), TB_OK);
    static const tb_step step = {.name = "gemm"};
    /* Learning. */
    emit(ring, TB_EVENT_NODE, 7, NULL, 5, 0);
    emit(ring, TB_EVENT_STEP, 7, &step, 4, 0);
    tb_op_times_take(times, ring, 0);
    cr_assert_eq(tb_op_times_reserve(times, 2, NULL), TB_OK);
    cr_assert_eq(tb_op_times_inferences(times), 0);
    static const uint64_t first_calls[] = {10, 30, 20};
    for (int k = 0; k < 3; k++) {
        emit(ring, TB_EVENT_NODE, 7, NULL, first_calls[k], 0);
        emit(ring, TB_EVENT_NODE, 7, NULL, 1, 0);
        emit(ring, TB_EVENT_NODE, 7, NULL, 1000, 3); /* another thread's: not counted */
        emit(ring, TB_EVENT_INVOKE, -1, NULL, 9999, 0);
        tb_op_times_take(times, ring, 0);
    }
    size_t count;
    const tb_op_total *ops = tb_op_times_ops(times, &count);
    cr_assert_eq(count, 2);
    cr_assert_eq(ops[0].kind, TB_EVENT_NODE);
    cr_assert_eq(ops[0].node, 7);
    cr_assert_eq(ops[0].calls, 6);
    cr_assert_eq(ops[0].inferences, 3);
    cr_assert_eq(ops[0].first_ns, 5);
    cr_assert_eq(ops[0].total_ns, 63);
    cr_assert_eq(ops[0].min_ns, 11);
    cr_assert_eq(ops[0].max_ns, 31);
    cr_assert_eq(ops[0].samples_ns[0], 11);
    cr_assert_eq(ops[0].samples_ns[1], 31); /* the third found no room, and wrote nowhere */
    cr_assert_eq(ops[1].step, &step);
    cr_assert_eq(ops[1].calls, 0);
    cr_assert_eq(tb_op_times_inferences(times), 3);
    cr_assert_eq(tb_op_times_dropped(times), 0);
    tb_op_times_destroy(times);
    tb_ring_destroy(ring);
}

Test(op_times, tells_ops_apart_and_counts_those_without_room)
{
    tb_ring *ring = NULL;
    tb_op_times *times = NULL;
    static const tb_step steps[2] = {{.name = "a"}, {.name = "b"}};
    cr_assert_eq(tb_ring_create(64, NULL, &ring), TB_OK);
    cr_assert_eq(tb_op_times_create(4, NULL, &times), TB_OK);
    emit(ring, TB_EVENT_NODE, 1, NULL, 1, 0);
    emit(ring, TB_EVENT_NODE, 2, NULL, 1, 0);
    emit(ring, TB_EVENT_STEP, 2, &steps[0], 1, 0);
    emit(ring, TB_EVENT_STEP, 2, &steps[1], 1, 0);
    emit(ring, TB_EVENT_COPY, 2, NULL, 1, 0);
    emit(ring, TB_EVENT_STEP, 2, &steps[1], 1, 0);
    tb_op_times_take(times, ring, 0);
    size_t count;
    const tb_op_total *ops = tb_op_times_ops(times, &count);
    cr_assert_eq(count, 4);
    cr_assert_eq(ops[3].calls, 2);
    cr_assert_eq(tb_op_times_dropped(times), 1);
    tb_op_times_destroy(times);
    tb_ring_destroy(ring);
}
