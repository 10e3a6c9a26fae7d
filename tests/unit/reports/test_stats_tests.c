/*
 * Distributions, tests and proportions against SciPy 1.10.1 (the call stands at each constant) and
 * published examples.
 */
#include "reports/stats_special.h"
#include "reports/stats_tests.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/stats_near.h"

static const double eleven[] = {7.1, 3.2, 9.9, 4.4, 5.0, 6.6, 2.8, 30.5, 5.5, 4.9, 5.1};

Test(stats_tests, normal)
{
    EXPECT_NEAR(tb_normal_cdf(-8), 6.22096057427174e-16, 1e-28);       /* norm.cdf(-8) */
    EXPECT_NEAR(tb_normal_cdf(-1.96), 0.024997895148220435, 1e-16);    /* norm.cdf(-1.96) */
    EXPECT_NEAR(tb_normal_cdf(2.33), 0.9900969244408357, 1e-15);       /* norm.cdf(2.33) */
    EXPECT_NEAR(tb_normal_quantile(1e-20), -9.262340089798409, 1e-13); /* norm.ppf(1e-20) */
    EXPECT_NEAR(tb_normal_quantile(1e-5), -4.264890793922825, 1e-14);  /* norm.ppf(1e-5) */
    EXPECT_NEAR(tb_normal_quantile(0.3), -0.5244005127080409, 1e-15);  /* norm.ppf(.3) */
    EXPECT_NEAR(tb_normal_quantile(0.5), 0, 0);
    EXPECT_NEAR(tb_normal_quantile(0.975), 1.959963984540054, 1e-14); /* norm.ppf(.975) */
}

Test(stats_tests, beta)
{
    EXPECT_NEAR(tb_beta_cdf(0.3, 2, 5), 0.579825, 1e-14);          /* beta.cdf(.3, 2, 5) */
    EXPECT_NEAR(tb_beta_cdf(0.9, 8, 8), 0.999966375112032, 1e-14); /* beta.cdf(.9, 8, 8) */
    EXPECT_NEAR(tb_beta_cdf(0.5, 0.5, 0.5), 0.5, 1e-14);
    EXPECT_NEAR(tb_beta_cdf(0.01, 30, 70) / 1.0513087426709711e-35, 1, 1e-11);
    EXPECT_NEAR(tb_beta_cdf(0.6, 200, 150), 0.8601906604801527, 1e-12);
    EXPECT_NEAR(tb_beta_cdf(0, 2, 3), 0, 0);
    EXPECT_NEAR(tb_beta_cdf(1, 2, 3), 1, 0);
    EXPECT_NEAR(tb_beta_quantile(0.025, 8, 8), 0.2658613472773966, 1e-13); /* beta.ppf */
    EXPECT_NEAR(tb_beta_quantile(0.975, 1, 10), 0.3084971078187608, 1e-13);
    EXPECT_NEAR(tb_beta_quantile(0.5, 3.5, 0.5), 0.9326217269725904, 1e-13);
}

Test(stats_tests, student)
{
    EXPECT_NEAR(tb_student_cdf(2.1, 9), 0.9674408587939239, 1e-14);   /* t.cdf(2.1, 9) */
    EXPECT_NEAR(tb_student_cdf(-1, 2.5), 0.20203051363913677, 1e-14); /* t.cdf(-1, 2.5) */
    EXPECT_NEAR(tb_student_cdf(0, 4), 0.5, 1e-15);
    EXPECT_NEAR(tb_student_cdf(12, 1), 0.9735353239404101, 1e-14); /* t.cdf(12, 1) */
    /* x = special.betaincinv(df / 2, .5, 2 * min(p, 1 - p)); sqrt(df * (1 - x) / x). t.ppf itself is
       off in the eleventh digit: with one degree of freedom the truth is tan(.475 pi). */
    EXPECT_NEAR(tb_student_quantile(0.975, 1), 12.706204736174696, 1e-12);
    EXPECT_NEAR(tb_student_quantile(0.975, 9), 2.262157162798205, 1e-13);
    EXPECT_NEAR(tb_student_quantile(0.05, 3.7), -2.1824938039146016, 1e-13);
    EXPECT_NEAR(tb_student_quantile(0.9995, 30), 3.6459586350420623, 1e-12);
    EXPECT_NEAR(tb_student_quantile(0.5, 30), 0, 0);
}

Test(stats_tests, binomial)
{
    EXPECT_NEAR(tb_binomial_cdf(3, 10, 0.2), 0.8791261184, 1e-14); /* binom.cdf */
    EXPECT_NEAR(tb_binomial_cdf(0, 5, 0.1), 0.59049, 1e-15);
    EXPECT_NEAR(tb_binomial_cdf(60, 100, 0.5), 0.9823998998911476, 1e-13);
    EXPECT_NEAR(tb_binomial_cdf(195, 200, 0.98), 0.37115641987118364, 1e-12);
    EXPECT_NEAR(tb_binomial_cdf(7, 7, 0.3), 1, 0);
}

