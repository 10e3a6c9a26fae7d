/* Template: what works along a row of values: pooling, element-wise, softmax, scales. */
#include <float.h>
#include <stddef.h>
#include <string.h>

#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/t_q8.h"
#include "delegates/cpu/template.h"

/* `body` for each whole vector at [i, i + VL) with `part` 0, then for the rest with `part` 1. */
#define TB_FOR_VECTORS(i, n, body)           \
    do {                                     \
        size_t i = 0;                        \
        const vtail tail = v_tail((n) % VL); \
        for (; i + VL <= (n); i += VL) {     \
            const int part = 0;              \
            (void)part;                      \
            body;                            \
        }                                    \
        if (i < (n)) {                       \
            const int part = 1;              \
            (void)part;                      \
            body;                            \
        }                                    \
    } while (0)

#define LOAD_F(p)      (part ? vf_load_tail((p), tail) : vf_load(p))
#define STORE_F(p, x)  (part ? vf_store_tail((p), (x), tail) : vf_store((p), (x)))
#define LOAD_U8(p)     (part ? vi_load_u8_tail((p), tail) : vi_load_u8(p))
#define STORE_U8(p, x) (part ? vi_store_u8_tail((p), (x), tail) : vi_store_u8((p), (x)))

/* ---- pooling ----------------------------------------------------------------------------------- */

VINLINE const float *f32_at(const char *p, size_t i)
{
    return (const float *)(const void *)p + i;
}

void TB_FN(f32_max_pool)(const char *const *taps, size_t count, size_t channels, float *out,
                         float min, float max)
{
    TB_FOR_VECTORS(i, channels, {
        vf y = LOAD_F(f32_at(taps[0], i));
        for (size_t t = 1; t < count; t++)
            y = vf_max(LOAD_F(f32_at(taps[t], i)), y);
        STORE_F(out + i, vf_min(vf_set1(max), vf_max(vf_set1(min), y)));
    });
}

void TB_FN(f32_average_pool)(const char *const *taps, size_t count, size_t channels, float *out,
                             float min, float max)
{
    const vf divisor = vf_set1((float)count);
    TB_FOR_VECTORS(i, channels, {
        vf sum = LOAD_F(f32_at(taps[0], i));
        for (size_t t = 1; t < count; t++)
            sum = vf_add(sum, LOAD_F(f32_at(taps[t], i)));
        STORE_F(out + i, vf_min(vf_set1(max), vf_max(vf_set1(min), vf_div(sum, divisor))));
    });
}

VINLINE const uint8_t *u8_at(const char *p, size_t i)
{
    return (const uint8_t *)p + i;
}

void TB_FN(q8_max_pool)(const char *const *taps, size_t count, size_t channels, uint8_t *out,
                        uint32_t flip, int32_t min, int32_t max)
{
    const vi offset = vi_set1((int32_t)flip);
    TB_FOR_VECTORS(i, channels, {
        vi y = vi_xor(LOAD_U8(u8_at(taps[0], i)), offset);
        for (size_t t = 1; t < count; t++)
            y = vi_max(y, vi_xor(LOAD_U8(u8_at(taps[t], i)), offset));
        STORE_U8(out + i, q8_clamp(vi_sub(y, offset), vi_set1(min), vi_set1(max)));
    });
}

/* The quotient is taken in floats: exact while sum and half the count stay below 2^23, which the
   caller sees to (count < 2^15). */
void TB_FN(q8_average_pool)(const char *const *taps, size_t count, size_t channels, uint8_t *out,
                            uint32_t flip, int32_t min, int32_t max)
{
    const vi offset = vi_set1((int32_t)flip), half = vi_set1((int32_t)(count / 2));
    const vi bias = vi_set1((int32_t)(flip * count));
    const vf divisor = vf_set1((float)count);
    TB_FOR_VECTORS(i, channels, {
        vi sum = vi_xor(LOAD_U8(u8_at(taps[0], i)), offset);
        for (size_t t = 1; t < count; t++)
            sum = vi_add(sum, vi_xor(LOAD_U8(u8_at(taps[t], i)), offset));
        sum = vi_sub(sum, bias);
        vi sign = vi_sign(sum); /* half away from zero: (half ^ sign) - sign is half or -half */
        sum = vi_add(sum, vi_sub(vi_xor(half, sign), sign));
        vi y = vi_from_float(vf_div(vf_from_int(sum), divisor));
        STORE_U8(out + i, q8_clamp(y, vi_set1(min), vi_set1(max)));
    });
}

