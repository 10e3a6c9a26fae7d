/*
 * On which processors and how willingly everything runs: set once for this process, and so for the workers it starts.
 */
#ifndef TB_BENCH_AFFINITY_H
#define TB_BENCH_AFFINITY_H

#include "runtime/base/status.h"

/* "0,2-3", or "big" and "little": the processors of the largest and the smallest capacity (or highest
   clock) where they are not all alike. TB_USAGE for nonsense, TB_UNAVAILABLE where it cannot be. */
tb_status tb_affinity_cores(const char *text, tb_error *err);
/* A mask of hexadecimal digits, as taskset takes it: "0x3", "c". */
tb_status tb_affinity_mask(const char *text, tb_error *err);

/* How willingly the scheduler runs everything, -20 (most) to 19. TB_UNAVAILABLE where this user may
   not. */
tb_status tb_affinity_priority(int nice_value, tb_error *err);

#endif
