/* Writing to the store: what a record becomes, what is refused, what survives. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/size.h"
#include "tests/unit/reports/fixture.h"

TestSuite(store, .fini = fixture_remove);

Test(store, a_run_is_stored_whole)
{
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    int64_t run = fixture_run(store, "first");
    const fixture_process given = {"mobilenet", "cpu",         NULL, NULL, 2,
                                   false,       TB_PROCESS_OK, 20,   5000, 10};
    int64_t process = fixture_add(store, run, &given);
    const tb_environment environment = {
        .kernel = "6.1", .load_1m = tb_num(0.25), .memory_bytes = tb_int(1 << 30)};
    cr_expect_eq(tb_store_add_environment(store, run, "start", &environment, &err), TB_OK);
    const tb_figure figures[] = {
        {.phase = "load", .metric = "duration_ns", .value = tb_num(1500), .unit = "ns"},
        {.phase = "steady",
         .metric = "energy_uj",
         .unit = "uj",
         .reason = "no RAPL on this virtual machine"},
    };
    cr_expect_eq(tb_store_add_figures(store, run, process, figures, 2, &err), TB_OK, "%s",
                 err.text);
    const tb_warning warning = {"thermal", "warning", "the processor is hot"};
    cr_expect_eq(tb_store_add_warning(store, run, 0, &warning, &err), TB_OK);
    cr_expect_eq(tb_store_finish_run(store, run, 0, &err), TB_OK, "%s", err.text);

    /* Readable by others while open. */
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sample"), 20);
    cr_expect_eq(fixture_ask(path, "SELECT sum(latency_ns) FROM sample"), 20 * 5000 + 1900);
    cr_expect_eq(fixture_ask(path, "SELECT value FROM figure WHERE metric = 'duration_ns'"), 1500);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM figure WHERE value IS NULL"
                                   " AND reason LIKE 'no RAPL%'"),
                 1);
    cr_expect_eq(fixture_ask(path, "SELECT load_1m FROM environment"), 0.25);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM environment WHERE governor IS NULL"), 1);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM process WHERE status = 'ok'"), 1);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM label WHERE key='case' AND value='first'"),
                 1);
    cr_expect_eq(fixture_ask(path, "SELECT finished_unix_ms >= started_unix_ms FROM run"), 1);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "PRAGMA user_version"), tb_store_version());
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM pragma_integrity_check"
                                   " WHERE integrity_check = 'ok'"),
                 1);
}

Test(store, same_content_is_one_row)
{
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process one = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_OK, 1, 10, 0};
    const fixture_process other = {"m", "cpu", NULL, NULL, 2, false, TB_PROCESS_OK, 1, 10, 0};
    for (int i = 0; i < 3; i++) {
        int64_t run = fixture_run(store, "x");
        fixture_add(store, run, &one);
        int64_t process = fixture_add(store, run, &other);
        /* More is learned about the model: still the same row, now with the count. */
        const tb_model_info learned = {.name = "m", .sha256 = "000020c9", .node_count = tb_int(31)};
        cr_assert_eq('m' * 77, 0x20c9);
        cr_expect_eq(tb_store_set_model(store, process, &learned, &err), TB_OK, "%s", err.text);
    }
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM device"), 1);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM build"), 2); /* driver's and tested */
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM model"), 1);
    cr_expect_eq(fixture_ask(path, "SELECT node_count FROM model"), 31);
    cr_expect_eq(fixture_ask(path, "SELECT size_bytes FROM model"), 123456);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM configuration"), 2);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM process"), 6);
}

Test(store, a_hash_learned_late_moves_the_process)
{
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process one = {"m", "cpu", NULL, NULL, 4, false, TB_PROCESS_RUNNING, 0, 0, 0};
    int64_t process = fixture_add(store, fixture_run(store, "x"), &one);
    const tb_model_info learned = {.name = "m", .sha256 = "feed"};
    cr_expect_eq(tb_store_set_model(store, process, &learned, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tb_store_set_model(store, 99, &learned, &err), TB_NOT_FOUND);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM process p JOIN configuration c"
                                   " ON c.id = p.configuration_id JOIN model m ON m.id = c.model_id"
                                   " WHERE m.sha256 = 'feed' AND c.threads = 4"),
                 1);
}

