/* Adaptive numbers of processes and samples; see settle.h. */
#include "bench/settle.h"

#include <math.h>
#include <stdlib.h>

#include "reports/stats.h"
#include "reports/stats_special.h"

void tb_settle_free(tb_settle *settle)
{
    free(settle->log_median);
    *settle = (tb_settle){0};
}

tb_status tb_settle_add(tb_settle *settle, const double *sorted_ns, size_t count, uint64_t wall_ns,
                        tb_error *err)
{
    if (settle->count == settle->room) {
        size_t room = settle->room ? 2 * settle->room : 16;
        double *grown = realloc(settle->log_median, room * sizeof *grown);
        if (!grown)
            return tb_fail(err, TB_NO_MEMORY, "medians of processes: out of memory");
        settle->log_median = grown;
        settle->room = room;
    }
    double median_ns = tb_median_sorted(sorted_ns, count), sum_ns = 0;
    for (size_t k = 0; k < count; k++)
        sum_ns += sorted_ns[k];
    /* Quartiles of a normal distribution are 1.349 standard deviations apart; a median's variance is
       pi / 2 times that of a mean. Outliers do not enter, as they do not enter the median. */
    double spread = (log(tb_quantile_sorted(sorted_ns, count, 0.75)) -
                     log(tb_quantile_sorted(sorted_ns, count, 0.25))) /
                    1.349;
    settle->within += 1.5707963267948966 * spread * spread;
    settle->inverse += 1 / (double)count;
    settle->log_median[settle->count++] = log(median_ns);
    settle->latency_ns += median_ns;
    settle->overhead_ns += (double)wall_ns > sum_ns ? (double)wall_ns - sum_ns : 0;
    settle->spent_ns += wall_ns;
    return TB_OK;
}

double tb_settle_half_width(const tb_settle *settle)
{
    if (settle->count < TB_SETTLE_PILOT)
        return HUGE_VAL;
    double count = (double)settle->count;
    return tb_student_quantile(0.975, count - 1) * tb_stddev(settle->log_median, settle->count) /
           sqrt(count);
}

/* Variances a level, as far as they can be told apart. */
static tb_levels levels_of(const tb_settle *settle)
{
    double count = (double)settle->count;
    double spread = tb_stddev(settle->log_median, settle->count);
    tb_levels levels = {.within = settle->within / count,
                        .process_count = settle->count,
                        .samples_each = count / settle->inverse};
    double between = spread * spread - levels.within / levels.samples_each;
    levels.between = between > 0 ? between : 0;
    return levels;
}

size_t tb_settle_processes_for(const tb_settle *settle, double target)
{
    double spread = tb_stddev(settle->log_median, settle->count);
    tb_levels all = {.between = spread * spread};
    return tb_levels_processes_for(&all, target);
}

uint64_t tb_settle_sample_ns(const tb_settle *settle, uint64_t least_ns, uint64_t most_ns)
{
    if (settle->count < 2)
        return least_ns;
    tb_levels levels = levels_of(settle);
    double best_ns = tb_levels_best_samples(&levels, settle->overhead_ns / settle->latency_ns) *
                     settle->latency_ns / (double)settle->count;
    if (!(best_ns > (double)least_ns))
        return least_ns;
    return best_ns < (double)most_ns ? (uint64_t)best_ns : most_ns;
}
