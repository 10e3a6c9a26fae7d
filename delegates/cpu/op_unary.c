/* Element-wise operators on one operand: floats by kernel, quantised values by a table of 256 where
   the reference works on single values too; PRELU; SOFTMAX. */
#include <math.h>

#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/table.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { CHUNK = 4096 };

typedef struct unary_step {
    tb_cpu_step base;
    int in, out;
    bool flat;
    tb_f32_unary_fn f32;
    float p, q;
    tb_q8_lut_fn lut;
    const float *slope; /* PRELU */
    tb_f32_prelu_fn prelu;
    tb_f32_softmax_fn softmax;
    size_t depth;  /* of softmax */
    int32_t floor; /* a quantised value below it is a fault; INT32_MIN: none is */
    uint8_t table[256];
} unary_step;

typedef struct unary_run {
    const unary_step *step;
    const tb_run *run;
} unary_run;

static void compute(const unary_step *s, size_t n, const char *in, char *out)
{
    if (s->f32)
        s->f32(n, (const float *)(const void *)in, (float *)(void *)out, s->p, s->q);
    else
        s->lut(n, (const uint8_t *)in, s->table, (uint8_t *)out);
}

static void run_chunks(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const unary_run *r = context;
    const tb_value *out = &r->run->plan->values[r->step->out];
    const size_t at = begin * out->element_bytes;
    compute(r->step, end - begin, tb_run_view(r->run, r->step->in)->data + at, out->view.data + at);
}

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const unary_run *r = context;
    const unary_step *s = r->step;
    const tb_view *in = tb_run_view(r->run, s->in), *out = tb_run_view(r->run, s->out);
    for (size_t index = begin; index < end; index++) {
        const int32_t image = (int32_t)(index / (size_t)out->h);
        const int32_t y = (int32_t)(index % (size_t)out->h);
        const char *from = tb_view_row(in, image, y);
        char *to = tb_view_row(out, image, y);
        if (s->prelu)
            s->prelu((size_t)out->w, (size_t)out->c, (const float *)(const void *)from, s->slope,
                     (float *)(void *)to);
        else
            compute(s, (size_t)out->w * (size_t)out->c, from, to);
        tb_value_fill_halo(&r->run->plan->values[s->out], to);
    }
}

static void run_softmax(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const unary_run *r = context;
    const unary_step *s = r->step;
    const float *in = (const float *)(const void *)tb_run_view(r->run, s->in)->data;
    float *out = (float *)(void *)tb_run_view(r->run, s->out)->data;
    for (size_t row = begin; row < end; row++)
        s->softmax(s->depth, in + row * s->depth, out + row * s->depth, s->p);
}

/* Of int8, as TFLite refuses roots of what is below zero. */
static bool is_below(const unary_step *s, const tb_run *run)
{
    const int8_t *in = (const int8_t *)tb_run_view(run, s->in)->data;
    for (size_t i = 0; i < run->plan->values[s->in].elements; i++)
        if (in[i] < s->floor)
            return true;
    return false;
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const unary_step *s = (const unary_step *)(const void *)step;
    const tb_value *out = &run->plan->values[s->out];
    unary_run r = {s, run};
    if (s->lut && s->floor != INT32_MIN && is_below(s, run)) {
        *run->fault = "an element of the input is below its zero point";
        return;
    }
    if (s->softmax) {
        tb_run_parallel(run, out->elements / s->depth, CHUNK / s->depth + 1, run_softmax, &r);
    } else if (s->flat) {
        tb_run_parallel(run, out->elements, CHUNK, run_chunks, &r);
    } else {
        size_t row = (size_t)out->view.w * (size_t)out->view.c;
        tb_run_parallel(run, (size_t)out->view.n * (size_t)out->view.h, CHUNK / row + 1, run_rows,
                        &r);
    }
}

/* ---- planning -------------------------------------------------------------------------------------- */

static unary_step *new_step(tb_plan *plan, tb_cpu_op *op, const char *name, const char *kernel)
{
    unary_step *s = tb_step_new(plan, op, sizeof *s, name, kernel, run);
    if (!s)
        return NULL;
    s->in = op->in[0];
    s->out = op->out;
    s->flat =
        tb_view_is_dense(&plan->values[s->in].view) && tb_view_is_dense(&plan->values[s->out].view);
    return s;
}

static bool takes_float(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!tb_query_same_type(query, input, output) ||
        !tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK))
        return false;
    if (input->type != kTfLiteFloat32)
        return tb_query_no(query, "not done for %s", TfLiteTypeGetName(input->type));
    if (tb_query_elements(input) != tb_query_elements(output))
        return tb_query_no(query, "input and output differ in shape");
    return true;
}

