/*
 * Do the intervals cover? Simulated experiments whose truth is known: in how many does each kind of
 * interval contain it. Prints a table and holds bootstrap intervals to 93-97 %, order-statistic
 * ones to at least their nominal 95 % (less what the experiments can miss by).
 *
 *     coverage [--experiments N] [--seed N] [--resamples N]
 *
 * Samples are log-normal with sigma 0.05; "outliers": one in twenty is half as long again, times a
 * log-normal; "drift": the level rises by one sigma from the first sample to the last, and the truth
 * is the median over the drift. Ratios: head is 3 % slower. Processes: 20 samples each, which differ
 * between processes by a log-normal factor of 0.02; "outliers": one process in twenty is 15 % slow;
 * "drift": both sides rise alike, by 0.02 over the run.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/args.h"
#include "reports/stats_bootstrap.h"
#include "reports/stats_special.h"
#include "runtime/base/size.h"

#define SIGMA         0.05
#define OUTLIER_SHARE 0.05
#define OUTLIER_SIZE  1.5
#define HEAD          1.03
#define PROCESS_SIGMA 0.02
#define PROCESS_SLOW  1.15
#define EACH          20
#define MOST          100
#define LEVEL         0.95

static const tb_option options[] = {
    {.name = "experiments", .kind = TB_OPTION_INT, .default_text = "1000", .min = 1, .max = 1e6},
    {.name = "resamples", .kind = TB_OPTION_INT, .default_text = "1000", .min = 100, .max = 1e6},
    {.name = "seed", .kind = TB_OPTION_INT, .default_text = "1", .max = 9e15},
    {.name = NULL},
};

typedef enum shape { LOG_NORMAL, OUTLIERS, DRIFT, SHAPES } shape;

static const char *const shape_names[] = {"log-normal", "with outliers", "with drift"};

static double draw_normal(tb_random *random)
{
    double radius = sqrt(-2 * log(1 - tb_random_unit(random)));
    return radius * cos(6.283185307179586 * tb_random_unit(random));
}

static double level_at(shape s, size_t i, size_t count)
{
    return s == DRIFT ? 1 + SIGMA * (double)i / (double)(count - 1) : 1;
}

static double draw_sample(tb_random *random, shape s, size_t i, size_t count)
{
    double value = level_at(s, i, count) * exp(SIGMA * draw_normal(random));
    return s == OUTLIERS && tb_random_unit(random) < OUTLIER_SHARE ? OUTLIER_SIZE * value : value;
}

/* The share of the whole population of `count` samples that lies below m. */
static double share_below(shape s, size_t count, double m)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double z = log(m / level_at(s, i, count)) / SIGMA;
        double slow = log(m / OUTLIER_SIZE) / SIGMA;
        sum += s == OUTLIERS
                   ? (1 - OUTLIER_SHARE) * tb_normal_cdf(z) + OUTLIER_SHARE * tb_normal_cdf(slow)
                   : tb_normal_cdf(z);
    }
    return sum / (double)count;
}

