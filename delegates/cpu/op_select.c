/*
 * Comparisons of floats with floats of the same shape or one alone, and SELECT, SELECT_V2 among
 * values of the same shape or one alone. What models write with them is mostly a PRELU, which the
 * plan makes of it (plan_rewrite.c).
 */
#include "delegates/cpu/op_rows.h"

enum { CHUNK = 8192 };

typedef enum comparison { GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, EQUAL, NOT_EQUAL } comparison;

typedef struct select_step {
    tb_cpu_step base;
    comparison kind;
    int in[3], out;
    size_t step[3]; /* 1, or 0 for one element alone */
    size_t element;
} select_step;

typedef struct select_run {
    const select_step *step;
    const tb_run *run;
} select_run;

/* ---- comparing ------------------------------------------------------------------------------------- */

#define COMPARE(operator_)                                  \
    do {                                                    \
        for (size_t i = begin; i < end; i++)                \
            out[i] = a[i * step_a] operator_ b[i * step_b]; \
    } while (0)

static void compare(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const select_run *r = context;
    const select_step *s = r->step;
    const float *a = (const float *)(const void *)tb_run_view(r->run, s->in[0])->data;
    const float *b = (const float *)(const void *)tb_run_view(r->run, s->in[1])->data;
    bool *out = (bool *)tb_run_view(r->run, s->out)->data;
    const size_t step_a = s->step[0], step_b = s->step[1];
    switch (s->kind) {
    case GREATER:
        COMPARE(>);
        break;
    case GREATER_EQUAL:
        COMPARE(>=);
        break;
    case LESS:
        COMPARE(<);
        break;
    case LESS_EQUAL:
        COMPARE(<=);
        break;
    case EQUAL:
        COMPARE(==);
        break;
    default:
        COMPARE(!=);
    }
}

static void run_compare(const tb_cpu_step *step, const tb_run *run)
{
    select_run r = {(const select_step *)(const void *)step, run};
    tb_run_parallel(run, run->plan->values[r.step->out].elements, CHUNK, compare, &r);
}

/* ---- selecting ------------------------------------------------------------------------------------- */

#define SELECT(type)                                                                     \
    do {                                                                                 \
        const type *a = (const type *)(const void *)tb_run_view(r->run, s->in[1])->data; \
        const type *b = (const type *)(const void *)tb_run_view(r->run, s->in[2])->data; \
        type *out = (type *)(void *)tb_run_view(r->run, s->out)->data;                   \
        for (size_t i = begin; i < end; i++)                                             \
            out[i] = condition[i * s->step[0]] ? a[i * s->step[1]] : b[i * s->step[2]];  \
    } while (0)

static void choose(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const select_run *r = context;
    const select_step *s = r->step;
    const bool *condition = (const bool *)tb_run_view(r->run, s->in[0])->data;
    switch (s->element) {
    case 1:
        SELECT(uint8_t);
        break;
    case 2:
        SELECT(uint16_t);
        break;
    case 4:
        SELECT(uint32_t);
        break;
    default:
        SELECT(uint64_t);
    }
}

static void run_select(const tb_cpu_step *step, const tb_run *run)
{
    select_run r = {(const select_step *)(const void *)step, run};
    tb_run_parallel(run, run->plan->values[r.step->out].elements, CHUNK, choose, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

/* Inputs are the output's size or one element; broadcasting then adds only dimensions of 1. */
static bool takes_sizes(tb_cpu_query *query, int inputs)
{
    const TfLiteTensor *output = tb_query_output(query, 0);
    if (query->node->inputs->size != inputs ||
        !tb_query_rank(query, output, "output", 0, TB_CPU_MAX_RANK))
        return tb_query_no(query, "has %d inputs, or too many dimensions",
                           query->node->inputs->size);
    for (int k = 0; k < inputs; k++) {
        const TfLiteTensor *input = tb_query_input(query, k);
        if (!input || (tb_query_elements(input) != tb_query_elements(output) &&
                       tb_query_elements(input) != 1))
            return tb_query_no(query, "input %d is missing or broadcast", k);
        if (!tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK))
            return false;
    }
    return true;
}

static bool takes_compare(tb_cpu_query *query)
{
    if (!takes_sizes(query, 2))
        return false;
    const TfLiteType type = tb_query_input(query, 0)->type;
    return (type == kTfLiteFloat32 && tb_query_input(query, 1)->type == type) ||
           tb_query_no(query, "not done for %s", TfLiteTypeGetName(type));
}

static bool takes_select(tb_cpu_query *query)
{
    if (!takes_sizes(query, 3))
        return false;
    const TfLiteType type = tb_query_output(query, 0)->type;
    if (tb_query_input(query, 0)->type != kTfLiteBool || tb_query_input(query, 1)->type != type ||
        tb_query_input(query, 2)->type != type || !tb_cpu_is_plain(type))
        return tb_query_no(query, "not done for %s", TfLiteTypeGetName(type));
    return true;
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, comparison kind, const char *name,
                       void (*run)(const tb_cpu_step *, const tb_run *), tb_error *err)
{
    select_step *s = tb_step_new(plan, op, sizeof *s, name, NULL, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->kind = kind;
    s->out = op->out;
    s->element = plan->values[op->out].element_bytes;
    for (int k = 0; k < op->in_count; k++) {
        s->in[k] = op->in[k];
        s->step[k] = plan->values[op->in[k]].elements > 1;
    }
    return TB_OK;
}

static tb_status lower_select(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    return lower(plan, op, GREATER, "select", run_select, err);
}

const tb_cpu_op_row tb_cpu_op_select = {
    .traits = TB_OP_IS_SELECT, .takes = takes_select, .lower = lower_select};
const tb_cpu_op_row tb_cpu_op_select_v2 = {
    .traits = TB_OP_IS_SELECT, .takes = takes_select, .lower = lower_select};

#define DEFINE_COMPARISON(name, KIND, more)                                    \
    static tb_status lower_##name(tb_plan *plan, tb_cpu_op *op, tb_error *err) \
    {                                                                          \
        return lower(plan, op, KIND, #name, run_compare, err);                 \
    }                                                                          \
    const tb_cpu_op_row tb_cpu_op_##name = {                                   \
        .traits = (more), .takes = takes_compare, .lower = lower_##name};

DEFINE_COMPARISON(greater, GREATER, TB_OP_IS_GREATER)
DEFINE_COMPARISON(greater_equal, GREATER_EQUAL, TB_OP_IS_GREATER)
DEFINE_COMPARISON(less, LESS, 0)
DEFINE_COMPARISON(less_equal, LESS_EQUAL, 0)
DEFINE_COMPARISON(equal, EQUAL, 0)
DEFINE_COMPARISON(not_equal, NOT_EQUAL, 0)
