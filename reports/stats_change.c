/* E-divisive with a t-test; see stats_change.h. */
#include "reports/stats_change.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "reports/stats_tests.h"

#define SHORTEST 2 /* values of a level */
/* Candidates are found with a laxer p: next to a larger change a true one looks weaker. */
#define LAX 10

double tb_energy_split(const double *values, size_t count, size_t at)
{
    double across = 0, left = 0, right = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++) {
            double distance = fabs(values[i] - values[k]);
            if (i < at && k >= at)
                across += distance;
            else if (k < at)
                left += distance;
            else
                right += distance;
        }
    double n = (double)at, m = (double)(count - at);
    double inside =
        (at > 1 ? 2 * left / (n * (n - 1)) : 0) + (count - at > 1 ? 2 * right / (m * (m - 1)) : 0);
    return n * m / (n + m) * (2 * across / (n * m) - inside);
}

/* The split of values[0..count) with the highest energy; sums move along with it, so that all
   splits take O(count^2). 0: none is possible. */
static size_t best_split(const double *values, size_t count)
{
    if (count < 2 * SHORTEST)
        return 0;
    double left = 0, across = 0, right = 0, best = -1;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            right += fabs(values[i] - values[k]);
    size_t found = 0;
    for (size_t at = 1; at < count; at++) {
        /* values[at - 1] goes from the right to the left. */
        double to_left = 0, to_right = 0;
        for (size_t i = 0; i + 1 < at; i++)
            to_left += fabs(values[i] - values[at - 1]);
        for (size_t i = at; i < count; i++)
            to_right += fabs(values[i] - values[at - 1]);
        left += to_left;
        right -= to_right;
        across += to_right - to_left;
        if (at < SHORTEST || count - at < SHORTEST)
            continue;
        double n = (double)at, m = (double)(count - at);
        double energy =
            n * m / (n + m) *
            (2 * across / (n * m) - 2 * left / (n * (n - 1)) - 2 * right / (m * (m - 1)));
        if (energy > best) {
            best = energy;
            found = at;
        }
    }
    return found;
}

/* Marks changes inside values[begin..end), dividing as long as the t-test agrees. */
static void divide(const double *values, size_t begin, size_t end, double p, bool *marked)
{
    while (end - begin >= 2 * SHORTEST) {
        size_t at = best_split(values + begin, end - begin);
        if (!at || tb_welch_p(values + begin, at, values + begin + at, end - begin - at) > p)
            return;
        marked[begin + at] = true;
        /* The shorter side by recursion keeps its depth logarithmic. */
        if (at < end - begin - at) {
            divide(values, begin, begin + at, p, marked);
            begin += at;
        } else {
            divide(values, begin + at, end, p, marked);
            end = begin + at;
        }
    }
}

static size_t neighbour(const bool *marked, size_t count, size_t at, bool forward)
{
    if (!forward) {
        while (at > 0 && !marked[--at]) {
        }
        return at;
    }
    for (at++; at < count && !marked[at]; at++) {
    }
    return at;
}

static tb_change describe(const double *values, size_t count, const bool *marked, size_t at)
{
    size_t begin = neighbour(marked, count, at, false), end = neighbour(marked, count, at, true);
    return (tb_change){
        .at = at,
        .before = tb_mean(values + begin, at - begin),
        .after = tb_mean(values + at, end - at),
        .p = at - begin < SHORTEST || end - at < SHORTEST
                 ? 1
                 : tb_welch_p(values + begin, at - begin, values + at, end - at),
    };
}

static bool holds(const tb_change *change, const tb_change_rule *rule)
{
    double size = change->before != 0 ? fabs(change->after / change->before - 1) : HUGE_VAL;
    return change->p <= rule->p && size >= rule->magnitude;
}

/* Takes the weakest change away until all hold: with it gone its neighbours' levels are longer. */
static void merge(const double *values, size_t count, const tb_change_rule *rule, bool *marked)
{
    for (;;) {
        size_t weakest = 0;
        double highest = -1;
        for (size_t at = 1; at < count; at++) {
            if (!marked[at])
                continue;
            tb_change change = describe(values, count, marked, at);
            if (!holds(&change, rule) && change.p > highest) {
                highest = change.p;
                weakest = at;
            }
        }
        if (!weakest)
            return;
        marked[weakest] = false;
    }
}

size_t tb_change_points(const double *values, size_t count, const tb_change_rule *rule,
                        tb_change *changes, size_t room)
{
    bool *marked = calloc(count + 1, sizeof *marked);
    if (!marked)
        return 0;
    size_t window = rule->window && rule->window < count ? rule->window : count;
    size_t step = window / 2 ? window / 2 : 1;
    for (size_t begin = 0; begin < count; begin += step) {
        size_t end = begin + window < count ? begin + window : count;
        divide(values, begin, end, rule->p * LAX, marked);
        if (end == count)
            break;
    }
    merge(values, count, rule, marked);
    size_t found = 0;
    for (size_t at = 1; at < count && found < room; at++)
        if (marked[at])
            changes[found++] = describe(values, count, marked, at);
    free(marked);
    return found;
}