/* ---- two operands ------------------------------------------------------------------------------- */

#define TB_F32_BINARY(name, expression)                                                            \
    VINLINE vf f32_##name##_of(vf a, vf b)                                                         \
    {                                                                                              \
        return expression;                                                                         \
    }                                                                                              \
    void TB_FN(f32_##name)(size_t n, const float *a, size_t a_step, const float *b, size_t b_step, \
                           float *out, float min, float max)                                       \
    {                                                                                              \
        const vf low = vf_set1(min), high = vf_set1(max);                                          \
        if (!n)                                                                                    \
            return;                                                                                \
        if (a_step && b_step)                                                                      \
            TB_FOR_VECTORS(i, n, {                                                                 \
                vf y = f32_##name##_of(LOAD_F(a + i), LOAD_F(b + i));                              \
                STORE_F(out + i, vf_min(high, vf_max(low, y)));                                    \
            });                                                                                    \
        else if (a_step) {                                                                         \
            const vf scalar = vf_set1(*b);                                                         \
            TB_FOR_VECTORS(i, n, {                                                                 \
                vf y = f32_##name##_of(LOAD_F(a + i), scalar);                                     \
                STORE_F(out + i, vf_min(high, vf_max(low, y)));                                    \
            });                                                                                    \
        } else {                                                                                   \
            const vf scalar = vf_set1(*a);                                                         \
            TB_FOR_VECTORS(i, n, {                                                                 \
                vf y = f32_##name##_of(scalar, b_step ? LOAD_F(b + i) : vf_set1(*b));              \
                STORE_F(out + i, vf_min(high, vf_max(low, y)));                                    \
            });                                                                                    \
        }                                                                                          \
    }

TB_F32_BINARY(add, vf_add(a, b))
TB_F32_BINARY(sub, vf_sub(a, b))
TB_F32_BINARY(mul, vf_mul(a, b))
TB_F32_BINARY(div, vf_div(a, b))
TB_F32_BINARY(minimum, vf_min(a, b))
TB_F32_BINARY(maximum, vf_max(a, b))
TB_F32_BINARY(squared_difference, vf_mul(vf_sub(a, b), vf_sub(a, b)))

/* ---- one operand -------------------------------------------------------------------------------- */

/* x = n ln 2 + r with |r| <= ln 2 / 2. */
VINLINE vf f32_exp_split(vf x, vf *n)
{
    *n = vf_round(vf_mul(x, vf_set1(1.44269504f)));
    vf r = vf_fma(*n, vf_set1(-0.693145752f), x);
    return vf_fma(*n, vf_set1(-1.42860677e-6f), r);
}

/* e^r - 1 there: all but r from a polynomial (Chebyshev interpolation). */
VINLINE vf f32_exp_less_1(vf r)
{
    vf p = vf_set1(1.39262131e-3f);
    p = vf_fma(p, r, vf_set1(8.36320315e-3f));
    p = vf_fma(p, r, vf_set1(4.16665561e-2f));
    p = vf_fma(p, r, vf_set1(1.66665763e-1f));
    p = vf_fma(p, r, vf_set1(0.5f));
    return vf_fma(vf_mul(p, r), r, r);
}

/* e^x to 1.1 ulp for results that are normal numbers. Below the smallest normal number the result is
   0, above the largest infinity. */
