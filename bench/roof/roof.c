/* Measuring the roof; see roof.h. */
#include "bench/roof/roof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/command_line.h"
#include "bench/record_fill.h"
#include "bench/roof/peak.h"
#include "profiler/environment.h"
#include "profiler/proc_file.h"
#include "runtime/base/buf.h"
#include "runtime/base/clock.h"
#include "runtime/base/cpu_features.h"
#include "runtime/base/size.h"
#include "runtime/base/thread_pool.h"

#define BLOCK_STEP 512 /* blocks are multiples of it */
#define DRAM_BYTES ((size_t)128 << 20)
/* Half a millisecond of work and more, so that waking threads weighs little. */
#define PEAK_ROUNDS 500000
#define READ_BYTES  ((size_t)256 << 20)

/* ---- what runs ---------------------------------------------------------------------------------- */

typedef struct task {
    tb_peak_fn peak;
    tb_read_fn read;
    size_t rounds; /* of the peak kernel, or times the block is read */
    size_t bytes;
    float **blocks;      /* one a thread of the loop */
    size_t ops_in_round; /* found by the peak kernel; the same for all */
} task;

static void run_task(void *context, size_t begin, size_t end, int thread)
{
    task *t = context;
    (void)thread;
    for (size_t part = begin; part < end; part++) {
        float sink = 0;
        if (t->peak) {
            size_t ops = t->peak(t->rounds, &sink);
            if (part == 0)
                t->ops_in_round = ops;
        }
        for (size_t k = 0; t->read && k < t->rounds; k++)
            t->read(t->blocks[part], t->bytes);
    }
}

/* Work a second: the fastest of those that fit into the time. */
static double best_rate(tb_thread_pool *pool, int threads, task *t, uint64_t for_ns)
{
    double best = 0;
    uint64_t until_ns = tb_clock_ns() + for_ns;
    do {
        uint64_t begin_ns = tb_clock_ns();
        tb_parallel_for(pool, (size_t)threads, 1, run_task, t);
        double seconds = (double)(tb_clock_ns() - begin_ns) / 1e9;
        double work =
            (double)t->rounds * (double)threads * (double)(t->peak ? t->ops_in_round : t->bytes);
        if (seconds > 0 && work / seconds > best)
            best = work / seconds;
    } while (tb_clock_ns() < until_ns);
    return best;
}

/* ---- sizes -------------------------------------------------------------------------------------- */

/* Of the data cache of a level, as the kernel tells it; 0: it does not. */
static size_t cache_bytes(int level)
{
    for (int index = 0; index < 8; index++) {
        char path[128], type[32], size[32];
        int64_t at;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/level", index);
        if (!tb_proc_read_int(path, &at) || at != level)
            continue;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", index);
        if (!tb_proc_read(path, sizeof type, type) || strcmp(type, "Instruction") == 0)
            continue;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
        if (!tb_proc_read(path, sizeof size, size))
            continue;
        char *unit;
        unsigned long number = strtoul(size, &unit, 10);
        return (size_t)number << (*unit == 'K' ? 10 : *unit == 'M' ? 20 : 0);
    }
    return 0;
}

/* A block that a level holds and the one below it does not. Caches of level 3 are shared. */
static size_t block_for(int level, int threads)
{
    static const size_t usual[] = {0, 32 << 10, 512 << 10, 8 << 20};
    if (level > 3)
        return 4 * cache_bytes(3) > DRAM_BYTES ? 4 * cache_bytes(3) : DRAM_BYTES;
    size_t bytes = cache_bytes(level) ? cache_bytes(level) : usual[level];
    bytes = level == 3 ? bytes / (size_t)threads / 2 : bytes / 2;
    return bytes / BLOCK_STEP * BLOCK_STEP;
}

/* ---- rows --------------------------------------------------------------------------------------- */

static tb_peak_fn best_peak(bool bytes)
{
    tb_peak_fn best = NULL;
    for (const tb_peak_row *row = tb_peak_rows(); row->name; row++)
        if ((tb_cpu_features() & row->feature) == row->feature && (bytes ? row->q8 : row->f32))
            best = bytes ? row->q8 : row->f32;
    return best;
}

static tb_read_fn best_read(void)
{
    tb_read_fn best = NULL;
    for (const tb_read_row *row = tb_read_rows(); row->read; row++)
        if ((tb_cpu_features() & row->feature) == row->feature)
            best = row->read;
    return best;
}

static tb_roof peak_roof(const char *name, const char *unit, tb_peak_fn peak, tb_thread_pool *pool,
                         int threads, uint64_t each_ns)
{
    tb_roof roof = {.name = name, .unit = unit};
    task t = {.peak = peak, .rounds = PEAK_ROUNDS};
    if (peak)
        roof.per_s = best_rate(pool, threads, &t, each_ns);
    else
        roof.reason = "this processor has no such instruction that kernels are written for";
    return roof;
}

static void free_blocks(float **blocks, int threads)
{
    for (int k = 0; blocks && k < threads; k++)
        free(blocks[k]);
    free(blocks);
}

