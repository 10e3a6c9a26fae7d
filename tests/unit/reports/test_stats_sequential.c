/* Sequential verdicts: their rule on constructed ratios, and their rates on simulated blocks. */
#include "reports/stats_sequential.h"
#include "tests/unit/reports/stats_near.h"

static const tb_sequential_rule rule = {0.03, 0.02, 0.005};

static tb_ratio ratio_of(double change, double error, double df)
{
    return (tb_ratio){.ratio = 1 + change, .log_error = error, .df = df};
}

Test(stats_sequential, verdicts)
{
    tb_ratio r = ratio_of(0.03, 0.001, 10);
    cr_expect_eq(tb_sequential_decide(&r, &rule), TB_DECISION_WORSE);
    r = ratio_of(-0.03, 0.001, 10);
    cr_expect_eq(tb_sequential_decide(&r, &rule), TB_DECISION_BETTER);
    r = ratio_of(0, 0.001, 10);
    cr_expect_eq(tb_sequential_decide(&r, &rule), TB_DECISION_SAME);
    r = ratio_of(0.01, 0.0001, 10);
    cr_expect_eq(tb_sequential_decide(&r, &rule), TB_DECISION_SAME, "sure, but it does not matter");
    r = ratio_of(0.03, 0.02, 10);
    cr_expect_eq(tb_sequential_decide(&r, &rule), TB_DECISION_MORE);
    r = ratio_of(0.03, 0.001, 10);
    r.one_process = true;
    cr_expect_eq(tb_sequential_decide(&r, &rule), TB_DECISION_MORE);
    r = (tb_ratio){0};
    cr_expect_eq(tb_sequential_decide(&r, &rule), TB_DECISION_MORE, "nothing is no pass");
    for (size_t k = 1; k < tb_sequential_looks(); k++)
        cr_expect_gt(tb_sequential_look(k), tb_sequential_look(k - 1));
    cr_expect_eq(tb_sequential_look(tb_sequential_looks()), 0);
}

Test(stats_sequential, what_would_have_been_found)
{
    tb_ratio r = ratio_of(0, 0.004, 9);
    /* expm1(log1p(.03) / 2 + t.ppf(.98, 9) * .004) */
    EXPECT_NEAR(tb_sequential_detectable(&r, &rule, 0.98), 0.024672618574368883, 1e-11);
    r.log_error = 0.01;
    /* expm1((t.ppf(1 - .02 / 8, 9) + t.ppf(.98, 9)) * .01) */
    EXPECT_NEAR(tb_sequential_detectable(&r, &rule, 0.98), 0.06277247263199107, 1e-11);
    r.log_error = 0;
    EXPECT_NEAR(tb_sequential_detectable(&r, &rule, 0.98), 0, 0);
}

/* Normal blocks of the given spread, until there is a verdict. */
static tb_decision decide(tb_random *random, double change, double spread, size_t *blocks)
{
    static double values[2 * 60];
    static tb_level_process processes[2 * 60];
    size_t drawn = 0;
    for (size_t look = 0; look < tb_sequential_looks(); look++) {
        for (; drawn < tb_sequential_look(look); drawn++) {
            double radius = sqrt(-2 * log(1 - tb_random_unit(random)));
            double z = radius * cos(6.283185307179586 * tb_random_unit(random));
            values[2 * drawn] = 1;
            values[2 * drawn + 1] = exp(change + spread * z);
            for (size_t side = 0; side < 2; side++)
                processes[2 * drawn + side] =
                    (tb_level_process){&values[2 * drawn + side], 1, (int64_t)drawn, side == 1};
        }
        tb_ratio r = tb_ratio_of_processes(processes, 2 * drawn, 0.95, 0, 1);
        tb_decision decision = tb_sequential_decide(&r, &rule);
        *blocks = drawn;
        if (decision != TB_DECISION_MORE)
            return decision;
    }
    return TB_DECISION_MORE;
}

Test(stats_sequential, rates_hold)
{
    tb_random random;
    tb_random_seed(&random, 77);
    static const double spreads[] = {0.003, 0.01, 0.02};
    for (size_t s = 0; s < 3; s++) {
        int alarms = 0, found = 0;
        for (int k = 0; k < 1000; k++) {
            size_t blocks;
            alarms += decide(&random, 0, spreads[s], &blocks) == TB_DECISION_WORSE;
            found += decide(&random, log(1.03), spreads[s], &blocks) == TB_DECISION_WORSE;
        }
        /* alpha .02 by design, of which trimming takes a little: three errors above. */
        cr_expect_leq(alarms, 33, "spread %g: %d alarms", spreads[s], alarms);
        cr_expect_geq(found, 980, "spread %g: %d found", spreads[s], found);
    }
}

Test(stats_sequential, two_estimates)
{
    tb_ratio none = {0}, same = ratio_of(0, 0.001, 10), worse = ratio_of(0.03, 0.001, 10),
             better = ratio_of(-0.03, 0.001, 10), vague = ratio_of(0.01, 0.02, 10),
             vague_far = ratio_of(0.06, 0.05, 10);
    const struct {
        const tb_ratio *low, *median;
        tb_decision expected;
    } cases[] = {
        {&same, &same, TB_DECISION_SAME},        {&worse, &same, TB_DECISION_WORSE},
        {&same, &worse, TB_DECISION_WORSE},      {&same, &vague, TB_DECISION_SAME},
        {&vague, &same, TB_DECISION_SAME},       {&vague, &vague, TB_DECISION_MORE},
        {&same, &vague_far, TB_DECISION_MORE},   {&better, &vague, TB_DECISION_BETTER},
        {&better, &vague_far, TB_DECISION_MORE}, {&same, &none, TB_DECISION_MORE},
        {&same, &better, TB_DECISION_BETTER},    {&none, &none, TB_DECISION_MORE},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        cr_expect_eq(tb_sequential_decide_two(cases[k].low, cases[k].median, &rule),
                     cases[k].expected, "case %zu", k);
}
