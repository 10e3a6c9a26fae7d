/* Quantised arithmetic that is not worth inlining: making multipliers, ranges, packing. */
#include "runtime/quant.h"

#include <math.h>
#include <string.h>

#include "runtime/math.h"

bool tb_multiplier_from_real(double factor, tb_multiplier *out)
{
    *out = (tb_multiplier){0, 0};
    if (factor == 0.0)
        return true;
    if (!isfinite(factor))
        return false;
    int shift;
    double fraction = frexp(factor, &shift);
    int64_t mantissa = (int64_t)round(fraction * 2147483648.0);
    if (mantissa == (int64_t)1 << 31) {
        mantissa /= 2;
        shift++;
    }
    if (shift < -31)
        return true;
    if (shift > 31)
        return false;
    out->mantissa = (int32_t)mantissa;
    out->shift = shift;
    return true;
}

bool tb_quant_limits(TfLiteType type, int32_t *min, int32_t *max)
{
    switch (type) {
    case kTfLiteUInt8:
        *min = 0;
        *max = UINT8_MAX;
        return true;
    case kTfLiteInt8:
        *min = INT8_MIN;
        *max = INT8_MAX;
        return true;
    case kTfLiteInt16:
        *min = INT16_MIN;
        *max = INT16_MAX;
        return true;
    case kTfLiteUInt16:
        *min = 0;
        *max = UINT16_MAX;
        return true;
    case kTfLiteInt4:
        *min = -8;
        *max = 7;
        return true;
    case kTfLiteUInt4:
        *min = 0;
        *max = 15;
        return true;
    case kTfLiteInt2:
        *min = -2;
        *max = 1;
        return true;
    case kTfLiteInt32:
        *min = INT32_MIN;
        *max = INT32_MAX;
        return true;
    default:
        return false;
    }
}

int32_t tb_quantize(float value, float scale, int32_t zero_point, int32_t min, int32_t max)
{
    float rounded = roundf(value / scale);
    if (isnan(rounded))
        rounded = 0.0f;
    /* Beyond 2^31 either way, any zero point leaves the value outside every type's range. */
    if (rounded >= 2147483648.0f)
        return max;
    if (rounded < -2147483648.0f)
        return min;
    int64_t shifted = (int64_t)rounded + zero_point;
    return (int32_t)(shifted < min ? min : shifted > max ? max : shifted);
}

/* zero_point + round(bound / scale); false where that does not fit. */
static bool quantize_bound(float bound, float scale, int32_t zero_point, int32_t *out)
{
    float rounded = roundf(bound / scale);
    if (!(rounded >= -2147483648.0f && rounded < 2147483648.0f))
        return false;
    *out = tb_wrap_add(zero_point, (int32_t)rounded);
    return true;
}

bool tb_quant_activation_range(TfLiteFusedActivation activation, TfLiteType type, float scale,
                               int32_t zero_point, int32_t *min, int32_t *max)
{
    if (!tb_quant_limits(type, min, max))
        return false;
    float low, high;
    switch (activation) {
    case kTfLiteActRelu:
        low = 0.0f;
        high = INFINITY;
        break;
    case kTfLiteActRelu6:
        low = 0.0f;
        high = 6.0f;
        break;
    case kTfLiteActReluN1To1:
        low = -1.0f;
        high = 1.0f;
        break;
    default:
        return true;
    }
    int32_t bound;
    if (!quantize_bound(low, scale, zero_point, &bound))
        return false;
    *min = bound > *min ? bound : *min;
    if (!isinf(high)) {
        if (!quantize_bound(high, scale, zero_point, &bound))
            return false;
        *max = bound < *max ? bound : *max;
    }
    return true;
}

const TfLiteAffineQuantization *tb_quant_affine(const TfLiteTensor *tensor)
{
    if (tensor->quantization.type != kTfLiteAffineQuantization)
        return NULL;
    return tensor->quantization.params;
}

bool tb_quant_is_power_of_two(float x, int *log2)
{
    if (!(x > 0.0f) || isinf(x)) {
        *log2 = 0;
        return false;
    }
    float exact = tb_logf(x) * (1.0f / tb_logf(2.0f));
    float rounded = roundf(exact);
    *log2 = (int)rounded;
    return fabsf(exact - rounded) < 1e-3f;
}

/* ---- rows -------------------------------------------------------------------------------------- */

static void row_range(const float *values, size_t count, float *min, float *max)
{
    *min = *max = count ? values[0] : 0.0f;
    for (size_t i = 1; i < count; i++) {
        *min = values[i] < *min ? values[i] : *min;
        *max = values[i] > *max ? values[i] : *max;
    }
}

/* round() and conversion, saturating; NaN becomes 0. */
static int32_t to_int(float value, int32_t min, int32_t max)
{
    float rounded = roundf(value);
    if (isnan(rounded))
        return 0;
    if (rounded <= (float)min)
        return min;
    return rounded >= (float)max ? max : (int32_t)rounded;
}

