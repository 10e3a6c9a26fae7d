/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED. */
#include <stdio.h>
#include <string.h>

#include "delegates/gpu/ops.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* In the order of the kernels' arguments. */
typedef struct conv_shape {
    int32_t h, w, c, out_h, out_w, out_c, n;
    int32_t kh, kw, stride_h, stride_w, dilation_h, dilation_w, top, left;
} conv_shape;

enum { SHAPE_NUMBERS = sizeof(conv_shape) / sizeof(int32_t) };

typedef struct conv_task {
    conv_shape shape;
    TfLiteFusedActivation activation;
    int filter, bias; /* values; the bias may be -1 */
} conv_task;

/* ---- weights ----------------------------------------------------------------------------------------- */

static size_t filled_channels(const conv_shape *s)
{
    return ((size_t)s->out_c + 3) / 4 * 4;
}

/* [output channel][tap][input channel] to [tap][input channel][output channel]. */
static void fill_conv(const tb_gpu_plan *plan, const void *context, void *to)
{
    const conv_task *task = context;
    const conv_shape *s = &task->shape;
    const float *from = plan->values[task->filter]->constant;
    const size_t k = (size_t)s->kh * (size_t)s->kw * (size_t)s->c, filled = filled_channels(s);
    const size_t bytes = tb_gpu_float_bytes(plan);
    for (size_t o = 0; o < (size_t)s->out_c; o++)
        for (size_t i = 0; i < k; i++)
            tb_gpu_store_floats(plan, &from[o * k + i], 1, (char *)to + (i * filled + o) * bytes);
}

static void fill_depthwise(const tb_gpu_plan *plan, const void *context, void *to)
{
    const conv_task *task = context;
    const tb_gpu_value *filter = plan->values[task->filter];
    tb_gpu_store_floats(plan, filter->constant, filter->elements, to);
}

static void fill_bias(const tb_gpu_plan *plan, const void *context, void *to)
{
    const conv_task *task = context;
    if (task->bias >= 0)
        memcpy(to, plan->values[task->bias]->constant, (size_t)task->shape.out_c * sizeof(float));
}

static cl_mem weights_of(tb_gpu_plan *plan, const conv_task *task, bool depthwise)
{
    const conv_shape *s = &task->shape;
    const size_t k = (size_t)s->kh * (size_t)s->kw * (size_t)(depthwise ? 1 : s->c);
    const size_t columns = depthwise ? (size_t)s->out_c : filled_channels(s);
    return tb_gpu_packed(plan, task->filter, depthwise ? "depthwise" : "conv",
                         k * columns * tb_gpu_float_bytes(plan),
                         depthwise ? fill_depthwise : fill_conv, task);
}

static cl_mem bias_of(tb_gpu_plan *plan, const conv_task *task)
{
    const size_t bytes = filled_channels(&task->shape) * sizeof(float);
    return tb_gpu_packed(plan, task->bias >= 0 ? task->bias : task->filter,
                         task->bias >= 0 ? "bias" : "no bias", bytes, fill_bias, task);
}

/* ---- steps ------------------------------------------------------------------------------------------- */

/* The arguments that all kernels begin with; the last bounds are what follows a residual, too. */
static void add_args(tb_gpu_plan *plan, const tb_gpu_op *op, const conv_task *task, bool depthwise,
                     tb_gpu_step *step)
{
    float low, high;
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_mem(plan, step, weights_of(plan, task, depthwise));
    tb_gpu_arg_mem(plan, step, bias_of(plan, task));
    if (op->residual >= 0) {
        tb_float_bounds(task->activation, &low, &high);
        tb_gpu_arg_value(plan, step, op->residual);
        tb_gpu_arg_float(plan, step, low);
        tb_gpu_arg_float(plan, step, high);
    }
    int32_t numbers[SHAPE_NUMBERS];
    memcpy(numbers, &task->shape, sizeof numbers);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_ints(plan, step, numbers, SHAPE_NUMBERS);
    tb_gpu_bounds(op, op->residual >= 0 ? op->residual_activation : task->activation, &low, &high);
    tb_gpu_arg_float(plan, step, low);
    tb_gpu_arg_float(plan, step, high);
}

/* A window of one tap that goes over every pixel sees one long row. */
static void flatten(conv_shape *s)
{
    if (s->kh != 1 || s->kw != 1 || s->stride_h != 1 || s->stride_w != 1 || s->top || s->left ||
        s->h != s->out_h || s->w != s->out_w)
        return;
    s->w = s->out_w = s->n * s->h * s->w;
    s->h = s->out_h = s->n = 1;
}

static tb_status lower_task(tb_gpu_plan *plan, const tb_gpu_op *op, conv_task *task,
                            const char *name)
{
    conv_shape *s = &task->shape;
    flatten(s);
    const int pixels = s->out_w >= 4 ? 4 : 1;
    char options[48];
    snprintf(options, sizeof options, "-DPX=%d%s", pixels, op->residual >= 0 ? " -DRESIDUAL" : "");
    const tb_gpu_format format = plan->values[op->in[0]]->format;
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "conv", "conv", format, options);
    add_args(plan, op, task, false, step);
    return tb_gpu_step_end(plan, step, filled_channels(s) / 4,
                           ((size_t)s->out_w + (size_t)pixels - 1) / (size_t)pixels,
                           (size_t)s->n * (size_t)s->out_h);
}

