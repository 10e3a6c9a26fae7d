/* Convolutions of 8-bit values, exact: weights, biases and scales as kernels/conv_q8.cl wants them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "delegates/gpu/conv.h"
#include "runtime/quant.h"

/* What packing needs besides the task. */
typedef struct q8_task {
    const tb_gpu_conv *conv;
    const TfLiteTensor *filter; /* for its scales */
    float in_scale, out_scale;
    bool is_unsigned;
    int32_t in_zero, filter_zero; /* as stored */
} q8_task;

static int32_t weight_at(const tb_gpu_plan *plan, const q8_task *t, size_t index)
{
    const void *bytes = plan->values[t->conv->filter]->constant;
    return t->is_unsigned ? ((const uint8_t *)bytes)[index] : ((const int8_t *)bytes)[index];
}

static int32_t flip(const q8_task *t)
{
    return t->is_unsigned ? 128 : 0;
}

/* [output channel][tap][input channel] to [tap][input channels / 4][output channel][4], signed. */
static void fill_weights(const tb_gpu_plan *plan, const void *context, void *to)
{
    const q8_task *t = context;
    const tb_gpu_conv_shape *s = &t->conv->shape;
    const size_t filled = tb_gpu_conv_filled(s), c = (size_t)s->c, quads = (c + 3) / 4;
    const size_t taps = (size_t)s->kh * (size_t)s->kw, out_c = (size_t)s->out_c;
    int8_t *packed = to;
    memset(packed, (int8_t)(t->filter_zero - flip(t)), taps * quads * filled * 4);
    for (size_t o = 0; o < out_c; o++)
        for (size_t tap = 0; tap < taps; tap++)
            for (size_t i = 0; i < c; i++)
                packed[((tap * quads + i / 4) * filled + o) * 4 + i % 4] =
                    (int8_t)(weight_at(plan, t, (o * taps + tap) * c + i) - flip(t));
}

static void fill_as_stored(const tb_gpu_plan *plan, const void *context, void *to)
{
    const q8_task *t = context;
    const tb_gpu_value *filter = plan->values[t->conv->filter];
    memcpy(to, filter->constant, filter->elements);
}

/* Of convolutions, with the input's zero point times the weights taken off. */
static void fill_bias(const tb_gpu_plan *plan, const void *context, void *to)
{
    const q8_task *t = context;
    const size_t depth = tb_gpu_conv_depth(t->conv);
    int32_t *out = to;
    for (size_t o = 0; o < (size_t)t->conv->shape.out_c; o++) {
        if (t->conv->bias >= 0)
            out[o] = ((const int32_t *)plan->values[t->conv->bias]->constant)[o];
        if (t->conv->depthwise)
            continue;
        int32_t sum = 0;
        for (size_t i = 0; i < depth; i++)
            sum += weight_at(plan, t, o * depth + i) - t->filter_zero;
        out[o] = tb_wrap_sub(out[o], tb_wrap_mul(t->in_zero - flip(t), sum));
    }
}

/* Input scale * filter scale / output scale of a channel, as TFLite computes it. */
static double factor_of(const q8_task *t, size_t channel)
{
    const TfLiteAffineQuantization *affine = t->filter->quantization.params;
    const float scale = affine->scale->data[affine->scale->size > 1 ? channel : 0];
    const double product = t->is_unsigned && !t->conv->real
                               ? (double)(t->in_scale * t->filter->params.scale)
                               : (double)t->in_scale * (double)scale;
    return product / (double)t->out_scale;
}

static void fill_multipliers(const tb_gpu_plan *plan, const void *context, void *to)
{
    (void)plan;
    const q8_task *t = context;
    int32_t *out = to;
    for (size_t o = 0; o < (size_t)t->conv->shape.out_c; o++) {
        tb_multiplier m;
        tb_multiplier_from_real(factor_of(t, o), &m);
        out[2 * o] = m.mantissa;
        out[2 * o + 1] = m.shift;
    }
}

