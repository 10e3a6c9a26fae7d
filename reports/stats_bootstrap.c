/* The bootstrap of medians and their ratios; contracts and sources in stats_bootstrap.h. */
#include "reports/stats_bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/stats_special.h"

#define TRIM_SHARE   0.1
#define FEWEST_DRAWN 8   /* values; below, Student's interval */
#define MOST_DRAWN   200 /* above, it as well */

/* ---- medians ---- */

/* Box and Muller's, one of the two. */
static double draw_normal(tb_random *random)
{
    double radius = sqrt(-2 * log(1 - tb_random_unit(random)));
    return radius * cos(6.283185307179586 * tb_random_unit(random));
}

/* Gamma with shape >= 1 (Marsaglia & Tsang 2000). */
static double draw_gamma(tb_random *random, double shape)
{
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = draw_normal(random), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log(1 - tb_random_unit(random)) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v;
    }
}

static double quantile_six(const double *sorted, size_t count, double u)
{
    double position = u * (double)(count + 1);
    if (position <= 1)
        return sorted[0];
    if (position >= (double)count)
        return sorted[count - 1];
    size_t below = (size_t)position;
    return sorted[below - 1] + (position - (double)below) * (sorted[below] - sorted[below - 1]);
}

/* The median of a resample of `count`. */
static double draw_median(tb_random *random, const double *sorted, size_t count)
{
    size_t lower = (count + 1) / 2;
    double first = draw_gamma(random, (double)lower);
    double second = draw_gamma(random, (double)(count - lower + 1));
    double u = first / (first + second);
    double low = quantile_six(sorted, count, u);
    if (count % 2)
        return low;
    /* The next order statistic is the least of those above. */
    double share = pow(1 - tb_random_unit(random), 1 / (double)(count - lower));
    return (low + quantile_six(sorted, count, 1 - (1 - u) * share)) / 2;
}

static double *sorted_copy(const double *values, size_t count)
{
    double *sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted) {
        memcpy(sorted, values, count * sizeof *sorted);
        tb_sort_doubles(sorted, count);
    }
    return sorted;
}

static tb_interval percentile_interval(double *drawn, size_t resamples, double level,
                                       double low_share)
{
    tb_sort_doubles(drawn, resamples);
    return (tb_interval){tb_quantile_sorted(drawn, resamples, low_share),
                         tb_quantile_sorted(drawn, resamples, 1 - low_share), level};
}

tb_interval tb_median_bootstrap(const double *values, size_t count, double level, size_t resamples,
                                uint64_t seed)
{
    tb_interval interval = {0};
    if (count < 2 || resamples < 2)
        return interval;
    double *sorted = sorted_copy(values, count);
    double *drawn = malloc(resamples * sizeof *drawn);
    if (sorted && drawn) {
        tb_random random;
        tb_random_seed(&random, seed);
        for (size_t r = 0; r < resamples; r++)
            drawn[r] = draw_median(&random, sorted, count);
        interval = percentile_interval(drawn, resamples, level, (1 - level) / 2);
    }
    free(sorted);
    free(drawn);
    return interval;
}

/* The ends of a median's interval are told by some sqrt(n) samples around it: that is how well its
   width is known. */
static double width_freedom(size_t count)
{
    return 1.25 * sqrt((double)count);
}

/* Two half-widths, each with its Student's quantile in it, put together with that of their sum. */
static double combined_half(double a, double a_df, double b, double b_df, double level)
{
    double p = (1 + level) / 2;
    double a_error = a / tb_student_quantile(p, a_df), b_error = b / tb_student_quantile(p, b_df);
    double a_part = a_error * a_error, b_part = b_error * b_error, sum = a_part + b_part;
    if (sum <= 0)
        return 0;
    double df = sum * sum / (a_part * a_part / a_df + b_part * b_part / b_df);
    return tb_student_quantile(p, df) * sqrt(sum);
}

