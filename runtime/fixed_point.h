/*
 * Transcendental functions on fixed-point numbers, as gemmlowp's fixedpoint.h defines them and
 * TFLite's integer kernels use them: exp, logistic, tanh, 1 / (1 + x), 1 / sqrt(x).
 *
 * A number is a raw integer of `bits` (32 or 16) with `integer_bits` bits before the point and
 * bits - 1 - integer_bits behind it; below, "Qm" says m integer bits. 16-bit numbers travel
 * sign-extended in an int32_t. All functions are inline so that bits and integer_bits, constants at
 * every call, vanish.
 */
#ifndef TB_RUNTIME_FIXED_POINT_H
#define TB_RUNTIME_FIXED_POINT_H

#include <stdint.h>

#include "runtime/quant.h"

static inline int32_t tb_fx_max(int bits)
{
    return bits == 32 ? INT32_MAX : INT16_MAX;
}

/* Plain arithmetic wraps at the width of the number. */
static inline int32_t tb_fx_wrap(int64_t value, int bits)
{
    return bits == 32 ? (int32_t)(uint32_t)(uint64_t)value : (int16_t)(uint16_t)(uint64_t)value;
}

static inline int32_t tb_fx_add(int32_t a, int32_t b, int bits)
{
    return tb_fx_wrap((int64_t)a + b, bits);
}

static inline int32_t tb_fx_sub(int32_t a, int32_t b, int bits)
{
    return tb_fx_wrap((int64_t)a - b, bits);
}

/* Qm * Qn is Q(m + n). */
static inline int32_t tb_fx_mul(int32_t a, int32_t b, int bits)
{
    if (bits == 32)
        return tb_high_mul(a, b);
    if (a == b && a == INT16_MIN)
        return INT16_MAX;
    int32_t product = a * b;
    int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
    return (product + nudge) / (1 << 15);
}

/* x * 2^exponent: saturating to the left, rounding to nearest to the right. */
static inline int32_t tb_fx_shift(int32_t x, int exponent, int bits)
{
    if (exponent <= 0)
        return tb_rounding_shift(x, -exponent);
    int32_t threshold = (int32_t)(((int64_t)1 << (bits - 1 - exponent)) - 1);
    if (x > threshold)
        return tb_fx_max(bits);
    if (x < -threshold)
        return -tb_fx_max(bits) - 1;
    return tb_fx_wrap((int64_t)x * ((int64_t)1 << exponent), bits);
}

/* A 32-bit constant at the width of the number. */
static inline int32_t tb_fx_constant(int32_t raw32, int bits)
{
    return tb_rounding_shift(raw32, 32 - bits);
}