/* Mantissas of 53 bits, and exponents. */
static void fill_reals(const tb_gpu_plan *plan, const void *context, void *to)
{
    (void)plan;
    const q8_task *t = context;
    uint64_t *out = to;
    for (size_t o = 0; o < (size_t)t->conv->shape.out_c; o++) {
        int exponent;
        const double mantissa = frexp(factor_of(t, o), &exponent);
        out[2 * o] = (uint64_t)ldexp(mantissa, 53);
        out[2 * o + 1] = (uint64_t)(int64_t)(exponent - 53);
    }
}

static tb_status check_factors(const q8_task *t, tb_error *err)
{
    for (size_t o = 0; o < (size_t)t->conv->shape.out_c; o++) {
        tb_multiplier m;
        const double factor = factor_of(t, o);
        if (!tb_multiplier_from_real(factor, &m))
            return tb_fail(err, TB_UNSUPPORTED,
                           "channel %zu: input scale * filter scale / output scale is %g", o,
                           factor);
    }
    return TB_OK;
}

tb_status tb_gpu_conv_q8(tb_gpu_plan *plan, const tb_gpu_op *op, const tb_gpu_conv *task,
                         tb_error *err)
{
    const tb_gpu_conv_shape *s = &task->shape;
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    const tb_gpu_value *filter = plan->values[task->filter];
    const q8_task t = {.conv = task,
                       .filter = &plan->context->tensors[filter->tensor],
                       .in_scale = in->scale,
                       .out_scale = out->scale,
                       .is_unsigned = in->type == kTfLiteUInt8,
                       .in_zero = in->zero_point,
                       .filter_zero = in->type == kTfLiteUInt8 ? filter->zero_point : 0};
    int32_t low, high;
    tb_status status = check_factors(&t, err);
    if (status != TB_OK)
        return status;
    if (!tb_quant_activation_range(task->activation, out->type, out->scale, out->zero_point, &low,
                                   &high))
        return tb_fail(err, TB_UNSUPPORTED, "the activation's bounds do not fit scale %g",
                       (double)out->scale);
    const size_t filled = tb_gpu_conv_filled(s), depth = tb_gpu_conv_depth(task);
    const size_t quads = ((size_t)s->c + 3) / 4;
    const size_t bytes = task->depthwise ? depth * (size_t)s->out_c
                                         : (size_t)s->kh * (size_t)s->kw * quads * filled * 4;
    /* What is not the filter's own is in the name of the layout. */
    char options[64], key[160];
    snprintf(key, sizeof key, "%s %a %a %d %p", task->real ? "reals" : "multipliers",
             (double)t.in_scale, (double)t.out_scale, t.in_zero,
             task->bias >= 0 ? plan->values[task->bias]->constant : NULL);
    snprintf(options, sizeof options, "-DPX=%d%s%s", tb_gpu_conv_pixels(task),
             task->real ? " -DREAL" : "",
             !task->depthwise && t.filter_zero - flip(&t) ? " -DFILTER_ZERO" : "");
    tb_gpu_step *step = tb_gpu_step_begin(
        plan, task->name, "conv_q8", task->depthwise ? "depthwise" : "conv", in->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_mem(plan, step,
                   tb_gpu_packed(plan, task->filter, task->depthwise ? "depthwise" : "conv q8",
                                 bytes, task->depthwise ? fill_as_stored : fill_weights, &t));
    char bias_key[176];
    snprintf(bias_key, sizeof bias_key, "bias %s", key);
    tb_gpu_arg_mem(
        plan, step,
        tb_gpu_packed(plan, task->filter, bias_key, filled * sizeof(int32_t), fill_bias, &t));
    tb_gpu_arg_mem(plan, step,
                   tb_gpu_packed(plan, task->filter, key, filled * (task->real ? 16 : 8),
                                 task->real ? fill_reals : fill_multipliers, &t));
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_conv_shape_args(plan, step, task);
    const int32_t off = task->depthwise ? 0 : flip(&t);
    const int32_t numbers[] = {t.in_zero - off, t.filter_zero - off, out->zero_point, low, high};
    tb_gpu_arg_ints(plan, step, numbers, sizeof numbers / sizeof *numbers);
    if (task->depthwise)
        tb_gpu_arg_int(plan, step, s->out_c / s->c);
    return tb_gpu_conv_end(plan, step, task);
}
