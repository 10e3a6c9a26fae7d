/*
 * Statistics against values of an independent implementation: Python 3.11's statistics, math.comb
 * and fractions; the call is named at each constant.
 */

#include "reports/stats.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/stats_near.h"

/* x = [7.1, 3.2, 9.9, 4.4, 5.0, 6.6, 2.8, 30.5, 5.5, 4.9, 5.1], sorted */
static const double eleven[] = {2.8, 3.2, 4.4, 4.9, 5.0, 5.1, 5.5, 6.6, 7.1, 9.9, 30.5};

Test(stats, location_and_spread)
{
    double scratch[11];
    EXPECT_NEAR(tb_mean(eleven, 11), 7.7272727272727275, 1e-14);   /* statistics.mean(x) */
    EXPECT_NEAR(tb_stddev(eleven, 11), 7.7982165793328555, 1e-14); /* statistics.stdev(x) */
    EXPECT_NEAR(tb_median_sorted(eleven, 11), 5.1, 0);             /* statistics.median(x) */
    EXPECT_NEAR(tb_median_sorted(eleven, 10), (5.0 + 5.1) / 2, 1e-15);
    /* median([abs(v - median(x)) for v in x]) */
    EXPECT_NEAR(tb_mad_sorted(eleven, 11, scratch), 1.5, 1e-14);
    EXPECT_NEAR(tb_stddev(eleven, 1), 0, 0);
    EXPECT_NEAR(tb_mean(eleven, 0), 0, 0);
}

Test(stats, large_offsets_do_not_drown_the_spread)
{
    double values[100];
    for (size_t i = 0; i < 100; i++)
        values[i] = 1e15 + (double)(i % 2);
    EXPECT_NEAR(tb_mean(values, 100), 1e15 + 0.5, 0.13);
    /* statistics.stdev([i % 2 for i in range(100)]) */
    EXPECT_NEAR(tb_stddev(values, 100), 0.50251890762960605, 1e-2);
}

Test(stats, quantiles_are_of_type_seven)
{
    /* statistics.quantiles(x, n=20, method='inclusive') */
    static const double twentieths[] = {3.0, 3.2, 3.8,  4.4, 4.65, 4.9, 4.95, 5.0, 5.05, 5.1,
                                        5.3, 5.5, 6.05, 6.6, 6.85, 7.1, 8.5,  9.9, 20.2};
    for (size_t i = 0; i < TB_COUNT_OF(twentieths); i++)
        EXPECT_NEAR(tb_quantile_sorted(eleven, 11, (double)(i + 1) / 20), twentieths[i], 1e-13);
    EXPECT_NEAR(tb_quantile_sorted(eleven, 11, 0), 2.8, 0);
    EXPECT_NEAR(tb_quantile_sorted(eleven, 11, 1), 30.5, 0);
    EXPECT_NEAR(tb_quantile_sorted(eleven, 1, 0.5), 2.8, 0);
}

Test(stats, fences)
{
    /* q1, m, q3 = statistics.quantiles(x, n=4, method='inclusive') */
    tb_fences fences = tb_tukey_fences_sorted(eleven, 11);
    EXPECT_NEAR(fences.inner_low, 1.35, 1e-13);
    EXPECT_NEAR(fences.inner_high, 10.15, 1e-13);
    EXPECT_NEAR(fences.outer_low, -1.95, 1e-13);
    EXPECT_NEAR(fences.outer_high, 13.45, 1e-13);
}

Test(stats, percentile_counts_are_those_of_loadgen)
{
    /* MLPerf's table; p50 by exact fractions: the first h with p**h * (1 + h * (1 - p)) <= 1/100 */
    cr_expect_eq(tb_percentile_min_count(0.50), 11);
    cr_expect_eq(tb_percentile_min_count(0.90), 64);
    cr_expect_eq(tb_percentile_min_count(0.95), 130);
    cr_expect_eq(tb_percentile_min_count(0.99), 662);
    cr_expect_eq(tb_percentile_min_count(0.999), 6636);
}

Test(stats, binomial_half)
{
    /* float(sum(Fraction(math.comb(n, i), 2**n) for i in range(k + 1))) */
    EXPECT_NEAR(tb_binomial_half_cdf(0, 1), 0.5, 1e-15);
    EXPECT_NEAR(tb_binomial_half_cdf(2, 5), 0.5, 1e-15);
    EXPECT_NEAR(tb_binomial_half_cdf(39, 100), 0.017600100108852407, 1e-14);
    EXPECT_NEAR(tb_binomial_half_cdf(450, 1000), 0.0008652680424881588, 1e-14);
    EXPECT_NEAR(tb_binomial_half_cdf(2400, 5000), 0.002441824868758759, 1e-13);
    EXPECT_NEAR(tb_binomial_half_cdf(7, 7), 1, 0);
}

