/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED; 8-bit values in conv_q8.c. */
#include <stdio.h>
#include <string.h>

#include "delegates/gpu/conv.h"
#include "delegates/gpu/move.h"
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

static void fill_stored(const tb_gpu_plan *plan, const void *context, void *to)
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

/* Whether the kernel takes the filter as the model has it. */
static bool is_as_stored(const tb_gpu_conv *task)
{
    return task->depthwise || task->groups > 1;
}

static cl_mem weights_of(tb_gpu_plan *plan, const tb_gpu_conv *task)
{
    const bool stored = is_as_stored(task);
    const size_t elements = stored ? plan->values[task->filter]->elements
                                   : tb_gpu_conv_depth(task) * tb_gpu_conv_filled(&task->shape);
    return tb_gpu_packed(plan, task->filter, stored ? "stored" : "conv",
                         elements * tb_gpu_float_bytes(plan), stored ? fill_stored : fill_conv,
                         task);
}

static cl_mem bias_of(tb_gpu_plan *plan, const tb_gpu_conv *task)
{
    const size_t bytes = tb_gpu_conv_filled(&task->shape) * sizeof(float);
    return tb_gpu_packed(plan, task->bias >= 0 ? task->bias : task->filter,
                         task->bias >= 0 ? "bias" : "no bias", bytes, fill_bias, task);
}

static bool is_constant(const tb_gpu_plan *plan, int value)
{
    return plan->values[value]->home == TB_GPU_CONSTANT;
}

/* The layout of fill_conv, on the device. What is filled up stays what it is: nobody stores it. */
static int computed_weights(tb_gpu_plan *plan, const tb_gpu_conv *task)
{
    const int32_t depth = (int32_t)tb_gpu_conv_depth(task);
    const int32_t filled = (int32_t)tb_gpu_conv_filled(&task->shape);
    if (is_as_stored(task))
        return task->filter;
    const int value =
        tb_gpu_scratch(plan, plan->values[task->filter]->format, (size_t)depth * (size_t)filled);
    tb_gpu_move move = {0};
    tb_gpu_move_add(&move, depth, 1, filled);
    tb_gpu_move_add(&move, task->shape.out_c, depth, 1);
    if (value >= 0)
        tb_gpu_move_step(plan, "weights", &move, task->filter, value);
    return value;
}

/* Floats, filled up. */
static int computed_bias(tb_gpu_plan *plan, const tb_gpu_conv *task)
{
    const int value = tb_gpu_scratch(plan, TB_GPU_F32, tb_gpu_conv_filled(&task->shape));
    if (value < 0)
        return value;
    const bool half = plan->values[task->bias]->format == TB_GPU_F16;
    tb_gpu_step *step = tb_gpu_step_begin(plan, "bias", "cast", "cast",
                                          half ? TB_GPU_F16 : TB_GPU_F32, "-DTO_F32 -DCAST");
    tb_gpu_arg_value(plan, step, task->bias);
    tb_gpu_arg_value(plan, step, value);
    tb_gpu_arg_int(plan, step, task->shape.out_c);
    tb_gpu_step_end(plan, step, (size_t)task->shape.out_c, 1, 1);
    return value;
}

tb_gpu_conv_operands tb_gpu_conv_prepare(tb_gpu_plan *plan, const tb_gpu_conv *task)
{
    tb_gpu_conv_operands o = {.weights_value = -1, .bias_value = -1};
    if (is_constant(plan, task->filter))
        o.weights = weights_of(plan, task);
    else
        o.weights_value = computed_weights(plan, task);
    if (task->bias >= 0 && !is_constant(plan, task->bias)) {
        o.bias_value = computed_bias(plan, task);
    } else if (task->bias >= 0 || is_constant(plan, task->filter)) {
        o.bias = bias_of(plan, task);
    } else {
        float *zeros = TB_GPU_NEW(plan, float, tb_gpu_conv_filled(&task->shape));
        if (zeros)
            o.bias =
                tb_gpu_own_constant(plan, zeros, tb_gpu_conv_filled(&task->shape) * sizeof *zeros);
        else
            tb_gpu_plan_fail(plan, TB_NO_MEMORY, "planning a bias");
    }
    return o;
}

void tb_gpu_conv_operand_args(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_conv_operands *o)
{
    if (o->weights_value >= 0)
        tb_gpu_arg_value(plan, step, o->weights_value);
    else
        tb_gpu_arg_mem(plan, step, o->weights);
    if (o->bias_value >= 0)
        tb_gpu_arg_value(plan, step, o->bias_value);
    else
        tb_gpu_arg_mem(plan, step, o->bias);
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
    const char *kernel = task->depthwise ? "depthwise" : task->groups > 1 ? "grouped" : "conv";
    char options[48];
    float low, high;
    snprintf(options, sizeof options, "-DPX=%d%s", tb_gpu_conv_pixels(task),
             residual ? " -DRESIDUAL" : "");
    const tb_gpu_conv_operands operands = tb_gpu_conv_prepare(plan, task);
    tb_gpu_step *step = tb_gpu_step_begin(plan, task->name, kernel, kernel,
                                          plan->values[op->in[0]]->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_conv_operand_args(plan, step, &operands);
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
    else if (task->groups > 1)
        tb_gpu_arg_int(plan, step, task->groups);
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

tb_gpu_conv tb_gpu_conv_task(const tb_gpu_plan *plan, int in, int filter, int bias, int out,
                             const char *name, TfLiteFusedActivation activation)
{
    const int32_t *from = plan->values[in]->dims, *to = plan->values[out]->dims;
    const int32_t *taps = plan->values[filter]->dims;
    return (tb_gpu_conv){.name = name,
                         .shape = {.h = from[1],
                                   .w = from[2],
                                   .c = from[3],
                                   .out_h = to[1],
                                   .out_w = to[2],
                                   .out_c = to[3],
                                   .n = to[0],
                                   .kh = taps[1],
                                   .kw = taps[2]},
                         .activation = activation,
                         .filter = filter,
                         .bias = bias};
}

static tb_gpu_conv task_of(const tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                           TfLiteFusedActivation activation)
{
    return tb_gpu_conv_task(plan, op->in[0], op->in[1], op->in_count > 2 ? op->in[2] : -1,
                            op->out[0], name, activation);
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
    task.groups = task.shape.c / plan->values[task.filter]->dims[3];
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

tb_status tb_gpu_lower_rows(tb_gpu_plan *plan, const tb_gpu_op *op,
                            TfLiteFusedActivation activation, tb_error *err)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *filter = plan->values[op->in[1]];
    const int32_t k = filter->dims[1], rows = (int32_t)(in->elements / (size_t)k);
    const tb_gpu_conv task = {
        .name = "fully_connected",
        .shape = {1, rows, k, 1, rows, filter->dims[0], 1, 1, 1, 1, 1, 1, 1, 0, 0},
        .activation = activation,
        .filter = op->in[1],
        .bias = op->in_count > 2 ? op->in[2] : -1,
        .real = true};
    return lower_task(plan, op, &task, err);
}

static tb_status lower_fully_connected(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    return tb_gpu_lower_rows(plan, op, ((const TfLiteFullyConnectedParams *)op->params)->activation,
                             err);
}

/* ---- what is taken ----------------------------------------------------------------------------------- */

/* The filter is no form that the cpu delegate computes with itself; floats may be computed. */
static bool is_plain(tb_cpu_query *query, int builtin_code)
{
    query->any_filter = tb_query_input(query, 0)->type == kTfLiteFloat32;
    query->any_groups = query->any_filter || builtin_code == kTfLiteBuiltinDepthwiseConv2d;
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
