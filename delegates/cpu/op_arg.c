/* ARG_MAX and ARG_MIN of floats and 8-bit values: the first of the extremes along one axis. NaN loses
   against every number. */
#include <math.h>

#include "delegates/cpu/op_rows.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* BLOCK: values beside each other that are compared at once, and rows whose indices wait. */
enum { BLOCK = 64, TASK_VALUES = 16384 };

typedef struct arg_step {
    tb_cpu_step base;
    int in, out;
    size_t outer, length, inner;
    bool wide;     /* wide: indices of 64 bits */
    uint32_t flip; /* makes bytes unsigned, and where the smallest is sought turns them round */
    float sign;
    tb_q8_arg_max_fn q8;
    tb_f32_reduce_fn extreme;
} arg_step;

typedef struct arg_run {
    const arg_step *step;
    const tb_run *run;
} arg_run;

static void store(const arg_run *r, size_t at, size_t count, const int32_t *indices)
{
    char *out = tb_run_view(r->run, r->step->out)->data;
    for (size_t i = 0; i < count; i++)
        if (r->step->wide)
            ((int64_t *)(void *)out)[at + i] = indices[i];
        else
            ((int32_t *)(void *)out)[at + i] = indices[i];
}

/* Of one row, values `step` apart; turned round where the smallest is sought. */
static int32_t first_extreme(const arg_step *s, const float *row, size_t step)
{
    float best = row[0] * s->sign;
    size_t index = 0;
    for (size_t i = 1; i < s->length; i++) {
        const float x = row[i * step] * s->sign;
        if (!isnan(x) && (isnan(best) || x > best)) {
            best = x;
            index = i;
        }
    }
    return (int32_t)index;
}

static int32_t index_of_extreme(const arg_step *s, const float *row)
{
    const float extreme = s->extreme(s->length, row);
    for (size_t i = 0; i < s->length; i++)
        if (row[i] == extreme)
            return (int32_t)i;
    return first_extreme(s, row, 1); /* infinities and NaN alone */
}

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const arg_run *r = context;
    const arg_step *s = r->step;
    const char *in = tb_run_view(r->run, s->in)->data;
    int32_t indices[BLOCK];
    for (size_t row = begin; row < end; row += BLOCK) {
        const size_t rows = end - row < BLOCK ? end - row : BLOCK;
        if (s->q8)
            s->q8(rows, s->length, (const uint8_t *)in + row * s->length, s->flip, indices);
        else
            for (size_t i = 0; i < rows; i++)
                indices[i] =
                    index_of_extreme(s, (const float *)(const void *)in + (row + i) * s->length);
        store(r, row, rows, indices);
    }
}

/* Where the axis is not the last one: blocks of what lies behind it. */
static void run_blocks(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const arg_run *r = context;
    const arg_step *s = r->step;
    const char *in = tb_run_view(r->run, s->in)->data;
    const size_t blocks = (s->inner + BLOCK - 1) / BLOCK;
    for (size_t task = begin; task < end; task++) {
        const size_t outer = task / blocks, first = task % blocks * BLOCK;
        const size_t count = s->inner - first < BLOCK ? s->inner - first : BLOCK;
        const size_t from = outer * s->length * s->inner + first;
        int32_t indices[BLOCK] = {0};
        uint8_t best[BLOCK] = {0};
        for (size_t i = 0; i < count && !s->q8; i++)
            indices[i] = first_extreme(s, (const float *)(const void *)in + from + i, s->inner);
        for (size_t k = 0; k < s->length && s->q8; k++) {
            const uint8_t *row = (const uint8_t *)in + from + k * s->inner;
            for (size_t i = 0; i < count; i++) {
                const uint8_t x = (uint8_t)(row[i] ^ s->flip);
                indices[i] = x > best[i] ? (int32_t)k : indices[i];
                best[i] = x > best[i] ? x : best[i];
            }
        }
        store(r, outer * s->inner + first, count, indices);
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    arg_run r = {(const arg_step *)(const void *)step, run};
    const arg_step *s = r.step;
    if (s->inner == 1)
        tb_run_parallel(run, s->outer, TASK_VALUES / s->length / BLOCK * BLOCK + BLOCK, run_rows,
                        &r);
    else
        tb_run_parallel(run, s->outer * ((s->inner + BLOCK - 1) / BLOCK),
                        TASK_VALUES / BLOCK / s->length + 1, run_blocks, &r);
}

/* The axis from the second input. */
static bool find_axis(const TfLiteTensor *tensor, const void *data, int rank, int *out)
{
    int64_t axis;
    if (tensor->type == kTfLiteInt32)
        axis = *(const int32_t *)data;
    else if (tensor->type == kTfLiteInt64)
        axis = *(const int64_t *)data;
    else
        return false;
    axis += axis < 0 ? rank : 0;
    *out = (int)axis;
    return axis >= 0 && axis < rank;
}

static bool takes_arg(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *axis = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    int at;
    if (!input || !axis || !output ||
        (input->type != kTfLiteFloat32 && !tb_type_is_q8(input->type)) ||
        (output->type != kTfLiteInt32 && output->type != kTfLiteInt64))
        return tb_query_no(query, "not done for %s",
                           input ? TfLiteTypeGetName(input->type) : "nothing");
    if (!tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK) ||
        !tb_query_rank(query, output, "output", 0, TB_CPU_MAX_RANK))
        return false;
    if (tb_query_elements(axis) != 1 || !tb_query_is_known(query, axis) ||
        !find_axis(axis, axis->data.raw_const, input->dims->size, &at))
        return tb_query_no(query, "the axis is computed, not a constant");
    const size_t length = (size_t)input->dims->data[at];
    return (length < TB_Q8_ARG_MOST &&
            tb_query_elements(output) == tb_query_elements(input) / length) ||
           tb_query_no(query, "input and output do not fit");
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, bool smallest, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]], *axis = &plan->values[op->in[1]];
    const bool floats = in->type == kTfLiteFloat32;
    const int which = smallest ? TB_REDUCE_SMALLEST : TB_REDUCE_LARGEST;
    arg_step *s = tb_step_new(
        plan, op, sizeof *s, smallest ? "arg_min" : "arg_max",
        floats ? plan->kernels->f32_reduce[which].name : plan->kernels->q8_arg_max.name, run);
    int at;
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    if (!find_axis(&plan->context->tensors[axis->tensor], axis->constant, in->rank, &at))
        return tb_fail(err, TB_UNSUPPORTED, "the axis of ARG_MAX is outside the input");
    s->in = op->in[0];
    s->out = op->out;
    s->outer = s->length = s->inner = 1;
    for (int d = 0; d < in->rank; d++)
        *(d < at ? &s->outer : d > at ? &s->inner : &s->length) *= (size_t)in->dims[d];
    s->wide = plan->values[op->out].type == kTfLiteInt64;
    s->sign = smallest ? -1.0f : 1.0f;
    s->flip = tb_value_flip(in) ^ (smallest ? 0xFFu : 0u);
    s->q8 = floats ? NULL : plan->kernels->q8_arg_max.fn;
    s->extreme = plan->kernels->f32_reduce[which].fn;
    return TB_OK;
}

#define DEFINE_ARG(name, smallest)                                             \
    static tb_status lower_##name(tb_plan *plan, tb_cpu_op *op, tb_error *err) \
    {                                                                          \
        return lower(plan, op, smallest, err);                                 \
    }                                                                          \
    const tb_cpu_op_row tb_cpu_op_##name = {.takes = takes_arg, .lower = lower_##name};

DEFINE_ARG(arg_max, false)
DEFINE_ARG(arg_min, true)
