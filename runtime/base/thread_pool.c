/*
 * The pool. A loop ("job") is open while its caller hands out tiles. Workers join an open job, take
 * tiles until none is left, and leave. The caller takes tiles too, closes the job when there are no
 * more, and waits for those that joined: a worker that wakes late finds the job closed and has kept
 * nobody waiting.
 *
 * Each thread has a share of the tiles, the same part of every loop, so that what it reads was mostly
 * written by itself in the loop before and lies in its own cache. It takes its share from the front;
 * who has none left takes from the back of others' shares.
 *
 *   signal   counts jobs; workers that have nothing to do sleep on it
 *   state    OPEN bit and the number of workers inside; the caller sleeps on it at the end
 *   shares   of each thread: how many tiles are left, the next one and one past the last
 *
 * The job's fields are plain: written by the caller before it opens the job (release), read by
 * workers after they joined (acquire), and never changed while anybody is inside.
 */
#include "runtime/base/thread_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/clock.h"
#include "runtime/base/fp_mode.h"
#include "runtime/base/os.h"

#define OPEN UINT32_C(0x80000000)

/* Rounds of spinning before a thread sleeps: some tens of microseconds, a few times what waking costs. */
#define SPINS 2000

#define CACHE_LINE 64

/* Whoever lowers `left` by one has the right to one tile: its owner to `front`, others to the one
   before `back`. So these two never pass each other. */
typedef struct share {
    _Alignas(CACHE_LINE) atomic_size_t left;
    atomic_size_t back;
    size_t front; /* the owner's alone */
} share;

typedef struct worker {
    tb_thread_pool *pool;
    pthread_t thread;
    share share;
    int number; /* 0: the caller of the loop */
} worker;

struct tb_thread_pool {
    /* Each on a line of its own: they are written by different threads at different times. */
    _Alignas(CACHE_LINE) _Atomic uint32_t signal;
    _Alignas(CACHE_LINE) _Atomic uint32_t state;
    _Alignas(CACHE_LINE) atomic_int sleepers;
    atomic_bool stopping;

    tb_range_fn fn;
    void *context;
    size_t count;
    size_t tile;

    int threads;
    int started;
    worker workers[];
};

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

static void run_tile(tb_thread_pool *pool, size_t k, int thread)
{
    size_t begin = k * pool->tile;
    size_t left = pool->count - begin;
    pool->fn(pool->context, begin, begin + (left < pool->tile ? left : pool->tile), thread);
}

