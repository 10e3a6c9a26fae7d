/* Tests of samples and proportions; sources in stats_tests.h. */
#include "reports/stats_tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/stats_special.h"

/* ---- Mann and Whitney ---- */

typedef struct ranked {
    double value;
    bool first; /* of the first sample */
} ranked;

static int compare_ranked(const void *left, const void *right)
{
    double a = ((const ranked *)left)->value, b = ((const ranked *)right)->value;
    return (a > b) - (a < b);
}

/* P(U <= u) over all orders of n and m without ties, by counting partitions. */
static bool exact_tail(size_t n, size_t m, double u, double *tail)
{
    size_t most = n * m;
    double *counts = calloc(most + 1, sizeof *counts);
    if (!counts)
        return false;
    /* Gaussian binomial coefficient: product of (1 - q^(m + i)) / (1 - q^i). */
    counts[0] = 1;
    for (size_t i = 1; i <= n; i++) {
        for (size_t k = most + 1; k-- > m + i;)
            counts[k] -= counts[k - m - i];
        for (size_t k = i; k <= most; k++)
            counts[k] += counts[k - i];
    }
    double all = 0, below = 0;
    for (size_t k = 0; k <= most; k++) {
        all += counts[k];
        if ((double)k <= u)
            below += counts[k];
    }
    free(counts);
    *tail = below / all;
    return true;
}

/* Rank sum of the first sample and the sum of t^3 - t over ties. */
static double rank_sum(ranked *all, size_t count, double *ties)
{
    qsort(all, count, sizeof *all, compare_ranked);
    double sum = 0;
    *ties = 0;
    for (size_t begin = 0; begin < count;) {
        size_t end = begin + 1;
        while (end < count && !(all[end].value > all[begin].value))
            end++;
        double length = (double)(end - begin);
        double rank = ((double)begin + 1 + (double)end) / 2;
        for (size_t i = begin; i < end; i++)
            sum += all[i].first ? rank : 0;
        *ties += length * length * length - length;
        begin = end;
    }
    return sum;
}

tb_mann_whitney tb_mann_whitney_test(const double *a, size_t a_count, const double *b,
                                     size_t b_count)
{
    tb_mann_whitney result = {.p = 1};
    size_t count = a_count + b_count;
    ranked *all = a_count && b_count ? calloc(count, sizeof *all) : NULL;
    if (!all)
        return result;
    for (size_t i = 0; i < count; i++)
        all[i] = i < a_count ? (ranked){a[i], true} : (ranked){b[i - a_count], false};
    double ties, n = (double)a_count, m = (double)b_count;
    result.u = rank_sum(all, count, &ties) - n * (n + 1) / 2;
    free(all);
    double larger = result.u > n * m - result.u ? result.u : n * m - result.u;
    double tail;
    bool small = (a_count < b_count ? a_count : b_count) <= 8 && count <= 58;
    if (small && ties <= 0 && exact_tail(a_count, b_count, n * m - larger, &tail)) {
        result.exact = true;
        result.p = 2 * tail < 1 ? 2 * tail : 1;
        return result;
    }
    double all_count = n + m;
    double variance = n * m / 12 * (all_count + 1 - ties / (all_count * (all_count - 1)));
    if (variance > 0) {
        double p = 2 * tb_normal_cdf(-(larger - n * m / 2 - 0.5) / sqrt(variance));
        result.p = p < 1 ? p : 1;
    }
    return result;
}

/* ---- means ---- */

double tb_welch_p(const double *a, size_t a_count, const double *b, size_t b_count)
{
    if (a_count < 2 || b_count < 2)
        return 1;
    double a_sd = tb_stddev(a, a_count), b_sd = tb_stddev(b, b_count);
    double a_part = a_sd * a_sd / (double)a_count, b_part = b_sd * b_sd / (double)b_count;
    double difference = tb_mean(a, a_count) - tb_mean(b, b_count);
    double variance = a_part + b_part;
    if (variance <= 0)
        return fabs(difference) > 0 ? 0 : 1;
    double df = variance * variance /
                (a_part * a_part / (double)(a_count - 1) + b_part * b_part / (double)(b_count - 1));
    return 2 * tb_student_cdf(-fabs(difference) / sqrt(variance), df);
}

/* ---- proportions ---- */

double tb_mcnemar_p(size_t b, size_t c)
{
    size_t n = b + c, less = b < c ? b : c;
    double p = 2 * tb_binomial_cdf(less, n, 0.5);
    return p < 1 ? p : 1;
}

tb_interval tb_wilson_interval(size_t successes, size_t n, double level)
{
    double z = tb_normal_quantile((1 + level) / 2), count = (double)n;
    double share = (double)successes / count;
    double middle = (share + z * z / (2 * count)) / (1 + z * z / count);
    double half =
        z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count));
    return (tb_interval){successes ? middle - half : 0, successes < n ? middle + half : 1, level};
}

tb_interval tb_exact_interval(size_t successes, size_t n, double level)
{
    double k = (double)successes, count = (double)n, tail = (1 - level) / 2;
    double low = successes ? tb_beta_quantile(tail, k, count - k + 1) : 0;
    double high = successes < n ? tb_beta_quantile(1 - tail, k + 1, count - k) : 1;
    return (tb_interval){low, high, level};
}

/* ---- many tests ---- */

typedef struct numbered {
    double p;
    size_t at;
} numbered;

static int compare_numbered(const void *left, const void *right)
{
    double a = ((const numbered *)left)->p, b = ((const numbered *)right)->p;
    return (a > b) - (a < b);
}

static numbered *sorted_p(const double *p, size_t count)
{
    numbered *sorted = calloc(count + 1, sizeof *sorted);
    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = (numbered){p[i], i};
    if (sorted)
        qsort(sorted, count, sizeof *sorted, compare_numbered);
    return sorted;
}

bool tb_holm(double *p, size_t count)
{
    numbered *sorted = sorted_p(p, count);
    if (!sorted)
        return false;
    double highest = 0;
    for (size_t i = 0; i < count; i++) {
        double adjusted = sorted[i].p * (double)(count - i);
        highest = adjusted > highest ? adjusted : highest;
        p[sorted[i].at] = highest < 1 ? highest : 1;
    }
    free(sorted);
    return true;
}

bool tb_benjamini_hochberg(double *p, size_t count)
{
    numbered *sorted = sorted_p(p, count);
    if (!sorted)
        return false;
    double lowest = 1;
    for (size_t i = count; i > 0; i--) {
        double adjusted = sorted[i - 1].p * (double)count / (double)i;
        lowest = adjusted < lowest ? adjusted : lowest;
        p[sorted[i - 1].at] = lowest;
    }
    free(sorted);
    return true;
}
