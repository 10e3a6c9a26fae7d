/* Kernels that make one value of many. */
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

const oc_check oc_reduce_checks[] = {
    {"f32_reduce", TB_REDUCE_COUNT, f32_reduce_name, try_f32_reduce},
    {"q8_accumulate", 1, q8_accumulate_name, try_q8_accumulate},
    {0},
};
