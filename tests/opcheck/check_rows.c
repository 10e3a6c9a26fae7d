/* Pooling, element-wise kernels, softmax, quantisation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/opcheck/opcheck.h"

#define NAME_OF(slot)                                                        \
    static const char *slot##_name(const tb_cpu_kernels *kernels, int which) \
    {                                                                        \
        (void)which;                                                         \
        return kernels->slot.name;                                           \
    }

static size_t length(oc_random *r)
{
    return (size_t)oc_between(r, 1, oc_chance(r, 70) ? 70 : 700);
}

static float *floats(oc_random *r, size_t n, float low, float high)
{
    float *all = oc_guarded(r, n * sizeof(float));
    oc_fill_floats(r, all, n, low, high);
    return all;
}

static uint8_t *bytes(oc_random *r, size_t n)
{
    uint8_t *all = oc_guarded(r, n);
    oc_fill_bytes(r, all, n);
    return all;
}

/* ---- pooling --------------------------------------------------------------------------------------- */

static bool try_f32_pool(oc_trial *t, tb_f32_pool_fn scalar, tb_f32_pool_fn variant)
{
    oc_random *r = &t->random;
    const char *taps[30];
    const size_t count = (size_t)oc_between(r, 1, 30), n = (size_t)oc_between(r, 1, 70);
    for (size_t i = 0; i < count; i++)
        taps[i] = (const char *)floats(r, n, -4.0f, 4.0f);
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    const float min = oc_chance(r, 50) ? 0.0f : -1e30f;
    scalar(taps, count, n, expected, min, 3.0f);
    variant(taps, count, n, got, min, 3.0f);
    return oc_close(t, "pool", got, expected, n, 0.0f, 0.0f);
}

NAME_OF(f32_max_pool)
static bool try_f32_max_pool(oc_trial *t)
{
    return try_f32_pool(t, t->scalar->f32_max_pool.fn, t->variant->f32_max_pool.fn);
}
NAME_OF(f32_average_pool)
static bool try_f32_average_pool(oc_trial *t)
{
    return try_f32_pool(t, t->scalar->f32_average_pool.fn, t->variant->f32_average_pool.fn);
}

static bool try_q8_pool(oc_trial *t, tb_q8_pool_fn scalar, tb_q8_pool_fn variant)
{
    oc_random *r = &t->random;
    const char *taps[30];
    const size_t count = (size_t)oc_between(r, 1, 30), n = (size_t)oc_between(r, 1, 70);
    for (size_t i = 0; i < count; i++)
        taps[i] = (const char *)bytes(r, n);
    uint8_t *expected = bytes(r, n), *got = bytes(r, n);
    const uint32_t flip = oc_chance(r, 50) ? 0x80 : 0;
    const int32_t min = flip ? -128 : 0, low = oc_chance(r, 50) ? min : min + 60;
    scalar(taps, count, n, expected, flip, low, min + 255);
    variant(taps, count, n, got, flip, low, min + 255);
    return oc_same_bytes(t, "pool", got, expected, n);
}

NAME_OF(q8_max_pool)
static bool try_q8_max_pool(oc_trial *t)
{
    return try_q8_pool(t, t->scalar->q8_max_pool.fn, t->variant->q8_max_pool.fn);
}
NAME_OF(q8_average_pool)
static bool try_q8_average_pool(oc_trial *t)
{
    return try_q8_pool(t, t->scalar->q8_average_pool.fn, t->variant->q8_average_pool.fn);
}

/* ---- element-wise ---------------------------------------------------------------------------------- */

static const char *f32_binary_name(const tb_cpu_kernels *kernels, int which)
{
    return kernels->f32_binary[which].name;
}

static bool try_f32_binary(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r), a_step = oc_chance(r, 75), b_step = oc_chance(r, 75);
    const float *a = floats(r, a_step ? n : 1, -9.0f, 9.0f);
    const float *b = floats(r, b_step ? n : 1, -9.0f, 9.0f);
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    const float min = oc_chance(r, 50) ? 0.0f : -INFINITY;
    t->scalar->f32_binary[t->which].fn(n, a, a_step, b, b_step, expected, min, 50.0f);
    t->variant->f32_binary[t->which].fn(n, a, a_step, b, b_step, got, min, 50.0f);
    return oc_close(t, "values", got, expected, n, 0.0f, 0.0f);
}

static const char *f32_unary_name(const tb_cpu_kernels *kernels, int which)
{
    return kernels->f32_unary[which].name;
}