static tb_status lower_float(tb_plan *plan, tb_cpu_op *op, int which, const char *name, float p,
                             float q, tb_error *err)
{
    unary_step *s = new_step(plan, op, name, plan->kernels->f32_unary[which].name);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->f32 = plan->kernels->f32_unary[which].fn;
    s->p = p;
    s->q = q;
    return TB_OK;
}

/* Quantised values by a table. */
static bool takes_table(tb_cpu_query *query, tb_table_fn fill, const void *params)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    uint8_t table[256];
    if (!input || !tb_type_is_q8(input->type) || !fill)
        return takes_float(query);
    if (!tb_query_same_type(query, input, output) ||
        !tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK))
        return false;
    if (tb_query_elements(input) != tb_query_elements(output))
        return tb_query_no(query, "input and output differ in shape");
    return fill(input, output, params, table) ||
           tb_query_no(query, "input scale %g and output scale %g", (double)input->params.scale,
                       (double)output->params.scale);
}

static tb_status lower_table(tb_plan *plan, tb_cpu_op *op, const char *name, tb_table_fn fill,
                             const void *params, tb_error *err)
{
    unary_step *s = new_step(plan, op, name, plan->kernels->q8_lut.name);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->lut = plan->kernels->q8_lut.fn;
    s->floor = INT32_MIN;
    const TfLiteTensor *tensors = plan->context->tensors;
    const TfLiteTensor *in = &tensors[plan->values[s->in].tensor];
    const TfLiteTensor *out = &tensors[plan->values[s->out].tensor];
    if (fill == tb_table_rsqrt)
        s->floor = in->params.zero_point;
    return fill(in, out, params, s->table)
               ? TB_OK
               : tb_fail(err, TB_UNSUPPORTED, "%s has scales that do not go together", name);
}

