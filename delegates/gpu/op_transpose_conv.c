/* TRANSPOSE_CONV of floats. */
#include "delegates/gpu/conv.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"

enum { IN_SHAPE, IN_FILTER, IN_IMAGE, IN_BIAS };

static bool takes(tb_cpu_query *query)
{
    const TfLiteTensor *image = tb_query_input(query, IN_IMAGE);
    query->any_filter = image && image->type == kTfLiteFloat32;
    if (!tb_cpu_op_find(kTfLiteBuiltinTransposeConv)->takes(query))
        return false;
    return tb_query_input(query, IN_FILTER)->type == image->type ||
           tb_query_no(query, "the filter is of another type");
}

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteTransposeConvParams *params = op->params;
    tb_gpu_conv task = tb_gpu_conv_task(plan, op->in[IN_IMAGE], op->in[IN_FILTER],
                                        op->in_count > IN_BIAS ? op->in[IN_BIAS] : -1, op->out[0],
                                        "transpose_conv", params->activation);
    tb_gpu_conv_shape *s = &task.shape;
    s->stride_h = params->stride_height;
    s->stride_w = params->stride_width;
    s->dilation_h = s->dilation_w = 1;
    /* Of the convolution that leads back from the output to the input. */
    s->top = tb_gpu_pad_before(params->padding, s->out_h, s->h, s->kh, s->stride_h, 1);
    s->left = tb_gpu_pad_before(params->padding, s->out_w, s->w, s->kw, s->stride_w, 1);
    float low, high;
    tb_gpu_bounds(op, params->activation, &low, &high);
    const tb_gpu_conv_operands operands = tb_gpu_conv_prepare(plan, &task);
    tb_gpu_step *step = tb_gpu_step_begin(plan, task.name, "transpose_conv", "transpose_conv",
                                          plan->values[op->in[IN_IMAGE]]->format, NULL);
    tb_gpu_arg_value(plan, step, op->in[IN_IMAGE]);
    tb_gpu_conv_operand_args(plan, step, &operands);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_conv_shape_args(plan, step, &task);
    tb_gpu_arg_float(plan, step, low);
    tb_gpu_arg_float(plan, step, high);
    return tb_gpu_step_end(plan, step, tb_gpu_conv_filled(s) / 4, (size_t)s->out_w,
                           (size_t)s->n * (size_t)s->out_h);
}

const tb_gpu_op_row tb_gpu_op_transpose_conv = {
    .traits = TB_GPU_CLAMPS, .takes = takes, .lower = lower};
