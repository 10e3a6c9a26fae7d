/*
 * How many processes, and how many samples in each, until a configuration's median is known well
 * enough: Kalibera & Jones 2013, "Rigorous benchmarking in reasonable time", with the levels sample,
 * process and block. A block is one process of every configuration that is not settled yet; what
 * differs between blocks is part of what differs between processes, so the interval holds both.
 * Pure but for memory.
 */
#ifndef TB_BENCH_SETTLE_H
#define TB_BENCH_SETTLE_H

#include <stdint.h>

#include "reports/stats_bootstrap.h"
#include "runtime/base/status.h"

#define TB_SETTLE_PILOT 5 /* processes before an interval is believed */

/* One configuration so far. Zeroed: nothing. */
typedef struct tb_settle {
    double *log_median; /* of every process */
    size_t count, room;
    double within;      /* sum over processes: variance of log samples, from their quartiles */
    double inverse;     /* sum over processes: 1 / samples */
    double overhead_ns; /* sum over processes: of their time what was not sampling */
    double latency_ns;  /* sum over processes: median */
    uint64_t spent_ns;  /* all of their time */
} tb_settle;

void tb_settle_free(tb_settle *settle);

/* Adds a process: its samples, ascending and positive, and what it took altogether. */
tb_status tb_settle_add(tb_settle *settle, const double *sorted_ns, size_t count, uint64_t wall_ns,
                        tb_error *err);

/* Relative half-width of the 95 % interval of the median over processes; HUGE_VAL below the pilot. */
double tb_settle_half_width(const tb_settle *settle);
/* How many processes like these it takes until that is at most `target`. */
size_t tb_settle_processes_for(const tb_settle *settle, double target);
/* For how long the next process should sample: the most precision a second of the machine, between
   the two bounds. */
uint64_t tb_settle_sample_ns(const tb_settle *settle, uint64_t least_ns, uint64_t most_ns);

#endif
