/* Where the time of an inference goes: nesting, parts, and that they add up. */
#include <criterion/criterion.h>

#include "profiler/budget.h"
#include "profiler/event_log.h"

static tb_event event(tb_event_kind kind, uint64_t begin_ns, uint64_t end_ns, int subgraph,
                      int node)
{
    return (tb_event){.begin_ns = begin_ns,
                      .end_ns = end_ns,
                      .subgraph = subgraph,
                      .node = node,
                      .kind = (uint16_t)kind};
}

static int64_t sum_of(const tb_budget *budget)
{
    int64_t sum = 0;
    for (int k = 0; k < TB_BUDGET_PART_COUNT; k++)
        sum += budget->part_ns[k];
    return sum;
}

static tb_budget_maker *make(size_t events)
{
    tb_budget_maker *maker = NULL;
    cr_assert_eq(tb_budget_maker_create(events, NULL, &maker), TB_OK);
    return maker;
}

Test(budget, a_delegate_s_node_keeps_what_its_steps_leave)
{
    static const int32_t own_nodes[] = {3};
    tb_event events[] = {
        event(TB_EVENT_NODE, 1000, 1100, 0, 0), /* in the interpreter */
        event(TB_EVENT_COPY, 1120, 1140, 0, -1),    event(TB_EVENT_STEP, 1150, 1250, 0, -1),
        event(TB_EVENT_SYNC, 1265, 1295, 0, -1),    event(TB_EVENT_STEP, 1260, 1300, 0, -1),
        event(TB_EVENT_NODE, 1110, 1320, 0, 3), /* the delegate's kernel */
        event(TB_EVENT_SUBGRAPH, 990, 1330, 0, -1), event(TB_EVENT_INVOKE, 980, 1350, 0, -1),
    };
    tb_budget_maker *maker = make(8);
    cr_assert_eq(tb_budget_set_own_nodes(maker, own_nodes, 1, NULL), TB_OK);
    tb_budget budget;
    const tb_own_time *own = tb_budget_make(maker, events, 8, 400, &budget);
    cr_expect_eq(budget.part_ns[TB_BUDGET_KERNELS], 100);
    cr_expect_eq(budget.part_ns[TB_BUDGET_STEPS], 100 + 10);
    cr_expect_eq(budget.part_ns[TB_BUDGET_SYNC], 30);
    cr_expect_eq(budget.part_ns[TB_BUDGET_COPY], 20);
    cr_expect_eq(budget.part_ns[TB_BUDGET_DELEGATE], 210 - 20 - 100 - 40);
    cr_expect_eq(budget.part_ns[TB_BUDGET_DISPATCH], 340 - 100 - 210);
    cr_expect_eq(budget.part_ns[TB_BUDGET_UNATTRIBUTED], 400 - 340);
    cr_expect_eq(budget.node_events, 4);
    cr_expect_eq(sum_of(&budget), 400);
    cr_expect_eq(own[5].part, TB_BUDGET_DELEGATE);
    cr_expect_eq(own[5].ns, 50);
    tb_budget_maker_destroy(maker);
}

Test(budget, control_flow_counts_nothing_twice)
{
    tb_event events[] = {
        event(TB_EVENT_NODE, 20, 60, 1, 0),      event(TB_EVENT_SUBGRAPH, 15, 65, 1, -1),
        event(TB_EVENT_NODE, 72, 90, 1, 0),      event(TB_EVENT_SUBGRAPH, 70, 92, 1, -1),
        event(TB_EVENT_NODE, 10, 100, 0, 7),     event(TB_EVENT_NODE, 101, 105, 0, 8),
        event(TB_EVENT_SUBGRAPH, 5, 110, 0, -1), event(TB_EVENT_INVOKE, 0, 120, 0, -1),
    };
    tb_budget_maker *maker = make(8);
    tb_budget budget;
    const tb_own_time *own = tb_budget_make(maker, events, 8, 0, &budget);
    cr_expect_eq(budget.end_to_end_ns, 120);
    cr_expect_eq(budget.part_ns[TB_BUDGET_KERNELS], 40 + 18 + 4);
    cr_expect_eq(own[4].part, TB_BUDGET_CONTROL_FLOW);
    cr_expect_eq(budget.part_ns[TB_BUDGET_CONTROL_FLOW], 90 - 50 - 22);
    cr_expect_eq(budget.part_ns[TB_BUDGET_DISPATCH], (50 - 40) + (22 - 18) + (105 - 94));
    cr_expect_eq(sum_of(&budget), 120);
    tb_budget_maker_destroy(maker);
}

Test(budget, other_threads_and_events_without_sense_change_nothing)
{
    tb_event events[] = {
        event(TB_EVENT_NODE, 10, 20, 0, 0),
        event(TB_EVENT_STEP, 5, 500, 0, 0),
        event(TB_EVENT_NODE, 30, 25, 0, 1),
        event(TB_EVENT_INVOKE, 0, 40, 0, -1),
    };
    events[1].thread = 1;
    tb_budget_maker *maker = make(4);
    tb_budget budget;
    tb_budget_make(maker, events, 4, 50, &budget);
    cr_expect_eq(budget.part_ns[TB_BUDGET_KERNELS], 10);
    cr_expect_eq(budget.part_ns[TB_BUDGET_STEPS], 0);
    cr_expect_eq(budget.part_ns[TB_BUDGET_UNATTRIBUTED], 40);
    cr_expect_eq(sum_of(&budget), 50);
    tb_budget_maker_destroy(maker);
}

Test(budget, what_may_stay_unattributed)
{
    tb_budget small = {.end_to_end_ns = 10000, .node_events = 10};
    tb_budget large = {.end_to_end_ns = 100000000, .node_events = 10};
    cr_expect_eq(tb_budget_limit_ns(&small), 700);
    cr_expect_eq(tb_budget_limit_ns(&large), 1000000);
}

/* ---- the log ---- */

static void log_one(tb_event_log *log, tb_ring *ring, int events, uint64_t latency_ns)
{
    for (int k = 0; k < events; k++) {
        tb_event one = event(TB_EVENT_NODE, 1, 2, 0, k);
        ring->sink.emit(&ring->sink, &one);
    }
    tb_event_log_take(log, ring, 1000, latency_ns);
    tb_ring_clear(ring);
}

Test(event_log, keeps_the_first_inferences_whole_and_chooses_among_them)
{
    tb_ring *ring = NULL;
    tb_event_log *log = NULL;
    cr_assert_eq(tb_ring_create(4, NULL, &ring), TB_OK);
    cr_assert_eq(tb_event_log_create(16, 10, NULL, &log), TB_OK);
    tb_log_choice choice;
    cr_expect_not(tb_event_log_choose(log, &choice));
    log_one(log, ring, 3, 50);
    log_one(log, ring, 5, 1); /* lost an event: never chosen */
    log_one(log, ring, 3, 90);
    log_one(log, ring, 3, 40);
    log_one(log, ring, 4, 10); /* no room any more */
    log_one(log, ring, 1, 20); /* would fit, but those kept are the first */
    cr_expect_eq(tb_event_log_count(log), 4);
    cr_expect_eq(tb_event_log_at(log, 1)->dropped, 1);
    cr_expect_eq(tb_event_log_at(log, 3)->inference, 3);
    cr_expect_eq(tb_event_log_at(log, 3)->events[2].node, 2);
    cr_assert(tb_event_log_choose(log, &choice));
    cr_expect_eq(choice.fastest, 3);
    cr_expect_eq(choice.median, 0);
    cr_expect_eq(choice.slowest, 2);
    tb_event_log_destroy(log);
    tb_ring_destroy(ring);
}