Test(stats, median_interval_ranks)
{
    /* The largest k with 1 - 2 * sum(comb(n, i) for i in range(k)) / 2**n >= 0.95, exactly. */
    static const struct {
        size_t count, k;
        double level;
    } cases[] = {{6, 1, 0.96875},
                 {7, 1, 0.984375},
                 {8, 1, 0.9921875},
                 {10, 2, 0.978515625},
                 {15, 4, 0.96484375},
                 {30, 10, 0.9572260547429323},
                 {100, 40, 0.9647997997822951},
                 {1000, 469, 0.9537088026395019}};
    static double ranks[1000];
    for (size_t i = 0; i < 1000; i++)
        ranks[i] = (double)(i + 1);
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        tb_interval interval = tb_median_interval_sorted(ranks, cases[i].count, 0.95);
        EXPECT_NEAR(interval.low, (double)cases[i].k, 0);
        EXPECT_NEAR(interval.high, (double)(cases[i].count + 1 - cases[i].k), 0);
        EXPECT_NEAR(interval.level, cases[i].level, 1e-11);
    }
    for (size_t count = 0; count < 6; count++)
        cr_expect_eq(tb_median_interval_sorted(ranks, count, 0.95).level, 0, "%zu samples", count);
    /* Equal by arithmetic: six samples cover exactly 0.96875. */
    cr_expect_eq(tb_median_interval_sorted(ranks, 6, 0.96875).low, 1);
}

Test(stats, random_numbers_are_the_published_ones)
{
    /* splitmix64, seed 1234567, and xoshiro256** from state 1, 2, 3, 4: the authors' sequences. */
    static const uint64_t mixed[] = {6457827717110365317u, 3203168211198807973u,
                                     9817491932198370423u, 4593380528125082431u};
    static const uint64_t drawn[] = {11520u,
                                     0u,
                                     1509978240u,
                                     1215971899390074240u,
                                     1216172134540287360u,
                                     607988272756665600u,
                                     16172922978634559625u,
                                     8476171486693032832u,
                                     10595114339597558777u,
                                     2904607092377533576u};
    tb_random random;
    tb_random_seed(&random, 1234567);
    for (size_t i = 0; i < TB_COUNT_OF(mixed); i++)
        cr_expect_eq(random.state[i], mixed[i]);
    random = (tb_random){{1, 2, 3, 4}};
    for (size_t i = 0; i < TB_COUNT_OF(drawn); i++)
        cr_expect_eq(tb_random_next(&random), drawn[i]);
    for (size_t i = 0; i < 1000; i++) {
        cr_assert_lt(tb_random_below(&random, 7), 7u);
        double unit = tb_random_unit(&random);
        cr_assert(unit >= 0 && unit < 1);
    }
    cr_expect_eq(tb_random_below(&random, 1), 0u);
}

Test(stats, summary)
{
    double scratch[11];
    tb_summary none = tb_summarise_sorted(NULL, 0, NULL);
    cr_expect_eq(none.count, 0);
    cr_expect_eq(none.median_interval.level, 0);
    tb_summary summary = tb_summarise_sorted(eleven, 11, scratch);
    cr_expect_eq(summary.count, 11);
    EXPECT_NEAR(summary.median, 5.1, 0);
    EXPECT_NEAR(summary.min, 2.8, 0);
    EXPECT_NEAR(summary.max, 30.5, 0);
    EXPECT_NEAR(summary.p95, 20.2, 1e-13);
    EXPECT_NEAR(summary.cv, 7.7982165793328555 / 7.7272727272727275, 1e-14);
    cr_expect_eq(summary.outliers_far, 1);
    cr_expect_eq(summary.outliers_mild, 0);
    cr_expect(summary.unstable);
    cr_expect_not(summary.p90_ok);
    static double many[662];
    static double room[662];
    for (size_t i = 0; i < 662; i++)
        many[i] = 1000 + (double)i / 1000;
    summary = tb_summarise_sorted(many, 662, room);
    cr_expect(summary.p90_ok && summary.p95_ok && summary.p99_ok);
    cr_expect_not(tb_summarise_sorted(many, 661, room).p99_ok);
    cr_expect_not(summary.unstable);
}
