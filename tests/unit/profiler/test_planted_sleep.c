/* A kernel that is known to take long is found in its own row, and nowhere else. */
#include <criterion/criterion.h>
#include <time.h>

#include "profiler/ring.h"
#include "profiler/sink_ops.h"
#include "runtime/base/clock.h"
#include "tests/unit/runtime/rt_fixture.h"

#define SLEEP_NS UINT64_C(20000000)

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = &context->tensors[node->inputs->data[0]];
    return context->ResizeTensor(context, &context->tensors[node->outputs->data[0]],
                                 TfLiteIntArrayCopy(in->dims));
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    struct timespec left = {.tv_nsec = (long)SLEEP_NS};
    while (nanosleep(&left, &left) != 0)
        ;
    context->tensors[node->outputs->data[0]].data.f[0] =
        context->tensors[node->inputs->data[0]].data.f[0];
    return kTfLiteOk;
}

static tb_budget watch(fx_model *fx, tb_ring *ring, tb_op_times *times)
{
    tb_interpreter_set_sink(fx->interpreter, &ring->sink);
    uint64_t begin_ns = tb_clock_ns();
    cr_assert_eq(tb_interpreter_invoke(fx->interpreter, NULL), TB_OK);
    tb_op_times_take(times, ring, tb_clock_ns() - begin_ns);
    uint64_t inferences;
    tb_budget budget = *tb_op_times_budget(times, &inferences);
    cr_assert_eq(inferences, 1);
    return budget;
}

Test(planted_sleep, is_found_in_its_row)
{
    static const TfLiteRegistration sleeper = {.prepare = prepare, .invoke = invoke};
    static const int32_t own_nodes[] = {3};
    fx_model fx;
    fx_begin(&fx);
    tb_resolver_add_custom(fx.resolver, "Sleep", &sleeper, 1, 1, NULL);
    int tensors[4];
    static const char *const names[] = {"in", "a", "b", "out"};
    for (int k = 0; k < 4; k++)
        tensors[k] = fx_tensor(&fx, names[k], TB_INTS(1));
    fx_custom(&fx, "Copy", TB_INTS(tensors[0]), TB_INTS(tensors[1]));
    int sleeping = fx_custom(&fx, "Sleep", TB_INTS(tensors[1]), TB_INTS(tensors[2]));
    fx_custom(&fx, "Copy", TB_INTS(tensors[2]), TB_INTS(tensors[3]));
    fx_edges(&fx, TB_INTS(tensors[0]), TB_INTS(tensors[3]));
    cr_assert_eq(fx_open(&fx, NULL), TB_OK);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, NULL), TB_OK);

    tb_ring *ring = NULL;
    tb_op_times *times = NULL;
    cr_assert_eq(tb_ring_create(64, NULL, &ring), TB_OK);
    cr_assert_eq(tb_op_times_create(16, NULL, &times), TB_OK);
    cr_assert_eq(tb_op_times_set_own_nodes(times, own_nodes, 1, NULL), TB_OK);
    tb_budget budget = watch(&fx, ring, times);

    size_t count;
    const tb_op_total *ops = tb_op_times_ops(times, &count);
    cr_assert_eq(count, 3);
    uint64_t others_ns = 0;
    for (size_t k = 0; k < count; k++) {
        if (ops[k].node == sleeping)
            cr_expect_geq(ops[k].own_total_ns, SLEEP_NS);
        else
            others_ns += ops[k].own_total_ns;
    }
    cr_expect_lt(others_ns, SLEEP_NS);
    int64_t sum_ns = 0;
    for (int k = 0; k < TB_BUDGET_PART_COUNT; k++)
        sum_ns += budget.part_ns[k];
    cr_expect_eq((uint64_t)sum_ns, budget.end_to_end_ns);
    cr_expect_geq((uint64_t)budget.part_ns[TB_BUDGET_KERNELS], SLEEP_NS);
    cr_expect_eq(budget.node_events, 3);
    tb_op_times_destroy(times);
    tb_ring_destroy(ring);
    fx_end(&fx);
}
