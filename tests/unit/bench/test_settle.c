/* When a configuration is settled, and how long its processes should be. */
#include <criterion/criterion.h>
#include <math.h>

#include "bench/settle.h"

/* A process of `count` samples, log-normal by quantiles: spread `within` about exp(level). */
static void add(tb_settle *settle, double level, double within, size_t count, uint64_t wall_ns)
{
    static double sorted[2000];
    for (size_t k = 0; k < count; k++) {
        double p = ((double)k + 0.5) / (double)count;
        /* Near enough to a normal quantile for quartiles. */
        sorted[k] = exp(level + within * (pow(p, 0.135) - pow(1 - p, 0.135)) / 0.1975);
    }
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_settle_add(settle, sorted, count, wall_ns, &err), TB_OK);
}

Test(settle, interval_of_a_median_over_processes)
{
    tb_settle settle = {0};
    static const double off[] = {-0.02, -0.01, 0, 0.01, 0.02, 0.005};
    for (size_t k = 0; k < 4; k++)
        add(&settle, 10 + off[k], 0.001, 101, 1000000000);
    cr_expect_eq(tb_settle_half_width(&settle), HUGE_VAL, "four processes tell too little");
    add(&settle, 10 + off[4], 0.001, 101, 1000000000);
    /* t.ppf(.975, 4) * std([-.02, -.01, 0, .01, .02], ddof=1) / sqrt(5) */
    cr_expect_float_eq(tb_settle_half_width(&settle), 0.01963243161, 1e-10);
    /* The smallest n with t.ppf(.975, n - 1) * std(...) / sqrt(n) <= .01 */
    cr_expect_eq(tb_settle_processes_for(&settle, 0.01), 13);
    cr_expect_eq(settle.spent_ns, 5000000000);
    add(&settle, 10 + off[5], 0.001, 101, 1000000000);
    cr_expect_lt(tb_settle_half_width(&settle), 0.0196);
    tb_settle_free(&settle);
}

Test(settle, longer_processes_where_samples_vary_most)
{
    const uint64_t least = 1000000, most = 1000000000;
    tb_settle noisy = {0}, uneven = {0}, alike = {0};
    for (int k = 0; k < 8; k++) {
        double off = k % 2 ? 0.02 : -0.02;
        /* Samples of about 22 us, 100 ms to start a process. */
        add(&noisy, 10 + off, 0.3, 1000, 122000000);
        add(&uneven, 10 + off, 0.001, 1000, 122000000);
        add(&alike, 10, 0.1, 1000, 122000000);
    }
    uint64_t of_noisy = tb_settle_sample_ns(&noisy, least, most);
    uint64_t of_uneven = tb_settle_sample_ns(&uneven, least, most);
    cr_expect_gt(of_noisy, of_uneven);
    cr_expect_eq(tb_settle_sample_ns(&alike, least, most), most, "one process would do");
    cr_expect_geq(of_uneven, least);
    tb_settle_free(&noisy);
    tb_settle_free(&uneven);
    tb_settle_free(&alike);
}
