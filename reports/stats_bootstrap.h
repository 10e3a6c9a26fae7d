/*
 * Seeded bootstrap: the same inputs and seed give the same interval on every machine.
 *
 * Medians are resampled from the sample's quantile function, linear between order statistics at
 * k / (n + 1) (Hyndman & Fan's type 6), instead of from its n points. The median of such a resample
 * is that function at the median of n uniform numbers, whose distribution is beta: one draw a
 * resample, whatever n. Efron's plain percentile bootstrap covers too little on medians of few
 * samples, since its ends are order statistics (n = 15: 88 or 96 %); this one covers what it says
 * (docs/measuring.md, "Do the intervals cover?"). Allocates; level 0 where that fails.
 */
#ifndef TB_REPORTS_STATS_BOOTSTRAP_H
#define TB_REPORTS_STATS_BOOTSTRAP_H

#include "reports/stats.h"

#define TB_BOOTSTRAP_RESAMPLES 10000

/* Of the median; count >= 2. */
tb_interval tb_median_bootstrap(const double *values, size_t count, double level, size_t resamples,
                                uint64_t seed);

/* Of median(b) / median(a), two independent samples, all positive, two of each at least: the ends of
   both intervals of the medians put together on the log scale (Donner & Zou 2012, "MOVER"), with
   Satterthwaite's degrees of freedom, since two widths together are better known than each. The
   percentiles of resampled ratios would cover too much: 98 % at n = 15. */
tb_interval tb_median_ratio_bootstrap(const double *a, size_t a_count, const double *b,
                                      size_t b_count, double level, size_t resamples,
                                      uint64_t seed);

/* ---- processes and blocks ---- */

/* One process of one side of a comparison. */
typedef struct tb_level_process {
    const double *sorted; /* its samples, ascending, positive */
    size_t count;         /* at least 1 */
    int64_t block;        /* of an interleaved design; processes of a block were neighbours */
    bool head;            /* of the side that is compared with the other */
} tb_level_process;

typedef struct tb_ratio {
    double ratio;         /* head / base; 0: one side has nothing */
    tb_interval interval; /* level 0: too few samples */
    double p;             /* two-sided, of no difference; 1 where it cannot be told */
    double log_error;     /* standard error of log(ratio); 0 where it cannot be told */
    double df;            /* degrees of freedom that go with it */
    bool paired;          /* by blocks */
    bool one_process;     /* of a side: nothing is known of how processes differ */
    size_t base_processes, head_processes, blocks; /* that entered */
} tb_ratio;

/*
 * The ratio of head to base over processes (Kalibera & Jones 2013: iterations within processes
 * within blocks; what differs between processes does not shrink with more iterations).
 *
 * Paired: where at least two blocks hold both sides, a block's value is the difference of its
 * sides' mean log process medians; else each side's values are its log process medians. Estimates
 * are means of what is left when a tenth of the values is trimmed at each end (from ten values on),
 * errors and p are Yuen's (1974) for those, Welch's degrees of freedom where unpaired.
 *
 * Resamples draw the highest level with replacement and keep what is below it (Davison & Hinkley
 * 1997, 3.8: drawing again below would count the variance of samples twice). The percentiles of few
 * values are too narrow by the normal's quantile in the place of Student's (and, untrimmed, by
 * sqrt((n - 1) / n)): they are widened by that (Hesterberg 2015, "expanded percentile"). Below eight
 * values there are too few resamples that differ, and above 200 they tell nothing new: Student's interval. One process on a side: the
 * two-sample bootstrap of the medians, which knows of samples only (`one_process`).
 */
tb_ratio tb_ratio_of_processes(const tb_level_process *processes, size_t count, double level,
                               size_t resamples, uint64_t seed);

/* ---- several ratios ---- */

/* The geometric mean of independent ratios and its interval: logarithms are averaged, the squared
   half-widths of their intervals (all of one level) added. A ratio without an interval makes the
   mean one without. count > 0, ratios positive. */
typedef struct tb_mean_ratio {
    double ratio;
    tb_interval interval;
} tb_mean_ratio;

tb_mean_ratio tb_geometric_mean(const double *ratios, const tb_interval *intervals, size_t count);

/* ---- how often to repeat ---- */

/*
 * Kalibera & Jones: variance of samples within a process and of processes beyond it (T_2^2 in their
 * notation, 0 where negative), from process means and variances of log samples.
 */
typedef struct tb_levels {
    double within;  /* variance of log samples inside a process, mean over processes */
    double between; /* variance of process means that the first does not explain */
    size_t process_count;
    double samples_each; /* harmonic mean of samples a process */
} tb_levels;

tb_levels tb_levels_of(const tb_level_process *processes, size_t count);

/* The best number of samples in a process, where starting a process costs as much as
   `cost_of_process` samples; at least 1, HUGE_VAL where processes do not differ. */
double tb_levels_best_samples(const tb_levels *levels, double cost_of_process);

/* How many processes it takes until the relative half-width of a 95 % interval of their mean is at
   most `target` (0.01: 1 %), with as many samples each as now. At least 2. */
size_t tb_levels_processes_for(const tb_levels *levels, double target);

#endif
