/* What the files of the convolution family share: geometry, and the two ways to make a step of it. */
#ifndef TB_GPU_CONV_H
#define TB_GPU_CONV_H

#include "delegates/gpu/ops.h"

/* In the order of the kernels' arguments. */
typedef struct tb_gpu_conv_shape {
    int32_t h, w, c, out_h, out_w, out_c, n;
    int32_t kh, kw, stride_h, stride_w, dilation_h, dilation_w, top, left;
} tb_gpu_conv_shape;

enum { TB_GPU_CONV_NUMBERS = sizeof(tb_gpu_conv_shape) / sizeof(int32_t) };

typedef struct tb_gpu_conv {
    const char *name;
    tb_gpu_conv_shape shape;
    TfLiteFusedActivation activation;
    int filter, bias; /* values; the bias may be -1 */
    bool depthwise;
    int32_t groups; /* of channels; float, 0 and 1: there are none */
    bool real;      /* 8 bit: rescaled in doubles, as FULLY_CONNECTED is */
} tb_gpu_conv;

/* Output channels as they are packed: a multiple of four. */
static inline size_t tb_gpu_conv_filled(const tb_gpu_conv_shape *s)
{
    return ((size_t)s->out_c + 3) / 4 * 4;
}
/* Taps times the input channels that one output sees. */
static inline size_t tb_gpu_conv_depth(const tb_gpu_conv *task)
{
    const tb_gpu_conv_shape *s = &task->shape;
    return (size_t)s->kh * (size_t)s->kw * (size_t)(task->depthwise ? 1 : s->c);
}

/* Pixels of a row that one work item makes, ... */
static inline int tb_gpu_conv_pixels(const tb_gpu_conv *task)
{
    return !task->depthwise && task->groups < 2 && task->shape.out_w >= 4 ? 4 : 1;
}
void tb_gpu_conv_shape_args(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_conv *task);
/* ... and the end of a step that does so. */
tb_status tb_gpu_conv_end(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_conv *task);

/* What a float kernel takes as weights and biases: constants in the kernels' layout, or values that
   steps of their own make where the model computes them. Before the step that reads them begins. */
typedef struct tb_gpu_conv_operands {
    cl_mem weights, bias;          /* NULL: */
    int weights_value, bias_value; /* values, or -1 */
} tb_gpu_conv_operands;
tb_gpu_conv_operands tb_gpu_conv_prepare(tb_gpu_plan *plan, const tb_gpu_conv *task);
void tb_gpu_conv_operand_args(tb_gpu_plan *plan, tb_gpu_step *step,
                              const tb_gpu_conv_operands *operands);
/* Geometry from the operator's tensors: input `in`, filter `filter`; strides and padding are missing. */
tb_gpu_conv tb_gpu_conv_task(const tb_gpu_plan *plan, int in, int filter, int bias, int out,
                             const char *name, TfLiteFusedActivation activation);
/* [rows][k] times a filter [columns][k], floats or 8-bit values, with a bias or -1. */
tb_status tb_gpu_lower_rows(tb_gpu_plan *plan, const tb_gpu_op *op,
                            TfLiteFusedActivation activation, tb_error *err);

/* 8-bit values (conv_q8.c). */
tb_status tb_gpu_conv_q8(tb_gpu_plan *plan, const tb_gpu_op *op, const tb_gpu_conv *task,
                         tb_error *err);

#endif
