/* RESIZE_BILINEAR. */
#include "delegates/cpu/resize.h"
#include "delegates/gpu/ops.h"

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    const int32_t h = out->dims[1], w = out->dims[2];
    tb_resize_sample *samples = TB_GPU_NEW(plan, tb_resize_sample, (size_t)h + (size_t)w);
    if (!samples) {
        tb_gpu_plan_fail(plan, TB_NO_MEMORY, "planning RESIZE_BILINEAR");
        return plan->fault;
    }
    tb_resize_samples(in->type, in->dims[1], h, op->params, samples);
    tb_resize_samples(in->type, in->dims[2], w, op->params, samples + h);
    tb_gpu_step *step =
        tb_gpu_step_begin(plan, "resize_bilinear", "resize", "resize_bilinear", in->format, NULL);
    const int32_t numbers[] = {in->dims[1], in->dims[2], in->dims[3], h, w, in->dims[0]};
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_mem(plan, step,
                   tb_gpu_own_constant(plan, samples, ((size_t)h + (size_t)w) * sizeof *samples));
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_ints(plan, step, numbers, sizeof numbers / sizeof *numbers);
    return tb_gpu_step_end(plan, step, (size_t)in->dims[3], (size_t)w,
                           (size_t)out->dims[0] * (size_t)h);
}

const tb_gpu_op_row tb_gpu_op_resize_bilinear = {.lower = lower};
