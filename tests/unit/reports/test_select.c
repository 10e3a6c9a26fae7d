/* Names of stored results, conditions, and the rows that come of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "reports/select.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/fixture.h"

TestSuite(select, .fini = fixture_remove);

static const fixture_process cpu_one = {"mobilenet", "cpu",         NULL, "aaaa1111", 1,
                                        false,       TB_PROCESS_OK, 21,   1000,       10};
static const fixture_process cpu_two = {"mobilenet", "cpu",         NULL, "aaaa1111", 2,
                                        false,       TB_PROCESS_OK, 21,   600,        10};
static const fixture_process ref_one = {"resnet", "reference",   NULL, "bbbb2222", 1,
                                        false,    TB_PROCESS_OK, 5,    9000,       10};

static tb_selection *select_ok(tb_store *store, const char *name, const char *where)
{
    tb_error err = TB_ERROR_NONE;
    tb_selection *selection;
    cr_assert_eq(tb_selection_open(store, name, where, &err, &selection), TB_OK, "%s: %s", name,
                 err.text);
    return selection;
}

static tb_results results_of(const tb_selection *selection)
{
    tb_error err = TB_ERROR_NONE;
    tb_results results;
    cr_assert_eq(tb_selection_results(selection, &err, &results), TB_OK, "%s", err.text);
    return results;
}

/* Three runs: 1 has two configurations, 2 has another model and build, 3 has both builds. */
static tb_store *three_runs(void)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    int64_t run = fixture_run(store, "one");
    fixture_add(store, run, &cpu_two);
    fixture_add(store, run, &cpu_one);
    run = fixture_run(store, "two");
    fixture_add(store, run, &ref_one);
    run = fixture_run(store, "one");
    fixture_add(store, run, &cpu_one);
    fixture_add(store, run, &ref_one);
    return store;
}

Test(select, names_find_runs)
{
    tb_store *store = three_runs();
    static const struct {
        const char *name;
        size_t count;
        int64_t first;
    } cases[] = {
        {"@", 1, 3},
        {"@-0", 1, 3},
        {"@-1", 1, 2},
        {"@-2", 1, 1},
        {"@2", 1, 2},
        {"label:case=one", 2, 3},
        {"label:team=a", 3, 3},
        {"rev:aaaa", 2, 3},
        {"rev:bbbb2222", 2, 3},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        tb_selection *selection = select_ok(store, cases[i].name, NULL);
        size_t count;
        const int64_t *runs = tb_selection_runs(selection, &count);
        cr_expect_eq(count, cases[i].count, "%s", cases[i].name);
        cr_expect_eq(runs[0], cases[i].first, "%s", cases[i].name);
        cr_expect_str_eq(tb_selection_name(selection), cases[i].name);
        cr_expect_eq(tb_selection_store(selection), store);
        tb_selection_close(selection);
    }
    tb_store_close(store);
}

Test(select, wrong_names_say_what_there_is)
{
    tb_store *store = three_runs();
    static const struct {
        const char *name, *where;
        tb_status status;
        const char *says;
    } cases[] = {
        {"@9", NULL, TB_NOT_FOUND, "@1 to @3"},
        {"@-3", NULL, TB_NOT_FOUND, "@1 to @3"},
        {"@x", NULL, TB_USAGE, "@42 (a number)"},
        {"@-", NULL, TB_USAGE, "@42 (a number)"},
        {"@99999999999999999999", NULL, TB_USAGE, "@42"},
        {"label:case=three", NULL, TB_NOT_FOUND, "case=one"},
        {"label:case", NULL, TB_USAGE, "label:KEY=VALUE"},
        {"rev:cccc", NULL, TB_NOT_FOUND, "aaaa1111"},
        {"rev:", NULL, TB_USAGE, "rev:REVISION"},
        {"latest", NULL, TB_USAGE, "names no stored result"},
        {"", NULL, TB_USAGE, "names no stored result"},
        {"db:/nowhere/x.sqlite", NULL, TB_NOT_FOUND, "/nowhere/x.sqlite"},
        {"@", "modle=x", TB_USAGE, "model, delegate"},
        {"@", "model", TB_USAGE, "KEY=VALUE"},
        {"@", "threads=1,x", TB_USAGE, "\"x\""},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        tb_error err = TB_ERROR_NONE;
        tb_selection *selection;
        cr_expect_eq(tb_selection_open(store, cases[i].name, cases[i].where, &err, &selection),
                     cases[i].status, "%s", cases[i].name);
        cr_expect_null(selection);
        cr_expect(strstr(err.text, cases[i].says), "%s: %s", cases[i].name, err.text);
    }
    tb_store_close(store);
}

