/*
 * A pool for data-parallel loops inside one kernel. The calling thread works too, so a pool of one
 * has no thread of its own. No allocation and no lock in steady state; workers spin shortly, then
 * sleep on a futex. One loop at a time: a pool belongs to one interpreter.
 */
#ifndef TB_RUNTIME_BASE_THREAD_POOL_H
#define TB_RUNTIME_BASE_THREAD_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

typedef struct tb_thread_pool tb_thread_pool;

/* `threads` >= 1, the caller's included. A thread that cannot be started is an error. */
tb_status tb_thread_pool_create(int threads, tb_error *err, tb_thread_pool **out);
void tb_thread_pool_destroy(tb_thread_pool *pool);
int tb_thread_pool_threads(const tb_thread_pool *pool);

/* Work on the half-open range [begin, end); `thread` is 0 for the caller, else 1..threads-1. */
typedef void (*tb_range_fn)(void *context, size_t begin, size_t end, int thread);

/*
 * Runs `fn` over [0, count) in tiles of at most `tile` items, handed out dynamically; returns when
 * all are done. Which thread takes which tile is not determined, the tiles are: results that
 * depend only on tiles are the same for any thread count. A NULL pool runs everything inline.
 */
void tb_parallel_for(tb_thread_pool *pool, size_t count, size_t tile, tb_range_fn fn,
                     void *context);
/* The same, and when the caller had nothing more to do and waited for others (tb_clock_ns); 0: it did
   all by itself. */
void tb_parallel_for_timed(tb_thread_pool *pool, size_t count, size_t tile, tb_range_fn fn,
                           void *context, uint64_t *waits_since_ns);

#endif