VINLINE vf f32_exp_of(vf x)
{
    const vf low = vf_set1(-87.3365402f), high = vf_set1(88.7228394f);
    vf n, r = f32_exp_split(vf_min(high, vf_max(low, x)), &n);
    vf p = vf_add(f32_exp_less_1(r), vf_set1(1.0f));
    /* 2^n in two factors: n = 128 has no single one */
    vf half_n = vf_round(vf_mul(n, vf_set1(0.5f)));
    vf y = vf_scale_by_power(vf_scale_by_power(p, half_n), vf_sub(n, half_n));
    y = vf_if_below(x, low, vf_set1(0.0f), y);
    return vf_if_below(high, x, vf_set1(__builtin_inff()), y);
}

/* The same where x <= 0. */
VINLINE vf f32_exp_below(vf x)
{
    const vf low = vf_set1(-87.3365402f);
    vf n, r = f32_exp_split(vf_max(low, x), &n);
    vf p = vf_add(f32_exp_less_1(r), vf_set1(1.0f));
    return vf_if_below(x, low, vf_set1(0.0f), vf_scale_by_power(p, n));
}

/* Of -|x|, so that nothing overflows: e / (1 + e) or 1 / (1 + e), with what rounding 1 + e and the
   quotient lost put back. */
VINLINE vf f32_logistic_of(vf x)
{
    const vf one = vf_set1(1.0f);
    vf e = f32_exp_below(vf_copysign(x, vf_set1(-1.0f)));
    vf d = vf_add(one, e), lost = vf_sub(e, vf_sub(d, one));
    vf part = vf_if_negative(x, e, one), inverse = vf_inverse(d);
    vf y = vf_mul(part, inverse);
    vf rest = vf_less_product(vf_less_product(part, y, d), y, lost);
    return vf_fma(rest, inverse, y);
}

/* |x| < 0.55: odd Taylor polynomial; else 1 - 2 / (e^(2|x|) + 1). */
VINLINE vf f32_tanh_of(vf x)
{
    vf m = vf_min(vf_set1(20.0f), vf_abs(x));
    vf big = vf_sub(vf_set1(1.0f),
                    vf_div(vf_set1(2.0f), vf_add(f32_exp_of(vf_add(m, m)), vf_set1(1.0f))));
    vf z = vf_mul(m, m);
    vf p = vf_set1(-5.92128e-4f);
    p = vf_fma(p, z, vf_set1(1.45583438e-3f));
    p = vf_fma(p, z, vf_set1(-3.59212803e-3f));
    p = vf_fma(p, z, vf_set1(8.86323552e-3f));
    p = vf_fma(p, z, vf_set1(-2.18694885e-2f));
    p = vf_fma(p, z, vf_set1(5.39682540e-2f));
    p = vf_fma(p, z, vf_set1(-1.33333333e-1f));
    p = vf_fma(p, z, vf_set1(3.33333333e-1f));
    vf small = vf_sub(m, vf_mul(vf_mul(p, z), m));
    vf y = vf_if_negative(vf_sub(m, vf_set1(0.55f)), small, big);
    return vf_copysign(y, x);
}

/*
 * x times the normal distribution's function, to about 3 ulp. For a = |x| that is a Q or a - a Q, with
 *     Q = erfc(a / sqrt 2) / 2 = e^(-a^2 / 2) t P(t - 39/64),  t = 1 / (1 + a / sqrt 8);
 * P is a Chebyshev interpolation over a in [0, 19], where Q ends to be a normal number, of relative
 * error 1e-8. What rounding loses of a^2, t and the products is carried along.
 */
