/*
 * How long the store takes to answer: compare over 2,000 runs of 200 samples and 100 ops, and the
 * history of a database of 5,000,000 samples, with the bytes that a sample takes there.
 *
 *     store_speed FOLDER
 *
 * Times are processor time of this one thread: other load does not count. Exit code 1 where compare takes 2 s or more, the history 1 s or more, or a sample 25 bytes or more.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "reports/compare.h"
#include "reports/history.h"
#include "reports/store.h"
#include "runtime/base/clock.h"

#define OPS       100
#define MOST_EACH 1000

typedef struct shape {
    const char *file;
    int runs, processes, samples; /* processes of a run, samples of a process */
    bool profiled;                /* one process more of each run, with per-op times */
} shape;

static tb_status add_process(tb_store *store, int64_t run_id, const shape *s, int run, int number,
                             bool profiled, tb_random *random, tb_error *err)
{
    static const tb_model_info model = {
        .name = "bench", .sha256 = "abcdef", .size_bytes = {true, 9}};
    static const tb_configuration configuration = {
        .engine = "native", .delegate = "cpu", .threads = {true, 1}};
    static const tb_build build = {.engine = "native", .git_revision = "d00d"};
    static char names[OPS][16];
    tb_process process = {.order_index = tb_int(number), .profiled = tb_int(profiled)};
    int64_t id;
    tb_status status =
        tb_store_add_process(store, run_id, &model, &configuration, &build, &process, err, &id);
    uint64_t latency_ns[MOST_EACH], gap_ns[MOST_EACH];
    for (int k = 0; k < s->samples; k++) {
        latency_ns[k] = 4000000 + (uint64_t)(run % 2) * 40000 + tb_random_below(random, 100000);
        gap_ns[k] = 1000 + tb_random_below(random, 500);
    }
    if (status == TB_OK)
        status = tb_store_add_samples(store, id, 0, latency_ns, gap_ns, (size_t)s->samples, err);
    tb_figure figures[] = {
        {.phase = "steady",
         .metric = "median_ns",
         .unit = "ns",
         .value = tb_num(4050000 + run % 7)},
        {.phase = "steady", .metric = "rss_bytes", .unit = "bytes", .value = tb_num(8e6)},
        {.phase = "process", .metric = "peak_rss_bytes", .unit = "bytes", .value = tb_num(9e6)},
        {.phase = "load", .metric = "duration_ns", .unit = "ns", .value = tb_num(1e6)},
        {.phase = "first_invoke", .metric = "duration_ns", .unit = "ns", .value = tb_num(5e6)},
    };
    if (status == TB_OK)
        status = tb_store_add_figures(store, run_id, id, figures, 5, err);
    if (status == TB_OK && profiled) {
        tb_op ops[OPS] = {0};
        tb_op_time times[OPS] = {0};
        for (int k = 0; k < OPS; k++) {
            snprintf(names[k], sizeof names[k], "OP_%d", k);
            ops[k] =
                (tb_op){.kind = "node", .subgraph = tb_int(0), .node = tb_int(k), .op = names[k]};
            times[k] =
                (tb_op_time){.calls = tb_int(10),
                             .inferences = tb_int(10),
                             .total_ns = tb_int(400000),
                             .median_ns = tb_int(40000 + (int64_t)tb_random_below(random, 99)),
                             .min_ns = tb_int(39000),
                             .max_ns = tb_int(50000)};
        }
        tb_plan plan = {.delegate = "cpu", .nodes_total = tb_int(OPS)};
        status = tb_store_set_plan(store, id, &plan, ops, OPS, err, NULL);
        if (status == TB_OK)
            status = tb_store_add_op_times(store, id, times, OPS, err);
    }
    tb_outcome outcome = {0};
    return status == TB_OK ? tb_store_finish_process(store, id, TB_PROCESS_OK, &outcome, err)
                           : status;
}

