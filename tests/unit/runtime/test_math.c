/* The runtime's own transcendental functions against the C library's long double ones. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "runtime/fixed_point.h"
#include "runtime/math.h"

enum { SAMPLES = 40000 };

/* xorshift: the same numbers everywhere */
static uint64_t state = 88172645463325252u;
static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) * 0x1p-53;
}

/* The error in units in the last place of a number with that many bits. */
static double ulps(double got, long double want, int bits, int min_exponent)
{
    if (isnan(got) && isnan(want))
        return 0;
    int exponent;
    frexpl(want, &exponent);
    if (exponent < min_exponent)
        exponent = min_exponent;
    return (double)fabsl(((long double)got - want) / ldexpl(1.0L, exponent - bits));
}

typedef struct function {
    const char *name;
    float (*single)(float);
    double (*twice)(double);
    long double (*reference)(long double);
    double low;
    double high;
} function;

static const function functions[] = {
    {"exp", tb_expf, tb_exp, expl, -86, 88},
    {"exp", tb_expf, tb_exp, expl, -1, 1},
    {"expm1", tb_expm1f, tb_expm1, expm1l, -1, 1},
    {"expm1", tb_expm1f, tb_expm1, expm1l, -20, 20},
    {"log", tb_logf, tb_log, logl, 1e-30, 1e30},
    {"log", tb_logf, tb_log, logl, 0.5, 2},
    {"log1p", tb_log1pf, tb_log1p, log1pl, -0.9, 3},
    {"sin", tb_sinf, tb_sin, sinl, -20, 20},
    {"cos", tb_cosf, tb_cos, cosl, -20, 20},
    {"tanh", tb_tanhf, tb_tanh, tanhl, -1, 1},
    {"tanh", tb_tanhf, tb_tanh, tanhl, -10, 10},
};

Test(math, floats_within_0_51_and_doubles_within_4_units)
{
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
        const function *f = &functions[k];
        double worst_float = 0, worst_double = 0;
        for (int i = 0; i < SAMPLES; i++) {
            double x = uniform(f->low, f->high);
            double error = ulps(f->twice(x), f->reference((long double)x), 53, -1021);
            worst_double = fmax(worst_double, error);
            float narrow = (float)x;
            error = ulps((double)f->single(narrow), f->reference((long double)narrow), 24, -125);
            worst_float = fmax(worst_float, error);
        }
        cr_expect(worst_float <= 0.51, "%s: %g units", f->name, worst_float);
        cr_expect(worst_double <= 4.0, "%s: %g units in double", f->name, worst_double);
    }
}

Test(math, error_functions)
{
    for (int i = 0; i < SAMPLES; i++) {
        float x = (float)uniform(-5, 9);
        cr_assert(ulps((double)tb_erff(x), erfl((long double)x), 24, -125) <= 0.51, "%a", x);
        cr_assert(ulps((double)tb_erfcf(x), erfcl((long double)x), 24, -125) <= 0.51, "%a", x);
        cr_assert(fabs(tb_erf((double)x) - erf((double)x)) <= 1e-9 * fabs(erf((double)x)), "%a", x);
    }
}

Test(math, two_argument_functions)
{
    for (int i = 0; i < SAMPLES; i++) {
        float x = (float)exp(uniform(-20, 20)), y = (float)uniform(-3, 3);
        cr_assert(ulps((double)tb_powf(x, y), powl(x, y), 24, -125) <= 0.51, "%a ^ %a", x, y);
        x = (float)uniform(-3, 3);
        cr_assert(ulps((double)tb_atan2f(y, x), atan2l(y, x), 24, -125) <= 0.51, "%a / %a", y, x);
    }
}

/* Arguments whose distance to a multiple of pi/2 needs many digits of pi. */
Test(math, large_angles)
{
    static const float angles[] = {1e4f, 33554432.0f, 1e20f, FLT_MAX, 0x1.921fb6p1f, -0x1.6deep93f};
    for (size_t k = 0; k < sizeof angles / sizeof angles[0]; k++) {
        double x = (double)angles[k];
        cr_expect(ulps((double)tb_sinf(angles[k]), sin(x), 24, -125) <= 0.51, "sin %a", x);
        cr_expect(ulps((double)tb_cosf(angles[k]), cos(x), 24, -125) <= 0.51, "cos %a", x);
    }
}

static bool same_bits(double a, double b)
{
    return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0;
}