Test(select, an_empty_store_has_no_last_run)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    tb_error err = TB_ERROR_NONE;
    tb_selection *selection;
    cr_expect_eq(tb_selection_open(store, "@", NULL, &err, &selection), TB_NOT_FOUND);
    cr_expect(strstr(err.text, "there are none"), "%s", err.text);
    tb_store_close(store);
}

Test(select, another_file)
{
    tb_store_close(three_runs());
    const char *path = fixture_path("a.sqlite");
    const char *odd = fixture_path("b@1.sqlite");
    tb_store *store = fixture_open(odd, TB_STORE_WRITE);
    fixture_add(store, fixture_run(store, "odd"), &ref_one);
    char name[600];
    static const struct {
        const char *suffix;
        int64_t run;
    } cases[] = {{"", 3}, {"@", 3}, {"@-1", 2}, {"@1", 1}};
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        snprintf(name, sizeof name, "db:%s%s", path, cases[i].suffix);
        tb_selection *selection = select_ok(store, name, NULL);
        size_t count;
        cr_expect_eq(tb_selection_runs(selection, &count)[0], cases[i].run, "%s", name);
        cr_expect_neq(tb_selection_store(selection), store);
        tb_selection_close(selection);
    }
    snprintf(name, sizeof name, "db:%s", odd);
    tb_selection *selection = select_ok(store, name, NULL);
    tb_selection_close(selection);
    tb_store_close(store);
}

Test(select, conditions_narrow)
{
    tb_store *store = three_runs();
    static const struct {
        const char *name, *where;
        size_t results;
    } cases[] = {
        {"@1", NULL, 2},
        {"@1", "threads=2", 1},
        {"@1", "threads=1|2", 2},
        {"@1", "model=mobile*,delegate=c?u,threads=1", 1},
        {"@1", "model=models/*.tflite", 2},
        {"@3", "delegate=reference", 1},
        {"@3", "rev=bbbb", 1},
        {"@3", "engine=native", 2},
        {"@3", "engine=*", 2},
        {"label:case=one", NULL, 4},
        {"rev:aaaa", NULL, 3}, /* the other build's result in run 3 is left out */
        {"rev:bbbb", NULL, 2},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        tb_selection *selection = select_ok(store, cases[i].name, cases[i].where);
        tb_results results = results_of(selection);
        cr_expect_eq(results.count, cases[i].results, "%s %s: %zu", cases[i].name, cases[i].where,
                     results.count);
        tb_results_free(&results);
        tb_selection_close(selection);
    }
    static const char *const nothing[] = {"threads=3",      "delegate=cp", "delegate=?",
                                          "model=*net\\,x", "arm=base",    "rev=ccc"};
    for (size_t i = 0; i < TB_COUNT_OF(nothing); i++) {
        tb_error err = TB_ERROR_NONE;
        tb_selection *selection = select_ok(store, "@1", nothing[i]);
        tb_results results;
        cr_expect_eq(tb_selection_results(selection, &err, &results), TB_NOT_FOUND, "%s",
                     nothing[i]);
        cr_expect(strstr(err.text, "none of the 2 measurements"), "%s", err.text);
        tb_selection_close(selection);
    }
    tb_store_close(store);
}