static bool try_f32_unary(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const bool roots = t->which == TB_UNARY_SQRT || t->which == TB_UNARY_RSQRT ||
                       (t->which == TB_UNARY_LOG && oc_chance(r, 80));
    const float wide = oc_chance(r, 20) ? 200.0f : 8.0f;
    float *in = floats(r, n, roots ? 1e-3f : -wide, wide);
    if (!roots && oc_chance(r, 20))
        in[0] = oc_chance(r, 50) ? INFINITY : -INFINITY;
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    t->scalar->f32_unary[t->which].fn(n, in, expected, -1.5f, 2.5f);
    t->variant->f32_unary[t->which].fn(n, in, got, -1.5f, 2.5f);
    /* fused multiply-adds round once less; GELU's tail is e^(-x^2 / 2), where that shows most */
    const bool tail = t->which == TB_UNARY_GELU || t->which == TB_UNARY_GELU_TANH;
    return oc_close(t, "values", got, expected, n, tail ? 1e-7f : 1e-37f, tail ? 4e-6f : 4e-7f);
}

NAME_OF(f32_complex_abs)
static bool try_f32_complex_abs(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    float *in = floats(r, 2 * n, -5.0f, 5.0f);
    static const float scales[] = {1.0f, 1e-30f, 1e30f, INFINITY, NAN, 0.0f};
    for (size_t i = 0; i < 2 * n; i++)
        in[i] *= oc_chance(r, 70) ? 1.0f : scales[oc_between(r, 0, 5)];
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    for (size_t i = 0; i < n; i++)
        expected[i] = hypotf(in[2 * i], in[2 * i + 1]);
    t->scalar->f32_complex_abs.fn(n, in, got);
    if (!oc_close(t, "values of the scalar kernel", got, expected, n, 1e-37f, 2.4e-7f))
        return false;
    t->variant->f32_complex_abs.fn(n, in, got);
    return oc_close(t, "values", got, expected, n, 1e-37f, 2.4e-7f);
}

/* Every variant has the portable function's bits. */
NAME_OF(f64_rfft)
static bool try_f64_rfft(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t count = (size_t)1 << oc_between(r, 0, 10), frequencies = count / 2 + 1;
    const size_t given = (size_t)oc_between(r, 1, (int32_t)count);
    const size_t rows = (size_t)oc_between(r, 1, 20);
    const size_t in_step = given + (size_t)oc_between(r, 0, 3);
    const size_t out_step = frequencies + (size_t)oc_between(r, 0, 2);
    const size_t values = 2 * ((rows - 1) * out_step + frequencies);
    size_t bytes;
    tb_fft_plan plan;
    if (!tb_fft_plan_bytes(count, &bytes))
        return oc_wrong(t, "%zu values are too many", count);
    tb_fft_plan_fill(count, oc_guarded(r, bytes), &plan);
    float *expected = floats(r, values, 0, 0), *got = floats(r, values, 0, 0);
    tb_rfft job = {.plan = &plan,
                   .given = given,
                   .rows = rows,
                   .in = floats(r, (rows - 1) * in_step + given, -1.0f, 1.0f),
                   .in_step = in_step,
                   .out = expected,
                   .out_step = out_step,
                   .work = oc_guarded(r, TB_RFFT_WORK(count, TB_RFFT_LANES) * sizeof(double))};
    tb_rfft_portable(&job);
    job.out = got;
    job.work = oc_guarded(r, TB_RFFT_WORK(count, t->variant->f64_rfft.nr) * sizeof(double));
    t->variant->f64_rfft.fn(&job);
    return oc_same_bytes(t, "frequencies", got, expected, values * sizeof *got);
}

NAME_OF(f32_prelu)
static bool try_f32_prelu(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t pixels = (size_t)oc_between(r, 1, 9), channels = (size_t)oc_between(r, 1, 70);
    const size_t n = pixels * channels;
    const float *in = floats(r, n, -2.0f, 2.0f), *slope = floats(r, channels, -1.0f, 1.0f);
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    t->scalar->f32_prelu.fn(pixels, channels, in, slope, expected);
    t->variant->f32_prelu.fn(pixels, channels, in, slope, got);
    return oc_close(t, "values", got, expected, n, 0.0f, 0.0f);
}

NAME_OF(f32_softmax)
static bool try_f32_softmax(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const float *in = floats(r, n, -12.0f, 12.0f);
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    const float beta = oc_chance(r, 70) ? 1.0f : oc_float(r, 0.2f, 3.0f);
    t->scalar->f32_softmax.fn(n, in, expected, beta);
    t->variant->f32_softmax.fn(n, in, got, beta);
    return oc_close(t, "values", got, expected, n, 1e-37f, 1e-6f + 6e-8f * (float)n);
}

NAME_OF(f32_lerp)
static bool try_f32_lerp(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const float *a = floats(r, n, -2.0f, 2.0f), *b = floats(r, n, -2.0f, 2.0f);
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    const float weight = oc_float(r, 0.0f, 1.0f);
    t->scalar->f32_lerp.fn(n, a, b, weight, expected);
    t->variant->f32_lerp.fn(n, a, b, weight, got);
    return oc_close(t, "values", got, expected, n, 5e-7f, 0.0f);
}

/* ---- quantised ------------------------------------------------------------------------------------- */

