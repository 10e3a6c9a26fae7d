/*
 * Transcendental functions on IEEE arithmetic alone. The methods are the textbook ones: reduce the
 * argument to a small interval, sum the Taylor series there (chosen over minimax fits because its
 * coefficients explain themselves), put the result together. erf alone uses fitted polynomials.
 */
#include "runtime/math.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/size.h"

/* ln 2 and pi/2, each as leading bits whose small multiples are exact, and the rest. */
#define LN2_HIGH        0x1.62e42fee00000p-1
#define LN2_LOW         0x1.a39ef35793c76p-33
#define LOG2_E          0x1.71547652b82fep+0
#define HALF_PI_1       0x1.921fb54400000p+0
#define HALF_PI_2       0x1.0b4611a600000p-34
#define HALF_PI_3       0x1.3198a2e037073p-69
#define HALF_PI         0x1.921fb54442d18p+0
#define HALF_PI_REST    0x1.1a62633145c07p-54
#define QUARTER_PI      0x1.921fb54442d18p-1
#define INVERSE_SQRT_PI 0x1.20dd750429b6dp-1

/* c[0] + c[1] x + ... */
static double polynomial(const double *c, size_t count, double x)
{
    double sum = c[count - 1];
    for (size_t i = count - 1; i-- > 0;)
        sum = sum * x + c[i];
    return sum;
}

/* x * 2^k, rounded once; k may leave the exponent's range. */
static double scale(double x, int k)
{
    union {
        uint64_t bits;
        double value;
    } power;
    if (k < -1000) {
        x *= 0x1p-900;
        k += 900;
    } else if (k > 1000) {
        x *= 0x1p900;
        k -= 900;
    }
    if (k < -1022 || k > 1023)
        return k < 0 ? x * 0.0 : x * INFINITY;
    power.bits = (uint64_t)(k + 1023) << 52;
    return x * power.value;
}

/* (e^r - 1 - r) / r^2, the Taylor series; |r| <= ln(2)/2. */
static double exp_tail(double r)
{
    static const double inverse_factorials[] = {
        1.0 / 2,
        1.0 / 6,
        1.0 / 24,
        1.0 / 120,
        1.0 / 720,
        1.0 / 5040,
        1.0 / 40320,
        1.0 / 362880,
        1.0 / 3628800,
        1.0 / 39916800,
        1.0 / 479001600,
        1.0 / 6227020800.0,
        1.0 / 87178291200.0,
    };
    return polynomial(inverse_factorials, TB_COUNT_OF(inverse_factorials), r);
}

double tb_exp(double x)
{
    if (isnan(x))
        return x;
    if (x > 710.0)
        return INFINITY;
    if (x < -746.0)
        return 0.0;
    double k = floor(x * LOG2_E + 0.5);
    double high = x - k * LN2_HIGH;
    double low = k * LN2_LOW;
    double r = high - low;
    double lost = (high - r) - low;
    return scale(1.0 + (r + (lost + r * r * exp_tail(r))), (int)k);
}

double tb_expm1(double x)
{
    if (x == 0.0)
        return x;
    if (fabs(x) < 0.34)
        return x + x * x * exp_tail(x);
    return tb_exp(x) - 1.0;
}

/* 2 atanh(s) - 2s = 2 (s^3/3 + s^5/5 + ...); |s| <= 0.26 */
static double log_tail(double s)
{
    static const double inverse_odd[] = {
        2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13, 2.0 / 15,
        2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23, 2.0 / 25, 2.0 / 27, 2.0 / 29,
    };
    double square = s * s;
    return s * square * polynomial(inverse_odd, TB_COUNT_OF(inverse_odd), square);
}

double tb_log(double x)
{
    if (isnan(x) || x == INFINITY)
        return x;
    if (x == 0.0)
        return -INFINITY;
    if (x < 0.0)
        return NAN;
    int exponent;
    double mantissa = frexp(x, &exponent);
    if (mantissa < 0x1.6a09e667f3bcdp-1) { /* below sqrt(1/2) */
        mantissa *= 2.0;
        exponent--;
    }
    /* log m = 2 atanh((m - 1) / (m + 1)) = f - s (f - tail), with f = m - 1 exact */
    double f = mantissa - 1.0;
    double s = f / (mantissa + 1.0);
    double tail = log_tail(s);
    double k = (double)exponent;
    return k * LN2_HIGH + ((f - (s * f - tail)) + k * LN2_LOW);
}

double tb_log1p(double x)
{
    if (fabs(x) < 0.34) {
        double s = x / (2.0 + x);
        return x - (s * x - log_tail(s));
    }
    return tb_log(1.0 + x);
}

static bool is_odd_integer(double y)
{
    return floor(y) == y && fabs(y) < 0x1p53 && fmod(fabs(y), 2.0) == 1.0;
}