Test(select, a_result_merges_its_processes)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    tb_error err = TB_ERROR_NONE;
    int64_t run = fixture_run(store, "x");
    fixture_process process = cpu_one;
    int64_t ids[4];
    for (size_t i = 0; i < 3; i++) {
        process.first_ns = 1000 + 1000 * i;
        ids[i] = fixture_add(store, run, &process);
        const tb_figure figures[] = {
            {.phase = "load",
             .metric = "duration_ns",
             .unit = "ns",
             .value = tb_num(10 + (double)i)},
            {.phase = "process",
             .metric = "peak_rss_bytes",
             .unit = "bytes",
             .value = tb_num(100 + (double)i)},
            {.phase = "process",
             .metric = "peak_rss_bytes",
             .owner = "arena",
             .unit = "bytes",
             .value = tb_num(1e9)},
            {.phase = "steady", .metric = "energy_uj", .unit = "uj", .reason = "no RAPL"},
        };
        cr_assert_eq(tb_store_add_figures(store, run, ids[i], figures, 4, &err), TB_OK);
    }
    process.profiled = true;
    process.first_ns = 900000;
    ids[3] = fixture_add(store, run, &process);

    tb_selection *selection = select_ok(store, "@", NULL);
    tb_results results = results_of(selection);
    cr_assert_eq(results.count, 1);
    const tb_result *result = &results.items[0];
    cr_expect_eq(result->process_count, 4);
    cr_expect_eq(result->row.processes.value, 4);
    cr_expect_eq(result->row.processes_ok.value, 3);
    cr_expect_eq(result->sample_count, 63);
    cr_expect_eq(result->row.samples.value, 63);
    cr_expect_eq(result->latency_ns[0], 1000);
    cr_expect_eq(result->processes[1].first_sample, 21);
    cr_expect_eq(result->latency_ns[21], 2000);
    cr_expect_eq(result->processes[3].sample_count, 0);
    cr_expect_not(result->processes[3].counts);
    cr_expect_eq(result->sorted_ns[62], 3200);
    cr_expect_eq(result->row.median_ns.value, 2100);
    cr_expect(result->row.median_low_ns.known);
    cr_expect_leq(result->row.median_low_ns.value, 2100);
    cr_expect_eq(result->row.max_ns.value, 3200);
    cr_expect(result->row.p95_ns.known);
    cr_expect_not(result->row.p99_ns.known, "63 samples have no p99");
    cr_expect_null(result->row.percentiles_ok, "63 are one short of p90");
    cr_expect_eq(result->row.load_ns.value, 11, "the median of 10, 11, 12");
    cr_expect_eq(result->row.peak_rss_bytes.value, 102, "the largest, and no owner's");
    cr_expect_not(result->row.energy_uj.known);
    cr_expect_str_eq(result->row.status, "ok");
    cr_expect_null(result->row.reason);
    cr_expect_str_eq(result->row.labels, "case=x;team=a");
    cr_expect_str_eq(result->row.warnings, "unstable");
    cr_expect_eq(strlen(result->row.started), strlen("2024-01-01T00:00:00Z"));

    tb_figures figures;
    cr_assert_eq(tb_selection_figures(selection, result, &err, &figures), TB_OK);
    cr_expect_eq(figures.count, 12);
    cr_expect_str_eq(figures.items[3].figure.reason, "no RAPL");
    cr_expect_eq(figures.items[11].process_id, ids[2]);
    tb_figures_free(&figures);
    tb_results_free(&results);
    tb_selection_close(selection);
    tb_store_close(store);
}