/* `fill` may be NULL: floats alone. */
#define DEFINE_UNARY(name, ID, fill) DEFINE_UNARY_WITH(name, ID, fill, 0)
#define DEFINE_UNARY_WITH(name, ID, fill, more)                                        \
    static bool takes_##name(tb_cpu_query *query)                                      \
    {                                                                                  \
        return takes_table(query, fill, query->node->builtin_data);                    \
    }                                                                                  \
    static tb_status lower_##name(tb_plan *plan, tb_cpu_op *op, tb_error *err)         \
    {                                                                                  \
        const tb_table_fn table = fill;                                                \
        if (table && tb_type_is_q8(plan->values[op->in[0]].type))                      \
            return lower_table(plan, op, #name, table, op->params, err);               \
        return lower_float(plan, op, TB_UNARY_##ID, #name, 0.0f, 0.0f, err);           \
    }                                                                                  \
    static void unary_##name(const tb_plan *plan, const tb_cpu_op *op, tb_unary *out)  \
    {                                                                                  \
        (void)op;                                                                      \
        out->fn = plan->kernels->f32_unary[TB_UNARY_##ID].fn;                          \
    }                                                                                  \
    const tb_cpu_op_row tb_cpu_op_##name = {.traits = TB_OP_SAME_SHAPE_VIEWS | (more), \
                                            .takes = takes_##name,                     \
                                            .lower = lower_##name,                     \
                                            .unary = unary_##name};

DEFINE_UNARY_WITH(logistic, LOGISTIC, tb_table_logistic, TB_OP_IS_LOGISTIC)
DEFINE_UNARY(tanh, TANH, tb_table_tanh)
DEFINE_UNARY(hard_swish, HARD_SWISH, tb_table_hard_swish)
DEFINE_UNARY(exp, EXP, tb_table_exp)
DEFINE_UNARY(neg, NEG, NULL)
DEFINE_UNARY(abs, ABS, NULL)
DEFINE_UNARY(sqrt, SQRT, NULL)
DEFINE_UNARY(rsqrt, RSQRT, tb_table_rsqrt)
DEFINE_UNARY(square, SQUARE, NULL)
DEFINE_UNARY(log, LOG, NULL)
DEFINE_UNARY(silu, SILU, NULL) /* of no node: plan_rewrite.c makes it */

/* RELU and its like; `clamp` lets an operator before it absorb it. */
#define DEFINE_CLAMP(name, low, high)                                                          \
    static const float name##_bounds[] = {low, high};                                          \
    static bool takes_##name(tb_cpu_query *query)                                              \
    {                                                                                          \
        return takes_table(query, tb_table_clamp, name##_bounds);                              \
    }                                                                                          \
    static tb_status lower_##name(tb_plan *plan, tb_cpu_op *op, tb_error *err)                 \
    {                                                                                          \
        if (tb_type_is_q8(plan->values[op->in[0]].type))                                       \
            return lower_table(plan, op, #name, tb_table_clamp, name##_bounds, err);           \
        return lower_float(plan, op, TB_UNARY_CLAMP, #name, low, high, err);                   \
    }                                                                                          \
    const tb_cpu_op_row tb_cpu_op_##name = {.traits = TB_OP_SAME_SHAPE_VIEWS | TB_OP_IS_CLAMP, \
                                            .takes = takes_##name,                             \
                                            .lower = lower_##name,                             \
                                            .clamp_min = low,                                  \
                                            .clamp_max = high};

DEFINE_CLAMP(relu, 0.0f, INFINITY)
DEFINE_CLAMP(relu6, 0.0f, 6.0f)
DEFINE_CLAMP(relu_n1_to_1, -1.0f, 1.0f)
DEFINE_CLAMP(relu_0_to_1, 0.0f, 1.0f)

static bool takes_leaky_relu(tb_cpu_query *query)
{
    return takes_table(query, tb_table_leaky_relu, query->node->builtin_data);
}

static tb_status lower_leaky_relu(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteLeakyReluParams *params = op->params;
    if (tb_type_is_q8(plan->values[op->in[0]].type))
        return lower_table(plan, op, "leaky_relu", tb_table_leaky_relu, params, err);
    return lower_float(plan, op, TB_UNARY_LEAKY_RELU, "leaky_relu", params->alpha, 0.0f, err);
}

static void unary_leaky_relu(const tb_plan *plan, const tb_cpu_op *op, tb_unary *out)
{
    const TfLiteLeakyReluParams *params = op->params;
    out->fn = plan->kernels->f32_unary[TB_UNARY_LEAKY_RELU].fn;
    out->p = params->alpha;
}

const tb_cpu_op_row tb_cpu_op_leaky_relu = {.traits = TB_OP_SAME_SHAPE_VIEWS,
                                            .takes = takes_leaky_relu,
                                            .lower = lower_leaky_relu,
                                            .unary = unary_leaky_relu};

static bool takes_gelu(tb_cpu_query *query)
{
    return takes_table(query, tb_table_gelu, query->node->builtin_data);
}

static tb_status lower_gelu(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteGeluParams *params = op->params;
    if (tb_type_is_q8(plan->values[op->in[0]].type))
        return lower_table(plan, op, "gelu", tb_table_gelu, params, err);
    const int which = params->approximate ? TB_UNARY_GELU_TANH : TB_UNARY_GELU;
    return lower_float(plan, op, which, "gelu", 0.0f, 0.0f, err);
}

static void unary_gelu(const tb_plan *plan, const tb_cpu_op *op, tb_unary *out)
{
    const TfLiteGeluParams *params = op->params;
    out->fn = plan->kernels->f32_unary[params->approximate ? TB_UNARY_GELU_TANH : TB_UNARY_GELU].fn;
}

const tb_cpu_op_row tb_cpu_op_gelu = {.traits = TB_OP_SAME_SHAPE_VIEWS,
                                      .takes = takes_gelu,
                                      .lower = lower_gelu,
                                      .unary = unary_gelu};

/* ---- PRELU ----------------------------------------------------------------------------------------- */

static bool takes_prelu(tb_cpu_query *query)
{
    const TfLiteTensor *slope = tb_query_input(query, 1);
    if (!takes_float(query) || !tb_query_same_type(query, slope, tb_query_input(query, 0)))
        return false;
    const TfLiteTensor *input = tb_query_input(query, 0);
    const int rank = input->dims->size;
    if (!tb_query_is_constant(query, slope) || rank < 1 ||
        tb_query_elements(slope) != (size_t)input->dims->data[rank - 1] ||
        slope->dims->data[slope->dims->size - 1] != input->dims->data[rank - 1])
        return tb_query_no(query, "the slopes are not one constant a channel");
    return true;
}

static tb_status lower_prelu(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    unary_step *s = new_step(plan, op, "prelu", plan->kernels->f32_prelu.name);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->prelu = plan->kernels->f32_prelu.fn;
    s->slope = plan->values[op->in[1]].constant;
    s->flat = false;
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_prelu = {
    .traits = TB_OP_SAME_SHAPE_VIEWS | TB_OP_IS_PRELU, .takes = takes_prelu, .lower = lower_prelu};

/* ---- SOFTMAX --------------------------------------------------------------------------------------- */

static bool takes_softmax(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!input || !tb_type_is_q8(input->type))
        return takes_float(query) && tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK);
    return tb_query_same_type(query, input, output) &&
           tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK) &&
           (tb_query_elements(input) == tb_query_elements(output) ||
            tb_query_no(query, "input and output differ in shape"));
}

static tb_status lower_softmax(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]];
    if (tb_type_is_q8(in->type))
        return tb_lower_q8_softmax(plan, op, err);
    unary_step *s = new_step(plan, op, "softmax", plan->kernels->f32_softmax.name);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->softmax = plan->kernels->f32_softmax.fn;
    s->p = ((const TfLiteSoftmaxParams *)op->params)->beta;
    s->depth = (size_t)in->dims[in->rank - 1];
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_softmax = {.takes = takes_softmax, .lower = lower_softmax};
