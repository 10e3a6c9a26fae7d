/* SOFTMAX: floats, and 8-bit values exactly as the portable kernel. */
#include "delegates/cpu/table.h"
#include "delegates/gpu/ops.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static tb_status lower_q8(tb_gpu_plan *plan, const tb_gpu_op *op, float beta, tb_error *err)
{
    const tb_gpu_value *in = plan->values[op->in[0]];
    const size_t depth = (size_t)in->dims[in->rank - 1], rows = in->elements / depth;
    int32_t tables[2][256];
    if (!tb_table_softmax(in->scale, beta, tables[0], tables[1]))
        return tb_fail(err, TB_UNSUPPORTED, "beta is %g, input scale %g", (double)beta,
                       (double)in->scale);
    tb_gpu_step *step =
        tb_gpu_step_begin(plan, "softmax", "softmax_q8", "softmax", in->format, NULL);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_mem(plan, step, tb_gpu_own_constant(plan, tables, sizeof tables));
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)rows);
    tb_gpu_arg_int(plan, step, (int64_t)depth);
    tb_gpu_arg_int(plan, step, in->type == kTfLiteInt8 ? INT8_MIN : 0);
    return tb_gpu_step_end(plan, step, rows, 1, 1);
}

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    const TfLiteSoftmaxParams *params = op->params;
    const tb_gpu_value *in = plan->values[op->in[0]];
    const size_t depth = (size_t)in->dims[in->rank - 1], rows = in->elements / depth;
    if (tb_type_is_q8(in->type))
        return lower_q8(plan, op, params->beta, err);
    tb_gpu_step *step = tb_gpu_step_begin(plan, "softmax", "softmax", "softmax", in->format, NULL);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)rows);
    tb_gpu_arg_int(plan, step, (int64_t)depth);
    tb_gpu_arg_float(plan, step, params->beta);
    return tb_gpu_step_end(plan, step, rows, 1, 1);
}

const tb_gpu_op_row tb_gpu_op_softmax = {.lower = lower};
