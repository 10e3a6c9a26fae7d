/* Element-wise operators on one operand: floats by kernel, 8-bit values by a table of 256, as the cpu
   delegate has them (delegates/cpu/table.h). */
#include <math.h>
#include <stdio.h>

#include "delegates/cpu/table.h"
#include "delegates/gpu/ops.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static tb_status lower(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name, const char *what,
                       float p, float q)
{
    const tb_gpu_value *out = plan->values[op->out[0]];
    char options[48];
    snprintf(options, sizeof options, "-DOP=%s", what);
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "unary", "unary", out->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)out->elements);
    tb_gpu_arg_float(plan, step, p);
    tb_gpu_arg_float(plan, step, q);
    return tb_gpu_step_end(plan, step, out->elements, 1, 1);
}

tb_status tb_gpu_lower_table(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                             const uint8_t table[256])
{
    const size_t count = plan->values[op->out[0]]->elements;
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "unary", "lut", TB_GPU_U8, "-DLUT");
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_mem(plan, step, tb_gpu_own_constant(plan, table, 256));
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)count);
    return tb_gpu_step_end(plan, step, count, 1, 1);
}

static tb_status lower_table(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                             tb_table_fn fill, const void *params)
{
    const TfLiteTensor *tensors = plan->context->tensors;
    uint8_t table[256];
    if (!fill(&tensors[plan->values[op->in[0]]->tensor], &tensors[plan->values[op->out[0]]->tensor],
              params, table)) {
        tb_gpu_plan_fail(plan, TB_UNSUPPORTED, "%s has scales that do not go together", name);
        return plan->fault;
    }
    return tb_gpu_lower_table(plan, op, name, table);
}

static bool is_q8(const tb_gpu_plan *plan, const tb_gpu_op *op)
{
    return tb_type_is_q8(plan->values[op->in[0]]->type);
}

/* ---- as the cpu delegate takes them ------------------------------------------------------------------ */

#define DEFINE_UNARY(name, OP, table)                                              \
    static tb_status lower_##name(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                              \
        (void)err;                                                                 \
        if (is_q8(plan, op))                                                       \
            return lower_table(plan, op, #name, table, op->params);                \
        return lower(plan, op, #name, #OP, 0.0f, 0.0f);                            \
    }                                                                              \
    const tb_gpu_op_row tb_gpu_op_##name = {.lower = lower_##name};

DEFINE_UNARY(logistic, LOGISTIC, tb_table_logistic)
DEFINE_UNARY(tanh, TANH, tb_table_tanh)
DEFINE_UNARY(hard_swish, HARD_SWISH, tb_table_hard_swish)
DEFINE_UNARY(exp, EXP, tb_table_exp)

#define DEFINE_CLAMP(name, low, high)                                              \
    static tb_status lower_##name(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                              \
        static const float bounds[] = {low, high};                                 \
        (void)err;                                                                 \
        if (is_q8(plan, op))                                                       \
            return lower_table(plan, op, #name, tb_table_clamp, bounds);           \
        return lower(plan, op, #name, "CLAMP", low, high);                         \
    }                                                                              \
    const tb_gpu_op_row tb_gpu_op_##name = {.traits = TB_GPU_IS_CLAMP,             \
                                            .lower = lower_##name,                 \
                                            .clamp_min = (low),                    \
                                            .clamp_max = (high)};

DEFINE_CLAMP(relu, 0.0f, INFINITY)
DEFINE_CLAMP(relu6, 0.0f, 6.0f)
DEFINE_CLAMP(relu_n1_to_1, -1.0f, 1.0f)
DEFINE_CLAMP(relu_0_to_1, 0.0f, 1.0f)

static tb_status lower_leaky_relu(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteLeakyReluParams *params = op->params;
    if (is_q8(plan, op))
        return lower_table(plan, op, "leaky_relu", tb_table_leaky_relu, params);
    return lower(plan, op, "leaky_relu", "LEAKY_RELU", params->alpha, 0.0f);
}
const tb_gpu_op_row tb_gpu_op_leaky_relu = {.lower = lower_leaky_relu};

static tb_status lower_gelu(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteGeluParams *params = op->params;
    if (is_q8(plan, op))
        return lower_table(plan, op, "gelu", tb_table_gelu, params);
    return lower(plan, op, "gelu", params->approximate ? "GELU_TANH" : "GELU", 0.0f, 0.0f);
}
const tb_gpu_op_row tb_gpu_op_gelu = {.lower = lower_gelu};

/* ---- numbers as they are ----------------------------------------------------------------------------- */

static bool takes_plain(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    return (input->type == output->type && tb_query_elements(input) == tb_query_elements(output)) ||
           tb_query_no(query, "input and output differ");
}

#define DEFINE_PLAIN(name, OP)                                                     \
    static tb_status lower_##name(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                              \
        (void)err;                                                                 \
        return lower(plan, op, #name, #OP, 0.0f, 0.0f);                            \
    }                                                                              \
    const tb_gpu_op_row tb_gpu_op_##name = {.takes = takes_plain, .lower = lower_##name};

DEFINE_PLAIN(neg, NEG)
DEFINE_PLAIN(abs, ABS)
DEFINE_PLAIN(sign, SIGN)
DEFINE_PLAIN(sqrt, SQRT)
DEFINE_PLAIN(rsqrt, RSQRT)
DEFINE_PLAIN(square, SQUARE)
DEFINE_PLAIN(log, LOG)
DEFINE_PLAIN(sin, SIN)
DEFINE_PLAIN(cos, COS)
DEFINE_PLAIN(floor, FLOOR)
DEFINE_PLAIN(ceil, CEIL)
DEFINE_PLAIN(round, ROUND)
DEFINE_PLAIN(elu, ELU)
DEFINE_PLAIN(logical_not, LOGICAL_NOT)
