/*
 * What this machine can do at most, measured: multiply-adds in registers, and reading from each
 * level of memory, by a number of threads at once. What ops reach is held against it.
 */
#ifndef TB_BENCH_ROOF_ROOF_H
#define TB_BENCH_ROOF_ROOF_H

#include <stddef.h>
#include <stdint.h>

#include "reports/store.h"
#include "runtime/base/status.h"

typedef struct tb_roof {
    const char *name;   /* f32_fma, i8_dot, l1_read, l2_read, l3_read, dram_read */
    const char *unit;   /* "flop/s", "op/s", "bytes/s" */
    const char *reason; /* why there is no value; NULL */
    double per_s;
    size_t block_bytes; /* that a thread reads; 0: arithmetic */
} tb_roof;

#define TB_ROOF_MOST 6

/* The fastest of what happens within `each_ns`, for each row. */
tb_status tb_roof_measure(int threads, uint64_t each_ns, tb_error *err, tb_roof rows[TB_ROOF_MOST],
                          size_t *count);

/* Measures with 1 and with all threads, and stores it as a run of its own. */
tb_status tb_roof_store(tb_store *store, uint64_t each_ns, tb_error *err, int64_t *run_id);

#endif