static inline int32_t tb_fx_rounding_half_sum(int32_t a, int32_t b)
{
    int64_t sum = (int64_t)a + b;
    return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/* exp(a) for a in Q0, [-1/4, 0): the Taylor series around -1/8. */
static inline int32_t tb_fx_exp_quarter(int32_t a, int bits)
{
    int32_t exp_eighth = tb_fx_constant(1895147668, bits);
    int32_t third = tb_fx_constant(715827883, bits);
    int32_t x = tb_fx_add(a, 1 << (bits - 4), bits);
    int32_t x2 = tb_fx_mul(x, x, bits);
    int32_t x3 = tb_fx_mul(x2, x, bits);
    int32_t x4_quarter = tb_fx_shift(tb_fx_mul(x2, x2, bits), -2, bits);
    int32_t higher = tb_fx_mul(tb_fx_add(x4_quarter, x3, bits), third, bits);
    higher = tb_fx_shift(tb_fx_add(higher, x2, bits), -1, bits);
    int32_t product = tb_fx_mul(exp_eighth, tb_fx_add(x, higher, bits), bits);
    int64_t sum = (int64_t)exp_eighth + product;
    if (bits == 16) /* only the narrow form saturates here */
        return tb_clamp((int32_t)sum, INT16_MIN, INT16_MAX);
    return tb_fx_wrap(sum, bits);
}

/* exp(a) in Q0 for a <= 0 in Q(integer_bits). */
static inline int32_t tb_fx_exp_on_negative(int32_t a, int integer_bits, int bits)
{
    /* exp(-2^k) in Q0 for k = -2 ... 4 */
    static const int32_t powers[] = {1672461947, 1302514674, 790015084, 290630308,
                                     39332535,   720401,     242};
    int fractional_bits = bits - 1 - integer_bits;
    int32_t quarter = 1 << (fractional_bits - 2);
    int32_t fine = (a & (quarter - 1)) - quarter; /* a modulo 1/4, minus 1/4 */
    int32_t result = tb_fx_exp_quarter(tb_fx_shift(fine, integer_bits, bits), bits);
    int32_t remainder = tb_fx_sub(fine, a, bits);
    for (int k = -2; k <= 4 && integer_bits > k; k++)
        if (remainder & (int32_t)(1u << (fractional_bits + k)))
            result = tb_fx_mul(result, tb_fx_constant(powers[k + 2], bits), bits);
    if (integer_bits > 5 && a < tb_fx_constant(-(1 << (36 - integer_bits)), bits))
        result = 0;
    return a == 0 ? tb_fx_max(bits) : result;
}

/* 1 / (1 + a), in Q2 halves, by Newton's method; a in Q0, (0, 1). */
static inline int32_t tb_fx_newton_reciprocal(int32_t a, int bits)
{
    int32_t half_denominator = tb_fx_rounding_half_sum(a, tb_fx_max(bits));
    int32_t x =
        tb_fx_add(tb_fx_constant(1515870810, bits),
                  tb_fx_mul(half_denominator, tb_fx_constant(-1010580540, bits), bits), bits);
    int32_t one = 1 << (bits - 3);
    for (int i = 0; i < 3; i++) {
        int32_t rest = tb_fx_sub(one, tb_fx_mul(half_denominator, x, bits), bits);
        x = tb_fx_add(x, tb_fx_shift(tb_fx_mul(x, rest, bits), 2, bits), bits);
    }
    return x;
}

/* 1 / (1 + a) in Q0; a in Q0, (0, 1). */
static inline int32_t tb_fx_one_over_one_plus(int32_t a, int bits)
{
    return tb_fx_shift(tb_fx_newton_reciprocal(a, bits), 1, bits);
}

/* logistic(a) in Q0. */
static inline int32_t tb_fx_logistic(int32_t a, int integer_bits, int bits)
{
    if (a == 0)
        return tb_fx_constant(1 << 30, bits);
    int32_t negative = a > 0 ? tb_fx_sub(0, a, bits) : a;
    int32_t positive_result =
        tb_fx_one_over_one_plus(tb_fx_exp_on_negative(negative, integer_bits, bits), bits);
    return a > 0 ? positive_result : tb_fx_sub(tb_fx_max(bits), positive_result, bits);
}

/* tanh(a) in Q0: (1 - exp(-2a)) / (1 + exp(-2a)). */
static inline int32_t tb_fx_tanh(int32_t a, int integer_bits, int bits)
{
    if (a == 0)
        return 0;
    int32_t negative = a > 0 ? tb_fx_sub(0, a, bits) : a;
    int32_t e = tb_fx_exp_on_negative(negative, integer_bits + 1, bits);
    int32_t reciprocal = tb_fx_newton_reciprocal(e, bits);
    int32_t t = tb_fx_shift(tb_fx_sub(reciprocal, 1 << (bits - 3), bits), 2, bits);
    return a > 0 ? t : tb_fx_sub(0, t, bits);
}

/*
 * The reciprocal of x, which has `integer_bits` bits before the point: the Q0 result of 1 / (1 + f)
 * where x = (1 + f) * 2^k, and k in *bits_over_unit (GetReciprocal).
 */
static inline int32_t tb_fx_reciprocal(int32_t x, int integer_bits, int *bits_over_unit)
{
    int headroom = x ? __builtin_clz((uint32_t)x) : 32;
    *bits_over_unit = integer_bits - headroom;
    uint32_t normalised = headroom < 32 ? (uint32_t)x << headroom : 0;
    return tb_fx_one_over_one_plus((int32_t)(normalised - (1u << 31)), 32);
}

/*
 * 1 / sqrt(x) of an integer as a multiplier (GetInvSqrtQuantizedMultiplierExp): five steps of
 * Newton's method on x scaled to [2^27, 2^29). Anything below 2 counts as 1.
 */
static inline tb_multiplier tb_fx_inverse_sqrt(int32_t x)
{
    if (x <= 1)
        return (tb_multiplier){INT32_MAX, 0};
    int right_shift = 11;
    while (x >= 1 << 29) {
        x /= 4;
        right_shift++;
    }
    int pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1; /* x * 4^pairs is in that range */
    right_shift -= pairs;
    int32_t scaled = (x << (2 * pairs)) >> 1; /* in Q3, as all below */
    int32_t half = tb_rounding_shift(scaled, 1);
    const int32_t three_halves = (1 << 28) + (1 << 27), half_sqrt_2 = 1518500250;
    int32_t y = 1 << 28;
    for (int i = 0; i < 5; i++) {
        int32_t cube = tb_fx_shift(tb_high_mul(tb_high_mul(y, y), y), 6, 32);
        y = tb_fx_shift(tb_wrap_sub(tb_high_mul(three_halves, y), tb_high_mul(half, cube)), 3, 32);
    }
    y = tb_high_mul(y, half_sqrt_2);
    if (right_shift < 0)
        return (tb_multiplier){tb_wrap_mul(y, 1 << -right_shift), 0};
    return (tb_multiplier){y, -right_shift};
}

#endif