static bool take(share *s)
{
    size_t left = atomic_load_explicit(&s->left, memory_order_relaxed);
    while (left > 0)
        if (atomic_compare_exchange_weak_explicit(&s->left, &left, left - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    return false;
}

static void take_tiles(tb_thread_pool *pool, int thread)
{
    share *mine = &pool->workers[thread].share;
    while (take(mine))
        run_tile(pool, mine->front++, thread);
    const int threads = pool->started + 1;
    for (int k = 1; k < threads; k++) {
        share *other = &pool->workers[(thread + k) % threads].share;
        while (take(other))
            run_tile(pool, atomic_fetch_sub_explicit(&other->back, 1, memory_order_relaxed) - 1,
                     thread);
    }
}

static void share_out(tb_thread_pool *pool, size_t tiles)
{
    const size_t threads = (size_t)pool->started + 1;
    size_t begin = 0;
    for (size_t k = 0; k < threads; k++) {
        share *s = &pool->workers[k].share;
        const size_t end = tiles / threads * (k + 1) + tiles % threads * (k + 1) / threads;
        s->front = begin;
        atomic_store_explicit(&s->back, end, memory_order_relaxed);
        atomic_store_explicit(&s->left, end - begin, memory_order_relaxed);
        begin = end;
    }
}

/* ---- workers ---------------------------------------------------------------------------------- */

/* Returns the new value of `signal`. */
static uint32_t wait_for_signal(tb_thread_pool *pool, uint32_t seen)
{
    for (int k = 0; k < SPINS; k++) {
        uint32_t now = atomic_load_explicit(&pool->signal, memory_order_acquire);
        if (now != seen)
            return now;
        relax();
    }
    /* The caller raises the signal before it looks for sleepers: either it sees this one, or this
       one sees the signal and does not sleep. */
    atomic_fetch_add(&pool->sleepers, 1);
    uint32_t now;
    while ((now = atomic_load(&pool->signal)) == seen)
        tb_os_wait_word(&pool->signal, seen);
    atomic_fetch_sub(&pool->sleepers, 1);
    return now;
}

static bool join(tb_thread_pool *pool)
{
    uint32_t state = atomic_load_explicit(&pool->state, memory_order_relaxed);
    while (state & OPEN) {
        if (atomic_compare_exchange_weak_explicit(&pool->state, &state, state + 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return false;
}

static void *work(void *argument)
{
    worker *self = argument;
    tb_thread_pool *pool = self->pool;
    tb_fp_mode_flush();
    uint32_t seen = 0;
    for (;;) {
        seen = wait_for_signal(pool, seen);
        if (atomic_load(&pool->stopping))
            return NULL;
        if (!join(pool))
            continue;
        take_tiles(pool, self->number);
        /* The last to leave a closed job wakes the caller, who may be asleep. */
        if (atomic_fetch_sub_explicit(&pool->state, 1, memory_order_release) == 1)
            tb_os_wake_word(&pool->state, 1);
    }
}

/* ---- the caller ------------------------------------------------------------------------------- */

static void raise_signal(tb_thread_pool *pool, int most)
{
    atomic_fetch_add(&pool->signal, 1);
    if (atomic_load(&pool->sleepers) > 0)
        tb_os_wake_word(&pool->signal, most);
}

static void close_job(tb_thread_pool *pool)
{
    uint32_t state = atomic_fetch_and_explicit(&pool->state, ~OPEN, memory_order_acquire) & ~OPEN;
    for (int k = 0; state != 0 && k < SPINS; k++) {
        relax();
        state = atomic_load_explicit(&pool->state, memory_order_acquire);
    }
    while (state != 0) {
        tb_os_wait_word(&pool->state, state);
        state = atomic_load_explicit(&pool->state, memory_order_acquire);
    }
}

void tb_parallel_for(tb_thread_pool *pool, size_t count, size_t tile, tb_range_fn fn, void *context)
{
    tb_parallel_for_timed(pool, count, tile, fn, context, NULL);
}

void tb_parallel_for_timed(tb_thread_pool *pool, size_t count, size_t tile, tb_range_fn fn,
                           void *context, uint64_t *waits_since_ns)
{
    if (waits_since_ns)
        *waits_since_ns = 0;
    if (count == 0)
        return;
    if (tile == 0)
        tile = 1;
    size_t tile_count = count / tile + (count % tile != 0);
    if (!pool || pool->started == 0 || tile_count == 1) {
        for (size_t begin = 0; begin < count; begin += tile) {
            size_t left = count - begin;
            if (left <= tile) {
                fn(context, begin, count, 0);
                return;
            }
            fn(context, begin, begin + tile, 0);
        }
        return;
    }
    pool->fn = fn;
    pool->context = context;
    pool->count = count;
    pool->tile = tile;
    share_out(pool, tile_count);
    atomic_store_explicit(&pool->state, OPEN, memory_order_release);
    size_t helpers = tile_count - 1;
    raise_signal(pool, helpers < (size_t)pool->started ? (int)helpers : pool->started);
    take_tiles(pool, 0);
    if (waits_since_ns)
        *waits_since_ns = tb_clock_ns();
    close_job(pool);
}

/* ---- life ------------------------------------------------------------------------------------- */

tb_status tb_thread_pool_create(int threads, tb_error *err, tb_thread_pool **out)
{
    if (threads < 1)
        return tb_fail(err, TB_USAGE, "a pool of %d threads; at least 1 is needed", threads);
    size_t size = sizeof(tb_thread_pool) + (size_t)threads * sizeof(worker);
    size = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    tb_thread_pool *pool = aligned_alloc(CACHE_LINE, size);
    if (!pool)
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate a pool of %d threads", threads);
    memset(pool, 0, size);
    pool->threads = threads;
    for (int k = 1; k < threads; k++) {
        worker *w = &pool->workers[k];
        w->pool = pool;
        w->number = k;
        int failure = pthread_create(&w->thread, NULL, work, w);
        if (failure) {
            tb_thread_pool_destroy(pool);
            return tb_fail(err, TB_UNAVAILABLE, "cannot start thread %d of %d: %s", k + 1, threads,
                           strerror(failure));
        }
        pool->started = k;
    }
    *out = pool;
    return TB_OK;
}

void tb_thread_pool_destroy(tb_thread_pool *pool)
{
    if (!pool)
        return;
    atomic_store(&pool->stopping, true);
    raise_signal(pool, pool->started);
    for (int k = 0; k < pool->started; k++)
        pthread_join(pool->workers[k + 1].thread, NULL);
    free(pool);
}

int tb_thread_pool_threads(const tb_thread_pool *pool)
{
    return pool ? pool->threads : 1;
}
