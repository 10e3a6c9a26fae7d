/*
 * Change points of a series: where its level shifts and stays. E-divisive (Matteson & James 2014)
 * finds candidates by the energy distance of what lies before and after, in windows; a t-test, in
 * the place of permutations, decides (as DataStax' Hunter, now Apache Otava, does): fast, and the
 * same answer every time.
 */
#ifndef TB_REPORTS_STATS_CHANGE_H
#define TB_REPORTS_STATS_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tb_change_rule {
    size_t window;    /* 50 in Hunter; 0: the whole series at once */
    double p;         /* a change is kept where its p is at most this: .001 */
    double magnitude; /* and its relative size at least this: .05 */
} tb_change_rule;

#define TB_CHANGE_RULE_DEFAULT \
    {                          \
        50, 0.001, 0.05        \
    }

typedef struct tb_change {
    size_t at;            /* the first value of the new level */
    double before, after; /* means of the stretches on both sides, up to the next changes */
    double p;
} tb_change;

/* Energy statistic of splitting values[0..count) before `at`: n m / (n + m) (2 E|X - Y| - E|X - X'|
   - E|Y - Y'|), with mean distances over pairs of different values. 0 < at < count. */
double tb_energy_split(const double *values, size_t count, size_t at);

/* The changes of a series in order, at most `room` of them into `changes`; gives their number.
   Allocates; 0 where that fails. Each level has at least two values. */
size_t tb_change_points(const double *values, size_t count, const tb_change_rule *rule,
                        tb_change *changes, size_t room);

#endif