float tb_quant_symmetric(float min, float max, float *inverse)
{
    float range = fabsf(min) > fabsf(max) ? fabsf(min) : fabsf(max);
    *inverse = 0.0f;
    if (range == 0.0f || isnan(range))
        return 1.0f;
    *inverse = 127.0f / range;
    return range / 127.0f;
}

float tb_quant_asymmetric(float min, float max, float *inverse, int32_t *zero_point)
{
    double low = min < 0.0f ? (double)min : 0.0;
    double high = max > 0.0f ? (double)max : 0.0;
    *inverse = 0.0f;
    *zero_point = 0;
    if (low == high || isnan(min) || isnan(max))
        return 1.0f;
    double scale = (high - low) / 255.0;
    /* The end of the range with the smaller rounding error decides the zero point. */
    double from_min = -128.0 - low / scale;
    double from_max = 127.0 - high / scale;
    double min_error = 128.0 + fabs(low / scale);
    double max_error = 127.0 + fabs(high / scale);
    double exact = min_error < max_error ? from_min : from_max;
    if (exact <= -128.0)
        *zero_point = -128;
    else if (exact >= 127.0)
        *zero_point = 127;
    else
        *zero_point = (int32_t)round(exact);
    float scale_f = (float)scale;
    *inverse = 1.0f / scale_f;
    return scale_f;
}

float tb_quantize_row_symmetric(const float *values, size_t count, int8_t *out)
{
    float min, max, inverse;
    row_range(values, count, &min, &max);
    float scale = tb_quant_symmetric(min, max, &inverse);
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)to_int(values[i] * inverse, -127, 127);
    return scale;
}

float tb_quantize_row_asymmetric(const float *values, size_t count, int8_t *out,
                                 int32_t *zero_point)
{
    float min, max, inverse;
    row_range(values, count, &min, &max);
    float scale = tb_quant_asymmetric(min, max, &inverse, zero_point);
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)to_int((float)*zero_point + values[i] * inverse, -128, 127);
    return scale;
}

/* ---- packing ----------------------------------------------------------------------------------- */

void tb_unpack_int4(const void *packed, size_t count, int8_t *out)
{
    const uint8_t *bytes = packed;
    for (size_t i = 0; i < count; i++) {
        int value = i % 2 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0xF;
        out[i] = (int8_t)((value ^ 8) - 8);
    }
}

void tb_unpack_uint4(const void *packed, size_t count, int8_t *out)
{
    const uint8_t *bytes = packed;
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)(i % 2 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0xF);
}

void tb_unpack_int2(const void *packed, size_t count, int8_t *out)
{
    const uint8_t *bytes = packed;
    for (size_t i = 0; i < count; i++) {
        int value = (bytes[i / 4] >> (2 * (i % 4))) & 3;
        out[i] = (int8_t)((value ^ 2) - 2);
    }
}

void tb_pack_int4(const int8_t *values, size_t count, void *packed)
{
    uint8_t *bytes = packed;
    for (size_t i = 0; i < count; i += 2) {
        int low = values[i] & 0xF;
        int high = i + 1 < count ? values[i + 1] & 0xF : 0;
        bytes[i / 2] = (uint8_t)(low | high << 4);
    }
}

/* ---- half precision ---------------------------------------------------------------------------- */

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float tb_float_from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 0x1Fu;
    uint32_t fraction = half & 0x3FFu;
    if (exponent == 0x1F) /* infinity or NaN; a NaN comes out quiet */
        return float_of(sign | 0x7F800000u | fraction << 13 | (fraction ? 0x400000u : 0));
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24, exact in float */
        float magnitude = (float)fraction * 0x1p-24f;
        return float_of(bits_of(magnitude) | sign);
    }
    return float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

uint16_t tb_half_from_float(float value)
{
    uint32_t bits = bits_of(value);
    uint16_t sign = (uint16_t)((bits >> 16) & 0x8000u);
    uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u)
        return (uint16_t)(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));
    if (magnitude >= 0x477FF000u) /* 65520 and above round to infinity */
        return (uint16_t)(sign | 0x7C00u);
    if (magnitude < 0x38800000u) {
        /* Below 2^-14: the addend puts the unit of the last place at 2^-24, and the addition
           rounds to it. */
        float rounded = float_of(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_of(rounded) - 0x3F000000u));
    }
    uint32_t odd = (magnitude >> 13) & 1;
    return (uint16_t)(sign | ((magnitude - 0x38000000u + 0xFFFu + odd) >> 13));
}

uint16_t tb_bfloat16_from_float(float value)
{
    uint32_t bits = bits_of(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return (uint16_t)((bits >> 16) | 0x40u);
    return (uint16_t)((bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16);
}

bool tb_mean_multiplier(float in_scale, float out_scale, size_t count, tb_multiplier *out)
{
    if (!tb_multiplier_from_real((double)in_scale / (double)out_scale, out))
        return false;
    int shift = 63 - __builtin_clzll((unsigned long long)count);
    shift = shift < 32 ? shift : 32;
    shift = shift < 31 + out->shift ? shift : 31 + out->shift;
    out->mantissa = (int32_t)(((int64_t)out->mantissa * ((int64_t)1 << shift)) / (int64_t)count);
    out->shift -= shift;
    return true;
}
