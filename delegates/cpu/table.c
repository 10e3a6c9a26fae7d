/* Tables of 8-bit functions. */
#include "delegates/cpu/table.h"

#include <math.h>

#include "runtime/fixed_point.h"
#include "runtime/math.h"
#include "runtime/ops/activation.h"
#include "runtime/ops/lut.h"
#include "runtime/quant_unary.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* ---- computed in floats ---------------------------------------------------------------------------- */

static float logistic_of(float x, const void *params)
{
    (void)params;
    return 1.0f / (1.0f + tb_expf(-x));
}

static float tanh_of(float x, const void *params)
{
    (void)params;
    return tb_tanhf(x);
}

static float exp_of(float x, const void *params)
{
    (void)params;
    return tb_expf(x);
}

static float gelu_of(float x, const void *params)
{
    return tb_geluf(x, ((const TfLiteGeluParams *)params)->approximate);
}

#define DEFINE_FLOAT_TABLE(name)                                                              \
    bool tb_table_##name(const TfLiteTensor *in, const TfLiteTensor *out, const void *params, \
                         uint8_t table[256])                                                  \
    {                                                                                         \
        tb_lut8_fill(in, out, name##_of, params, table);                                      \
        return true;                                                                          \
    }
DEFINE_FLOAT_TABLE(logistic)
DEFINE_FLOAT_TABLE(tanh)
DEFINE_FLOAT_TABLE(exp)
DEFINE_FLOAT_TABLE(gelu)

/* ---- computed in fixed point ----------------------------------------------------------------------- */

typedef struct quantized {
    int32_t low, high; /* of the type */
    int32_t out_zero;
    tb_multiplier multiplier, negative;
    tb_quant_hard_swish swish;
} quantized;

/* The result for a value less its zero point, less the output's. */
typedef int32_t (*quantized_fn)(const quantized *q, int32_t value);

static void fill(const quantized *q, quantized_fn f, const TfLiteTensor *in,
                 const TfLiteTensor *out, int32_t min, int32_t max, uint8_t table[256])
{
    for (int32_t x = q->low; x <= q->high; x++) {
        const int32_t y = tb_wrap_add(f(q, x - in->params.zero_point), out->params.zero_point);
        table[(uint8_t)(x & 0xFF)] = (uint8_t)(tb_clamp(y, min, max) & 0xFF);
    }
}

static bool begin(const TfLiteTensor *in, const TfLiteTensor *out, quantized *q)
{
    const float factor = in->params.scale / out->params.scale;
    q->out_zero = out->params.zero_point;
    return tb_quant_limits(out->type, &q->low, &q->high) &&
           tb_multiplier_from_real((double)factor, &q->multiplier);
}

static int32_t scaled(const quantized *q, int32_t value)
{
    return tb_multiply(value, q->multiplier);
}

bool tb_table_clamp(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                    uint8_t table[256])
{
    const float *bounds = params;
    quantized q;
    if (!begin(in, out, &q))
        return false;
    const int32_t zero = out->params.zero_point;
    const int32_t min = tb_quantize(bounds[0], out->params.scale, zero, q.low, INT32_MAX);
    const int32_t max = isinf(bounds[1])
                            ? q.high
                            : tb_quantize(bounds[1], out->params.scale, zero, INT32_MIN, q.high);
    fill(&q, scaled, in, out, min, max, table);
    return true;
}

static int32_t leaky(const quantized *q, int32_t value)
{
    return tb_quant_leaky_relu(value, q->multiplier, q->negative);
}

bool tb_table_leaky_relu(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                         uint8_t table[256])
{
    const float alpha = ((const TfLiteLeakyReluParams *)params)->alpha;
    quantized q;
    const float factor = in->params.scale * alpha / out->params.scale;
    if (!begin(in, out, &q) || !tb_multiplier_from_real((double)factor, &q.negative))
        return false;
    fill(&q, leaky, in, out, q.low, q.high, table);
    return true;
}

/* The reference keeps the result in 16 bits. */
static int32_t hard_swish(const quantized *q, int32_t value)
{
    return (int16_t)(tb_quant_hard_swish_of(value, &q->swish) + q->out_zero) - q->out_zero;
}

bool tb_table_hard_swish(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                         uint8_t table[256])
{
    (void)params;
    quantized q;
    const float hires_scale = (1.0f / 128.0f) * in->params.scale;
    if (!begin(in, out, &q) ||
        !tb_multiplier_from_real((double)(hires_scale / out->params.scale), &q.swish.output) ||
        !tb_multiplier_from_real((double)(hires_scale / (3.0f / 32768.0f)), &q.swish.reluish) ||
        q.swish.output.shift > 0)
        return false;
    q.swish.output.mantissa = tb_multiplier_to_int16(q.swish.output.mantissa);
    q.swish.reluish.mantissa = tb_multiplier_to_int16(q.swish.reluish.mantissa);
    fill(&q, hard_swish, in, out, q.low, q.high, table);
    return true;
}

static int32_t rsqrt_of(const quantized *q, int32_t value)
{
    return value <= 0 ? q->high : tb_quant_rsqrt(value, q->multiplier);
}

bool tb_table_rsqrt(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                    uint8_t table[256])
{
    (void)params;
    quantized q;
    const double factor = 1.0 / (double)(sqrtf(in->params.scale) * out->params.scale);
    if (in->type != kTfLiteInt8 || !begin(in, out, &q) ||
        !tb_multiplier_from_real(factor, &q.multiplier))
        return false;
    fill(&q, rsqrt_of, in, out, q.low, q.high, table);
    /* of zero: the largest there is */
    const int32_t zero = in->params.zero_point;
    if (zero >= q.low && zero <= q.high)
        table[(uint8_t)(zero & 0xFF)] = (uint8_t)(q.high & 0xFF);
    return true;
}

/* The portable kernel's rounding, in float. */
bool tb_table_concatenation(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                            uint8_t table[256])
{
    (void)params;
    const float scale = in->params.scale * (1.0f / out->params.scale);
    const float bias = (float)-in->params.zero_point * scale;
    for (int i = 0; i < 256; i++) {
        const float rounded = roundf((float)i * scale + bias);
        /* not a number, where scales are far apart: the lowest value */
        const float bounded = rounded >= -512.0f ? (rounded < 512.0f ? rounded : 512.0f) : -512.0f;
        const int32_t value = (int32_t)bounded + out->params.zero_point;
        table[i] = (uint8_t)tb_clamp(value, 0, UINT8_MAX);
    }
    return true;
}

bool tb_table_requantize(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                         uint8_t table[256])
{
    (void)params;
    tb_multiplier factor;
    int32_t low, high;
    if (!tb_multiplier_from_real((double)in->params.scale / (double)out->params.scale, &factor) ||
        !tb_quant_limits(out->type, &low, &high))
        return false;
    for (int32_t byte = 0; byte < 256; byte++) {
        const int32_t value = in->type == kTfLiteInt8 && byte > 127 ? byte - 256 : byte;
        const int32_t scaled = tb_multiply(value - in->params.zero_point, factor);
        const int32_t moved = tb_wrap_add(scaled, out->params.zero_point);
        table[byte] = (uint8_t)(tb_clamp(moved, low, high) & 0xFF);
    }
    return true;
}

bool tb_table_softmax(float scale, float beta, int32_t e[256], int32_t share[256])
{
    enum { DIFFERENCE_BITS = 5 }; /* before the point of a scaled difference */
    double factor = (double)beta * (double)scale * (double)(1 << (31 - DIFFERENCE_BITS));
    factor = factor < 2147483647.0 ? factor : 2147483647.0;
    tb_multiplier multiplier;
    if (!(factor > 1.0) || !tb_multiplier_from_real(factor, &multiplier))
        return false;
    const double radius = ((1 << DIFFERENCE_BITS) - 1) *
                          (double)((int64_t)1 << (31 - DIFFERENCE_BITS)) /
                          (double)((int64_t)1 << multiplier.shift);
    for (int32_t d = 0; d < 256; d++) {
        const bool counts = (double)d <= floor(radius);
        e[d] = counts ? tb_fx_exp_on_negative(tb_multiply(-d, multiplier), DIFFERENCE_BITS, 32) : 0;
        share[d] = tb_fx_shift(e[d], -TB_SOFTMAX_SUM_BITS, 32);
    }
    return true;
}
