/*
 * What per-op profiling costs: end-to-end latency with and without it, in one process, interleaved
 * ABBA, so that drift hits both alike. Prints the median of the paired ratios with its bootstrap
 * interval for every model given.
 *
 *     overhead [--delegate D] [--threads N] [--seconds S] MODEL...
 *
 * Exit code 1 where the interval lies wholly above 1.01, or that of what an op costs above 100 ns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/args.h"
#include "bench/engine.h"
#include "bench/inputs.h"
#include "profiler/ring.h"
#include "profiler/sink_ops.h"
#include "reports/stats_bootstrap.h"
#include "runtime/base/clock.h"

#define MAX_BLOCKS 4096
#define LIMIT      1.01
#define OP_LIMIT   100.0 /* ns */

static const tb_option options[] = {
    {.name = "delegate", .kind = TB_OPTION_TEXT, .default_text = "cpu"},
    {.name = "threads", .kind = TB_OPTION_INT, .default_text = "1", .min = 1},
    {.name = "seconds", .kind = TB_OPTION_SECONDS, .default_text = "10"},
    {.name = NULL},
};

typedef struct bench {
    const tb_engine *engine;
    tb_session *session;
    tb_ring *ring;
    tb_op_times *ops;
    tb_error *err;
} bench;

/* One inference; the events are added up outside the timed part, as a profiled worker does. */
static tb_status timed(bench *b, bool profiled, double *ns)
{
    b->engine->set_sink(b->session, profiled ? &b->ring->sink : NULL);
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = b->engine->invoke(b->session, b->err);
    *ns = (double)(tb_clock_ns() - begin_ns);
    if (profiled)
        tb_op_times_take(b->ops, b->ring, (uint64_t)*ns);
    return status;
}

static tb_status open_model(bench *b, const tb_args *args, const char *path)
{
    tb_engine_options open_options = {
        .delegate = tb_args_text(args, "delegate"),
        .threads = (int)tb_args_int(args, "threads"),
    };
    tb_status status = b->engine->open(path, &open_options, b->err, &b->session);
    if (status == TB_OK)
        status = b->engine->allocate(b->session, b->err);
    if (status == TB_OK)
        status = tb_inputs_fill(b->engine, b->session, (tb_text_list){0}, 42, b->err);
    if (status == TB_OK)
        status = tb_ring_create(1 << 16, b->err, &b->ring);
    if (status == TB_OK)
        status = tb_op_times_create(4096, b->err, &b->ops);
    for (int k = 0; k < 3 && status == TB_OK; k++) {
        double ns;
        status = timed(b, true, &ns);
    }
    return status == TB_OK ? tb_op_times_reserve(b->ops, 4 * MAX_BLOCKS, b->err) : status;
}

/* ABBA and BAAB in turn. */
static tb_status measure(bench *b, uint64_t for_ns, double *ratios, double *plain_ns,
                         double *extra_ns, size_t *count)
{
    uint64_t begin_ns = tb_clock_ns();
    *count = 0;
    while (*count < MAX_BLOCKS && (*count < 10 || tb_clock_ns() - begin_ns < for_ns)) {
        bool first = *count % 2 == 1;
        double sums[2] = {0, 0};
        for (int k = 0; k < 4; k++) {
            bool profiled = (k == 1 || k == 2) != first;
            double ns;
            tb_status status = timed(b, profiled, &ns);
            if (status != TB_OK)
                return status;
            sums[profiled] += ns;
        }
        plain_ns[*count] = sums[0] / 2;
        extra_ns[*count] = (sums[1] - sums[0]) / 2;
        ratios[(*count)++] = sums[1] / sums[0];
    }
    return TB_OK;
}

static int run_model(const tb_args *args, const char *path)
{
    static double ratios[MAX_BLOCKS], plain_ns[MAX_BLOCKS], extra_ns[MAX_BLOCKS];
    tb_error err = TB_ERROR_NONE;
    bench b = {.engine = tb_engine_find("native"), .err = &err};
    size_t count = 0, op_count = 0;
    tb_status status = open_model(&b, args, path);
    if (status == TB_OK)
        status = measure(&b, tb_args_ns(args, "seconds"), ratios, plain_ns, extra_ns, &count);
    int failed = 0;
    if (status != TB_OK) {
        fprintf(stderr, "overhead: %s\n", err.text);
        failed = 1;
    } else {
        tb_op_times_ops(b.ops, &op_count);
        tb_interval interval = tb_median_bootstrap(ratios, count, 0.95, 10000, 1);
        tb_sort_doubles(ratios, count);
        tb_sort_doubles(plain_ns, count);
        for (size_t k = 0; k < count; k++)
            extra_ns[k] /= op_count ? (double)op_count : 1;
        tb_interval an_op = tb_median_bootstrap(extra_ns, count, 0.95, 10000, 2);
        tb_sort_doubles(extra_ns, count);
        printf("%s: %.3f ms without, x %.4f with per-op profiling [%.4f, %.4f], %zu ops, "
               "%.0f ns an op [%.0f, %.0f], %zu ABBA blocks\n",
               path, tb_median_sorted(plain_ns, count) / 1e6, tb_median_sorted(ratios, count),
               interval.low, interval.high, op_count, tb_median_sorted(extra_ns, count), an_op.low,
               an_op.high, count);
        failed = interval.low > LIMIT || an_op.low > OP_LIMIT;
    }
    if (b.session)
        b.engine->close(b.session);
    tb_op_times_destroy(b.ops);
    tb_ring_destroy(b.ring);
    return failed;
}

int main(int argc, char **argv)
{
    tb_error err = TB_ERROR_NONE;
    tb_args *args = NULL;
    if (tb_args_parse(options, argc - 1, argv + 1, &err, &args) != TB_OK) {
        fprintf(stderr, "overhead: %s\n", err.text);
        return 2;
    }
    int failed = 0;
    for (int k = 0; k < tb_args_operand_count(args); k++)
        failed |= run_model(args, tb_args_operand(args, k));
    tb_args_free(args);
    return failed;
}