static tb_interval ratio_of_sorted(const double *a, size_t a_count, const double *b, size_t b_count,
                                   double level, size_t resamples, uint64_t seed)
{
    tb_interval interval = {0};
    tb_interval of_a = tb_median_bootstrap(a, a_count, level, resamples, seed);
    tb_interval of_b = tb_median_bootstrap(b, b_count, level, resamples, seed + 1);
    if (of_a.level <= 0 || of_b.level <= 0)
        return interval;
    double a_median = log(tb_median_sorted(a, a_count)),
           b_median = log(tb_median_sorted(b, b_count));
    double a_df = width_freedom(a_count), b_df = width_freedom(b_count);
    double below =
        combined_half(log(of_a.high) - a_median, a_df, b_median - log(of_b.low), b_df, level);
    double above =
        combined_half(a_median - log(of_a.low), a_df, log(of_b.high) - b_median, b_df, level);
    double ratio = b_median - a_median;
    return (tb_interval){exp(ratio - below), exp(ratio + above), level};
}

tb_interval tb_median_ratio_bootstrap(const double *a, size_t a_count, const double *b,
                                      size_t b_count, double level, size_t resamples, uint64_t seed)
{
    tb_interval interval = {0};
    double *a_sorted = sorted_copy(a, a_count), *b_sorted = sorted_copy(b, b_count);
    if (a_sorted && b_sorted)
        interval = ratio_of_sorted(a_sorted, a_count, b_sorted, b_count, level, resamples, seed);
    free(a_sorted);
    free(b_sorted);
    return interval;
}

/* ---- processes and blocks ---- */

/* Values of one level, with room to sort them. */
typedef struct series {
    double *values, *scratch;
    size_t count;
} series;

static size_t trimmed_away(size_t count)
{
    return (size_t)(TRIM_SHARE * (double)count);
}

/* Sorts `values`. */
static double trimmed_mean(double *values, size_t count)
{
    size_t away = trimmed_away(count);
    if (away)
        tb_sort_doubles(values, count);
    return tb_mean(values + away, count - 2 * away);
}

/* Mean, squared error and degrees of freedom of a trimmed mean: Yuen's, by winsorised variance. */
static double yuen(const series *s, double *mean, double *df)
{
    size_t away = trimmed_away(s->count), kept = s->count - 2 * away;
    memcpy(s->scratch, s->values, s->count * sizeof *s->values);
    tb_sort_doubles(s->scratch, s->count);
    *mean = tb_mean(s->scratch + away, kept);
    *df = (double)kept - 1;
    for (size_t i = 0; i < away; i++) {
        s->scratch[i] = s->scratch[away];
        s->scratch[s->count - 1 - i] = s->scratch[s->count - 1 - away];
    }
    double deviation = tb_stddev(s->scratch, s->count), h = (double)kept;
    return kept < 2 ? 0 : deviation * deviation * (double)(s->count - 1) / (h * (h - 1));
}

static double resampled_mean(tb_random *random, const series *s)
{
    for (size_t i = 0; i < s->count; i++)
        s->scratch[i] = s->values[tb_random_below(random, s->count)];
    return trimmed_mean(s->scratch, s->count);
}

static void finish_ratio(tb_ratio *out, double estimate, double variance, double df, double level)
{
    out->ratio = exp(estimate);
    out->log_error = sqrt(variance);
    out->df = df;
    double half = tb_student_quantile((1 + level) / 2, df) * out->log_error;
    out->interval = (tb_interval){exp(estimate - half), exp(estimate + half), level};
    if (variance > 0)
        out->p = 2 * tb_student_cdf(-fabs(estimate) / out->log_error, df);
    else
        out->p = fabs(estimate) > 0 ? 0 : 1;
}

/* The percentile interval of `resamples` log ratios, widened: `df` as of untrimmed means, since
   resamples of a trimmed mean spread a little too far already; `n` where nothing was trimmed. */
static void set_drawn_interval(tb_ratio *out, double *drawn, size_t resamples, double level,
                               double n, double df)
{
    double widen = trimmed_away((size_t)n) ? 1 : sqrt(n / (n - 1));
    double share = tb_normal_cdf(widen * tb_student_quantile((1 - level) / 2, df));
    tb_interval interval = percentile_interval(drawn, resamples, level, share);
    out->interval = (tb_interval){exp(interval.low), exp(interval.high), level};
}

static bool is_drawn(const series *s)
{
    return s->count >= FEWEST_DRAWN && s->count <= MOST_DRAWN;
}

