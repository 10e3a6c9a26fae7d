/*
 * Transcendental functions of our own, so that results have the same bits with every C library,
 * compiler and machine. They use IEEE addition, multiplication, division, sqrt and exact operations
 * only, in a fixed order, in double precision; -ffp-contract=off keeps it so.
 *
 * Accuracy, checked by tests/unit/runtime/test_math.c: the float functions are within 0.51 units in
 * the last place of the true result, the double ones within 4 (pow: 2^-40 relative; erf and erfc:
 * 1e-9 relative).
 * Special values (zeros with their signs, infinities, NaN, domains) follow C99 Annex F.
 */
#ifndef TB_RUNTIME_MATH_H
#define TB_RUNTIME_MATH_H

double tb_exp(double x);
double tb_expm1(double x);
double tb_log(double x);
double tb_log1p(double x);
double tb_pow(double x, double y);
/* |x| up to FLT_MAX */
double tb_sin(double x);
double tb_cos(double x);
double tb_tanh(double x);
double tb_atan2(double y, double x);
double tb_erf(double x);
double tb_erfc(double x);

static inline float tb_expf(float x)
{
    return (float)tb_exp((double)x);
}

static inline float tb_expm1f(float x)
{
    return (float)tb_expm1((double)x);
}

static inline float tb_logf(float x)
{
    return (float)tb_log((double)x);
}

static inline float tb_log1pf(float x)
{
    return (float)tb_log1p((double)x);
}

static inline float tb_powf(float x, float y)
{
    return (float)tb_pow((double)x, (double)y);
}

static inline float tb_sinf(float x)
{
    return (float)tb_sin((double)x);
}

static inline float tb_cosf(float x)
{
    return (float)tb_cos((double)x);
}

static inline float tb_tanhf(float x)
{
    return (float)tb_tanh((double)x);
}

static inline float tb_atan2f(float y, float x)
{
    return (float)tb_atan2((double)y, (double)x);
}

static inline float tb_erff(float x)
{
    return (float)tb_erf((double)x);
}

static inline float tb_erfcf(float x)
{
    return (float)tb_erfc((double)x);
}

#endif
