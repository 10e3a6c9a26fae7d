/*
 * Statistics of samples: pure functions, no allocation except where said, no global state.
 *
 * Functions named ..._sorted take ascending samples (tb_sort_doubles). count = 0 is allowed only
 * where said. Unless a function says otherwise samples are finite.
 */
#ifndef TB_REPORTS_STATS_H
#define TB_REPORTS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tb_interval {
    double low, high;
    double level; /* probability that it covers, at least; 0: too few samples, low and high are 0 */
} tb_interval;

void tb_sort_doubles(double *values, size_t count);

double tb_mean(const double *values, size_t count);
/* Sample standard deviation (n - 1); 0 for one sample. */
double tb_stddev(const double *values, size_t count);

/* count > 0 in these. */
double tb_median_sorted(const double *sorted, size_t count);
/* p in [0, 1], linear between order statistics: Hyndman & Fan's type 7, as R and NumPy default. */
double tb_quantile_sorted(const double *sorted, size_t count, double p);
/* Median of |x - median|; not scaled. `scratch` has room for count values. */
double tb_mad_sorted(const double *sorted, size_t count, double *scratch);

/*
 * How many samples MLPerf LoadGen's early stopping wants before percentile p may be stated: the
 * smallest n = h + 1 such that I_p(h, 2) <= 0.01 (the regularised incomplete beta function, one
 * sample allowed above, confidence 0.99). p90 64, p95 130, p99 662, p99.9 6,636. 0 < p < 1.
 */
size_t tb_percentile_min_count(double p);

/* The binomial interval of the median: order statistics (k, n + 1 - k), the narrowest symmetric
   pair with coverage >= level; 95 % needs n >= 6. Distribution-free, needs independence. */
tb_interval tb_median_interval_sorted(const double *sorted, size_t count, double level);

/* Tukey's fences: quartiles (type 7) -+ 1.5 and 3 interquartile ranges. */
typedef struct tb_fences {
    double inner_low, inner_high, outer_low, outer_high;
} tb_fences;

tb_fences tb_tukey_fences_sorted(const double *sorted, size_t count);

/* P(X <= k) for X ~ Binomial(n, 1/2), to about twelve digits. */
double tb_binomial_half_cdf(size_t k, size_t n);

/* xoshiro256** (Blackman, Vigna 2018) seeded by splitmix64. */
typedef struct tb_random {
    uint64_t state[4];
} tb_random;

void tb_random_seed(tb_random *random, uint64_t seed);
uint64_t tb_random_next(tb_random *random);
/* Uniform in [0, bound), bound > 0, without bias. */
uint64_t tb_random_below(tb_random *random, uint64_t bound);
/* Uniform in [0, 1), 53 bits. */
double tb_random_unit(tb_random *random);

/* Everything the tables show of one set of samples. */
typedef struct tb_summary {
    size_t count;
    double mean, stddev, cv; /* cv = stddev / mean; 0 where the mean is 0 */
    double median, mad, min, max;
    tb_interval median_interval; /* binomial, 95 % */
    double p90, p95, p99;
    bool p90_ok, p95_ok, p99_ok;        /* enough samples to rely on it (tb_percentile_min_count) */
    size_t outliers_mild, outliers_far; /* beyond the inner fences only; beyond the outer */
    bool unstable;                      /* cv > 1 %, as trtexec says it */
} tb_summary;

/* count 0 gives all zeros. `scratch` has room for count values. */
tb_summary tb_summarise_sorted(const double *sorted, size_t count, double *scratch);

#endif