Test(stats_tests, mann_whitney)
{
    /* Hollander & Wolfe (1973), p. 69: permeability constants; R's help of wilcox.test gives W = 35,
       p = 0.2544 two-sided. */
    static const double at_term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
    static const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    tb_mann_whitney result = tb_mann_whitney_test(at_term, 10, early, 5);
    EXPECT_NEAR(result.u, 35, 0);
    EXPECT_NEAR(result.p, 0.2544122544122544, 1e-14); /* mannwhitneyu(.., method='exact') */
    cr_expect(result.exact);
    /* mannwhitneyu(range(n), range(n, 2 * n), method='exact') */
    static const double up[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    EXPECT_NEAR(tb_mann_whitney_test(up, 4, up + 4, 4).p, 0.02857142857142857, 1e-15);
    EXPECT_NEAR(tb_mann_whitney_test(up, 5, up + 5, 5).p, 0.007936507936507936, 1e-15);
    /* Ties: method='asymptotic'. */
    static const double a[] = {1, 1, 2, 3, 4, 4, 5}, b[] = {2, 3, 4, 4, 4, 6, 7, 8};
    result = tb_mann_whitney_test(a, 7, b, 8);
    EXPECT_NEAR(result.u, 14, 0);
    EXPECT_NEAR(result.p, 0.11061651968096056, 1e-14);
    cr_expect_not(result.exact);
    /* mannwhitneyu(arange(20.), arange(20.) + 2.5, method='asymptotic') */
    double g[20], h[20];
    for (int i = 0; i < 20; i++) {
        g[i] = i;
        h[i] = i + 2.5;
    }
    result = tb_mann_whitney_test(g, 20, h, 20);
    EXPECT_NEAR(result.u, 153, 0);
    EXPECT_NEAR(result.p, 0.20845355458876536, 1e-14);
    static const double same[] = {3, 3, 3};
    EXPECT_NEAR(tb_mann_whitney_test(same, 3, same, 3).p, 1, 0);
    EXPECT_NEAR(tb_mann_whitney_test(same, 0, same, 3).p, 1, 0);
}

Test(stats_tests, welch)
{
    static const double x[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
    static const double y[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.061, 3.14, 1.29};
    static const double four[] = {5, 5.1, 5.2, 4.9};
    EXPECT_NEAR(tb_welch_p(x, 9, y, 9), 0.2459855632357232, 1e-13); /* ttest_ind(equal_var=False) */
    EXPECT_NEAR(tb_welch_p(eleven, 11, four, 4), 0.28152036495866856, 1e-13);
    static const double flat[] = {2, 2, 2}, other[] = {3, 3};
    EXPECT_NEAR(tb_welch_p(flat, 3, flat, 2), 1, 0);
    EXPECT_NEAR(tb_welch_p(flat, 3, other, 2), 0, 0);
    EXPECT_NEAR(tb_welch_p(flat, 1, other, 2), 1, 0);
}

Test(stats_tests, mcnemar)
{
    /* min(1, 2 * binom.cdf(min(b, c), b + c, .5)) */
    EXPECT_NEAR(tb_mcnemar_p(5, 15), 0.04138946533203125, 1e-15);
    EXPECT_NEAR(tb_mcnemar_p(6, 0), 0.03125, 1e-15);
    EXPECT_NEAR(tb_mcnemar_p(1, 1), 1, 0);
    EXPECT_NEAR(tb_mcnemar_p(0, 0), 1, 0);
    EXPECT_NEAR(tb_mcnemar_p(121, 59), 4.4344492637551645e-06, 1e-17);
}

Test(stats_tests, proportions)
{
    /* binomtest(k, n).proportion_ci(.95, method='wilson' and 'exact') */
    static const struct {
        size_t k, n;
        double wilson_low, wilson_high, exact_low, exact_high;
    } cases[] = {
        {10, 20, 0.2992980081982124, 0.7007019918017876, 0.27195784956079133, 0.7280421504392086},
        {0, 10, 0, 0.27753279986288926, 0, 0.30849710781876294},
        {98, 100, 0.9299882092714561, 0.9944980324498377, 0.9296160675289299, 0.9975686631760752},
        {4, 200, 0.007804426416349465, 0.05028708690582644, 0.005475565879556446,
         0.050413609089896255}};
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        tb_interval wilson = tb_wilson_interval(cases[i].k, cases[i].n, 0.95);
        tb_interval exact = tb_exact_interval(cases[i].k, cases[i].n, 0.95);
        EXPECT_NEAR(wilson.low, cases[i].wilson_low, 1e-14);
        EXPECT_NEAR(wilson.high, cases[i].wilson_high, 1e-14);
        EXPECT_NEAR(exact.low, cases[i].exact_low, 1e-13);
        EXPECT_NEAR(exact.high, cases[i].exact_high, 1e-13);
    }
}

Test(stats_tests, many_tests)
{
    /* R: p.adjust(c(.01, .04, .03, .005, .8), "holm") and "BH" */
    static const double p[] = {0.01, 0.04, 0.03, 0.005, 0.8};
    static const double by_holm[] = {0.04, 0.09, 0.09, 0.025, 0.8};
    static const double by_bh[] = {0.025, 0.05, 0.05, 0.025, 0.8};
    double holm[5], bh[5];
    for (int i = 0; i < 5; i++)
        holm[i] = bh[i] = p[i];
    cr_assert(tb_holm(holm, 5));
    cr_assert(tb_benjamini_hochberg(bh, 5));
    for (int i = 0; i < 5; i++) {
        EXPECT_NEAR(holm[i], by_holm[i], 1e-15);
        EXPECT_NEAR(bh[i], by_bh[i], 1e-15);
    }
    cr_expect(tb_holm(holm, 0));
}