Test(store, plans_are_shared_and_told_apart)
{
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, true, TB_PROCESS_RUNNING, 0, 0, 0};
    int64_t run = fixture_run(store, "x");
    int64_t processes[3];
    for (size_t i = 0; i < 3; i++)
        processes[i] = fixture_add(store, run, &given);
    const tb_plan plan = {.delegate = "cpu", .nodes_total = tb_int(2), .partitions = tb_int(1)};
    tb_op ops[2] = {
        {.kind = "node", .node = tb_int(0), .op = "CONV_2D", .delegate = "cpu"},
        {.kind = "node", .node = tb_int(1), .op = "SOFTMAX", .reason = "not in the cpu delegate"},
    };
    char prints[3][65];
    cr_expect_eq(tb_store_set_plan(store, processes[0], &plan, ops, 2, &err, prints[0]), TB_OK);
    cr_expect_eq(tb_store_set_plan(store, processes[1], &plan, ops, 2, &err, prints[1]), TB_OK);
    ops[1].kernel = "softmax_f32__avx2";
    cr_expect_eq(tb_store_set_plan(store, processes[2], &plan, ops, 2, &err, prints[2]), TB_OK);
    cr_expect_eq(strlen(prints[0]), 64);
    cr_expect_str_eq(prints[0], prints[1]);
    cr_expect_str_neq(prints[0], prints[2]);
    cr_expect_eq(tb_store_set_plan(store, 1234, &plan, ops, 2, &err, NULL), TB_NOT_FOUND);

    const tb_op_time times[2] = {{.calls = tb_int(10), .total_ns = tb_int(1000)}, {.calls = {0}}};
    cr_expect_eq(tb_store_add_op_times(store, processes[0], times, 2, &err), TB_OK, "%s", err.text);
    const uint64_t durations[] = {90, 110};
    cr_expect_eq(tb_store_add_op_samples(store, processes[0], 0, 0, durations, 2, &err), TB_OK);
    const uint64_t warmup[] = {500};
    cr_expect_eq(tb_store_add_warmup(store, processes[0], 0, warmup, 1, &err), TB_OK);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM plan"), 2);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM op"), 4);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM op_time"), 1);
    cr_expect_eq(fixture_ask(path, "SELECT sum(duration_ns) FROM op_sample"), 200);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sample"), 0);
}

Test(store, rules_are_kept)
{
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    int64_t run = fixture_run(store, "x");
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_RUNNING, 0, 0, 0};
    int64_t process = fixture_add(store, run, &given);

    const tb_figure unknown = {.phase = "steady", .metric = "energy_uj", .unit = "uj"};
    cr_expect_eq(tb_store_add_figures(store, run, process, &unknown, 1, &err), TB_USAGE);
    cr_expect(strstr(err.text, "neither a value nor a reason"), "%s", err.text);
    const tb_figure nan_figure = {
        .phase = "steady", .metric = "cv", .unit = "ratio", .value = tb_num(0.0 / 0.0)};
    cr_expect_eq(tb_store_add_figures(store, run, process, &nan_figure, 1, &err), TB_USAGE);
    const tb_figure bare = {.metric = "x", .value = tb_num(1), .unit = "1"};
    cr_expect_eq(tb_store_add_figures(store, run, process, &bare, 1, &err), TB_USAGE);

    const tb_outcome none = {0};
    cr_expect_eq(tb_store_finish_process(store, process, TB_PROCESS_CRASHED, &none, &err),
                 TB_USAGE);
    cr_expect(strstr(err.text, "crashed without a reason"), "%s", err.text);
    cr_expect_eq(tb_store_finish_process(store, process, TB_PROCESS_RUNNING, &none, &err),
                 TB_USAGE);
    const tb_outcome killed = {.reason = "killed by signal 9", .signal = tb_int(9)};
    cr_expect_eq(tb_store_finish_process(store, process, TB_PROCESS_CRASHED, &killed, &err), TB_OK);
    cr_expect_eq(tb_store_finish_process(store, process, TB_PROCESS_OK, &none, &err), TB_NOT_FOUND,
                 "a process ends once");
    cr_expect_eq(tb_store_finish_run(store, 77, 0, &err), TB_NOT_FOUND);

    const uint64_t sample = 5, wild = UINT64_MAX;
    cr_expect_eq(tb_store_add_samples(store, 999, 0, &sample, NULL, 1, &err), TB_USAGE,
                 "samples of no process");
    cr_expect_eq(tb_store_add_samples(store, process, 0, &wild, NULL, 1, &err), TB_USAGE);
    cr_expect_eq(tb_store_add_samples(store, process, 0, &sample, NULL, 1, &err), TB_OK);
    cr_expect_eq(tb_store_add_samples(store, process, 0, &sample, NULL, 1, &err), TB_USAGE,
                 "an index is given once");
    tb_store_close(store);
}

