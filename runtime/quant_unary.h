/*
 * Functions of one quantised value in fixed point, as TFLite's reference kernels compute them; shared
 * by the operators of these names and by the delegates' tables. Results are less the output's zero
 * point and not clamped.
 */
#ifndef TB_RUNTIME_QUANT_UNARY_H
#define TB_RUNTIME_QUANT_UNARY_H

#include "runtime/fixed_point.h"

/* LEAKY_RELU of a value less its zero point: `positive` and `negative` are the multipliers on both
   sides. A negative alpha is applied as its magnitude, so that it rounds as a positive one. */
static inline int32_t tb_quant_leaky_relu(int32_t value, tb_multiplier positive,
                                          tb_multiplier negative)
{
    if (value >= 0)
        return tb_multiply(value, positive);
    if (negative.mantissa >= 0)
        return tb_multiply(value, negative);
    negative.mantissa = -negative.mantissa;
    return tb_wrap_sub(0, tb_multiply(value, negative));
}

/* HARD_SWISH's multipliers, their mantissas of 16 bits. */
typedef struct tb_quant_hard_swish {
    tb_multiplier output;  /* input scale / 128 / output scale */
    tb_multiplier reluish; /* input scale / 128 * 32768 / 3 */
} tb_quant_hard_swish;

static inline int32_t tb_quant_saturating_left_shift(int32_t value, int amount)
{
    int64_t shifted = (int64_t)value * ((int64_t)1 << amount);
    return (int32_t)(shifted > INT16_MAX ? INT16_MAX : shifted < INT16_MIN ? INT16_MIN : shifted);
}

/* x * relu6(x + 3) / 6 on 16-bit numbers: the second factor as a number in [0, 1] (reluish). */
static inline int32_t tb_quant_hard_swish_of(int32_t value, const tb_quant_hard_swish *p)
{
    int32_t input = (int16_t)(value * 128);
    int32_t on_output_scale = tb_fx_mul(input, p->output.mantissa, 16);
    int32_t reluish = input;
    int exponent = p->reluish.shift;
    if (exponent > 0)
        reluish = tb_quant_saturating_left_shift(reluish, exponent - 1);
    reluish = tb_fx_mul(reluish, p->reluish.mantissa, 16);
    if (exponent > 0)
        reluish = tb_quant_saturating_left_shift(reluish, 1);
    if (exponent < 0)
        reluish = tb_rounding_shift(reluish, -exponent);
    reluish = (reluish + (1 << 15)) >> 1;
    /* Truncating, not rounding, here cancels the bias of the roundings above. */
    int32_t product = reluish * on_output_scale / (1 << 15);
    return tb_rounding_shift(product, -p->output.shift);
}

/* RSQRT of a positive value less its zero point; `scale` is 1 / (sqrt(input scale) * output scale). */
static inline int32_t tb_quant_rsqrt(int32_t value, tb_multiplier scale)
{
    enum { SHIFT = 20 }; /* bits behind the point of 1 / sqrt of an integer */
    tb_multiplier inverse = tb_fx_inverse_sqrt(value);
    inverse.shift += SHIFT;
    scale.shift -= SHIFT;
    return scale.shift < -31 ? 0 : tb_multiply(tb_multiply(1, inverse), scale);
}

#endif