VINLINE vf f32_gelu_of(vf x)
{
    const vf zero = vf_set1(0.0f), one = vf_set1(1.0f), k = vf_set1(0.35355339f);
    const vf far = vf_set1(19.0f), least = vf_set1(-87.3365402f);
    vf b = vf_abs(x), a = vf_min(far, b);
    vf d = vf_fma(k, a, one), d_low = vf_sub(zero, vf_less_product(vf_sub(d, one), k, a));
    vf t = vf_div(one, d);
    vf t_low = vf_mul(t, vf_less_product(vf_less_product(one, t, d), t, d_low));
    vf s = vf_sub(t, vf_set1(0.609375f));
    vf p = vf_set1(-0.0062312684f);
    p = vf_fma(p, s, vf_set1(-0.0170090161f));
    p = vf_fma(p, s, vf_set1(0.0147102242f));
    p = vf_fma(p, s, vf_set1(0.0203393362f));
    p = vf_fma(p, s, vf_set1(-0.0324916504f));
    p = vf_fma(p, s, vf_set1(-0.00736196851f));
    p = vf_fma(p, s, vf_set1(0.0562963486f));
    p = vf_fma(p, s, vf_set1(-0.0157135129f));
    p = vf_fma(p, s, vf_set1(-0.104712985f));
    p = vf_fma(p, s, vf_set1(0.0304312911f));
    p = vf_fma(p, s, vf_set1(0.296646148f));
    p = vf_fma(p, s, vf_set1(0.406848073f));
    /* p (s + t_low) + c, where p is as good as the slope */
    const vf c = vf_set1(0.296400398f);
    vf slope = p;
    p = vf_fma(slope, s, c);
    vf p_low = vf_fma(slope, t_low, vf_sub(zero, vf_less_product(vf_sub(p, c), slope, s)));
    vf minus = vf_mul(a, vf_set1(-0.5f)), square = vf_mul(minus, a);
    vf square_low = vf_sub(zero, vf_less_product(square, minus, a));
    vf power = vf_max(least, square), n = vf_round(vf_mul(power, vf_set1(1.44269504f)));
    vf high = vf_fma(n, vf_set1(-0.693145752f), power);
    vf low = vf_fma(n, vf_set1(-1.42860677e-6f), square_low), r = vf_add(high, low);
    vf r_low = vf_sub(low, vf_sub(r, high));
    vf e = f32_exp_less_1(r);
    vf u = vf_mul(a, p), u_low = vf_fma(a, p_low, vf_sub(zero, vf_less_product(u, a, p)));
    vf v = vf_mul(u, t), v_low = vf_sub(zero, vf_less_product(v, u, t));
    v_low = vf_fma(u_low, t, vf_fma(u, t_low, v_low));
    v_low = vf_fma(v, vf_fma(r_low, e, r_low), v_low);
    /* a Q is 2^n (v + w) */
    vf w = vf_fma(v, e, v_low);
    vf below = vf_scale_by_power(vf_add(v, w), n);
    below = vf_if_below(square, least, zero, below);
    v = vf_scale_by_power(v, n);
    w = vf_scale_by_power(w, n);
    vf y = vf_sub(a, v);
    y = vf_add(y, vf_sub(vf_sub(vf_sub(a, y), v), w));
    y = vf_if_below(far, b, b, y);
    return vf_if_negative(x, vf_sub(vf_set1(-0.0f), below), y);
}

/* x / 2 (1 + tanh u) = x s(2 u), which loses nothing below zero. */
VINLINE vf f32_gelu_tanh_of(vf x)
{
    vf cube = vf_mul(vf_mul(vf_mul(vf_set1(0.044715f), x), x), x);
    return vf_mul(x, f32_logistic_of(vf_mul(vf_set1(1.595769121605731f), vf_add(x, cube))));
}

/* ln x: x = 2^e m with m from sqrt(1/2) to sqrt 2, e ln 2 + ln m; of f = m - 1, ln m is f - f^2 / 2
   and f^3 times a polynomial of degree 8 (Chebyshev interpolation). */
