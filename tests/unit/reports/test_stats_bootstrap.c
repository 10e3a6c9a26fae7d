/*
 * Resampling, levels and change points. What is random is held to the value that SciPy 1.10.1 gives
 * for infinitely (or 200,000) many resamples, within what the resamples here may miss by.
 */
#include <string.h>

#include "reports/stats_bootstrap.h"
#include "reports/stats_change.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/stats_near.h"

static const double eleven[] = {7.1, 3.2, 9.9, 4.4, 5.0, 6.6, 2.8, 30.5, 5.5, 4.9, 5.1};

Test(stats_bootstrap, median)
{
    /* [quantile(x, beta.ppf(q, 6, 6), method='weibull') for q in (.025, .975)] */
    tb_interval a = tb_median_bootstrap(eleven, 11, 0.95, 100000, 7);
    EXPECT_NEAR(a.low, 4.166627806294571, 0.02);
    EXPECT_NEAR(a.high, 7.644535118646006, 0.06);
    EXPECT_NEAR(a.level, 0.95, 0);
    tb_interval b = tb_median_bootstrap(eleven, 11, 0.95, 100000, 7);
    cr_expect_eq(memcmp(&a, &b, sizeof a), 0);
    cr_expect_eq(tb_median_bootstrap(eleven, 1, 0.95, 2000, 7).level, 0);
    static const double flat[] = {4, 4, 4, 4};
    tb_interval d = tb_median_bootstrap(flat, 4, 0.95, 100, 1);
    EXPECT_NEAR(d.low, 4, 0);
    EXPECT_NEAR(d.high, 4, 0);
}

Test(stats_bootstrap, ratio_of_two_samples)
{
    double doubled[11];
    for (int i = 0; i < 11; i++)
        doubled[i] = 2 * eleven[i];
    tb_interval a = tb_median_ratio_bootstrap(eleven, 11, doubled, 11, 0.95, 20000, 3);
    tb_interval b = tb_median_ratio_bootstrap(doubled, 11, eleven, 11, 0.95, 20000, 3);
    cr_expect(a.low < 2 && a.high > 2);
    /* Base and head exchanged: the reciprocal, but for what resampling misses. */
    EXPECT_NEAR(a.low * b.high, 1, 0.05);
    EXPECT_NEAR(a.high * b.low, 1, 0.05);
    cr_expect_eq(tb_median_ratio_bootstrap(eleven, 1, doubled, 11, 0.95, 100, 3).level, 0);
}

/* ---- processes ---- */

static const double base_ms[] = {10.2, 10.4, 9.9,  10.1, 10.3, 12.9,
                                 10.0, 10.2, 10.5, 9.8,  10.1, 10.2};
static const double head_ms[] = {9.8, 9.9, 10.0, 9.7, 10.1, 10.4, 9.6, 9.9, 9.9, 10.2, 8.1, 9.8};

/* One sample a process; `blocked`: pairs, else all in one block. */
static size_t make_processes(tb_level_process *out, size_t each, bool blocked)
{
    for (size_t i = 0; i < each; i++) {
        out[2 * i] = (tb_level_process){&base_ms[i], 1, blocked ? (int64_t)i : 0, false};
        out[2 * i + 1] = (tb_level_process){&head_ms[i], 1, blocked ? (int64_t)i : 0, true};
    }
    return 2 * each;
}

Test(stats_bootstrap, paired_blocks)
{
    tb_level_process processes[24];
    size_t count = make_processes(processes, 12, true);
    tb_ratio r = tb_ratio_of_processes(processes, count, 0.95, 100000, 5);
    /* d = log(head) - log(base); exp(trim_mean(d, .1)), Yuen's error by mstats.winsorize, t.sf */
    EXPECT_NEAR(r.ratio, 0.9489315272521787, 1e-14);
    EXPECT_NEAR(r.log_error, 0.026315628035464427, 1e-14);
    EXPECT_NEAR(r.p, 0.0775562574869269, 1e-12);
    EXPECT_NEAR(r.df, 9, 0);
    /* default_rng(1).choice, 200,000 trimmed means, quantiles at
       norm.cdf(t.ppf(.025, 11)) */
    EXPECT_NEAR(r.interval.low, 0.89362783, 1e-3);
    EXPECT_NEAR(r.interval.high, 0.98611308, 1e-3);
    cr_expect(r.paired);
    cr_expect_eq(r.blocks, 12);
    cr_expect_eq(r.base_processes, 12);
    cr_expect_not(r.one_process);
}