static tb_status fill(const char *path, const shape *s, tb_error *err)
{
    tb_store *store;
    tb_random random;
    tb_random_seed(&random, 1);
    unlink(path);
    tb_status status = tb_store_open(path, TB_STORE_WRITE, err, &store);
    if (status != TB_OK)
        return status;
    status = tb_store_batch_begin(store, err);
    for (int run = 0; run < s->runs && status == TB_OK; run++) {
        static const tb_device device = {.kind = "local", .name = "host", .arch = "x86_64"};
        static const tb_build driver = {.engine = "native"};
        const tb_run record = {.command = "run"};
        const tb_label label = {"side", run % 2 ? "head" : "base"};
        int64_t run_id;
        status = tb_store_begin_run(store, &record, &device, &driver, &label, 1, err, &run_id);
        for (int p = 0; p < s->processes && status == TB_OK; p++)
            status = add_process(store, run_id, s, run, p, false, &random, err);
        if (status == TB_OK && s->profiled)
            status = add_process(store, run_id, s, run, s->processes, true, &random, err);
        if (status == TB_OK)
            status = tb_store_finish_run(store, run_id, 0, err);
    }
    tb_status ended = tb_store_batch_end(store, err);
    tb_store_close(store);
    return status == TB_OK ? ended : status;
}

static double file_bytes(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? (double)about.st_size : 0;
}

static tb_status time_compare(const char *path, double *seconds, double *wall, tb_error *err)
{
    clock_t begin = clock();
    uint64_t begin_ns = tb_clock_ns();
    tb_store *store;
    tb_selection *base = NULL, *head = NULL;
    tb_compared compared = {0};
    tb_buf out = {0};
    tb_status status = tb_store_open(path, TB_STORE_READ, err, &store);
    if (status != TB_OK)
        return status;
    status = tb_selection_open(store, "label:side=base", NULL, err, &base);
    if (status == TB_OK)
        status = tb_selection_open(store, "label:side=head", NULL, err, &head);
    if (status == TB_OK)
        status = tb_compare(base, head, err, &compared);
    if (status == TB_OK)
        status = tb_compared_write(&compared, "table", false, NULL, &out, err);
    *seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    *wall = (double)(tb_clock_ns() - begin_ns) / 1e9;
    if (status == TB_OK)
        fputs(tb_buf_text(&out), stdout);
    tb_buf_free(&out);
    tb_compared_free(&compared);
    tb_selection_close(base);
    tb_selection_close(head);
    tb_store_close(store);
    return status;
}

static tb_status time_history(const char *path, double *seconds, tb_error *err)
{
    clock_t begin = clock();
    tb_store *store;
    tb_history history;
    tb_change_rule rule = TB_CHANGE_RULE_DEFAULT;
    tb_status status = tb_store_open(path, TB_STORE_READ, err, &store);
    if (status != TB_OK)
        return status;
    status = tb_history_read(store, "median", NULL, NULL, &rule, err, &history);
    *seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (status == TB_OK) {
        printf("history: %zu series, %zu points\n", history.count, history.items[0].count);
        tb_history_free(&history);
    }
    tb_store_close(store);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: store_speed FOLDER\n");
        return 2;
    }
    static const shape many_runs = {"compare.sqlite", 2000, 1, 200, true};
    static const shape many_samples = {"history.sqlite", 1000, 5, 1000, false};
    char path[2][512];
    tb_error err = TB_ERROR_NONE;
    double compare_s = 0, history_s = 0, wall = 0;
    snprintf(path[0], sizeof path[0], "%.400s/%s", argv[1], many_runs.file);
    snprintf(path[1], sizeof path[1], "%.400s/%s", argv[1], many_samples.file);
    tb_status status = fill(path[0], &many_runs, &err);
    if (status == TB_OK)
        status = fill(path[1], &many_samples, &err);
    if (status == TB_OK)
        status = time_compare(path[0], &compare_s, &wall, &err);
    if (status == TB_OK)
        status = time_history(path[1], &history_s, &err);
    double each = file_bytes(path[1]) / 5e6;
    unlink(path[0]);
    unlink(path[1]);
    if (status != TB_OK) {
        fprintf(stderr, "store_speed: %s\n", err.text);
        return 2;
    }
    printf(
        "compare of 2,000 runs x 200 samples x %d ops: %.2f s of one processor (limit 2), %.2f s on this machine now\n",
        OPS, compare_s, wall);
    printf("5,000,000 samples: %.1f bytes each (limit 25), history %.2f s (limit 1)\n", each,
           history_s);
    return compare_s < 2 && history_s < 1 && each < 25 ? 0 : 1;
}
