/* BATCH_MATMUL. */
#include "delegates/gpu/broadcast.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* Strides of the batches, innermost first from place 2 on: 0 where the operand has one. */
static void set_batches(const tb_gpu_value *out, const tb_gpu_value *in,
                        int32_t stride[TB_GPU_MAX_RANK])
{
    int32_t next = in->dims[in->rank - 1] * in->dims[in->rank - 2];
    for (int d = 2; d < out->rank; d++) {
        const int32_t dim = d < in->rank ? in->dims[in->rank - 1 - d] : 1;
        stride[d] = dim > 1 ? next : 0;
        next *= dim;
    }
}

static tb_status add_scales(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_op *op,
                            tb_error *err)
{
    const tb_gpu_value *a = plan->values[op->in[0]], *b = plan->values[op->in[1]];
    const tb_gpu_value *out = plan->values[op->out[0]];
    const double factor = (double)(a->scale * b->scale) / (double)out->scale;
    tb_multiplier scale;
    int32_t low, high;
    if (!tb_multiplier_from_real(factor, &scale) || !tb_quant_limits(out->type, &low, &high))
        return tb_fail(err, TB_UNSUPPORTED, "lhs scale * rhs scale / output scale is %g", factor);
    tb_gpu_arg_int(plan, step, a->zero_point);
    tb_gpu_arg_int(plan, step, b->zero_point);
    tb_gpu_arg_int(plan, step, out->zero_point);
    tb_gpu_arg_int2(plan, step, scale.mantissa, scale.shift);
    tb_gpu_arg_int(plan, step, low);
    tb_gpu_arg_int(plan, step, high);
    return TB_OK;
}

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    const TfLiteBatchMatMulParams *params = op->params;
    const tb_gpu_value *a = plan->values[op->in[0]], *b = plan->values[op->in[1]];
    const tb_gpu_value *out = plan->values[op->out[0]];
    const int32_t a_row = a->dims[a->rank - 1], b_row = b->dims[b->rank - 1];
    const bool quantized = tb_type_is_q8(out->type);
    tb_gpu_broadcast shape = {.rank = out->rank, .operands = 2};
    for (int d = 0; d < out->rank; d++)
        shape.extent[d] = out->dims[out->rank - 1 - d];
    shape.stride[0][1] = params->adj_x ? 1 : a_row;
    shape.stride[1][0] = params->adj_y ? b_row : 1;
    set_batches(out, a, shape.stride[0]);
    set_batches(out, b, shape.stride[1]);
    tb_gpu_step *step = tb_gpu_step_begin(plan, "batch_matmul", "matmul", "matmul", out->format,
                                          quantized ? "-DQ8" : NULL);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->in[1]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_broadcast_args(plan, step, &shape);
    tb_gpu_arg_int(plan, step, params->adj_x ? a->dims[a->rank - 2] : a_row);
    tb_gpu_arg_int(plan, step, params->adj_x ? a_row : 1);
    tb_gpu_arg_int(plan, step, params->adj_y ? 1 : b_row);
    tb_status status = quantized ? add_scales(plan, step, op, err) : TB_OK;
    return status == TB_OK ? tb_gpu_broadcast_end(plan, step, &shape) : status;
}

const tb_gpu_op_row tb_gpu_op_batch_matmul = {.lower = lower};
