/* Figures of differences, on values worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "bench/numerics.h"

static tb_io floats(float *values, int count)
{
    return (tb_io){.type = kTfLiteFloat32,
                   .rank = 2,
                   .dims = {1, count},
                   .data = values,
                   .bytes = (size_t)count * sizeof *values};
}

Test(numerics, figures_of_a_difference)
{
    float reference[4] = {3, -4, 0, 0}, got[4] = {3, -4, 0.5f, 0};
    tb_io r = floats(reference, 4), g = floats(got, 4);
    tb_numerics n = {0};
    cr_assert(tb_numerics_add(&n, &r, &g));
    cr_expect_eq(n.count, 4);
    cr_expect_eq(n.differing, 1);
    cr_expect_float_eq(n.max_abs, 0.5, 1e-12);
    cr_expect_float_eq(tb_numerics_mse(&n), 0.0625, 1e-12);
    cr_expect_float_eq(tb_numerics_snr_db(&n), 20, 1e-9, "10 log10(25 / 0.25)");
    cr_expect_float_eq(tb_numerics_psnr_db(&n), 10 * log10(16 / 0.0625), 1e-9);
    cr_expect_float_eq(tb_numerics_cosine(&n), 25 / (5 * sqrt(25.25)), 1e-12);
    cr_expect_eq(n.top_all, 1);
    cr_expect_eq(n.top_same, 1);
    /* 0.5 of 4 is 0.125: the decade from 0.1. */
    cr_expect_eq(n.histogram[8], 1);
    cr_expect_eq(n.histogram[0], 3);
}

Test(numerics, no_difference_is_infinite_signal)
{
    float values[3] = {1, NAN, INFINITY};
    tb_io io = floats(values, 3);
    tb_numerics n = {0};
    cr_assert(tb_numerics_add(&n, &io, &io));
    cr_expect_eq(n.differing, 0);
    cr_expect(isinf(tb_numerics_snr_db(&n)));
    cr_expect_float_eq(tb_numerics_cosine(&n), 1, 1e-12);
    cr_expect_not(tb_numerics_is_off(&n, &(tb_numerics_limits)TB_NUMERICS_DEFAULTS));
}

Test(numerics, nan_on_one_side_is_an_infinite_difference)
{
    float reference[2] = {1, 2}, got[2] = {1, NAN};
    tb_io r = floats(reference, 2), g = floats(got, 2);
    tb_numerics n = {0};
    cr_assert(tb_numerics_add(&n, &r, &g));
    cr_expect(isinf(n.max_abs));
    cr_expect(tb_numerics_is_off(&n, &(tb_numerics_limits)TB_NUMERICS_DEFAULTS));
}

Test(numerics, quantised_values_count_by_their_scale)
{
    int8_t reference[2] = {10, 20}, got[2] = {11, 20};
    float twin[2] = {4.5f, 10};
    tb_io r = {
        .type = kTfLiteInt8, .rank = 1, .dims = {2}, .scale = 0.5f, .data = reference, .bytes = 2};
    tb_io g = r;
    g.data = got;
    tb_numerics n = {0};
    cr_assert(tb_numerics_add(&n, &r, &g));
    cr_expect_float_eq(n.max_abs, 0.5, 1e-12);
    tb_io f = floats(twin, 2);
    f.rank = 1;
    f.dims[0] = 2;
    tb_numerics against_float = {0};
    cr_assert(tb_numerics_add(&against_float, &f, &r));
    cr_expect_float_eq(against_float.max_abs, 0.5, 1e-6);
}

Test(numerics, off_is_large_by_itself_and_by_its_values)
{
    const tb_numerics_limits limits = TB_NUMERICS_DEFAULTS;
    /* Half of a tiny value, and a thousandth of a large one: neither is off. */
    float tiny[1] = {1e-4f}, half[1] = {0.5e-4f}, large[1] = {1000}, near[1] = {1001};
    float one[1] = {1}, wrong[1] = {1.1f};
    tb_io a = floats(tiny, 1), b = floats(half, 1), c = floats(large, 1), d = floats(near, 1);
    tb_io e = floats(one, 1), f = floats(wrong, 1);
    tb_numerics small = {0}, big = {0}, off = {0};
    cr_assert(tb_numerics_add(&small, &a, &b) && tb_numerics_add(&big, &c, &d) &&
              tb_numerics_add(&off, &e, &f));
    cr_expect_not(tb_numerics_is_off(&small, &limits));
    cr_expect_not(tb_numerics_is_off(&big, &limits));
    cr_expect(tb_numerics_is_off(&off, &limits));
}

Test(numerics, other_shapes_are_not_compared)
{
    float values[4] = {0};
    tb_io a = floats(values, 4), b = floats(values, 4);
    b.rank = 3;
    tb_numerics n = {0};
    cr_expect_not(tb_numerics_add(&n, &a, &b));
    b = a;
    b.type = kTfLiteString;
    cr_expect_not(tb_numerics_add(&n, &a, &b));
    cr_expect_eq(n.count, 0);
}
