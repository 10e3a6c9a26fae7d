/* Distribution functions; sources in stats_special.h. */
#include "reports/stats_special.h"

#include <math.h>

#include "runtime/base/size.h"

double tb_normal_cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2.0));
}

static double polynomial(const double *coefficients, size_t count, double x)
{
    double sum = 0;
    for (size_t i = count; i > 0; i--)
        sum = sum * x + coefficients[i - 1];
    return sum;
}

double tb_normal_quantile(double p)
{
    static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                               1.9715909503065514427e+3, 1.3731693765509461125e+4,
                               4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(a, TB_COUNT_OF(a), r) / polynomial(b, TB_COUNT_OF(b), r);
    }
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double z = r <= 5
                   ? polynomial(c, TB_COUNT_OF(c), r - 1.6) / polynomial(d, TB_COUNT_OF(d), r - 1.6)
                   : polynomial(e, TB_COUNT_OF(e), r - 5) / polynomial(f, TB_COUNT_OF(f), r - 5);
    return q < 0 ? -z : z;
}

/* The continued fraction of I_x(a, b), which converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double product = d;
    for (int m = 1; m <= 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            change = d * c;
            product *= change;
        }
        if (fabs(change - 1) < 1e-16)
            break;
    }
    return product;
}

double tb_beta_cdf(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a
                                     : 1 - front * beta_fraction(1 - x, b, a) / b;
}

double tb_beta_quantile(double p, double a, double b)
{
    double low = 0, high = 1;
    for (int step = 0; step < 200 && high - low > 1e-16 * high; step++) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (tb_beta_cdf(middle, a, b) < p)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

double tb_student_cdf(double t, double df)
{
    double tail = tb_beta_cdf(df / (df + t * t), df / 2, 0.5) / 2;
    return t > 0 ? 1 - tail : tail;
}

double tb_student_quantile(double p, double df)
{
    if (p == 0.5)
        return 0;
    double tail = p < 0.5 ? p : 1 - p;
    double x = tb_beta_quantile(2 * tail, df / 2, 0.5);
    double t = x > 0 ? sqrt(df * (1 - x) / x) : HUGE_VAL;
    return p < 0.5 ? -t : t;
}

double tb_binomial_cdf(size_t k, size_t n, double p)
{
    return k >= n ? 1 : tb_beta_cdf(1 - p, (double)(n - k), (double)k + 1);
}