Test(stats_bootstrap, few_blocks_have_students_interval)
{
    tb_level_process processes[8];
    size_t count = make_processes(processes, 4, true);
    tb_ratio r = tb_ratio_of_processes(processes, count, 0.95, 1000, 5);
    /* mean, t.ppf(.975, 3) * std(ddof=1) / 2; ttest_1samp(d, 0) */
    EXPECT_NEAR(r.ratio, 0.9705339485351293, 1e-14);
    EXPECT_NEAR(r.interval.low, 0.9297488156023983, 1e-11);
    EXPECT_NEAR(r.interval.high, 1.0131081959474122, 1e-11);
    EXPECT_NEAR(r.p, 0.11335114665501128, 1e-12);
}

Test(stats_bootstrap, unpaired_processes)
{
    tb_level_process processes[24];
    size_t count = make_processes(processes, 12, false);
    tb_ratio r = tb_ratio_of_processes(processes, count, 0.95, 100000, 5);
    EXPECT_NEAR(r.ratio, 0.970551070060458, 1e-14);
    /* ttest_ind(log(head), log(base), equal_var=False, trim=.1) */
    EXPECT_NEAR(r.p, 0.00873909236866904, 1e-12);
    EXPECT_NEAR(r.log_error, 0.010163232848610421, 1e-14);
    EXPECT_NEAR(r.df, 17.98397297478237, 1e-9);
    /* As above, sides drawn apart, t.ppf(.025, 17.98 + 4). */
    EXPECT_NEAR(r.interval.low, 0.90156385, 2e-3);
    EXPECT_NEAR(r.interval.high, 0.99174529, 1e-3);
    cr_expect_not(r.paired);
}

Test(stats_bootstrap, one_process_a_side)
{
    double base[12], head[12];
    memcpy(base, base_ms, sizeof base);
    memcpy(head, head_ms, sizeof head);
    tb_sort_doubles(base, 12);
    tb_sort_doubles(head, 12);
    tb_level_process processes[] = {{base, 12, 0, false}, {head, 12, 0, true}};
    tb_ratio r = tb_ratio_of_processes(processes, 2, 0.95, 10000, 5);
    EXPECT_NEAR(r.ratio, 9.9 / 10.2, 1e-14);
    cr_expect(r.one_process);
    cr_expect(r.interval.low < r.ratio && r.ratio < r.interval.high);
    r = tb_ratio_of_processes(processes, 1, 0.95, 10000, 5);
    EXPECT_NEAR(r.ratio, 0, 0);
    EXPECT_NEAR(r.p, 1, 0);
}

Test(stats_bootstrap, geometric_mean)
{
    static const double ratios[] = {1.02, 0.97, 1.10};
    static const tb_interval intervals[] = {{1.0, 1.04, 0.95}, {.95, .99, .95}, {1.05, 1.15, .95}};
    tb_mean_ratio mean = tb_geometric_mean(ratios, intervals, 3);
    EXPECT_NEAR(mean.ratio, 1.028619761838099, 1e-14); /* gmean(r) */
    /* exp(mean(log(r)) -+ sqrt(sum(((log(high) - log(low)) / 2) ** 2)) / 3) */
    EXPECT_NEAR(mean.interval.low, 1.0103866905076004, 1e-14);
    EXPECT_NEAR(mean.interval.high, 1.0471818605531291, 1e-14);
    static const tb_interval unknown[] = {{1, 2, 0.95}, {0, 0, 0}, {1, 2, 0.95}};
    EXPECT_NEAR(tb_geometric_mean(ratios, unknown, 3).interval.level, 0, 0);
}