double tb_pow(double x, double y)
{
    if (y == 0.0 || x == 1.0)
        return 1.0;
    if (isnan(x) || isnan(y))
        return NAN;
    if (isinf(y)) {
        double magnitude = fabs(x);
        if (magnitude == 1.0)
            return 1.0;
        return (magnitude > 1.0) == (y > 0.0) ? INFINITY : 0.0;
    }
    bool negative = signbit(x) && is_odd_integer(y);
    if (x == 0.0 || isinf(x)) {
        double result = (x == 0.0) == (y > 0.0) ? 0.0 : INFINITY;
        return negative ? -result : result;
    }
    if (x < 0.0 && floor(y) != y)
        return NAN;
    if (y == 2.0)
        return x * x;
    double result = tb_exp(y * tb_log(fabs(x)));
    return negative ? -result : result;
}

/* ---- circular functions ------------------------------------------------------------------------ */

/* 2/pi: 32 bits before the point, which are 0, and 256 behind it. */
static const uint32_t two_over_pi[] = {0x00000000, 0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0,
                                       0xDB629599, 0x3C439041, 0xFE5163AB, 0xDEBBC561, 0xB7246E3A};

/* 32 bits of 2/pi from the one of weight 2^-(first + 1) on; first >= -32. */
static uint64_t two_over_pi_bits(int first)
{
    int word = (first + 32) / 32, offset = (first + 32) % 32;
    uint64_t pair = (uint64_t)two_over_pi[word] << 32 | two_over_pi[word + 1];
    return pair >> (32 - offset) & 0xFFFFFFFFu;
}

/*
 * x modulo pi/2 for x in [2^20, 2^128) that has 24 significant bits, after Payne and Hanek: x * 2/pi
 * is formed modulo 4, from those bits of 2/pi only that reach the two places before the point and
 * the 126 behind it.
 */
static double reduce_large(double x, int *quadrant)
{
    int exponent;
    uint64_t mantissa = (uint64_t)(frexp(x, &exponent) * 0x1p24);
    uint64_t words[4], carry = 0;
    for (int i = 3; i >= 0; i--) {
        uint64_t product = mantissa * two_over_pi_bits(exponent - 26 + 32 * i) + carry;
        words[i] = product & 0xFFFFFFFFu;
        carry = product >> 32;
    }
    uint64_t fraction = words[0] << 34 | words[1] << 2 | words[2] >> 30;
    uint64_t rest = words[2] << 2 & 0xFFFFFFFFu;
    int q = (int)(words[0] >> 30);
    bool upper = fraction >> 63; /* nearer to the next multiple of pi/2: take what lacks there */
    if (upper) {
        q++;
        fraction = ~fraction;
        rest = ~rest & 0xFFFFFFFFu;
    }
    double part = (double)(fraction >> 32) * 0x1p-32 + (double)(fraction & 0xFFFFFFFFu) * 0x1p-64 +
                  (double)rest * 0x1p-96;
    *quadrant = q & 3;
    return (upper ? -part : part) * HALF_PI;
}

/* r in [-pi/4, pi/4] with x = r + quadrant * pi/2 (mod 2 pi); x >= 0 and finite. */
static double reduce(double x, int *quadrant)
{
    if (x >= 0x1p20)
        return reduce_large(x, quadrant);
    double k = floor(x * (1.0 / HALF_PI) + 0.5);
    *quadrant = (int)fmod(k, 4.0);
    return ((x - k * HALF_PI_1) - k * HALF_PI_2) - k * HALF_PI_3;
}

static double sin_series(double r)
{
    static const double c[] = {
        -1.0 / 6,
        1.0 / 120,
        -1.0 / 5040,
        1.0 / 362880,
        -1.0 / 39916800,
        1.0 / 6227020800.0,
        -1.0 / 1307674368000.0,
        1.0 / 355687428096000.0,
    };
    double square = r * r;
    return r + r * square * polynomial(c, TB_COUNT_OF(c), square);
}

static double cos_series(double r)
{
    static const double c[] = {
        1.0 / 24,
        -1.0 / 720,
        1.0 / 40320,
        -1.0 / 3628800,
        1.0 / 479001600,
        -1.0 / 87178291200.0,
        1.0 / 20922789888000.0,
    };
    double square = r * r;
    double half = 0.5 * square;
    double w = 1.0 - half;
    return w + (((1.0 - w) - half) + square * square * polynomial(c, TB_COUNT_OF(c), square));
}

/* sin(x + quarter * pi/2) for x >= 0 */
static double circular(double x, int quarter)
{
    int quadrant;
    double r = reduce(x, &quadrant);
    quadrant = (quadrant + quarter) & 3;
    double value = quadrant & 1 ? cos_series(r) : sin_series(r);
    return quadrant & 2 ? -value : value;
}

double tb_sin(double x)
{
    if (!isfinite(x))
        return NAN;
    if (x == 0.0)
        return x;
    return x < 0.0 ? -circular(-x, 0) : circular(x, 0);
}

double tb_cos(double x)
{
    if (!isfinite(x))
        return NAN;
    return circular(fabs(x), 1);
}

