/* AVERAGE_POOL_2D and MAX_POOL_2D. */
#include "delegates/gpu/ops.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, const char *name, const char *function,
                       tb_error *err)
{
    const TfLitePoolParams *params = op->params;
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    const bool quantized = tb_type_is_q8(in->type);
    float low, high;
    int32_t q_low = 0, q_high = 0;
    tb_gpu_bounds(op, params->activation, &low, &high);
    if (quantized && !tb_quant_activation_range(params->activation, out->type, out->scale,
                                                out->zero_point, &q_low, &q_high))
        return tb_fail(err, TB_UNSUPPORTED, "the activation's bounds do not fit scale %g",
                       (double)out->scale);
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "pool", function, in->format, NULL);
    const int32_t numbers[] = {in->dims[1],
                               in->dims[2],
                               in->dims[3],
                               out->dims[1],
                               out->dims[2],
                               out->dims[0],
                               params->filter_height,
                               params->filter_width,
                               params->stride_height,
                               params->stride_width,
                               tb_gpu_pad_before(params->padding, in->dims[1], out->dims[1],
                                                 params->filter_height, params->stride_height, 1),
                               tb_gpu_pad_before(params->padding, in->dims[2], out->dims[2],
                                                 params->filter_width, params->stride_width, 1)};
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_ints(plan, step, numbers, sizeof numbers / sizeof *numbers);
    if (quantized) {
        tb_gpu_arg_int(plan, step, q_low);
        tb_gpu_arg_int(plan, step, q_high);
    } else {
        tb_gpu_arg_float(plan, step, low);
        tb_gpu_arg_float(plan, step, high);
    }
    return tb_gpu_step_end(plan, step, ((size_t)in->dims[3] + 3) / 4, (size_t)out->dims[2],
                           (size_t)out->dims[0] * (size_t)out->dims[1]);
}

static tb_status lower_average(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    return lower(plan, op, "average_pool_2d", "average_pool", err);
}

static tb_status lower_max(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    return lower(plan, op, "max_pool_2d", "max_pool", err);
}

const tb_gpu_op_row tb_gpu_op_average_pool = {.traits = TB_GPU_CLAMPS, .lower = lower_average};
const tb_gpu_op_row tb_gpu_op_max_pool = {.traits = TB_GPU_CLAMPS, .lower = lower_max};