static void ratio_of_blocks(tb_ratio *out, const series *blocks, double level, size_t resamples,
                            uint64_t seed)
{
    double estimate, df, variance = yuen(blocks, &estimate, &df);
    finish_ratio(out, estimate, variance, df, level);
    double *drawn = is_drawn(blocks) && resamples ? malloc(resamples * sizeof *drawn) : NULL;
    if (!drawn)
        return;
    tb_random random;
    tb_random_seed(&random, seed);
    for (size_t r = 0; r < resamples; r++)
        drawn[r] = resampled_mean(&random, blocks);
    double n = (double)blocks->count;
    set_drawn_interval(out, drawn, resamples, level, n, n - 1);
    free(drawn);
}

static void ratio_of_sides(tb_ratio *out, const series *base, const series *head, double level,
                           size_t resamples, uint64_t seed)
{
    double base_mean, head_mean, base_df, head_df;
    double base_part = yuen(base, &base_mean, &base_df);
    double head_part = yuen(head, &head_mean, &head_df);
    double variance = base_part + head_part;
    double df = variance > 0
                    ? variance * variance /
                          (base_part * base_part / base_df + head_part * head_part / head_df)
                    : base_df + head_df;
    finish_ratio(out, head_mean - base_mean, variance, df, level);
    bool both = is_drawn(base) && is_drawn(head);
    double *drawn = both && resamples ? malloc(resamples * sizeof *drawn) : NULL;
    if (!drawn)
        return;
    tb_random random;
    tb_random_seed(&random, seed);
    for (size_t r = 0; r < resamples; r++)
        drawn[r] = resampled_mean(&random, head) - resampled_mean(&random, base);
    double fewer = (double)(base->count < head->count ? base->count : head->count);
    double untrimmed_df = df + 2 * (double)(trimmed_away(base->count) + trimmed_away(head->count));
    set_drawn_interval(out, drawn, resamples, level, fewer, untrimmed_df);
    free(drawn);
}

/* One process on a side: samples are all there is. */
static void ratio_of_samples(tb_ratio *out, const tb_level_process *processes, size_t count,
                             double level, size_t resamples, uint64_t seed)
{
    double *pooled[2];
    size_t sizes[2] = {0, 0};
    for (size_t i = 0; i < count; i++)
        sizes[processes[i].head] += processes[i].count;
    for (int side = 0; side < 2; side++)
        pooled[side] = malloc((sizes[side] + 1) * sizeof *pooled[side]);
    out->one_process = true;
    if (pooled[0] && pooled[1]) {
        size_t filled[2] = {0, 0};
        for (size_t i = 0; i < count; i++) {
            int side = processes[i].head;
            memcpy(pooled[side] + filled[side], processes[i].sorted,
                   processes[i].count * sizeof *processes[i].sorted);
            filled[side] += processes[i].count;
        }
        tb_sort_doubles(pooled[0], sizes[0]);
        tb_sort_doubles(pooled[1], sizes[1]);
        out->ratio = tb_median_sorted(pooled[1], sizes[1]) / tb_median_sorted(pooled[0], sizes[0]);
        out->interval =
            ratio_of_sorted(pooled[0], sizes[0], pooled[1], sizes[1], level, resamples, seed);
        out->df = (double)(sizes[0] + sizes[1]) - 2;
        if (out->interval.level > 0) {
            double width = log(out->interval.high) - log(out->interval.low);
            out->log_error = width / (2 * tb_normal_quantile((1 + level) / 2));
        }
        if (out->log_error > 0)
            out->p = 2 * tb_normal_cdf(-fabs(log(out->ratio)) / out->log_error);
        else if (out->interval.level > 0)
            out->p = fabs(log(out->ratio)) > 0 ? 0 : 1;
    }
    free(pooled[0]);
    free(pooled[1]);
}

