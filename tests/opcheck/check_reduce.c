/* Kernels that make one value of many, those between pixels, and quantising floats in place. */
#include "tests/opcheck/opcheck.h"

static size_t length(oc_random *r)
{
    return (size_t)oc_between(r, 1, oc_chance(r, 70) ? 90 : 900);
}

static const char *f32_reduce_name(const tb_cpu_kernels *kernels, int which)
{
    return kernels->f32_reduce[which].name;
}

static bool try_f32_reduce(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    float *in = oc_guarded(r, n * sizeof *in);
    const float shift = oc_float(r, -3.0f, 3.0f);
    oc_fill_floats(r, in, n, shift - 1.0f, shift + 1.0f);
    const float expected = t->scalar->f32_reduce[t->which].fn(n, in);
    const float got = t->variant->f32_reduce[t->which].fn(n, in);
    /* sums in another order: within a rounding of the largest partial sum an addition */
    const float slack = t->which == TB_REDUCE_SUM ? 4e-7f * (float)n : 0.0f;
    return oc_close(t, "value", &got, &expected, 1, slack, slack);
}

static const char *q8_accumulate_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->q8_accumulate.name;
}

static bool try_q8_accumulate(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    uint8_t *in = oc_guarded(r, n);
    int32_t *expected = oc_guarded(r, n * sizeof *expected), *got = oc_guarded(r, n * sizeof *got);
    oc_fill_bytes(r, in, n);
    for (size_t i = 0; i < n; i++)
        expected[i] = got[i] = oc_between(r, -100000, 100000);
    const uint32_t flip = oc_chance(r, 50) ? 0x80 : 0;
    t->scalar->q8_accumulate.fn(n, in, flip, expected);
    t->variant->q8_accumulate.fn(n, in, flip, got);
    return oc_same_bytes(t, "sums", got, expected, n * sizeof *got);
}

static const char *q8_blend_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->q8_blend.name;
}

static bool try_q8_blend(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const uint8_t *corners[4];
    for (int i = 0; i < 4; i++) {
        uint8_t *corner = oc_guarded(r, n);
        oc_fill_bytes(r, corner, n);
        corners[i] = corner;
    }
    uint8_t *expected = oc_guarded(r, n), *got = oc_guarded(r, n);
    const float lower = oc_float(r, 0.0f, 1.0f), right = oc_float(r, 0.0f, 1.0f);
    t->scalar->q8_blend.fn(n, corners, lower, right, expected);
    t->variant->q8_blend.fn(n, corners, lower, right, got);
    return oc_same_bytes(t, "pixels", got, expected, n);
}

static const char *q8_blend_columns_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->q8_blend_columns.name;
}

/* Both directions. */
static bool try_q8_blend_columns(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    uint8_t *a = oc_guarded(r, n), *b = oc_guarded(r, n);
    int32_t *rows[2], *expected_row = oc_guarded(r, n * sizeof(int32_t));
    oc_fill_bytes(r, a, n);
    oc_fill_bytes(r, b, n);
    for (int i = 0; i < 2; i++) {
        const int32_t weight = oc_between(r, 0, 1024);
        rows[i] = oc_guarded(r, n * sizeof(int32_t));
        t->scalar->q8_blend_rows.fn(n, a, b, 1024 - weight, weight, expected_row);
        t->variant->q8_blend_rows.fn(n, a, b, 1024 - weight, weight, rows[i]);
        if (!oc_same_bytes(t, "rows", rows[i], expected_row, n * sizeof(int32_t)))
            return false;
    }
    uint8_t *expected = oc_guarded(r, n), *got = oc_guarded(r, n);
    const int32_t weight = oc_between(r, 0, 1024);
    t->scalar->q8_blend_columns.fn(n, rows[0], rows[1], 1024 - weight, weight, expected);
    t->variant->q8_blend_columns.fn(n, rows[0], rows[1], 1024 - weight, weight, got);
    return oc_same_bytes(t, "pixels", got, expected, n);
}

static const char *f32_through_q8_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->f32_through_q8.name;
}

static bool try_f32_through_q8(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t n = length(r);
    const tb_through_q8 q = {.inverse = oc_chance(r, 50) ? 8.0f : oc_float(r, 0.1f, 50.0f),
                             .zero_point = oc_between(r, -128, 127),
                             .min = oc_chance(r, 50) ? -128 : -127};
    float *in = oc_guarded(r, n * sizeof *in);
    float *expected = oc_guarded(r, n * sizeof *in), *got = oc_guarded(r, n * sizeof *in);
    for (size_t i = 0; i < n; i++) /* with ties */
        in[i] = ((float)oc_between(r, -300, 300) + (oc_chance(r, 50) ? 0.5f : 0.25f)) / q.inverse;
    t->scalar->f32_through_q8.fn(&q, n, in, expected);
    t->variant->f32_through_q8.fn(&q, n, in, got);
    return oc_close(t, "values", got, expected, n, 0.0f, 0.0f);
}

static const char *q8_arg_max_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->q8_arg_max.name;
}

static bool try_q8_arg_max(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t rows = (size_t)oc_between(r, 1, 9), length = (size_t)oc_between(r, 1, 130);
    uint8_t *in = oc_guarded(r, rows * length);
    oc_fill_bytes(r, in, rows * length);
    for (size_t i = 0; i < rows * length && oc_chance(r, 50); i++) /* equals */
        in[i] &= 0x83;
    int32_t *expected = oc_guarded(r, rows * sizeof *expected);
    int32_t *got = oc_guarded(r, rows * sizeof *got);
    static const uint32_t flips[] = {0, 0x80, 0xFF, 0x7F};
    const uint32_t flip = flips[oc_between(r, 0, 3)];
    t->scalar->q8_arg_max.fn(rows, length, in, flip, expected);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < length; i++) {
            const uint32_t x = in[row * length + i] ^ flip;
            const uint32_t best = in[row * length + (size_t)expected[row]] ^ flip;
            if (x > best || (x == best && i < (size_t)expected[row]))
                return oc_wrong(t, "row %zu: %d, but %zu is better", row, expected[row], i);
        }
    t->variant->q8_arg_max.fn(rows, length, in, flip, got);
    return oc_same_bytes(t, "indices", got, expected, rows * sizeof *got);
}

const oc_check oc_reduce_checks[] = {
    {"q8_arg_max", 1, q8_arg_max_name, try_q8_arg_max},
    {"f32_reduce", TB_REDUCE_COUNT, f32_reduce_name, try_f32_reduce},
    {"q8_accumulate", 1, q8_accumulate_name, try_q8_accumulate},
    {"q8_blend", 1, q8_blend_name, try_q8_blend},
    {"q8_blend_columns", 1, q8_blend_columns_name, try_q8_blend_columns},
    {"f32_through_q8", 1, f32_through_q8_name, try_f32_through_q8},
    {0},
};