Test(store, texts_are_values_never_sql)
{
    const char *path = fixture_path("a.sqlite");
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process given = {
        "x'); DROP TABLE sample; --", "cpu", NULL, NULL, 1, false, TB_PROCESS_OK, 3, 10, 1};
    fixture_add(store, fixture_run(store, "'; DELETE FROM run; --"), &given);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sample"), 3);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM label WHERE value LIKE '%DELETE%'"), 1);
}

Test(store, batches_are_all_or_nothing)
{
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    cr_expect_eq(tb_store_batch_end(store, &err), TB_STATE);
    cr_expect_eq(tb_store_batch_begin(store, &err), TB_OK);
    cr_expect_eq(tb_store_batch_begin(store, &err), TB_STATE);
    int64_t run = fixture_run(store, "kept");
    cr_expect_eq(tb_store_batch_end(store, &err), TB_OK);
    cr_expect_eq(tb_store_batch_begin(store, &err), TB_OK);
    fixture_run(store, "lost");
    cr_expect_eq(tb_store_finish_run(store, 99, 0, &err), TB_NOT_FOUND);
    cr_expect_eq(tb_store_batch_end(store, &err), TB_STATE);
    cr_expect_eq(tb_store_finish_run(store, run, 0, &err), TB_OK);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM run"), 1);
}

Test(store, removing_a_run_leaves_nothing_behind)
{
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_OK, 5, 10, 1};
    int64_t run = fixture_run(store, "x");
    int64_t process = fixture_add(store, run, &given);
    const tb_plan plan = {.delegate = "cpu"};
    const tb_op op = {.op = "ADD"};
    cr_assert_eq(tb_store_set_plan(store, process, &plan, &op, 1, &err, NULL), TB_OK);
    cr_expect_eq(tb_store_remove_run(store, run, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tb_store_remove_run(store, run, &err), TB_NOT_FOUND);
    int64_t next = fixture_run(store, "y");
    cr_expect_gt(next, run, "a number is never given twice");
    cr_expect_eq(tb_store_remove_run(store, next, &err), TB_OK);
    tb_store_close(store);
    static const char *const tables[] = {"device",  "build",   "model",  "configuration", "run",
                                         "process", "plan",    "op",     "sample",        "label",
                                         "figure",  "op_time", "warning"};
    for (size_t i = 0; i < TB_COUNT_OF(tables); i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        cr_expect_eq(fixture_ask(path, sql), 0, "%s", tables[i]);
    }
}

