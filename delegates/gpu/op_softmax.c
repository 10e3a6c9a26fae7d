/* SOFTMAX of floats. */
#include "delegates/gpu/ops.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteSoftmaxParams *params = op->params;
    const tb_gpu_value *in = plan->values[op->in[0]];
    const size_t depth = (size_t)in->dims[in->rank - 1], rows = in->elements / depth;
    tb_gpu_step *step = tb_gpu_step_begin(plan, "softmax", "softmax", "softmax", in->format, NULL);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)rows);
    tb_gpu_arg_int(plan, step, (int64_t)depth);
    tb_gpu_arg_float(plan, step, params->beta);
    return tb_gpu_step_end(plan, step, rows, 1, 1);
}

const tb_gpu_op_row tb_gpu_op_softmax = {.lower = lower};
