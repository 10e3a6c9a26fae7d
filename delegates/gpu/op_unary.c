/* Element-wise operators on one operand. */
#include <math.h>

#include "delegates/gpu/ops.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static tb_status lower(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                       const char *function, float p, float q)
{
    const tb_gpu_value *out = plan->values[op->out[0]];
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "unary", function, out->format, NULL);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)out->elements);
    tb_gpu_arg_float(plan, step, p);
    tb_gpu_arg_float(plan, step, q);
    return tb_gpu_step_end(plan, step, out->elements, 1, 1);
}

#define DEFINE_UNARY(name, function)                                               \
    static tb_status lower_##name(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                              \
        (void)err;                                                                 \
        return lower(plan, op, #name, #function, 0.0f, 0.0f);                      \
    }                                                                              \
    const tb_gpu_op_row tb_gpu_op_##name = {.lower = lower_##name};

DEFINE_UNARY(logistic, logistic)
DEFINE_UNARY(tanh, tanh_of)
DEFINE_UNARY(hard_swish, hard_swish)
DEFINE_UNARY(exp, exp_of)
DEFINE_UNARY(neg, neg)
DEFINE_UNARY(abs, abs_of)
DEFINE_UNARY(sqrt, sqrt_of)
DEFINE_UNARY(rsqrt, rsqrt_of)
DEFINE_UNARY(square, square)

#define DEFINE_CLAMP(name, low, high)                                              \
    static tb_status lower_##name(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                              \
        (void)err;                                                                 \
        return lower(plan, op, #name, "clamp_to", low, high);                      \
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
    return lower(plan, op, "leaky_relu", "leaky_relu", params->alpha, 0.0f);
}
const tb_gpu_op_row tb_gpu_op_leaky_relu = {.lower = lower_leaky_relu};

static tb_status lower_gelu(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteGeluParams *params = op->params;
    return lower(plan, op, "gelu", params->approximate ? "gelu_tanh" : "gelu", 0.0f, 0.0f);
}
const tb_gpu_op_row tb_gpu_op_gelu = {.lower = lower_gelu};