static tb_status read_roof(const char *name, int level, tb_thread_pool *pool, int threads,
                           uint64_t each_ns, tb_error *err, tb_roof *out)
{
    *out = (tb_roof){.name = name, .unit = "bytes/s"};
    task t = {.read = best_read(), .bytes = block_for(level, threads)};
    if (!t.read) {
        out->reason = "this processor has no vector loads that kernels are written for";
        return TB_OK;
    }
    t.blocks = calloc((size_t)threads, sizeof *t.blocks);
    bool whole = t.blocks != NULL;
    for (int k = 0; whole && k < threads; k++) {
        t.blocks[k] = aligned_alloc(64, t.bytes);
        whole = t.blocks[k] != NULL;
        if (whole)
            memset(t.blocks[k], 1, t.bytes);
    }
    if (!whole) {
        free_blocks(t.blocks, threads);
        return tb_fail(err, TB_NO_MEMORY, "roof: no memory for %d blocks of %zu bytes", threads,
                       t.bytes);
    }
    t.rounds = READ_BYTES / t.bytes + 1;
    out->block_bytes = t.bytes;
    out->per_s = best_rate(pool, threads, &t, each_ns);
    free_blocks(t.blocks, threads);
    return TB_OK;
}

tb_status tb_roof_measure(int threads, uint64_t each_ns, tb_error *err, tb_roof rows[TB_ROOF_MOST],
                          size_t *count)
{
    static const char *const levels[] = {"l1_read", "l2_read", "l3_read", "dram_read"};
    tb_thread_pool *pool = NULL;
    tb_status status = tb_thread_pool_create(threads, err, &pool);
    if (status != TB_OK)
        return status;
    *count = 0;
    rows[(*count)++] = peak_roof("f32_fma", "flop/s", best_peak(false), pool, threads, each_ns);
    rows[(*count)++] = peak_roof("i8_dot", "op/s", best_peak(true), pool, threads, each_ns);
    for (int k = 0; k < 4 && status == TB_OK; k++)
        status = read_roof(levels[k], k + 1, pool, threads, each_ns, err, &rows[(*count)++]);
    tb_thread_pool_destroy(pool);
    return status;
}

/* ---- storing ------------------------------------------------------------------------------------ */

static tb_status begin_run(tb_store *store, tb_arena *arena, tb_error *err, int64_t *run_id)
{
    tb_device device = {0};
    tb_record_filler filler = {&tb_device_type, &device, arena};
    tb_reading_taker taker = tb_record_taker(&filler);
    tb_device_read(&taker);
    tb_buf line = {0};
    tb_command_line_put(&line);
    tb_run run = {
        .command = "doctor",
        .command_line = tb_arena_text(arena, tb_buf_text(&line), line.size),
        .tool_version = tb_build_version(),
    };
    tb_buf_free(&line);
    tb_build build = {
        .engine = "native",
        .engine_version = tb_build_version(),
        .git_revision = tb_build_revision(),
        .compiler = tb_build_compiler(),
        .flags = tb_build_flags(),
        .arch = tb_build_target(),
    };
    return tb_store_begin_run(store, &run, &device, &build, NULL, 0, err, run_id);
}

static tb_status add_rows(tb_store *store, int64_t run_id, int threads, const tb_roof *rows,
                          size_t count, tb_error *err)
{
    tb_figure figures[2 * TB_ROOF_MOST] = {0};
    char owner[32];
    size_t filled = 0;
    snprintf(owner, sizeof owner, "%d", threads);
    for (size_t k = 0; k < count; k++) {
        figures[filled] = (tb_figure){.phase = "roof",
                                      .metric = rows[k].name,
                                      .owner = owner,
                                      .unit = rows[k].unit,
                                      .reason = rows[k].reason};
        if (!rows[k].reason)
            figures[filled].value = tb_num(rows[k].per_s);
        filled++;
        if (rows[k].block_bytes)
            figures[filled++] = (tb_figure){.phase = "roof_block",
                                            .metric = rows[k].name,
                                            .owner = owner,
                                            .unit = "bytes",
                                            .value = tb_num((double)rows[k].block_bytes)};
    }
    return tb_store_add_figures(store, run_id, 0, figures, filled, err);
}

/* 1, 2, 4, ... and at last all that may be used; 0: there is none more. */
static int next_count(int threads)
{
    int all = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (threads >= all)
        return 0;
    return 2 * threads < all ? 2 * threads : all;
}

tb_status tb_roof_store(tb_store *store, uint64_t each_ns, tb_error *err, int64_t *run_id)
{
    tb_arena arena = {0};
    tb_status status = begin_run(store, &arena, err, run_id);
    for (int threads = 1; status == TB_OK && threads; threads = next_count(threads)) {
        tb_roof rows[TB_ROOF_MOST];
        size_t count;
        status = tb_roof_measure(threads, each_ns, err, rows, &count);
        if (status == TB_OK)
            status = add_rows(store, *run_id, threads, rows, count, err);
    }
    if (status == TB_OK)
        status = tb_store_finish_run(store, *run_id, 0, err);
    tb_arena_free(&arena);
    return status;
}
