/*
 * Thread stress of the pool: many loops of many shapes, each item taken exactly once, results the
 * same for any number of threads; pools made and ended in between. Most telling under SAN=thread.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/base/thread_pool.h"

enum { MOST_ITEMS = 4000, LOOPS = 3000 };

static unsigned char taken[MOST_ITEMS];
static double parts[MOST_ITEMS];

typedef struct job {
    size_t tile;
    int threads;
    atomic_int faults;
} job;

static void take(void *context, size_t begin, size_t end, int thread)
{
    job *j = context;
    if (thread < 0 || thread >= j->threads || end - begin > j->tile || begin % j->tile)
        atomic_fetch_add(&j->faults, 1);
    double sum = 0;
    for (size_t k = begin; k < end; k++) {
        taken[k]++;
        sum += 1.0 / (double)(k + 1);
    }
    parts[begin / j->tile] = sum;
}

static double run(tb_thread_pool *pool, size_t count, size_t tile, int threads)
{
    job j = {.tile = tile, .threads = threads};
    memset(taken, 0, sizeof taken);
    tb_parallel_for(pool, count, tile, take, &j);
    if (atomic_load(&j.faults)) {
        printf("a tile was out of its range\n");
        exit(1);
    }
    for (size_t k = 0; k < MOST_ITEMS; k++) {
        if (taken[k] != (k < count)) {
            printf("item %zu of %zu (tile %zu, %d threads) was taken %d times\n", k, count, tile,
                   threads, taken[k]);
            exit(1);
        }
    }
    double sum = 0;
    for (size_t k = 0; k * tile < count; k++)
        sum += parts[k];
    return sum;
}

int main(void)
{
    static const int sizes[] = {1, 2, 3, 8, 2, 16};
    unsigned seed = 1;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        tb_error err = TB_ERROR_NONE;
        tb_thread_pool *pool = NULL;
        if (tb_thread_pool_create(sizes[s], &err, &pool) != TB_OK) {
            printf("%s\n", err.text);
            return 1;
        }
        for (int k = 0; k < LOOPS; k++) {
            seed = seed * 1664525u + 1013904223u;
            size_t count = (seed >> 8) % (k % 50 == 0 ? MOST_ITEMS : 40);
            size_t tile = 1 + (seed >> 20) % 17;
            double parallel = run(pool, count, tile, sizes[s]);
            double alone = run(NULL, count, tile, sizes[s]);
            if (memcmp(&parallel, &alone, sizeof alone)) {
                printf("%d threads give another sum\n", sizes[s]);
                return 1;
            }
            if (k % 500 == 499) { /* long enough for the workers to fall asleep */
                struct timespec pause = {0, 2000000};
                nanosleep(&pause, NULL);
            }
        }
        tb_thread_pool_destroy(pool);
    }
    printf("thread pool: %d passed, 0 failed\n", (int)(sizeof sizes / sizeof sizes[0]));
    return 0;
}