VINLINE vf f32_log_of(vf x)
{
    const vi root = vi_set1(0x3F3504F3); /* sqrt(1/2) */
    vi above = vi_sub(vi_bits(x), root);
    vi e = vi_shift_right(above, vi_set1(23));
    vf f = vf_sub(vf_bits(vi_sub(vi_bits(x), vi_shift_left(e, vi_set1(23)))), vf_set1(1.0f));
    vf n = vf_from_int(e), square = vf_mul(f, f);
    vf p = vf_set1(0.0697161183f);
    p = vf_fma(p, f, vf_set1(-0.114797339f));
    p = vf_fma(p, f, vf_set1(0.116854198f));
    p = vf_fma(p, f, vf_set1(-0.124256872f));
    p = vf_fma(p, f, vf_set1(0.142490581f));
    p = vf_fma(p, f, vf_set1(-0.166678026f));
    p = vf_fma(p, f, vf_set1(0.200007156f));
    p = vf_fma(p, f, vf_set1(-0.24999997f));
    p = vf_fma(p, f, vf_set1(0.333333313f));
    vf y = vf_mul(vf_mul(p, f), square);
    y = vf_fma(n, vf_set1(-2.12194440e-4f), y);
    y = vf_fma(square, vf_set1(-0.5f), y);
    y = vf_fma(n, vf_set1(0.693359375f), vf_add(f, y));
    /* NaN and infinity stay, zeros (and denormals) are -infinity, what is below has no logarithm */
    y = vf_add(y, vf_sub(x, x));
    y = vf_if_negative(vf_sub(vf_set1(FLT_MAX), x), x, y);
    y = vf_if_negative(vf_sub(vf_abs(x), vf_set1(FLT_MIN)), vf_set1(-__builtin_inff()), y);
    return vf_if_negative(x, vf_set1(__builtin_nanf("")), y);
}