Test(math, special_values_are_those_of_annex_f)
{
    static const double special[] = {0.0, -0.0, 1.0,      -1.0,      2.0, -2.0,  0.5,   -0.5,
                                     3.0, -3.0, INFINITY, -INFINITY, NAN, 1e308, -1e308};
    enum { COUNT = sizeof special / sizeof special[0] };
    static const struct {
        const char *name;
        double (*own)(double);
        double (*libm)(double);
    } cases[] = {{"exp", tb_exp, exp},       {"expm1", tb_expm1, expm1}, {"log", tb_log, log},
                 {"log1p", tb_log1p, log1p}, {"tanh", tb_tanh, tanh},    {"erf", tb_erf, erf},
                 {"erfc", tb_erfc, erfc}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int i = 0; i < COUNT; i++) {
            double want = cases[c].libm(special[i]), got = cases[c].own(special[i]);
            if (isnan(want) || isinf(want) || want == 0 || want == 1 || want == -1 || want == 2)
                cr_expect(same_bits(got, want), "%s(%g) is %g, not %g", cases[c].name, special[i],
                          got, want);
        }
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++) {
            double x = special[i], y = special[k];
            cr_expect(same_bits(tb_pow(x, y), pow(x, y)) ||
                          fabs(tb_pow(x, y) - pow(x, y)) <= 1e-12 * fabs(pow(x, y)),
                      "pow(%g, %g) is %g, not %g", x, y, tb_pow(x, y), pow(x, y));
            cr_expect(same_bits(tb_atan2(x, y), atan2(x, y)) ||
                          fabs(tb_atan2(x, y) - atan2(x, y)) <= 1e-15 * fabs(atan2(x, y)),
                      "atan2(%g, %g) is %g, not %g", x, y, tb_atan2(x, y), atan2(x, y));
        }
    cr_expect(isnan(tb_sin(INFINITY)) && isnan(tb_cos(-INFINITY)) && isnan(tb_sin(NAN)));
    cr_expect(same_bits(tb_sin(-0.0), -0.0));
}

/* ---- fixed point ------------------------------------------------------------------------------- */

Test(fixed_point, functions_are_near_the_real_ones)
{
    for (int i = 0; i <= 4000; i++) {
        double x = -16.0 + i * 0.008; /* Q5 holds it in 32 bits, Q3 in 16 up to 8 */
        int32_t q5 = (int32_t)lround(ldexp(x, 26));
        if (x <= 0)
            cr_assert_float_eq(ldexp(tb_fx_exp_on_negative(q5, 5, 32), -31), exp(x), 1e-6);
        cr_assert_float_eq(ldexp(tb_fx_logistic(q5, 5, 32), -31), 1 / (1 + exp(-x)), 1e-6, "%g", x);
        cr_assert_float_eq(ldexp(tb_fx_tanh(q5, 5, 32), -31), tanh(x), 2e-6, "%g", x);
        if (fabs(x) >= 8)
            continue;
        int32_t q3 = (int32_t)lround(ldexp(x, 12));
        cr_assert_float_eq(ldexp(tb_fx_logistic(q3, 3, 16), -15), 1 / (1 + exp(-x)), 1e-3, "%g", x);
        cr_assert_float_eq(ldexp(tb_fx_tanh(q3, 3, 16), -15), tanh(x), 2e-3, "%g", x);
    }
}

/* Five steps of Newton's method leave an error of 1.3e-6 at the ends of the range. */
Test(fixed_point, inverse_square_roots)
{
    static const int32_t numbers[] = {2, 3, 4, 100, 12345, 1 << 27, 1 << 29, INT32_MAX};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        tb_multiplier m = tb_fx_inverse_sqrt(numbers[k]);
        double got = ldexp(m.mantissa, m.shift - 31), want = 1 / sqrt((double)numbers[k]);
        cr_expect(fabs(got - want) <= want * 2e-6, "1 / sqrt(%d) is %.9g, not %.9g", numbers[k],
                  got, want);
    }
    cr_expect_eq(tb_fx_inverse_sqrt(0).mantissa, INT32_MAX);
    cr_expect_eq(tb_fx_inverse_sqrt(-5).mantissa, INT32_MAX, "what is below 1 counts as 1");
}

Test(fixed_point, reciprocals)
{
    for (int32_t x = 1; x > 0 && x < 1 << 29; x = x * 3 + 1) {
        int bits;
        double fraction = ldexp(tb_fx_reciprocal(x, 12, &bits), -31);
        double got = ldexp(fraction, -bits), want = 1 / ldexp(x, -19);
        cr_expect(fabs(got - want) <= want * 1e-6, "1 / %d: %.9g, not %.9g", x, got, want);
    }
}
