/*
 * Quantised arithmetic, bit for bit as TFLite's reference kernels define it.
 *
 * Everything here is exact integer arithmetic or a fixed sequence of IEEE operations, so that
 * portable kernels, vector kernels and every machine agree. Sums that a hostile model can drive out
 * of range wrap around in two's complement, as the real library does on every target in use.
 *
 * Public to delegates: a vector kernel has to reproduce these formulas.
 */
#ifndef TB_RUNTIME_QUANT_H
#define TB_RUNTIME_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/common.h"

/* ---- wrapping arithmetic ----------------------------------------------------------------------- */

static inline int32_t tb_wrap_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t tb_wrap_sub(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t tb_wrap_mul(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a * (uint32_t)b);
}

static inline int64_t tb_wrap_add64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t tb_wrap_sub64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t tb_wrap_mul64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static inline int32_t tb_clamp(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* ---- fixed-point multipliers ------------------------------------------------------------------- */

/*
 * A real factor as mantissa * 2^(shift - 31). The mantissa of a positive factor is in
 * [2^30, 2^31 - 1], or 0 for factors that vanish; shift is in [-31, 31].
 */
typedef struct tb_multiplier {
    int32_t mantissa;
    int32_t shift;
} tb_multiplier;

/*
 * QuantizeMultiplier: frexp, mantissa rounded half away from zero to 31 bits, factors below 2^-32
 * become 0. False (and *out is zero) where the factor is not finite or too large to apply
 * (|factor| >= 2^31).
 */
bool tb_multiplier_from_real(double factor, tb_multiplier *out);

/* round(a * b / 2^31), halves away from zero on the product's magnitude as VQRDMULH; the one
   overflow, INT32_MIN squared, saturates. */
static inline int32_t tb_high_mul(int32_t a, int32_t b)
{
    if (a == b && a == INT32_MIN)
        return INT32_MAX;
    int64_t product = (int64_t)a * b;
    int64_t nudge = product >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30);
    return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

/* x / 2^exponent, rounded to nearest, halves away from zero; exponent in [0, 31]. */
static inline int32_t tb_rounding_shift(int32_t x, int exponent)
{
    int32_t mask = (int32_t)(((int64_t)1 << exponent) - 1);
    int32_t remainder = x & mask;
    int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/*
 * MultiplyByQuantizedMultiplier, double rounding:
 * rounding_shift(high_mul(x << max(shift, 0), mantissa), max(-shift, 0)); the left shift wraps.
 */
static inline int32_t tb_multiply(int32_t x, tb_multiplier m)
{
    int left = m.shift > 0 ? m.shift : 0;
    int right = m.shift > 0 ? 0 : -m.shift;
    return tb_rounding_shift(tb_high_mul(tb_wrap_mul(x, (int32_t)(1u << left)), m.mantissa), right);
}

/*
 * The 64-bit form, for 48-bit accumulators: the mantissa is rounded to 15 bits, then
 * (x * mantissa15 + 2^(14 - shift)) >> (15 - shift), truncated to 32 bits. A shift above 14, which
 * no sound model has, counts as 14.
 */
static inline int32_t tb_multiply64(int64_t x, tb_multiplier m)
{
    int32_t reduced =
        m.mantissa < 0x7FFF0000 ? (int32_t)((m.mantissa + ((int64_t)1 << 15)) >> 16) : 0x7FFF;
    int total_shift = 15 - (m.shift > 14 ? 14 : m.shift);
    int64_t product = tb_wrap_mul64(x, reduced);
    return (int32_t)(tb_wrap_add64(product, (int64_t)1 << (total_shift - 1)) >> total_shift);
}

/* The mantissa rounded to 16 bits, saturating (DownScaleInt32ToInt16Multiplier). */
static inline int16_t tb_multiplier_to_int16(int32_t mantissa)
{
    if (mantissa >= INT32_MAX - (1 << 15))
        return INT16_MAX;
    return (int16_t)((mantissa + (1 << 15)) >> 16);
}

/*
 * MEAN of `count` values: the scales' ratio with 1 / count in it, with as many more bits as there are
 * for it. False as tb_multiplier_from_real.
 */
bool tb_mean_multiplier(float in_scale, float out_scale, size_t count, tb_multiplier *out);

/* ---- affine quantisation ----------------------------------------------------------------------- */

/* The values a quantised type holds; false for a type that is not one. */
bool tb_quant_limits(TfLiteType type, int32_t *min, int32_t *max);

/* clamp(round(value / scale) + zero_point); halves away from zero, NaN counts as 0. */
int32_t tb_quantize(float value, float scale, int32_t zero_point, int32_t min, int32_t max);

/*
 * The bounds that a fused activation puts on a quantised output
 * (CalculateActivationRangeQuantized). False where a bound does not fit in 32 bits or the type is
 * not a quantised one.
 */
bool tb_quant_activation_range(TfLiteFusedActivation activation, TfLiteType type, float scale,
                               int32_t zero_point, int32_t *min, int32_t *max);

/* The scale of one channel of a tensor: the per-channel array where there is one, else params. */
const TfLiteAffineQuantization *tb_quant_affine(const TfLiteTensor *tensor);

/* True where x is within 1e-3 of a power of two in the logarithm; *log2 is the rounded one. */
bool tb_quant_is_power_of_two(float x, int *log2);

/* ---- dynamic quantisation of float rows -------------------------------------------------------- */

/*
 * Symmetric: scale = max |v| / 127, q = clamp(round(v * (127 / max |v|)), -127, 127); a row of
 * zeros has scale 1. Returns the scale.
 */
float tb_quantize_row_symmetric(const float *values, size_t count, int8_t *out);

/*
 * Asymmetric over [min(0, row), max(0, row)] on [-128, 127], with the zero point nudged to an
 * integer: q = clamp(round(zero_point + v * (1 / scale))). Returns the scale; a row of zeros has
 * scale 1 and zero point 0.
 */
float tb_quantize_row_asymmetric(const float *values, size_t count, int8_t *out,
                                 int32_t *zero_point);

/* Scale, 1 / scale and zero point from a row's smallest and largest value alone. Where all values are
   to become 0, *inverse is 0. */
float tb_quant_symmetric(float min, float max, float *inverse);
float tb_quant_asymmetric(float min, float max, float *inverse, int32_t *zero_point);

/* ---- packed integers --------------------------------------------------------------------------- */

/* Unpacks `count` 4- or 2-bit values, low bits first, sign- or zero-extended. */
void tb_unpack_int4(const void *packed, size_t count, int8_t *out);
void tb_unpack_uint4(const void *packed, size_t count, int8_t *out);
void tb_unpack_int2(const void *packed, size_t count, int8_t *out);
/* Packs the low four bits of each value; the last byte's spare bits are 0. */
void tb_pack_int4(const int8_t *values, size_t count, void *packed);

/* ---- half precision ---------------------------------------------------------------------------- */

float tb_float_from_half(uint16_t half);
/* Rounds to nearest even; overflow gives infinity, NaN stays NaN. */
uint16_t tb_half_from_float(float value);
static inline float tb_float_from_bfloat16(uint16_t bits)
{
    union {
        uint32_t u;
        float f;
    } pun = {.u = (uint32_t)bits << 16};
    return pun.f;
}
uint16_t tb_bfloat16_from_float(float value);

#endif