Test(select, failures_are_results)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    int64_t run = fixture_run(store, "x");
    fixture_process process = cpu_one;
    fixture_add(store, run, &process);
    process.status = TB_PROCESS_CRASHED;
    fixture_add(store, run, &process);
    process.threads = 2;
    process.sample_count = 0;
    process.status = TB_PROCESS_TIMED_OUT;
    fixture_add(store, run, &process);
    process.threads = 3;
    process.status = TB_PROCESS_RUNNING;
    fixture_add(store, run, &process);
    process.threads = 4;
    process.status = TB_PROCESS_OK;
    process.profiled = true;
    fixture_add(store, run, &process);

    tb_selection *selection = select_ok(store, "@", NULL);
    tb_results results = results_of(selection);
    cr_assert_eq(results.count, 4);
    static const struct {
        const char *status, *reason;
        size_t samples;
    } expected[] = {
        {"crashed", "it broke", 21},
        {"timed_out", "it broke", 0},
        {"unfinished", "the driver ended before this process did, or both still run", 0},
        {"ok", "only profiled processes, which make no headline figures", 0}};
    for (size_t i = 0; i < 4; i++) {
        const tb_result *result = &results.items[i];
        cr_expect_eq(result->row.threads.value, (int64_t)i + 1);
        cr_expect_str_eq(result->row.status, expected[i].status);
        cr_expect_str_eq(result->row.reason, expected[i].reason);
        cr_expect_eq(result->sample_count, expected[i].samples);
        cr_expect_eq(result->row.median_ns.known, expected[i].samples > 0, "never a zero");
    }
    cr_expect_str_eq(results.items[2].row.warnings, "unfinished");
    tb_results_free(&results);
    tb_selection_close(selection);
    tb_store_close(store);
}

Test(select, builds_and_arms_are_results_of_their_own)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    int64_t run = fixture_run(store, "x");
    fixture_process process = cpu_one;
    static const char *const arms[] = {"base", "head", "head", "base"};
    for (size_t i = 0; i < 4; i++) {
        process.arm = arms[i];
        fixture_add(store, run, &process);
    }
    process.revision = "another";
    fixture_add(store, run, &process);
    tb_selection *selection = select_ok(store, "@", NULL);
    tb_results results = results_of(selection);
    cr_assert_eq(results.count, 3);
    tb_results_free(&results);
    tb_selection_close(selection);
    selection = select_ok(store, "@", "arm=head");
    results = results_of(selection);
    cr_assert_eq(results.count, 1);
    cr_expect_eq(results.items[0].process_count, 2);
    tb_results_free(&results);
    tb_selection_close(selection);
    tb_store_close(store);
}

