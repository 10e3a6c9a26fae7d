/*
 * What disturbed a run while it ran: the time of other programs and of the host, and the reference
 * kernel timed between processes. Ends as figures and typed warnings of the run (the kinds are the
 * checks' names, bench/checks.def).
 */
#ifndef TB_BENCH_NOISE_H
#define TB_BENCH_NOISE_H

#include "bench/doctor.h"
#include "reports/store.h"

#define TB_NOISE_TIMES 1024

typedef struct tb_noise {
    tb_observation seen;
    tb_cpu_time before;
    double own_before_s; /* processor time of this process and its children */
    double kernel_ns[TB_NOISE_TIMES];
    size_t kernel_count;
    size_t ticks; /* of a long run the latest TB_NOISE_TIMES are kept */
} tb_noise;

void tb_noise_begin(tb_noise *noise, tb_arena *arena);
/* Between two processes: times the reference kernel once more, which takes about 2 ms. */
void tb_noise_tick(tb_noise *noise);
/* Stores what was seen, and says warnings on `tell` (may be NULL) a line each. */
tb_status tb_noise_end(tb_noise *noise, tb_store *store, int64_t run_id,
                       void (*tell)(void *context, const char *text), void *context, tb_error *err);

#endif
