/* Statistics of samples; contracts and sources in stats.h. */
#include "reports/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *left, const void *right)
{
    double a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

void tb_sort_doubles(double *values, size_t count)
{
    if (count > 1)
        qsort(values, count, sizeof *values, compare_doubles);
}

double tb_mean(const double *values, size_t count)
{
    if (count == 0)
        return 0;
    /* Offsets from the first value keep the sum small where all are alike. */
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] - values[0];
    return values[0] + sum / (double)count;
}

double tb_stddev(const double *values, size_t count)
{
    if (count < 2)
        return 0;
    double mean = tb_mean(values, count);
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1));
}

double tb_median_sorted(const double *sorted, size_t count)
{
    size_t half = count / 2;
    return count % 2 ? sorted[half] : sorted[half - 1] + (sorted[half] - sorted[half - 1]) / 2;
}

double tb_quantile_sorted(const double *sorted, size_t count, double p)
{
    double position = p * (double)(count - 1);
    size_t below = (size_t)position;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

double tb_mad_sorted(const double *sorted, size_t count, double *scratch)
{
    double median = tb_median_sorted(sorted, count);
    for (size_t i = 0; i < count; i++)
        scratch[i] = fabs(sorted[i] - median);
    tb_sort_doubles(scratch, count);
    return tb_median_sorted(scratch, count);
}

/* I_p(h, 2) = p^h (1 + h (1 - p)), by parts from the definition. */
static double beta_two(double p, double h)
{
    return exp(h * log(p)) * (1 + h * (1 - p));
}

size_t tb_percentile_min_count(double p)
{
    const double miss = 0.01;
    size_t low = 0, high = 1;
    while (beta_two(p, (double)high) > miss)
        high *= 2;
    /* Falls steadily in h: the smallest that holds lies in (low, high]. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (beta_two(p, (double)middle) > miss)
            low = middle;
        else
            high = middle;
    }
    return high + 1;
}

double tb_binomial_half_cdf(size_t k, size_t n)
{
    if (k >= n)
        return 1;
    /* Terms C(n, i) / 2^n, from logarithms: none under- or overflows while the sum matters. */
    double sum = 0;
    double log_all = (double)n * log(2.0);
    double log_n = lgamma((double)n + 1);
    for (size_t i = 0; i <= k; i++)
        sum += exp(log_n - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) - log_all);
    return sum < 1 ? sum : 1;
}

/* The largest k with P(X <= k) <= tail for X ~ Binomial(n, 1/2), plus 1; 0 where there is none. */
static size_t largest_rank(size_t n, double tail)
{
    double sum = 0;
    double log_all = (double)n * log(2.0);
    double log_n = lgamma((double)n + 1);
    for (size_t k = 0; k <= n; k++) {
        sum += exp(log_n - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) - log_all);
        /* The rounding of lgamma must not decide a case that is equal by arithmetic. */
        if (sum > tail * (1 + 1e-12))
            return k;
    }
    return n;
}

tb_interval tb_median_interval_sorted(const double *sorted, size_t count, double level)
{
    tb_interval interval = {0};
    /* Coverage of (x_(k), x_(n+1-k)) is 1 - 2 P(X <= k - 1). */
    size_t k = count ? largest_rank(count, (1 - level) / 2) : 0;
    if (k == 0)
        return interval;
    interval.low = sorted[k - 1];
    interval.high = sorted[count - k];
    interval.level = 1 - 2 * tb_binomial_half_cdf(k - 1, count);
    return interval;
}

tb_fences tb_tukey_fences_sorted(const double *sorted, size_t count)
{
    double first = tb_quantile_sorted(sorted, count, 0.25);
    double third = tb_quantile_sorted(sorted, count, 0.75);
    double range = third - first;
    tb_fences fences = {first - 1.5 * range, third + 1.5 * range, first - 3 * range,
                        third + 3 * range};
    return fences;
}

void tb_random_seed(tb_random *random, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15;
        uint64_t mixed = seed;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        random->state[i] = mixed ^ mixed >> 31;
    }
}

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t tb_random_next(tb_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t tb_random_below(tb_random *random, uint64_t bound)
{
    /* Drawing again below 2^64 mod bound leaves as many values for each remainder. */
    uint64_t least = (0 - bound) % bound;
    uint64_t drawn;
    do
        drawn = tb_random_next(random);
    while (drawn < least);
    return drawn % bound;
}

double tb_random_unit(tb_random *random)
{
    return (double)(tb_random_next(random) >> 11) * 0x1p-53;
}

tb_summary tb_summarise_sorted(const double *sorted, size_t count, double *scratch)
{
    tb_summary summary = {.count = count};
    if (count == 0)
        return summary;
    summary.mean = tb_mean(sorted, count);
    summary.stddev = tb_stddev(sorted, count);
    summary.cv = summary.mean != 0 ? summary.stddev / summary.mean : 0;
    summary.median = tb_median_sorted(sorted, count);
    summary.mad = tb_mad_sorted(sorted, count, scratch);
    summary.min = sorted[0];
    summary.max = sorted[count - 1];
    summary.median_interval = tb_median_interval_sorted(sorted, count, 0.95);
    summary.p90 = tb_quantile_sorted(sorted, count, 0.90);
    summary.p95 = tb_quantile_sorted(sorted, count, 0.95);
    summary.p99 = tb_quantile_sorted(sorted, count, 0.99);
    summary.p90_ok = count >= tb_percentile_min_count(0.90);
    summary.p95_ok = count >= tb_percentile_min_count(0.95);
    summary.p99_ok = count >= tb_percentile_min_count(0.99);
    tb_fences fences = tb_tukey_fences_sorted(sorted, count);
    for (size_t i = 0; i < count; i++) {
        if (sorted[i] < fences.outer_low || sorted[i] > fences.outer_high)
            summary.outliers_far++;
        else if (sorted[i] < fences.inner_low || sorted[i] > fences.inner_high)
            summary.outliers_mild++;
    }
    summary.unstable = summary.cv > 0.01;
    return summary;
}
