/* How steps of the cpu delegate are cut into tasks. */
#include <criterion/criterion.h>

#include "delegates/cpu/split.h"

static tb_cpu_kernels kernels;
static tb_value values[3];

static tb_plan plan_of(int threads)
{
    kernels = (tb_cpu_kernels){0};
    kernels.f32_dw.nr = 8;
    values[0] = (tb_value){.elements = 1 << 20, .element_bytes = 1, .home = TB_HOME_MEMORY};
    values[1] = (tb_value){.home = TB_HOME_ALIAS, .alias_of = 0};
    values[2] = (tb_value){.elements = 64, .element_bytes = 1, .home = TB_HOME_MEMORY};
    return (tb_plan){.threads = threads, .kernels = &kernels, .values = values, .value_count = 3};
}

Test(cpu_split, little_work_stays_with_the_caller_and_much_is_shared)
{
    const tb_plan two = plan_of(2), one = plan_of(1);
    cr_assert_eq(tb_split_tasks(&two, 2, 100.0), 1);
    cr_assert_eq(tb_split_tasks(&two, 2, 1e9), 2 * TB_SPLIT_TASKS);
    cr_assert_eq(tb_split_tasks(&one, 2, 1e9), 1);
    cr_assert_eq(tb_split_tasks(&two, 2, 10000.0) % 2, 0, "as many for each thread");
}

Test(cpu_split, what_all_threads_wrote_is_read_by_all)
{
    const tb_plan plan = plan_of(2);
    const double ns = 3000;
    cr_assert_eq(tb_split_tasks(&plan, 0, ns), 1);
    tb_split_set_spread(&plan, 1, true); /* through another shape of the same bytes */
    cr_assert(values[0].spread);
    cr_assert_eq(tb_split_tasks(&plan, 0, ns), 2);
}

Test(cpu_split, everything_is_shared_on_demand)
{
    tb_plan plan = plan_of(3);
    plan.share_all = true;
    cr_assert_eq(tb_split_tasks(&plan, 2, 1.0), 3 * TB_SPLIT_TASKS);
}

Test(cpu_split, bands_are_within_bounds_and_alike_for_all_threads)
{
    for (int threads = 1; threads <= 5; threads++) {
        const tb_plan plan = plan_of(threads);
        for (int32_t rows = 1; rows < 70; rows++)
            for (int32_t most = 1; most <= rows; most += 3) {
                const size_t tasks = threads > 1 ? (size_t)threads * TB_SPLIT_TASKS : 1;
                const int32_t band = tb_split_rows(&plan, 1, rows, most, tasks);
                cr_assert(band >= 1 && band <= most, "%d rows, at most %d: %d", rows, most, band);
                if (rows % threads == 0 && most == rows)
                    cr_assert_eq(rows / threads % band, 0, "%d rows, %d threads: %d", rows, threads,
                                 band);
            }
    }
}
