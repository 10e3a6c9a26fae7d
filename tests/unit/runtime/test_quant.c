/* Quantised arithmetic: rounding, saturation, ranges, packing, half precision. */
#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/quant.h"

Test(quant, high_multiplication_rounds_and_saturates)
{
    cr_expect_eq(tb_high_mul(1 << 30, 1 << 30), 1 << 29);
    cr_expect_eq(tb_high_mul(1 << 30, 3), 2, "1.5 rounds up");
    cr_expect_eq(tb_high_mul(1 << 30, -3), -1, "-1.5 rounds up, too");
    cr_expect_eq(tb_high_mul(INT32_MIN, INT32_MIN), INT32_MAX);
    cr_expect_eq(tb_high_mul(INT32_MIN, INT32_MAX), -INT32_MAX);
}

Test(quant, shifts_round_halves_away_from_zero)
{
    static const struct {
        int32_t x;
        int exponent;
        int32_t result;
    } cases[] = {{5, 0, 5},
                 {5, 1, 3},
                 {-5, 1, -3},
                 {6, 2, 2},
                 {-6, 2, -2},
                 {-7, 2, -2},
                 {1, 31, 0},
                 {INT32_MAX, 31, 1},
                 {INT32_MIN, 31, -1},
                 {-1, 31, 0},
                 {INT32_MIN, 1, -(1 << 30)}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        cr_expect_eq(tb_rounding_shift(cases[k].x, cases[k].exponent), cases[k].result,
                     "%d >> %d gives %d", cases[k].x, cases[k].exponent,
                     tb_rounding_shift(cases[k].x, cases[k].exponent));
}

Test(quant, multipliers_are_the_nearest_of_31_bits)
{
    static const double factors[] = {1.0,      0.5,        0.1,  3.7e-5,         1.0 / 3,
                                     123456.7, 2147483647, 1e-9, 0.999999999999, -0.25,
                                     1.5e-7,   0x1.8p-31};
    for (size_t k = 0; k < sizeof factors / sizeof factors[0]; k++) {
        tb_multiplier m;
        cr_assert(tb_multiplier_from_real(factors[k], &m), "%g", factors[k]);
        double back = ldexp(m.mantissa, m.shift - 31);
        cr_expect(fabs(back - factors[k]) <= fabs(factors[k]) * 0x1p-31, "%.17g became %.17g",
                  factors[k], back);
    }
}

Test(quant, multipliers_that_cannot_be_are_refused)
{
    static const double refused[] = {INFINITY, -INFINITY, NAN, 4294967296.0, 1e300};
    tb_multiplier m;
    for (size_t k = 0; k < sizeof refused / sizeof refused[0]; k++) {
        m = (tb_multiplier){7, 7};
        cr_expect_not(tb_multiplier_from_real(refused[k], &m), "%g", refused[k]);
        cr_expect(m.mantissa == 0 && m.shift == 0);
    }
    cr_expect(tb_multiplier_from_real(0.0, &m) && m.mantissa == 0);
    cr_expect(tb_multiplier_from_real(1e-30, &m) && m.mantissa == 0, "vanishes");
}

Test(quant, multiplied_numbers_are_within_one_of_the_real_product)
{
    tb_multiplier half, large, m;
    cr_assert(tb_multiplier_from_real(0.5, &half) && tb_multiplier_from_real(8.0, &large));
    cr_expect_eq(tb_multiply(3, half), 2);
    cr_expect_eq(tb_multiply(-3, half), -1);
    cr_expect_eq(tb_multiply(1000, large), 8000);
    cr_expect_eq(tb_multiply(INT32_MAX, (tb_multiplier){0, 0}), 0);
    cr_assert(tb_multiplier_from_real(0.0123456, &m));
    for (int32_t x = -100000; x <= 100000; x += 37) {
        cr_assert(labs((long)tb_multiply(x, m) - lround(x * 0.0123456)) <= 1, "%d", x);
        cr_assert(labs((long)tb_multiply64(x, m) - lround(x * 0.0123456)) <= 1, "%d", x);
    }
}

Test(quant, wide_products_do_not_overflow)
{
    tb_multiplier m;
    cr_assert(tb_multiplier_from_real(0x1p-20, &m));
    cr_expect_eq(tb_multiply64((int64_t)1 << 40, m), 1 << 20);
    cr_expect_eq(tb_multiply64(-((int64_t)1 << 40), m), -(1 << 20));
    /* Hostile shifts and sums only have to be defined: sanitizers watch. */
    (void)tb_multiply64(INT64_MAX, (tb_multiplier){INT32_MAX, 31});
    (void)tb_multiply64(INT64_MIN, (tb_multiplier){INT32_MIN, -31});
}

Test(quant, numbers_quantise_to_the_nearest_within_bounds)
{
    cr_expect_eq(tb_quantize(1.0f, 0.5f, 3, -128, 127), 5);
    cr_expect_eq(tb_quantize(0.25f, 0.5f, 0, -128, 127), 1, "halves away from zero");
    cr_expect_eq(tb_quantize(-0.25f, 0.5f, 0, -128, 127), -1);
    cr_expect_eq(tb_quantize(1e30f, 0.5f, 0, -128, 127), 127);
    cr_expect_eq(tb_quantize(-INFINITY, 0.5f, 0, -128, 127), -128);
    cr_expect_eq(tb_quantize(NAN, 0.5f, 7, -128, 127), 7);
}

Test(quant, activations_bound_quantised_outputs)
{
    int32_t min, max;
    cr_assert(tb_quant_activation_range(kTfLiteActRelu6, kTfLiteUInt8, 0.05f, 10, &min, &max));
    cr_expect(min == 10 && max == 130);
    cr_assert(tb_quant_activation_range(kTfLiteActRelu, kTfLiteInt8, 0.1f, -128, &min, &max));
    cr_expect(min == -128 && max == 127);
    cr_assert(tb_quant_activation_range(kTfLiteActReluN1To1, kTfLiteInt16, 0.001f, 0, &min, &max));
    cr_expect(min == -1000 && max == 1000);
    cr_assert(tb_quant_activation_range(kTfLiteActNone, kTfLiteInt8, 0.1f, 5, &min, &max));
    cr_expect(min == -128 && max == 127);
    cr_expect_not(tb_quant_activation_range(kTfLiteActRelu, kTfLiteFloat32, 0.1f, 0, &min, &max));
}

Test(quant, rows_quantise_symmetrically)
{
    int8_t out[4];
    float scale = tb_quantize_row_symmetric((const float[]){-2.0f, 1.0f, 0.5f, 0.0f}, 4, out);
    cr_expect_float_eq(scale, 2.0f / 127, 1e-9);
    cr_expect(out[0] == -127 && out[1] == 64 && out[2] == 32 && out[3] == 0);
    memset(out, 1, sizeof out);
    cr_expect_eq(tb_quantize_row_symmetric((const float[]){0, 0, 0, 0}, 4, out), 1.0f);
    cr_expect(!out[0] && !out[3]);
    cr_expect_eq(tb_quantize_row_symmetric(NULL, 0, NULL), 1.0f);
}

Test(quant, rows_quantise_asymmetrically)
{
    int8_t out[3];
    int32_t zero_point;
    const float row[] = {0.0f, 1.0f, 2.55f};
    float scale = tb_quantize_row_asymmetric(row, 3, out, &zero_point);
    cr_expect_float_eq(scale, 0.01f, 1e-8);
    cr_expect_eq(zero_point, -128);
    cr_expect(out[0] == -128 && out[1] == -28 && out[2] == 127);
    for (int i = 0; i < 3; i++)
        cr_expect_float_eq((float)(out[i] - zero_point) * scale, row[i], scale);
    cr_expect_eq(tb_quantize_row_asymmetric((const float[]){0, 0, 0}, 3, out, &zero_point), 1.0f);
    cr_expect_eq(zero_point, 0);
}

Test(quant, four_bits_pack_low_half_first)
{
    const int8_t values[] = {-8, 7, -1, 0, 3};
    uint8_t packed[3];
    int8_t back[5];
    tb_pack_int4(values, 5, packed);
    cr_expect(packed[0] == 0x78 && packed[1] == 0x0F && packed[2] == 0x03);
    tb_unpack_int4(packed, 5, back);
    cr_expect_arr_eq(back, values, 5);
    tb_unpack_uint4(packed, 5, back);
    cr_expect(back[0] == 8 && back[1] == 7 && back[2] == 15);
    tb_unpack_int2((const uint8_t[]){0xE4, 0x01}, 5, back);
    cr_expect(back[0] == 0 && back[1] == 1 && back[2] == -2 && back[3] == -1 && back[4] == 1);
}

Test(quant, every_half_survives_the_round_trip)
{
    for (uint32_t h = 0; h < 65536; h++) {
        float value = tb_float_from_half((uint16_t)h);
        if (isnan(value))
            cr_assert(isnan(tb_float_from_half(tb_half_from_float(value))), "%x", h);
        else
            cr_assert_eq(tb_half_from_float(value), h, "%x", h);
    }
    cr_expect_eq(tb_float_from_half(0x3C01), 1.0f + 0x1p-10f);
    cr_expect_eq(tb_float_from_half(0x0001), 0x1p-24f, "the smallest subnormal");
}

Test(quant, halves_round_to_even)
{
    cr_expect_eq(tb_half_from_float(1.0f + 0x1p-11f), 0x3C00, "a tie, down to even");
    cr_expect_eq(tb_half_from_float(1.0f + 0x1.8p-10f), 0x3C02, "a tie, up to even");
    cr_expect_eq(tb_half_from_float(1.0f + 0x1.002p-11f), 0x3C01);
    cr_expect_eq(tb_half_from_float(65519.0f), 0x7BFF);
    cr_expect_eq(tb_half_from_float(65520.0f), 0x7C00, "overflows");
    cr_expect_eq(tb_half_from_float(-1e10f), 0xFC00);
    cr_expect_eq(tb_half_from_float(0x1p-25f), 0x0000, "a tie with 0");
    cr_expect_eq(tb_half_from_float(0x1.2p-25f), 0x0001);
    cr_expect_eq(tb_bfloat16_from_float(1.0f + 0x1p-8f), 0x3F80);
    cr_expect_eq(tb_bfloat16_from_float(1.0f + 0x1.8p-7f), 0x3F82);
    cr_expect(isnan(tb_float_from_bfloat16(tb_bfloat16_from_float(NAN))));
}

Test(quant, powers_of_two_are_known)
{
    int log2;
    cr_expect(tb_quant_is_power_of_two(0x1p-12f, &log2) && log2 == -12);
    cr_expect(tb_quant_is_power_of_two(4.0f, &log2) && log2 == 2);
    cr_expect_not(tb_quant_is_power_of_two(3.0f, &log2));
    cr_expect_not(tb_quant_is_power_of_two(0.0f, &log2));
}