static bool try_q8_binary(oc_trial *t, tb_q8_binary_fn scalar, tb_q8_binary_fn variant)
{
    oc_random *r = &t->random;
    const size_t n = length(r), a_step = oc_chance(r, 75), b_step = oc_chance(r, 75);
    const uint8_t *a = bytes(r, a_step ? n : 1), *b = bytes(r, b_step ? n : 1);
    uint8_t *expected = bytes(r, n), *got = bytes(r, n);
    const bool is_signed = oc_chance(r, 50);
    const int32_t low = is_signed ? -128 : 0;
    tb_q8_binary q = {.flip_a = is_signed ? 0x80 : 0,
                      .flip_b = is_signed ? 0x80 : 0,
                      .zero_a = oc_between(r, 0, 255),
                      .zero_b = oc_between(r, 0, 255),
                      .a = {oc_between(r, 1 << 30, INT32_MAX), oc_between(r, -9, 0)},
                      .b = {oc_between(r, 1 << 30, INT32_MAX), oc_between(r, -9, 0)},
                      .out = {oc_between(r, 1 << 30, INT32_MAX), oc_between(r, -20, 1)},
                      .sign_b = oc_chance(r, 50) ? 1 : -1,
                      .zero_out = low + oc_between(r, 0, 255),
                      .min = low,
                      .max = low + 255};
    if (oc_chance(r, 50)) /* as the larger scale of a sum has it */
        *(oc_chance(r, 50) ? &q.a : &q.b) = (tb_q8_scale){1 << 30, 0};
    if (oc_chance(r, 30))
        q.min = q.zero_out;
    if (oc_chance(r, 20))
        q.max = oc_between(r, q.min, q.max);
    scalar(&q, n, a, a_step, b, b_step, expected);
    variant(&q, n, a, a_step, b, b_step, got);
    return oc_same_bytes(t, "values", got, expected, n);
}

NAME_OF(q8_add)
static bool try_q8_add(oc_trial *t)
{
    return try_q8_binary(t, t->scalar->q8_add.fn, t->variant->q8_add.fn);
}
NAME_OF(q8_mul)
static bool try_q8_mul(oc_trial *t)
{
    return try_q8_binary(t, t->scalar->q8_mul.fn, t->variant->q8_mul.fn);
}

NAME_OF(q8_lut)
static bool try_q8_lut(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const uint8_t *in = bytes(r, n), *table = bytes(r, 256);
    uint8_t *expected = bytes(r, n), *got = bytes(r, n);
    t->scalar->q8_lut.fn(n, in, table, expected);
    t->variant->q8_lut.fn(n, in, table, got);
    return oc_same_bytes(t, "values", got, expected, n);
}

NAME_OF(q8_dequantize)
static bool try_q8_dequantize(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const uint8_t *in = bytes(r, n);
    float *expected = floats(r, n, 0, 0), *got = floats(r, n, 0, 0);
    const uint32_t flip = oc_chance(r, 50) ? 0x80 : 0;
    const int32_t zero = oc_between(r, 0, 255);
    const float scale = oc_float(r, 1e-4f, 3.0f);
    t->scalar->q8_dequantize.fn(n, in, flip, zero, scale, expected);
    t->variant->q8_dequantize.fn(n, in, flip, zero, scale, got);
    return oc_close(t, "values", got, expected, n, 0.0f, 0.0f);
}

NAME_OF(q8_quantize)
static bool try_q8_quantize(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const float scale = oc_chance(r, 40) ? 0.25f : oc_float(r, 1e-4f, 3.0f);
    float *in = floats(r, n, -200.0f * scale, 200.0f * scale);
    if (oc_chance(r, 50)) /* ties */
        for (size_t i = 0; i < n; i++)
            in[i] = ((float)oc_between(r, -300, 300) + 0.5f) * scale;
    if (oc_chance(r, 20))
        in[n / 2] = oc_chance(r, 50) ? 1e30f : -INFINITY;
    uint8_t *expected = bytes(r, n), *got = bytes(r, n);
    const int32_t low = oc_chance(r, 50) ? -128 : 0, zero = low + oc_between(r, 0, 255);
    t->scalar->q8_quantize.fn(n, in, scale, zero, low, low + 255, expected);
    t->variant->q8_quantize.fn(n, in, scale, zero, low, low + 255, got);
    return oc_same_bytes(t, "values", got, expected, n);
}

#define ONE(slot)                         \
    {                                     \
#slot, 1, slot##_name, try_##slot \
    }
const oc_check oc_row_checks[] = {
    ONE(f32_max_pool),
    ONE(f32_average_pool),
    ONE(q8_max_pool),
    ONE(q8_average_pool),
    {"f32_binary", TB_BINARY_COUNT, f32_binary_name, try_f32_binary},
    {"f32_unary", TB_UNARY_COUNT, f32_unary_name, try_f32_unary},
    ONE(f32_complex_abs),
    ONE(f64_rfft),
    ONE(f32_prelu),
    ONE(f32_softmax),
    ONE(f32_lerp),
    ONE(q8_add),
    ONE(q8_mul),
    ONE(q8_lut),
    ONE(q8_dequantize),
    ONE(q8_quantize),
    {0},
};