/* Log medians of each side, and the differences of blocks that hold both. */
static void collect(const tb_level_process *processes, size_t count, series *sides, series *blocks)
{
    for (size_t i = 0; i < count; i++) {
        series *side = &sides[processes[i].head];
        side->values[side->count++] =
            log(tb_median_sorted(processes[i].sorted, processes[i].count));
    }
    for (size_t i = 0; i < count; i++) {
        bool told = false;
        for (size_t k = 0; k < i && !told; k++)
            told = processes[k].block == processes[i].block;
        if (told)
            continue;
        double sums[2] = {0, 0};
        size_t counts[2] = {0, 0};
        for (size_t k = i; k < count; k++) {
            if (processes[k].block != processes[i].block)
                continue;
            sums[processes[k].head] +=
                log(tb_median_sorted(processes[k].sorted, processes[k].count));
            counts[processes[k].head]++;
        }
        if (counts[0] && counts[1])
            blocks->values[blocks->count++] =
                sums[1] / (double)counts[1] - sums[0] / (double)counts[0];
    }
}

tb_ratio tb_ratio_of_processes(const tb_level_process *processes, size_t count, double level,
                               size_t resamples, uint64_t seed)
{
    tb_ratio out = {.p = 1};
    double *room = calloc(6 * count + 1, sizeof *room);
    if (!room)
        return out;
    series sides[2] = {{room, room + count, 0}, {room + 2 * count, room + 3 * count, 0}};
    series blocks = {room + 4 * count, room + 5 * count, 0};
    collect(processes, count, sides, &blocks);
    out.base_processes = sides[0].count;
    out.head_processes = sides[1].count;
    out.blocks = blocks.count;
    out.paired = blocks.count >= 2;
    if (!sides[0].count || !sides[1].count)
        out.ratio = 0;
    else if (out.paired)
        ratio_of_blocks(&out, &blocks, level, resamples, seed);
    else if (sides[0].count > 1 && sides[1].count > 1)
        ratio_of_sides(&out, &sides[0], &sides[1], level, resamples, seed);
    else
        ratio_of_samples(&out, processes, count, level, resamples, seed);
    free(room);
    return out;
}

/* ---- several ratios ---- */

tb_mean_ratio tb_geometric_mean(const double *ratios, const tb_interval *intervals, size_t count)
{
    double sum = 0, squares = 0, level = intervals[0].level;
    for (size_t i = 0; i < count; i++) {
        sum += log(ratios[i]);
        if (intervals[i].level <= 0) {
            level = 0;
            continue;
        }
        double half = (log(intervals[i].high) - log(intervals[i].low)) / 2;
        squares += half * half;
    }
    double mean = sum / (double)count, half = sqrt(squares) / (double)count;
    tb_mean_ratio out = {.ratio = exp(mean)};
    if (level > 0)
        out.interval = (tb_interval){exp(mean - half), exp(mean + half), level};
    return out;
}

/* ---- how often to repeat ---- */

tb_levels tb_levels_of(const tb_level_process *processes, size_t count)
{
    tb_levels levels = {.process_count = count};
    double *means = calloc(count + 1, sizeof *means);
    if (!means || count == 0) {
        free(means);
        return levels;
    }
    double inverse = 0, squares = 0;
    size_t freedom = 0;
    for (size_t i = 0; i < count; i++) {
        const tb_level_process *process = &processes[i];
        double sum = 0;
        for (size_t k = 0; k < process->count; k++)
            sum += log(process->sorted[k]);
        means[i] = sum / (double)process->count;
        for (size_t k = 0; k < process->count; k++) {
            double off = log(process->sorted[k]) - means[i];
            squares += off * off;
        }
        freedom += process->count - 1;
        inverse += 1 / (double)process->count;
    }
    levels.samples_each = (double)count / inverse;
    levels.within = freedom ? squares / (double)freedom : 0;
    double spread = tb_stddev(means, count);
    double between = spread * spread - levels.within / levels.samples_each;
    levels.between = between > 0 ? between : 0;
    free(means);
    return levels;
}

double tb_levels_best_samples(const tb_levels *levels, double cost_of_process)
{
    if (levels->between <= 0)
        return HUGE_VAL;
    double best = sqrt(cost_of_process * levels->within / levels->between);
    return best > 1 ? best : 1;
}

size_t tb_levels_processes_for(const tb_levels *levels, double target)
{
    double variance = levels->between;
    if (levels->samples_each > 0)
        variance += levels->within / levels->samples_each;
    size_t count = 2;
    while (count < 1000000) {
        double half =
            tb_student_quantile(0.975, (double)count - 1) * sqrt(variance / (double)count);
        if (half <= target)
            break;
        count += count < 100 ? 1 : count / 20;
    }
    return count;
}