/* atan(x) for 0 <= x <= 1 */
static double atan_unit(double x)
{
    static const double c[] = {
        -1.0 / 3,  1.0 / 5,   -1.0 / 7,  1.0 / 9,   -1.0 / 11, 1.0 / 13,  -1.0 / 15,
        1.0 / 17,  -1.0 / 19, 1.0 / 21,  -1.0 / 23, 1.0 / 25,  -1.0 / 27, 1.0 / 29,
        -1.0 / 31, 1.0 / 33,  -1.0 / 35, 1.0 / 37,  -1.0 / 39, 1.0 / 41,
    };
    double base = 0.0;
    if (x > 0.4142135623730950) { /* tan(pi/8): atan x = pi/4 + atan((x - 1) / (x + 1)) */
        base = QUARTER_PI;
        x = (x - 1.0) / (x + 1.0);
    }
    double square = x * x;
    return base + (x + x * square * polynomial(c, TB_COUNT_OF(c), square));
}

double tb_atan2(double y, double x)
{
    if (isnan(x) || isnan(y))
        return NAN;
    double ay = fabs(y), ax = fabs(x);
    double angle; /* in the first quadrant */
    if (ay == 0.0)
        angle = 0.0;
    else if (isinf(ax) && isinf(ay))
        angle = QUARTER_PI;
    else if (isinf(ay) || ax == 0.0)
        angle = HALF_PI;
    else if (ay <= ax)
        angle = atan_unit(ay / ax);
    else
        angle = HALF_PI - (atan_unit(ax / ay) - HALF_PI_REST);
    if (signbit(x))
        angle = 2.0 * HALF_PI - (angle - 2.0 * HALF_PI_REST);
    return signbit(y) ? -angle : angle;
}

/* ---- others ------------------------------------------------------------------------------------ */

double tb_tanh(double x)
{
    if (isnan(x) || x == 0.0)
        return x;
    double magnitude = fabs(x);
    double result = 1.0;
    if (magnitude < 22.0) {
        double t = tb_expm1(2.0 * magnitude);
        result = t / (t + 2.0);
    }
    return x < 0.0 ? -result : result;
}

/* erf(x) for |x| <= 1: a Chebyshev fit of erf(x) / x in x^2 (error 1.3e-19). */
static double erf_small(double x)
{
    static const double c[] = {
        1.128379167095512574,     -0.3761263890318374806,     0.1128379167095487867,
        -0.02686617064507679325,  0.005223977624818014467,    -0.0008548326980833789905,
        0.0001205533111164271092, -0.00001492559526683118157, 1.646100048412136803e-6,
        -1.635031270105469501e-7, 1.465977527404743581e-8,    -1.137284885679167367e-9,
        5.957176147748911404e-11,
    };
    return x * polynomial(c, TB_COUNT_OF(c), x * x);
}

/* erfc(x) for x >= 1 */
static double erfc_large(double x)
{
    /* erfc(x) exp(x^2): a Chebyshev fit in (x - 3.5) / 2.5 over [1, 6] (error 7e-12), beyond it the
       asymptotic series in 1 / x^2. */
    static const double fit[] = {
        0.155293655605075609,       -0.1033089445814341527,    0.06663208321618259388,
        -0.04176678845852290635,    0.02549553458945819955,    -0.01518250040976777848,
        0.008833741622370619937,    -0.005028209207329188028,  0.002801291387573085213,
        -0.001531610841555910806,   0.0008296856543907950021,  -0.0004366675448848669968,
        0.0002081929499409250904,   -0.0001071688018467464493, 0.00007924333496469465085,
        -0.00003810367246538450257, -3.162710952760185963e-6,  9.452338546971661818e-7,
        9.806324433828965075e-6,    -4.455891588060125913e-6,
    };
    static const double series[] = {1.0,       -0.5,       0.75,         -1.875,      6.5625,
                                    -29.53125, 162.421875, -1055.742188, 7918.066406, -67303.56445};
    double factor =
        x < 6.0 ? polynomial(fit, TB_COUNT_OF(fit), (x - 3.5) / 2.5)
                : polynomial(series, TB_COUNT_OF(series), 1.0 / (x * x)) * (INVERSE_SQRT_PI / x);
    return tb_exp(-x * x) * factor;
}

double tb_erf(double x)
{
    if (isnan(x))
        return x;
    double magnitude = fabs(x);
    if (magnitude <= 1.0)
        return erf_small(x);
    double result = magnitude < 6.0 ? 1.0 - erfc_large(magnitude) : 1.0;
    return x < 0.0 ? -result : result;
}

double tb_erfc(double x)
{
    if (isnan(x))
        return x;
    if (fabs(x) <= 1.0)
        return 1.0 - erf_small(x);
    if (x < 0.0)
        return 2.0 - erfc_large(-x);
    return isinf(x) ? 0.0 : erfc_large(x);
}
