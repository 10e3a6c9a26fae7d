/*
 * Runs the cases of a suite in forked children, so that a crash or a hang costs one case and is
 * itself a result. A child runs one case after the other until it ends, crashes or is ended because
 * a case took too long; then another takes its place. Where children do not run at all (under some
 * emulators) cases run in the calling process, after a word on standard error.
 */
#ifndef TB_BENCH_VERIFY_POOL_H
#define TB_BENCH_VERIFY_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/verify_case.h"

typedef struct tb_verify_pool {
    const tb_suite *suite;
    const tb_verify_options *options;
    int jobs;            /* children at a time; >= 1 */
    bool in_process;     /* no children: for debuggers and sanitizers */
    uint64_t timeout_ns; /* of one case, after which its child is killed; 0: none */
    /* Told of each result as it comes, `done` of all so far; may be NULL. */
    void (*progress)(void *context, const tb_verify_result *result, int done);
    void *context;
} tb_verify_pool;

/* `results` has one entry for each case, in the suite's order; their texts live in `arena`. An
   error is one of the machinery: no process, no pipe, no memory. */
tb_status tb_verify_pool_run(const tb_verify_pool *pool, tb_arena *arena, tb_error *err,
                             tb_verify_result *results);

#endif