#define TB_F32_UNARY(name, expression)                                              \
    void TB_FN(f32_##name)(size_t n, const float *in, float *out, float p, float q) \
    {                                                                               \
        const vf vp = vf_set1(p), vq = vf_set1(q);                                  \
        (void)vp;                                                                   \
        (void)vq;                                                                   \
        TB_FOR_VECTORS(i, n, {                                                      \
            vf x = LOAD_F(in + i);                                                  \
            STORE_F(out + i, expression);                                           \
        });                                                                         \
    }

TB_F32_UNARY(clamp, vf_min(vq, vf_max(vp, x)))
TB_F32_UNARY(logistic, f32_logistic_of(x))
TB_F32_UNARY(silu, vf_mul(x, f32_logistic_of(x)))
TB_F32_UNARY(tanh, f32_tanh_of(x))
TB_F32_UNARY(hard_swish, vf_mul(x, vf_mul(vf_min(vf_set1(6.0f),
                                                 vf_max(vf_set1(0.0f), vf_add(x, vf_set1(3.0f)))),
                                          vf_set1(1.0f / 6.0f))))
TB_F32_UNARY(exp, f32_exp_of(x))
TB_F32_UNARY(neg, vf_sub(vf_set1(-0.0f), x))
TB_F32_UNARY(abs, vf_abs(x))
TB_F32_UNARY(sqrt, vf_sqrt(x))
TB_F32_UNARY(rsqrt, vf_div(vf_set1(1.0f), vf_sqrt(x)))
TB_F32_UNARY(square, vf_mul(x, x))
TB_F32_UNARY(log, f32_log_of(x))
TB_F32_UNARY(gelu, f32_gelu_of(x))
TB_F32_UNARY(gelu_tanh, f32_gelu_tanh_of(x))
TB_F32_UNARY(leaky_relu, vf_if_negative(x, vf_mul(x, vp), x))

/* Scaled by a power of two where squares could leave the range of floats. */
VINLINE vf f32_complex_abs_of(vf re, vf im)
{
    const vf large = vf_set1(0x1p60f), small = vf_set1(0x1p-60f), one = vf_set1(1.0f);
    const vf a = vf_abs(re), b = vf_abs(im), top = vf_max(a, b);
    const vf down = vf_if_negative(vf_sub(large, top), vf_set1(0x1p-70f), one);
    const vf by = vf_if_negative(vf_sub(top, small), vf_set1(0x1p66f), down);
    const vf x = vf_mul(a, by), y = vf_mul(b, by);
    const vf back = vf_if_negative(vf_sub(top, small), vf_set1(0x1p-66f),
                                   vf_if_negative(vf_sub(large, top), vf_set1(0x1p70f), one));
    const vf root = vf_mul(vf_sqrt(vf_fma(x, x, vf_mul(y, y))), back);
    const vf most = vf_set1(FLT_MAX); /* one part of infinity is enough, even beside NaN */
    return vf_if_negative(vf_sub(most, a), a, vf_if_negative(vf_sub(most, b), b, root));
}

void TB_FN(f32_complex_abs)(size_t n, const float *in, float *out)
{
    const size_t whole = n - n % VL;
    for (size_t i = 0; i < whole; i += VL) {
        vf re, im;
        vf_load_pairs(in + 2 * i, &re, &im);
        vf_store(out + i, f32_complex_abs_of(re, im));
    }
    if (whole < n) {
        float pairs[2 * VL] = {0};
        vf re, im;
        memcpy(pairs, in + 2 * whole, (n - whole) * 2 * sizeof *in);
        vf_load_pairs(pairs, &re, &im);
        vf_store_tail(out + whole, f32_complex_abs_of(re, im), v_tail(n - whole));
    }
}

void TB_FN(f32_prelu)(size_t pixels, size_t channels, const float *in, const float *slope,
                      float *out)
{
    for (size_t pixel = 0; pixel < pixels; pixel++, in += channels, out += channels)
        TB_FOR_VECTORS(i, channels, {
            vf x = LOAD_F(in + i);
            STORE_F(out + i, vf_if_negative(x, vf_mul(x, LOAD_F(slope + i)), x));
        });
}

void TB_FN(f32_softmax)(size_t n, const float *in, float *out, float beta)
{
    /* lanes past the end repeat the first element, which harms no maximum */
    vf most = vf_set1(in[0]);
    size_t whole = n - n % VL;
    for (size_t i = 0; i < whole; i += VL)
        most = vf_max(vf_load(in + i), most);
    float max = vf_largest(most);
    for (size_t i = whole; i < n; i++)
        max = in[i] > max ? in[i] : max;
    const vf top = vf_set1(max), factor = vf_set1(beta);
    vf sums = vf_set1(0.0f);
    for (size_t i = 0; i < whole; i += VL) {
        vf e = f32_exp_of(vf_mul(vf_sub(vf_load(in + i), top), factor));
        vf_store(out + i, e);
        sums = vf_add(sums, e);
    }
    float sum = vf_sum(sums);
    if (whole < n) {
        const vtail tail = v_tail(n - whole);
        vf e = f32_exp_of(vf_mul(vf_sub(vf_load_tail(in + whole, tail), top), factor));
        vf_store_tail(out + whole, e, tail);
        for (size_t i = whole; i < n; i++)
            sum += out[i];
    }
    const vf scale = vf_set1(1.0f / sum);
    TB_FOR_VECTORS(i, n, STORE_F(out + i, vf_mul(LOAD_F(out + i), scale)));
}

void TB_FN(f32_lerp)(size_t n, const float *a, const float *b, float t, float *out)
{
    const vf weight = vf_set1(t);
    TB_FOR_VECTORS(i, n, {
        vf x = LOAD_F(a + i);
        STORE_F(out + i, vf_fma(vf_sub(LOAD_F(b + i), x), weight, x));
    });
}

void TB_FN(q8_blend_rows)(size_t n, const uint8_t *a, const uint8_t *b, int32_t weight_a,
                          int32_t weight_b, int32_t *out)
{
    const vi wa = vi_set1(weight_a), wb = vi_set1(weight_b), flip = vi_set1(0x80);
    TB_FOR_VECTORS(i, n, {
        vi x = vi_mul(vi_sub(vi_xor(LOAD_U8(a + i), flip), flip), wa);
        vi y = vi_mul(vi_sub(vi_xor(LOAD_U8(b + i), flip), flip), wb);
        if (part)
            vi_store_tail(out + i, vi_add(x, y), tail);
        else
            vi_store(out + i, vi_add(x, y));
    });
}

void TB_FN(q8_blend_columns)(size_t n, const int32_t *a, const int32_t *b, int32_t weight_a,
                             int32_t weight_b, uint8_t *out)
{
    const vi wa = vi_set1(weight_a), wb = vi_set1(weight_b);
    const vi half = vi_set1(1 << 19), by = vi_set1(20);
    TB_FOR_VECTORS(i, n, {
        vi x = part ? vi_load_tail(a + i, tail) : vi_load(a + i);
        vi y = part ? vi_load_tail(b + i, tail) : vi_load(b + i);
        vi sum = vi_add(vi_mul(x, wa), vi_mul(y, wb));
        vi sign = vi_sign(sum);
        vi magnitude = vi_add(vi_sub(vi_xor(sum, sign), sign), half);
        vi rounded = vi_shift_right(magnitude, by);
        STORE_U8(out + i, vi_sub(vi_xor(rounded, sign), sign));
    });
}

void TB_FN(q8_blend)(size_t n, const uint8_t *const corners[4], float lower, float right,
                     uint8_t *out)
{
    const float upper = 1.0f - lower, left = 1.0f - right;
    const vf vertical[] = {vf_set1(upper), vf_set1(lower), vf_set1(upper), vf_set1(lower)};
    const vf horizontal[] = {vf_set1(left), vf_set1(left), vf_set1(right), vf_set1(right)};
    TB_FOR_VECTORS(i, n, {
        vf sum = vf_set1(0.0f);
        TB_UNROLL
        for (int k = 0; k < 4; k++) {
            vf x = vf_from_int(LOAD_U8(corners[k] + i));
            sum = vf_add(sum, vf_mul(vf_mul(x, vertical[k]), horizontal[k]));
        }
        STORE_U8(out + i, vi_from_float(vf_add(sum, vf_set1(0.5f))));
    });
}

/* ---- quantised ---------------------------------------------------------------------------------- */

typedef struct q8_scaler {
    vi multiplier, right, left;
} q8_scaler;

VINLINE q8_scaler q8_scaler_of(tb_q8_scale s)
{
    return (q8_scaler){vi_set1(s.mantissa), vi_set1(s.shift > 0 ? 0 : -s.shift),
                       vi_set1(s.shift > 0 ? s.shift : 0)};
}

VINLINE vi q8_scaled(vi x, q8_scaler s)
{
    return q8_scale_any(x, s.multiplier, s.right, s.left);
}

void TB_FN(q8_add)(const tb_q8_binary *q, size_t n, const uint8_t *a, size_t a_step,
                   const uint8_t *b, size_t b_step, uint8_t *out)
{
    const q8_scaler sa = q8_scaler_of(q->a), sb = q8_scaler_of(q->b), so = q8_scaler_of(q->out);
    const vi flip_a = vi_set1((int32_t)q->flip_a), flip_b = vi_set1((int32_t)q->flip_b);
    const vi zero_a = vi_set1(q->zero_a), zero_b = vi_set1(q->zero_b), shift = vi_set1(20);
    const vi min = vi_set1(q->min), max = vi_set1(q->max), zero = vi_set1(q->zero_out);
    const vi sign_b = vi_set1(q->sign_b >> 1); /* 0 or -1 */
    const vi one_a = vi_set1(*a), one_b = vi_set1(*b);
    TB_FOR_VECTORS(i, n, {
        vi x = vi_sub(vi_xor(a_step ? LOAD_U8(a + i) : one_a, flip_a), zero_a);
        vi y = vi_sub(vi_xor(b_step ? LOAD_U8(b + i) : one_b, flip_b), zero_b);
        x = q8_scaled(vi_shift_left(x, shift), sa);
        y = q8_scaled(vi_shift_left(y, shift), sb);
        vi sum = vi_add(x, vi_sub(vi_xor(y, sign_b), sign_b));
        STORE_U8(out + i, q8_clamp(vi_add(q8_scaled(sum, so), zero), min, max));
    });
}

void TB_FN(q8_mul)(const tb_q8_binary *q, size_t n, const uint8_t *a, size_t a_step,
                   const uint8_t *b, size_t b_step, uint8_t *out)
{
    const q8_scaler so = q8_scaler_of(q->out);
    const vi flip_a = vi_set1((int32_t)q->flip_a), flip_b = vi_set1((int32_t)q->flip_b);
    const vi zero_a = vi_set1(q->zero_a), zero_b = vi_set1(q->zero_b);
    const vi min = vi_set1(q->min), max = vi_set1(q->max), zero = vi_set1(q->zero_out);
    const vi one_a = vi_set1(*a), one_b = vi_set1(*b);
    TB_FOR_VECTORS(i, n, {
        vi x = vi_sub(vi_xor(a_step ? LOAD_U8(a + i) : one_a, flip_a), zero_a);
        vi y = vi_sub(vi_xor(b_step ? LOAD_U8(b + i) : one_b, flip_b), zero_b);
        STORE_U8(out + i, q8_clamp(vi_add(q8_scaled(vi_mul(x, y), so), zero), min, max));
    });
}

void TB_FN(q8_dequantize)(size_t n, const uint8_t *in, uint32_t flip, int32_t zero, float scale,
                          float *out)
{
    const vi mask = vi_set1((int32_t)flip), offset = vi_set1(zero);
    const vf factor = vf_set1(scale);
    TB_FOR_VECTORS(i, n, {
        vi x = vi_sub(vi_xor(LOAD_U8(in + i), mask), offset);
        STORE_F(out + i, vf_mul(vf_from_int(x), factor));
    });
}

/* Halves go away from zero: the magnitude plus the largest float below 1/2, truncated. */
void TB_FN(q8_quantize)(size_t n, const float *in, float scale, int32_t zero, int32_t min,
                        int32_t max, uint8_t *out)
{
    const vf factor = vf_set1(scale);
    const vf limit = vf_set1(1048576.0f); /* far outside, and small enough to convert */
    const vi offset = vi_set1(zero), low = vi_set1(min), high = vi_set1(max);
    TB_FOR_VECTORS(i, n, {
        vf x = vf_div(LOAD_F(in + i), factor);
        vf magnitude = vf_min(vf_abs(x), limit); /* NaN becomes the limit */
        vi rounded = vi_from_float(vf_add(magnitude, vf_set1(0.49999997f)));
        vi sign = vi_sign(vi_from_float(vf_copysign(limit, x)));
        rounded = vi_sub(vi_xor(rounded, sign), sign);
        STORE_U8(out + i, q8_clamp(vi_add(rounded, offset), low, high));
    });
}

void TB_FN(f32_through_q8)(const tb_through_q8 *q, size_t n, const float *in, float *out)
{
    const vf inverse = vf_set1(q->inverse);
    const vf zero = vf_set1((float)q->zero_point), limit = vf_set1(1048576.0f);
    const vi min = vi_set1(q->min), max = vi_set1(127), offset = vi_set1(q->zero_point);
    TB_FOR_VECTORS(i, n, {
        vf x = vf_add(zero, vf_mul(LOAD_F(in + i), inverse));
        vf magnitude = vf_min(limit, vf_abs(x));
        vi rounded = vi_from_float(vf_add(magnitude, vf_set1(0.49999997f)));
        vi sign = vi_sign(vi_from_float(vf_copysign(limit, x)));
        rounded = vi_max(min, vi_min(max, vi_sub(vi_xor(rounded, sign), sign)));
        STORE_F(out + i, vf_from_int(vi_sub(rounded, offset)));
    });
}

/* ---- row sums of a product's left side ------------------------------------------------------------ */

void TB_FN(q8_row_sum)(const tb_q8_gemm *g, int32_t factor, int32_t *out)
{
    const vi flip = vi_set1((int32_t)(g->flip & 0xFF));
    /* lanes past the end of a stretch are flipped too */
    const uint32_t surplus = (uint32_t)(g->segs * ((VL - g->k % VL) % VL)) * (g->flip & 0xFF);
    for (size_t row = 0; row < g->m; row++) {
        vi sums = vi_set1(0);
        for (size_t s = 0; s < g->segs; s++) {
            const uint8_t *a = (const uint8_t *)g->seg[s] + row * g->a_stride;
            TB_FOR_VECTORS(i, g->k, { sums = vi_add(sums, vi_xor(LOAD_U8(a + i), flip)); });
        }
        int32_t lanes[VL], total = 0;
        vi_store(lanes, sums);
        for (int lane = 0; lane < VL; lane++)
            total = (int32_t)((uint32_t)total + (uint32_t)lanes[lane]);
        out[row] = (int32_t)(((uint32_t)total - surplus) * (uint32_t)factor);
    }
}