Test(stats_bootstrap, levels)
{
    static const double a[] = {1.0, 1.1, 1.2}, b[] = {1.25, 1.3, 1.4}, c[] = {0.9, 1.0, 1.05};
    tb_level_process processes[] = {{a, 3, 0, false}, {b, 3, 1, false}, {c, 3, 2, false}};
    tb_levels levels = tb_levels_of(processes, 3);
    /* numpy: pooled variance of log samples; var(means, ddof=1) - within / 3 */
    EXPECT_NEAR(levels.within, 0.00594519763515039, 1e-15);
    EXPECT_NEAR(levels.between, 0.019867469987883475, 1e-15);
    EXPECT_NEAR(levels.samples_each, 3, 1e-12);
    /* sqrt(cost * within / between) */
    EXPECT_NEAR(tb_levels_best_samples(&levels, 100), sqrt(100 * levels.within / levels.between),
                1e-12);
    /* sd .1477: the first n with t.ppf(.975, n - 1) * sd / sqrt(n) <= .05 */
    size_t n = tb_levels_processes_for(&levels, 0.05);
    cr_expect_geq(n, 34);
    cr_expect_leq(n, 38);
    tb_levels none = tb_levels_of(processes, 0);
    cr_expect_eq(none.process_count, 0);
}

/* ---- change points ---- */

Test(stats_change, energy)
{
    static const double s[] = {1.02, 0.95, 0.99, 1.00, 1.12, 0.90, 0.50, 0.51, 0.48, 0.48, 0.55};
    /* numpy: n m / (n + m) (2 mean|x - y| - mean|x - x'| - mean|y - y'|) */
    EXPECT_NEAR(tb_energy_split(s, 11, 1), 0.2577777777777777, 1e-14);
    EXPECT_NEAR(tb_energy_split(s, 11, 3), 0.7007792207792206, 1e-14);
    EXPECT_NEAR(tb_energy_split(s, 11, 6), 2.354545454545454, 1e-14);
    EXPECT_NEAR(tb_energy_split(s, 11, 9), 0.5027272727272726, 1e-14);
}

Test(stats_change, published_series)
{
    /* The series of Hunter's own tests: one change, at 10. */
    static const double s[] = {1.02, 0.95, 0.99, 1.00, 1.12, 1.00, 1.01, 0.98, 1.01, 0.96,
                               0.50, 0.51, 0.48, 0.48, 0.55, 0.50, 0.49, 0.51, 0.50, 0.49};
    tb_change_rule rule = TB_CHANGE_RULE_DEFAULT;
    tb_change changes[4];
    cr_assert_eq(tb_change_points(s, 20, &rule, changes, 4), 1);
    cr_expect_eq(changes[0].at, 10);
    EXPECT_NEAR(changes[0].before, 1.004, 1e-12);
    EXPECT_NEAR(changes[0].after, 0.501, 1e-12);
    cr_expect_lt(changes[0].p, 1e-6);
    cr_expect_eq(tb_change_points(s, 10, &rule, changes, 4), 0, "a level without a change");
    cr_expect_eq(tb_change_points(s, 1, &rule, changes, 4), 0);
    cr_expect_eq(tb_change_points(s, 0, &rule, changes, 4), 0);
}

Test(stats_change, levels_up_and_down_and_small_steps)
{
    double s[200];
    tb_random random;
    tb_random_seed(&random, 11);
    for (size_t i = 0; i < 200; i++) {
        double level = i < 60 ? 100 : i < 120 ? 110 : i < 160 ? 100 : 102;
        s[i] = level * (1 + 0.01 * (tb_random_unit(&random) - 0.5));
    }
    tb_change_rule rule = TB_CHANGE_RULE_DEFAULT;
    tb_change changes[8];
    cr_assert_eq(tb_change_points(s, 200, &rule, changes, 8), 2, "2 %% is below the magnitude");
    cr_expect_eq(changes[0].at, 60);
    cr_expect_eq(changes[1].at, 120);
    rule.magnitude = 0.01;
    cr_assert_eq(tb_change_points(s, 200, &rule, changes, 8), 3);
    cr_expect_eq(changes[2].at, 160);
    cr_expect_eq(tb_change_points(s, 200, &rule, changes, 1), 1, "no more than there is room for");
}