/* Writes from several processes at once, into a file that they also create at once. */
Test(store, two_writers_share_a_file, .timeout = 60)
{
    enum { WRITERS = 3, RUNS = 10, SAMPLES = 20 };
    const char *path = fixture_path("shared.sqlite");
    pid_t children[WRITERS];
    fflush(NULL);
    for (int w = 0; w < WRITERS; w++) {
        children[w] = fork();
        cr_assert_geq(children[w], 0);
        if (children[w] == 0) {
            tb_error err = TB_ERROR_NONE;
            tb_store *store;
            if (tb_store_open(path, TB_STORE_WRITE, &err, &store) != TB_OK) {
                fprintf(stderr, "%s\n", err.text);
                _exit(1);
            }
            const fixture_process given = {"m",   "cpu",         NULL,    NULL, w,
                                           false, TB_PROCESS_OK, SAMPLES, 1000, 1};
            for (int r = 0; r < RUNS; r++)
                fixture_add(store, fixture_run(store, "x"), &given);
            tb_store_close(store);
            _exit(0);
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        cr_assert_eq(waitpid(children[w], &status, 0), children[w]);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "writer %d", w);
    }
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM run"), WRITERS * RUNS);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sample"), WRITERS * RUNS * SAMPLES);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM process WHERE status = 'ok'"),
                 WRITERS * RUNS);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM model"), 1);
}

/* What a killed writer had written is there for a reader that opens the file without writing. */
Test(store, a_killed_writer_loses_nothing, .timeout = 60)
{
    const char *path = fixture_path("a.sqlite");
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        tb_error err = TB_ERROR_NONE;
        tb_store *store;
        if (tb_store_open(path, TB_STORE_WRITE, &err, &store) == TB_OK) {
            const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_RUNNING,
                                           50,  1000,  1};
            fixture_add(store, fixture_run(store, "x"), &given);
            if (write(ready[1], "k", 1) == 1)
                pause();
        }
        _exit(1);
    }
    close(ready[1]);
    char byte;
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    tb_store *store = fixture_open(path, TB_STORE_READ);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sample"), 50);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM process WHERE status = 'running'"), 1);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM pragma_integrity_check"
                                   " WHERE integrity_check = 'ok'"),
                 1);
}

Test(store, a_sample_costs_little)
{
    enum { PROCESSES = 40, SAMPLES = 2500 };
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    int64_t run = fixture_run(store, "x");
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_RUNNING, 0, 0, 0};
    static uint64_t latency_ns[SAMPLES], gap_ns[SAMPLES];
    for (int p = 0; p < PROCESSES; p++) {
        int64_t process = fixture_add(store, run, &given);
        for (size_t i = 0; i < SAMPLES; i++) {
            latency_ns[i] = 40000000 + i * 1000;
            gap_ns[i] = 5000 + i % 50 * 1000;
        }
        for (size_t i = 0; i < SAMPLES; i += 100)
            cr_assert_eq(tb_store_add_samples(store, process, (int64_t)i, latency_ns + i,
                                              gap_ns + i, 100, &err),
                         TB_OK, "%s", err.text);
    }
    tb_store_close(store);
    struct stat about;
    cr_assert_eq(stat(path, &about), 0);
    double each = (double)about.st_size / (PROCESSES * SAMPLES);
    cr_log_info("%.1f bytes a sample", each);
    cr_expect_lt(each, 25, "%.1f bytes a sample", each);
}

Test(store, warmups_and_op_samples_are_kept_up_to_a_limit)
{
    const char *path = fixture_path("a.sqlite");
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, true, TB_PROCESS_RUNNING, 0, 0, 0};
    int64_t process = fixture_add(store, fixture_run(store, "x"), &given);
    static uint64_t durations[700];
    for (int64_t first = 0; first < 2100; first += 700) {
        cr_expect_eq(tb_store_add_warmup(store, process, first, durations, 700, &err), TB_OK);
        cr_expect_eq(tb_store_add_op_samples(store, process, 0, first, durations, 700, &err),
                     TB_OK);
        cr_expect_eq(tb_store_add_samples(store, process, first, durations, NULL, 700, &err),
                     TB_OK);
    }
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT max(idx) FROM warmup"), TB_STORE_WARMUP_KEPT - 1);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM op_sample"), TB_STORE_OP_SAMPLES_KEPT);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sample"), 2100, "samples all");
}