Test(select, plans_ops_and_findings)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    tb_error err = TB_ERROR_NONE;
    int64_t run = fixture_run(store, "x");
    fixture_process process = cpu_one;
    process.delegate = "gpu:precision=fp16";
    process.status = TB_PROCESS_RUNNING;
    tb_plan plan = {.delegate = "gpu",
                    .nodes_total = tb_int(31),
                    .nodes_delegated = tb_int(17),
                    .partitions = tb_int(3),
                    .text = "three kernels"};
    const tb_op ops[] = {{.kind = "node", .op = "CONV_2D", .node = tb_int(0), .delegate = "gpu"},
                         {.kind = "node", .op = "ADD", .node = tb_int(1), .reason = "shape"}};
    for (size_t i = 0; i < 4; i++) {
        process.profiled = i > 0;
        int64_t id = fixture_add(store, run, &process);
        plan.text = i == 3 ? "another plan" : "three kernels";
        cr_assert_eq(tb_store_set_plan(store, id, &plan, ops, 2, &err, NULL), TB_OK);
        if (process.profiled) {
            const tb_op_time times[] = {{.calls = tb_int(10),
                                         .inferences = tb_int(10),
                                         .first_ns = tb_int(500),
                                         .total_ns = tb_int(1000),
                                         .min_ns = tb_int(90 + (int64_t)i),
                                         .median_ns = tb_int(100 * (int64_t)i),
                                         .max_ns = tb_int(200 + (int64_t)i)},
                                        {.calls = {0}}};
            cr_assert_eq(tb_store_add_op_times(store, id, times, 2, &err), TB_OK);
        }
        const tb_outcome outcome = {.output_checksum = i == 2 ? "ff" : "00",
                                    .check_verdict = i == 1 ? "wrong" : "ok"};
        cr_assert_eq(tb_store_finish_process(store, id, TB_PROCESS_OK, &outcome, &err), TB_OK);
        const tb_warning warning = {"fallback", "warning", "14 nodes on the portable kernels"};
        cr_assert_eq(tb_store_add_warning(store, run, id, &warning, &err), TB_OK);
    }
    tb_selection *selection = select_ok(store, "@", NULL);
    tb_results results = results_of(selection);
    cr_assert_eq(results.count, 1);
    const tb_result *result = &results.items[0];
    cr_expect_str_eq(result->row.ran, "gpu 17/31 nodes, 3 partitions");
    cr_expect_str_eq(result->row.check_verdict, "wrong");
    cr_expect_eq(strlen(result->row.plan_fingerprint), 64 + 1 + 64);
    cr_expect_str_eq(result->row.warnings, "fallback;unstable;plan_changed;nondeterministic");

    tb_ops found;
    cr_assert_eq(tb_selection_ops(selection, result, &err, &found), TB_OK, "%s", err.text);
    cr_assert_eq(found.count, 2);
    cr_expect_eq(found.profiled_count, 2, "the third has another plan");
    cr_expect_str_eq(found.plan_text, "three kernels");
    cr_expect_str_eq(found.items[0].op.op, "CONV_2D");
    cr_expect_eq(found.items[0].time.calls.value, 20);
    cr_expect_eq(found.items[0].time.total_ns.value, 2000);
    cr_expect_eq(found.items[0].time.median_ns.value, 150);
    cr_expect_eq(found.items[0].time.min_ns.value, 91);
    cr_expect_eq(found.items[0].time.max_ns.value, 202);
    cr_expect_eq(found.end_to_end_ns.value, 1100);
    cr_expect_str_eq(found.items[1].op.reason, "shape");
    cr_expect_not(found.items[1].time.median_ns.known);
    tb_ops_free(&found);

    tb_context context;
    cr_assert_eq(tb_selection_context(selection, &err, &context), TB_OK);
    cr_expect_eq(context.warning_count, 4);
    cr_expect_eq(context.warnings[0].configuration_id, result->configuration_id);
    cr_assert_eq(context.run_count, 1);
    cr_expect_str_eq(context.runs[0].device.name, "bench-host");
    cr_expect_str_eq(context.runs[0].driver.git_revision, "d00d");
    tb_context_free(&context);
    tb_results_free(&results);
    tb_selection_close(selection);
    tb_store_close(store);
}

Test(select, runs_are_listed)
{
    tb_store *store = three_runs();
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_store_finish_run(store, 2, 5, &err), TB_OK);
    tb_runs runs;
    cr_assert_eq(tb_store_list_runs(store, &err, &runs), TB_OK, "%s", err.text);
    cr_assert_eq(runs.count, 3);
    cr_expect_eq(runs.items[0].run_id, 3);
    cr_expect_str_eq(runs.items[0].models, "mobilenet, resnet");
    cr_expect_str_eq(runs.items[0].labels, "case=one;team=a");
    cr_expect_eq(runs.items[0].process_count, 2);
    cr_expect_eq(runs.items[0].sample_count, 26);
    cr_expect_not(runs.items[0].finished_unix_ms.known);
    cr_expect_eq(runs.items[1].exit_code.value, 5);
    cr_expect_str_eq(runs.items[1].run.command_line, "tflbench run a.tflite");
    cr_expect_eq(runs.items[1].run.seed.value, 7);
    tb_runs_free(&runs);
    tb_store_close(store);
}
