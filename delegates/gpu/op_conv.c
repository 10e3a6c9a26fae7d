/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED; 8-bit values in conv_q8.c. */
#include <stdio.h>
#include <string.h>

#include "delegates/gpu/conv.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- weights ----------------------------------------------------------------------------------------- */

/* [output channel][tap][input channel] to [tap][input channel][output channel]. */
static void fill_conv(const tb_gpu_plan *plan, const void *context, void *to)
{
    const tb_gpu_conv *task = context;
    const float *from = plan->values[task->filter]->constant;
    const size_t depth = tb_gpu_conv_depth(task), filled = tb_gpu_conv_filled(&task->shape);
    const size_t bytes = tb_gpu_float_bytes(plan);
    for (size_t o = 0; o < (size_t)task->shape.out_c; o++)
        for (size_t i = 0; i < depth; i++)
            tb_gpu_store_floats(plan, &from[o * depth + i], 1,
                                (char *)to + (i * filled + o) * bytes);
}

static void fill_depthwise(const tb_gpu_plan *plan, const void *context, void *to)
{
    const tb_gpu_conv *task = context;
    const tb_gpu_value *filter = plan->values[task->filter];
    tb_gpu_store_floats(plan, filter->constant, filter->elements, to);
}

static void fill_bias(const tb_gpu_plan *plan, const void *context, void *to)
{
    const tb_gpu_conv *task = context;
    if (task->bias >= 0)
        memcpy(to, plan->values[task->bias]->constant, (size_t)task->shape.out_c * sizeof(float));
}

static cl_mem weights_of(tb_gpu_plan *plan, const tb_gpu_conv *task)
{
    const size_t columns =
        task->depthwise ? (size_t)task->shape.out_c : tb_gpu_conv_filled(&task->shape);
    return tb_gpu_packed(plan, task->filter, task->depthwise ? "depthwise" : "conv",
                         tb_gpu_conv_depth(task) * columns * tb_gpu_float_bytes(plan),
                         task->depthwise ? fill_depthwise : fill_conv, task);
}

static cl_mem bias_of(tb_gpu_plan *plan, const tb_gpu_conv *task)
{
    const size_t bytes = tb_gpu_conv_filled(&task->shape) * sizeof(float);
    return tb_gpu_packed(plan, task->bias >= 0 ? task->bias : task->filter,
                         task->bias >= 0 ? "bias" : "no bias", bytes, fill_bias, task);
}

/* ---- steps ------------------------------------------------------------------------------------------- */

void tb_gpu_conv_shape_args(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_conv *task)
{
    int32_t numbers[TB_GPU_CONV_NUMBERS];
    memcpy(numbers, &task->shape, sizeof numbers);
    tb_gpu_arg_ints(plan, step, numbers, TB_GPU_CONV_NUMBERS);
}

tb_status tb_gpu_conv_end(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_conv *task)
{
    const tb_gpu_conv_shape *s = &task->shape;
    const size_t pixels = (size_t)tb_gpu_conv_pixels(task);
    return tb_gpu_step_end(plan, step, tb_gpu_conv_filled(s) / 4,
                           ((size_t)s->out_w + pixels - 1) / pixels,
                           (size_t)s->n * (size_t)s->out_h);
}