static conv_shape shape_of(const tb_gpu_plan *plan, const tb_gpu_op *op)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *filter = plan->values[op->in[1]];
    const tb_gpu_value *out = plan->values[op->out[0]];
    return (conv_shape){.h = in->dims[1],
                        .w = in->dims[2],
                        .c = in->dims[3],
                        .out_h = out->dims[1],
                        .out_w = out->dims[2],
                        .out_c = out->dims[3],
                        .n = out->dims[0],
                        .kh = filter->dims[1],
                        .kw = filter->dims[2]};
}

static void pad(conv_shape *s, TfLitePadding padding)
{
    s->top = tb_gpu_pad_before(padding, s->h, s->out_h, s->kh, s->stride_h, s->dilation_h);
    s->left = tb_gpu_pad_before(padding, s->w, s->out_w, s->kw, s->stride_w, s->dilation_w);
}

static tb_status lower_conv(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteConvParams *params = op->params;
    conv_task task = {.shape = shape_of(plan, op),
                      .activation = params->activation,
                      .filter = op->in[1],
                      .bias = op->in_count > 2 ? op->in[2] : -1};
    task.shape.stride_h = params->stride_height;
    task.shape.stride_w = params->stride_width;
    task.shape.dilation_h = params->dilation_height_factor;
    task.shape.dilation_w = params->dilation_width_factor;
    pad(&task.shape, params->padding);
    return lower_task(plan, op, &task, "conv_2d");
}

static tb_status lower_fully_connected(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteFullyConnectedParams *params = op->params;
    const tb_gpu_value *in = plan->values[op->in[0]], *filter = plan->values[op->in[1]];
    const int32_t k = filter->dims[1], rows = (int32_t)(in->elements / (size_t)k);
    conv_task task = {.shape = {1, rows, k, 1, rows, filter->dims[0], 1, 1, 1, 1, 1, 1, 1, 0, 0},
                      .activation = params->activation,
                      .filter = op->in[1],
                      .bias = op->in_count > 2 ? op->in[2] : -1};
    return lower_task(plan, op, &task, "fully_connected");
}

static tb_status lower_depthwise(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteDepthwiseConvParams *params = op->params;
    conv_task task = {.shape = shape_of(plan, op),
                      .activation = params->activation,
                      .filter = op->in[1],
                      .bias = op->in_count > 2 ? op->in[2] : -1};
    conv_shape *s = &task.shape;
    s->stride_h = params->stride_height;
    s->stride_w = params->stride_width;
    s->dilation_h = params->dilation_height_factor;
    s->dilation_w = params->dilation_width_factor;
    pad(s, params->padding);
    const tb_gpu_format format = plan->values[op->in[0]]->format;
    tb_gpu_step *step = tb_gpu_step_begin(plan, "depthwise_conv_2d", "depthwise", "depthwise",
                                          format, op->residual >= 0 ? "-DRESIDUAL" : NULL);
    add_args(plan, op, &task, true, step);
    tb_gpu_arg_int(plan, step, s->out_c / s->c);
    return tb_gpu_step_end(plan, step, filled_channels(s) / 4, (size_t)s->out_w,
                           (size_t)s->n * (size_t)s->out_h);
}

/* ---- what is taken ----------------------------------------------------------------------------------- */

/* The filter is a constant of the model, not a form that the cpu delegate computes with itself. */
static bool is_plain(tb_cpu_query *query, int builtin_code)
{
    if (!tb_cpu_op_find(builtin_code)->takes(query))
        return false;
    const TfLiteTensor *input = tb_query_input(query, 0), *filter = tb_query_input(query, 1);
    if (filter->type != input->type)
        return tb_query_no(query, "input is %s and filter %s", TfLiteTypeGetName(input->type),
                           TfLiteTypeGetName(filter->type));
    return true;
}

static bool takes_conv(tb_cpu_query *query)
{
    return is_plain(query, kTfLiteBuiltinConv2d);
}

static bool takes_depthwise(tb_cpu_query *query)
{
    return is_plain(query, kTfLiteBuiltinDepthwiseConv2d);
}

static bool takes_fully_connected(tb_cpu_query *query)
{
    return is_plain(query, kTfLiteBuiltinFullyConnected);
}

const tb_gpu_op_row tb_gpu_op_conv = {
    .traits = TB_GPU_CLAMPS | TB_GPU_RESIDUAL, .takes = takes_conv, .lower = lower_conv};
const tb_gpu_op_row tb_gpu_op_depthwise = {
    .traits = TB_GPU_CLAMPS | TB_GPU_RESIDUAL, .takes = takes_depthwise, .lower = lower_depthwise};
const tb_gpu_op_row tb_gpu_op_fully_connected = {.traits = TB_GPU_CLAMPS | TB_GPU_RESIDUAL,
                                                 .takes = takes_fully_connected,
                                                 .lower = lower_fully_connected};