static double true_median(shape s, size_t count)
{
    double low = 0.5, high = 2;
    while (high - low > 1e-12) {
        double middle = (low + high) / 2;
        if (share_below(s, count, middle) < 0.5)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- kinds of interval ---- */

typedef struct experiment {
    tb_random *random;
    shape shape;
    size_t count; /* samples a side, or processes a side */
    size_t resamples;
    double truth; /* the median */
} experiment;

static void draw_all(const experiment *e, double scale, double *values)
{
    for (size_t i = 0; i < e->count; i++)
        values[i] = scale * draw_sample(e->random, e->shape, i, e->count);
}

static bool covers(tb_interval interval, double truth)
{
    return interval.level > 0 && interval.low <= truth && truth <= interval.high;
}

static bool order_statistics(const experiment *e)
{
    double values[MOST];
    draw_all(e, 1, values);
    tb_sort_doubles(values, e->count);
    return covers(tb_median_interval_sorted(values, e->count, LEVEL), e->truth);
}

static bool bootstrap_median(const experiment *e)
{
    double values[MOST];
    draw_all(e, 1, values);
    return covers(
        tb_median_bootstrap(values, e->count, LEVEL, e->resamples, tb_random_next(e->random)),
        e->truth);
}

static bool bootstrap_ratio(const experiment *e)
{
    double base[MOST], head[MOST];
    draw_all(e, 1, base);
    draw_all(e, HEAD, head);
    return covers(tb_median_ratio_bootstrap(base, e->count, head, e->count, LEVEL, e->resamples,
                                            tb_random_next(e->random)),
                  HEAD);
}

static bool ratio_of_processes(const experiment *e, bool paired)
{
    static double samples[2 * MOST][EACH];
    tb_level_process processes[2 * MOST];
    for (size_t i = 0; i < 2 * e->count; i++) {
        bool head = i % 2;
        double drift = e->shape == DRIFT ? (double)(i / 2) / (double)(e->count - 1) : 0;
        double level = (1 + PROCESS_SIGMA * drift) * (head ? HEAD : 1) *
                       exp(PROCESS_SIGMA * draw_normal(e->random));
        if (e->shape == OUTLIERS && tb_random_unit(e->random) < OUTLIER_SHARE)
            level *= PROCESS_SLOW;
        for (size_t k = 0; k < EACH; k++)
            samples[i][k] = level * draw_sample(e->random, LOG_NORMAL, 0, 2);
        tb_sort_doubles(samples[i], EACH);
        processes[i] = (tb_level_process){samples[i], EACH, paired ? (int64_t)(i / 2) : 0, head};
    }
    tb_ratio ratio = tb_ratio_of_processes(processes, 2 * e->count, LEVEL, e->resamples,
                                           tb_random_next(e->random));
    return covers(ratio.interval, HEAD);
}

static bool paired_processes(const experiment *e)
{
    return ratio_of_processes(e, true);
}

static bool unpaired_processes(const experiment *e)
{
    return ratio_of_processes(e, false);
}

static const struct {
    const char *name;
    bool (*run)(const experiment *e);
    bool exact; /* held to 93-97 %; else conservative */
} kinds[] = {
    {"median, order statistics", order_statistics, false},
    {"median, bootstrap", bootstrap_median, true},
    {"ratio of medians, bootstrap", bootstrap_ratio, true},
    {"ratio of processes, paired blocks", paired_processes, true},
    {"ratio of processes, unpaired", unpaired_processes, true},
};

int main(int argc, char **argv)
{
    tb_error err = TB_ERROR_NONE;
    tb_args *args = NULL;
    if (tb_args_parse(options, argc - 1, argv + 1, &err, &args) != TB_OK) {
        fprintf(stderr, "coverage: %s\n", err.text);
        return 2;
    }
    size_t experiments = (size_t)tb_args_int(args, "experiments");
    tb_random random;
    tb_random_seed(&random, (uint64_t)tb_args_int(args, "seed"));
    static const size_t counts[] = {15, 30, 100};
    int missed = 0;
    printf("| interval (95 %%) | samples | n = 15 | n = 30 | n = 100 |\n");
    printf("| --- | --- | ---: | ---: | ---: |\n");
    for (size_t k = 0; k < TB_COUNT_OF(kinds); k++)
        for (shape s = LOG_NORMAL; s < SHAPES; s++) {
            printf("| %s | %s ", kinds[k].name, shape_names[s]);
            for (size_t c = 0; c < TB_COUNT_OF(counts); c++) {
                experiment e = {&random, s, counts[c], (size_t)tb_args_int(args, "resamples"),
                                true_median(s, counts[c])};
                size_t hits = 0;
                for (size_t i = 0; i < experiments; i++)
                    hits += kinds[k].run(&e);
                double share = (double)hits / (double)experiments;
                double slack = 3 * sqrt(LEVEL * (1 - LEVEL) / (double)experiments);
                bool good =
                    kinds[k].exact ? share >= 0.93 && share <= 0.97 : share >= LEVEL - slack;
                missed += !good;
                printf("| %.1f %%%s ", share * 100, good ? "" : " (!)");
                fflush(stdout);
            }
            printf("|\n");
        }
    printf("\n%d of %zu cells outside their bounds, %zu experiments each\n", missed,
           TB_COUNT_OF(kinds) * SHAPES * TB_COUNT_OF(counts), experiments);
    tb_args_free(args);
    return missed ? 1 : 0;
}