/* The last bounds are what follows a residual, too. */
static tb_status lower_float(tb_gpu_plan *plan, const tb_gpu_op *op, const tb_gpu_conv *task)
{
    const bool residual = op->residual >= 0;
    const char *kernel = task->depthwise ? "depthwise" : "conv";
    char options[48];
    float low, high;
    snprintf(options, sizeof options, "-DPX=%d%s", tb_gpu_conv_pixels(task),
             residual ? " -DRESIDUAL" : "");
    tb_gpu_step *step = tb_gpu_step_begin(plan, task->name, kernel, kernel,
                                          plan->values[op->in[0]]->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_mem(plan, step, weights_of(plan, task));
    tb_gpu_arg_mem(plan, step, bias_of(plan, task));
    if (residual) {
        tb_float_bounds(task->activation, &low, &high);
        tb_gpu_arg_value(plan, step, op->residual);
        tb_gpu_arg_float(plan, step, low);
        tb_gpu_arg_float(plan, step, high);
    }
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_conv_shape_args(plan, step, task);
    tb_gpu_bounds(op, residual ? op->residual_activation : task->activation, &low, &high);
    tb_gpu_arg_float(plan, step, low);
    tb_gpu_arg_float(plan, step, high);
    if (task->depthwise)
        tb_gpu_arg_int(plan, step, task->shape.out_c / task->shape.c);
    return tb_gpu_conv_end(plan, step, task);
}

static tb_status lower_task(tb_gpu_plan *plan, const tb_gpu_op *op, const tb_gpu_conv *task,
                            tb_error *err)
{
    if (plan->values[op->in[0]]->type == kTfLiteFloat32)
        return lower_float(plan, op, task);
    return tb_gpu_conv_q8(plan, op, task, err);
}

/* ---- geometry ---------------------------------------------------------------------------------------- */

/* A window of one tap that goes over every pixel sees one long row. */
static void flatten(tb_gpu_conv_shape *s)
{
    if (s->kh != 1 || s->kw != 1 || s->stride_h != 1 || s->stride_w != 1 || s->top || s->left ||
        s->h != s->out_h || s->w != s->out_w)
        return;
    s->w = s->out_w = s->n * s->h * s->w;
    s->h = s->out_h = s->n = 1;
}

/* Everything but strides, dilations and padding. */
static tb_gpu_conv task_of(const tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                           TfLiteFusedActivation activation)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *filter = plan->values[op->in[1]];
    const tb_gpu_value *out = plan->values[op->out[0]];
    return (tb_gpu_conv){.name = name,
                         .shape = {.h = in->dims[1],
                                   .w = in->dims[2],
                                   .c = in->dims[3],
                                   .out_h = out->dims[1],
                                   .out_w = out->dims[2],
                                   .out_c = out->dims[3],
                                   .n = out->dims[0],
                                   .kh = filter->dims[1],
                                   .kw = filter->dims[2]},
                         .activation = activation,
                         .filter = op->in[1],
                         .bias = op->in_count > 2 ? op->in[2] : -1};
}

static void pad(tb_gpu_conv_shape *s, TfLitePadding padding)
{
    s->top = tb_gpu_pad_before(padding, s->h, s->out_h, s->kh, s->stride_h, s->dilation_h);
    s->left = tb_gpu_pad_before(padding, s->w, s->out_w, s->kw, s->stride_w, s->dilation_w);
}

static tb_status lower_conv(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    const TfLiteConvParams *params = op->params;
    tb_gpu_conv task = task_of(plan, op, "conv_2d", params->activation);
    task.shape.stride_h = params->stride_height;
    task.shape.stride_w = params->stride_width;
    task.shape.dilation_h = params->dilation_height_factor;
    task.shape.dilation_w = params->dilation_width_factor;
    pad(&task.shape, params->padding);
    flatten(&task.shape);
    return lower_task(plan, op, &task, err);
}

static tb_status lower_depthwise(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    const TfLiteDepthwiseConvParams *params = op->params;
    tb_gpu_conv task = task_of(plan, op, "depthwise_conv_2d", params->activation);
    task.depthwise = true;
    task.shape.stride_h = params->stride_height;
    task.shape.stride_w = params->stride_width;
    task.shape.dilation_h = params->dilation_height_factor;
    task.shape.dilation_w = params->dilation_width_factor;
    pad(&task.shape, params->padding);
    return lower_task(plan, op, &task, err);
}

static tb_status lower_fully_connected(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    const TfLiteFullyConnectedParams *params = op->params;
    const tb_gpu_value *in = plan->values[op->in[0]], *filter = plan->values[op->in[1]];
    const int32_t k = filter->dims[1], rows = (int32_t)(in->elements / (size_t)k);
    const tb_gpu_conv task = {
        .name = "fully_connected",
        .shape = {1, rows, k, 1, rows, filter->dims[0], 1, 1, 1, 1, 1, 1, 1, 0, 0},
        .activation = params->activation,
        .filter = op->in[1],
        .bias = op->in_count > 2 ? op->in[2] : -1,
        .real = true};
    return lower_task(plan, op, &task, err);
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

#define DEFINE_ROW(name)                     \
    const tb_gpu_op_row tb_gpu_op_##name = { \
        .traits = TB_GPU_CLAMPS | TB_GPU_RESIDUAL, .takes = takes_##name, .lower = lower_##name};
DEFINE_ROW(conv)
DEFINE_ROW(depthwise)
DEFINE_ROW(fully_connected)
