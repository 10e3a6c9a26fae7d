/*
 * Verification itself: that it can fail. A fake engine does what the model file's text says, so
 * that right and wrong outputs, refusals, crashes and hangs can be ordered.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/json_get.h"
#include "bench/verify_pool.h"
#include "bench/verify_report.h"
#include "runtime/base/os.h"
#include "tests/unit/bench/suite_fixture.h"

/* ---- the fake engine --------------------------------------------------------------------------- */

enum { MOST = 8 };

/* One float input x and one output y = x + runs so far, of x's shape. */
struct tb_session {
    char order[64]; /* the model file's text */
    int elements;
    float x[MOST], y[MOST];
    int runs;
    bool allocated;
    tb_engine_node nodes[2];
};

static tb_status fake_open(const char *path, const tb_engine_options *options, tb_error *err,
                           tb_session **out)
{
    tb_mapping mapping;
    tb_status status = tb_os_map_file(path, err, &mapping);
    if (status != TB_OK)
        return status;
    tb_session *session = calloc(1, sizeof *session);
    snprintf(session->order, sizeof session->order, "%.*s", (int)mapping.size,
             (const char *)mapping.data);
    tb_os_unmap(&mapping);
    session->elements = 2;
    if (!strcmp(session->order, "refuse at load")) {
        free(session);
        return tb_fail(err, TB_CORRUPT, "%s: this is no model", path);
    }
    if (options->signature && strcmp(options->signature, "serve")) {
        free(session);
        return tb_fail(err, TB_NOT_FOUND, "no signature '%s'", options->signature);
    }
    *out = session;
    return TB_OK;
}

static void fake_close(tb_session *session)
{
    free(session);
}

static int one(const tb_session *session)
{
    (void)session;
    return 1;
}

static tb_status fake_io(tb_session *session, const char *name, float *data, tb_io *out)
{
    *out = (tb_io){.name = name, .type = kTfLiteFloat32, .rank = 1, .dims = {session->elements}};
    out->data = session->allocated ? data : NULL;
    out->bytes = (size_t)session->elements * sizeof *data;
    return TB_OK;
}

static tb_status fake_input(tb_session *session, int k, tb_error *err, tb_io *out)
{
    (void)k;
    (void)err;
    return fake_io(session, "x", session->x, out);
}

static tb_status fake_output(tb_session *session, int k, tb_error *err, tb_io *out)
{
    (void)k;
    (void)err;
    return fake_io(session, "y", session->y, out);
}

static tb_status fake_resize(tb_session *session, int k, int rank, const int *dims, tb_error *err)
{
    (void)k;
    if (rank != 1 || dims[0] < 0 || dims[0] > MOST)
        return tb_fail(err, TB_UNSUPPORTED, "no such shape");
    session->elements = dims[0];
    session->allocated = false;
    return TB_OK;
}

static tb_status fake_allocate(tb_session *session, tb_error *err)
{
    if (!strcmp(session->order, "refuse at allocate"))
        return tb_fail(err, TB_UNSUPPORTED, "this shape cannot be");
    session->allocated = true;
    return TB_OK;
}

static tb_status fake_set_input(tb_session *session, int k, const void *data, size_t bytes,
                                tb_error *err)
{
    (void)k;
    if (bytes != (size_t)session->elements * sizeof *session->x)
        return tb_fail(err, TB_MISMATCH, "%zu bytes do not fit", bytes);
    memcpy(session->x, data, bytes);
    return TB_OK;
}

static tb_status fake_invoke(tb_session *session, tb_error *err)
{
    cr_assert(session->allocated, "invoked before it was allocated");
    if (!strcmp(session->order, "refuse at invoke"))
        return tb_fail(err, TB_UNSUPPORTED, "this cannot be computed");
    if (!strcmp(session->order, "run out of time"))
        return tb_fail(err, TB_TIME_LIMIT, "the time limit passed");
    if (!strcmp(session->order, "crash")) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (!strcmp(session->order, "exit"))
        _exit(3);
    while (!strcmp(session->order, "hang"))
        usleep(1000);
    for (int k = 0; k < session->elements; k++)
        session->y[k] = session->x[k] + (float)session->runs;
    session->runs++;
    return TB_OK;
}

static tb_status fake_plan(tb_session *session, tb_error *err, tb_engine_plan *out)
{
    (void)err;
    session->nodes[0] = (tb_engine_node){.op_name = "ADD", .partition = 0};
    session->nodes[1] = (tb_engine_node){.op_name = "CUSTOM", .partition = -1, .reason = "odd"};
    *out = (tb_engine_plan){.nodes = session->nodes, .node_count = 2, .delegated = 1};
    return TB_OK;
}

static const tb_engine_figure *fake_figures(tb_session *session, int *count)
{
    (void)session;
    static const tb_engine_figure figures[] = {
        {"arena_plan_bytes", "arena", "bytes", true, 1100, NULL},
        {"arena_lower_bound_bytes", "arena", "bytes", true, 1000, NULL},
    };
    *count = 2;
    return figures;
}

static const tb_engine fake = {
    .name = "fake",
    .open = fake_open,
    .close = fake_close,
    .input_count = one,
    .output_count = one,
    .input = fake_input,
    .output = fake_output,
    .resize = fake_resize,
    .allocate = fake_allocate,
    .set_input = fake_set_input,
    .invoke = fake_invoke,
    .plan = fake_plan,
    .figures = fake_figures,
};

/* ---- cases ------------------------------------------------------------------------------------- */

static void write_floats(const char *folder, const char *file, const float *values, size_t count)
{
    char name[128];
    snprintf(name, sizeof name, "%s/%s", folder, file);
    suite_write(name, values, count * sizeof *values);
}

static void write_in(const char *folder, const char *file, const char *text)
{
    char name[128];
    snprintf(name, sizeof name, "%s/%s", folder, file);
    suite_write_text(name, text);
}

/* Two steps, the second with another shape; what is expected is right but for `off`. */
static void write_case(const char *folder, const char *order, float off)
{
    write_in(folder, "model.tflite", order);
    write_in(folder, "case.json",
             "{\"format\": 1, \"name\": \"n\", \"op\": \"ADD\", \"expect\": \"ok\","
             "\"inputs\": [{\"name\": \"x\", \"dtype\": \"float32\", \"shape\": [2]}],"
             "\"outputs\": [{\"name\": \"y\", \"dtype\": \"float32\", \"shape\": [2],"
             "  \"rule\": {\"kind\": \"float\", \"abs\": 0.25, \"rel\": 0},"
             "  \"lenient_rule\": {\"kind\": \"float\", \"abs\": 2, \"rel\": 0}}],"
             "\"steps\": ["
             " {\"inputs\": [{\"file\": \"in0.bin\", \"shape\": [2]}],"
             "  \"outputs\": [{\"file\": \"out0.bin\", \"shape\": [2]}]},"
             " {\"inputs\": [{\"file\": \"in1.bin\", \"shape\": [3]}],"
             "  \"outputs\": [{\"file\": \"out1.bin\", \"shape\": [3]}]}]}");
    write_floats(folder, "in0.bin", (float[]){1, 2}, 2);
    write_floats(folder, "out0.bin", (float[]){1, 2}, 2);
    write_floats(folder, "in1.bin", (float[]){1, 2, 3}, 3);
    write_floats(folder, "out1.bin", (float[]){2, 3, 4 + off}, 3);
}

static void write_expectation(const char *folder, const char *order, const char *expect)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"format\": 1, \"name\": \"n\", \"op\": \"INVALID\", \"expect\": \"%s\","
             "\"inputs\": [{\"name\": \"x\", \"dtype\": \"float32\", \"shape\": [2]}],"
             "\"steps\": [{\"inputs\": [{\"file\": \"in0.bin\", \"shape\": [2]}]}]}",
             expect);
    write_in(folder, "model.tflite", order);
    write_in(folder, "case.json", text);
    write_floats(folder, "in0.bin", (float[]){1, 2}, 2);
}

/* ---- running them ------------------------------------------------------------------------------ */

typedef struct outcome {
    tb_suite *suite;
    tb_arena arena;
    int count;
    tb_verify_result results[16];
} outcome;

static const tb_verify_options plain = {.engine = &fake, .plan_limit = -1};

static outcome run_cases(const tb_verify_options *options, bool in_process, int jobs)
{
    outcome out = {0};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_suite_create(&err, &out.suite), TB_OK);
    cr_assert_eq(tb_suite_add(out.suite, suite_folder(), NULL, 0, &err), TB_OK, "%s", err.text);
    out.count = tb_suite_count(out.suite);
    cr_assert_leq(out.count, 16);
    tb_verify_pool pool = {.suite = out.suite,
                           .options = options,
                           .jobs = jobs,
                           .in_process = in_process,
                           .timeout_ns = 300000000};
    cr_assert_eq(tb_verify_pool_run(&pool, &out.arena, &err, out.results), TB_OK, "%s", err.text);
    return out;
}

static void forget(outcome *out)
{
    tb_arena_free(&out->arena);
    tb_suite_destroy(out->suite);
}

static const tb_verify_result *named(const outcome *out, const char *name)
{
    for (int k = 0; k < out->count; k++)
        if (!strcmp(out->results[k].name, name))
            return &out->results[k];
    cr_assert_fail("no case %s", name);
    return NULL;
}

static void expect_verdict(const outcome *out, const char *name, tb_verdict verdict,
                           const char *message)
{
    const tb_verify_result *result = named(out, name);
    cr_expect_eq(result->verdict, verdict, "%s: %s: %s", name, tb_verdict_name(result->verdict),
                 result->message ? result->message : "");
    if (message)
        cr_expect(result->message && strstr(result->message, message), "%s: %s", name,
                  result->message ? result->message : "(none)");
    else
        cr_expect_null(result->message, "%s: %s", name, result->message);
}

Test(verify, outputs_are_judged_step_by_step, .init = suite_make_folder,
     .fini = suite_remove_folder)
{
    write_case("a/right", "run", 0);
    write_case("a/near", "run", 0.125f);
    write_case("a/wrong", "run", 1);
    write_case("a/short", "run", 0);
    write_floats("a/short", "in1.bin", (float[]){1, 2}, 2);
    write_case("a/absent", "run", 0);
    unlink(suite_path("a/absent/out1.bin"));
    write_case("a/broken", "run", 0);
    write_in("a/broken", "case.json", "{\"format\": 1");
    write_case("a/refused", "refuse at allocate", 0);
    outcome out = run_cases(&plain, true, 1);
    expect_verdict(&out, "a/right", TB_VERDICT_PASSED, NULL);
    expect_verdict(&out, "a/near", TB_VERDICT_PASSED, NULL);
    expect_verdict(&out, "a/wrong", TB_VERDICT_FAILED,
                   "step 1: output 0 'y': element 2 is 4, expected 5 (off by 1)");
    expect_verdict(&out, "a/short", TB_VERDICT_FAILED, "in1.bin: 8 bytes do not fit");
    expect_verdict(&out, "a/absent", TB_VERDICT_FAILED, "out1.bin");
    expect_verdict(&out, "a/broken", TB_VERDICT_FAILED, "a/broken/case.json: not valid JSON");
    expect_verdict(&out, "a/refused", TB_VERDICT_FAILED, "allocate: this shape cannot be");
    cr_expect_str_eq(named(&out, "a/right")->op, "ADD");
    cr_expect_str_eq(named(&out, "a/broken")->op, "a");
    cr_expect_eq(named(&out, "a/near")->of_allowed, 0.5);
    cr_expect_eq(named(&out, "a/wrong")->worst, 1.0);
    cr_expect_eq(named(&out, "a/wrong")->node_count, 2);
    forget(&out);

    tb_verify_options lenient = plain;
    lenient.lenient = true;
    out = run_cases(&lenient, true, 1);
    expect_verdict(&out, "a/wrong", TB_VERDICT_PASSED, NULL);
    cr_expect_eq(named(&out, "a/wrong")->of_allowed, 0.5);
    forget(&out);
}

Test(verify, refusals_that_are_wanted, .init = suite_make_folder, .fini = suite_remove_folder)
{
    write_expectation("r/load", "refuse at load", "refuse");
    write_expectation("r/allocate", "refuse at allocate", "refuse");
    write_expectation("r/invoke", "refuse at invoke", "refuse");
    write_expectation("r/accepted", "run", "refuse");
    write_expectation("r/slow", "run out of time", "refuse");
    write_expectation("r/no_input", "refuse at invoke", "refuse");
    unlink(suite_path("r/no_input/in0.bin"));
    write_expectation("n/runs", "run", "no_crash");
    write_expectation("n/refused", "refuse at load", "no_crash");
    outcome out = run_cases(&plain, true, 1);
    expect_verdict(&out, "r/load", TB_VERDICT_PASSED, "load: ");
    expect_verdict(&out, "r/allocate", TB_VERDICT_PASSED, "allocate: ");
    expect_verdict(&out, "r/invoke", TB_VERDICT_PASSED, "invoke: ");
    expect_verdict(&out, "r/accepted", TB_VERDICT_FAILED, "has to be refused");
    expect_verdict(&out, "r/slow", TB_VERDICT_TIMED_OUT, "the time limit passed");
    expect_verdict(&out, "r/no_input", TB_VERDICT_FAILED, "in0.bin");
    expect_verdict(&out, "n/runs", TB_VERDICT_PASSED, NULL);
    expect_verdict(&out, "n/refused", TB_VERDICT_PASSED, "load: ");
    forget(&out);
}

Test(verify, memory_plans_are_held_to_their_bound, .init = suite_make_folder,
     .fini = suite_remove_folder)
{
    write_case("a/right", "run", 0);
    tb_verify_options options = plain;
    options.plan_limit = 0.05;
    outcome out = run_cases(&options, true, 1);
    expect_verdict(&out, "a/right", TB_VERDICT_FAILED, "1100 bytes, more than 5 % above");
    forget(&out);
    options.plan_limit = 0.1;
    out = run_cases(&options, true, 1);
    expect_verdict(&out, "a/right", TB_VERDICT_PASSED, NULL);
    forget(&out);
}

Test(verify, children_contain_crashes_and_hangs, .init = suite_make_folder,
     .fini = suite_remove_folder)
{
    write_case("a/1_right", "run", 0);
    write_case("a/2_crash", "crash", 0);
    write_case("a/3_right", "run", 0);
    write_case("a/4_hang", "hang", 0);
    write_case("a/5_exit", "exit", 0);
    write_case("a/6_wrong", "run", 1);
    write_expectation("n/7_crash", "crash", "no_crash");
    write_expectation("r/8_crash", "crash", "refuse");
    write_case("z/9_right", "run", 0);
    for (int jobs = 1; jobs <= 3; jobs += 2) {
        outcome out = run_cases(&plain, false, jobs);
        expect_verdict(&out, "a/1_right", TB_VERDICT_PASSED, NULL);
        expect_verdict(&out, "a/2_crash", TB_VERDICT_CRASHED, "signal 11");
        expect_verdict(&out, "a/3_right", TB_VERDICT_PASSED, NULL);
        expect_verdict(&out, "a/4_hang", TB_VERDICT_TIMED_OUT, "no result after 0.3 s");
        expect_verdict(&out, "a/5_exit", TB_VERDICT_CRASHED, "status 3");
        expect_verdict(&out, "a/6_wrong", TB_VERDICT_FAILED, "element 2");
        expect_verdict(&out, "n/7_crash", TB_VERDICT_CRASHED, "signal 11");
        expect_verdict(&out, "r/8_crash", TB_VERDICT_CRASHED, "signal 11");
        expect_verdict(&out, "z/9_right", TB_VERDICT_PASSED, NULL);
        cr_expect_str_eq(named(&out, "a/2_crash")->op, "a");
        cr_expect_eq(named(&out, "a/3_right")->nodes[0].delegated, 1);
        cr_expect_str_eq(named(&out, "a/3_right")->nodes[1].reason, "odd");
        forget(&out);
    }
}

/* ---- results and reports ----------------------------------------------------------------------- */

static tb_verify_nodes two_rows[] = {{"ADD", NULL, 2, 0}, {"CONV_2D", "too big", 0, 3}};

static const tb_verify_result samples[] = {
    {.name = "A/x",
     .op = "A",
     .verdict = TB_VERDICT_PASSED,
     .has_error = true,
     .worst = 0.5,
     .of_allowed = 0.25,
     .nodes = two_rows,
     .node_count = 2},
    {.name = "A/y",
     .op = "A",
     .verdict = TB_VERDICT_FAILED,
     .message = "bad \"thing\"",
     .has_error = true,
     .worst = INFINITY,
     .of_allowed = INFINITY},
    {.name = "B/z", .op = "B", .verdict = TB_VERDICT_CRASHED, .message = "signal"},
    {.name = "C/s", .op = "C", .verdict = TB_VERDICT_SKIPPED, .message = "not there"},
};

Test(verify, results_survive_json)
{
    for (size_t k = 0; k < sizeof samples / sizeof samples[0]; k++) {
        tb_buf text = {0};
        tb_json_writer writer = {.out = &text};
        tb_verify_result_print(&samples[k], &writer);
        tb_error err = TB_ERROR_NONE;
        cJSON *json;
        tb_arena arena = {0};
        tb_verify_result got;
        cr_assert_eq(tb_json_parse(text.data, text.size, &err, &json), TB_OK, "%s", err.text);
        cr_assert_eq(tb_verify_result_from_json(json, &arena, &err, &got), TB_OK, "%s", err.text);
        cJSON_Delete(json);
        cr_expect_str_eq(got.name, samples[k].name);
        cr_expect_eq(got.verdict, samples[k].verdict);
        cr_expect_eq(got.has_error, samples[k].has_error);
        cr_expect_eq(got.worst, samples[k].worst);
        cr_expect_eq(got.of_allowed, samples[k].of_allowed);
        cr_expect_eq(got.node_count, samples[k].node_count);
        cr_expect_eq(got.message == NULL, samples[k].message == NULL);
        if (got.node_count == 2)
            cr_expect(got.nodes[1].left == 3 && !strcmp(got.nodes[1].reason, "too big"));
        tb_arena_free(&arena);
        tb_buf_free(&text);
    }
}

static char *report_text(bool json)
{
    tb_verify_report report = {.results = samples,
                               .count = 4,
                               .engine = "fake 1",
                               .delegate = "cpu",
                               .threads = 2,
                               .verbose = true,
                               .worst = 1};
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    tb_error err = TB_ERROR_NONE;
    tb_status status =
        json ? tb_verify_report_json(&report, &err, to) : tb_verify_report_text(&report, &err, to);
    fclose(to);
    cr_assert_eq(status, TB_OK, "%s", err.text);
    return text;
}

Test(verify, the_report_for_people)
{
    char *text = report_text(false);
    static const char *const parts[] = {
        "A             2       1       1        0    no number        over\n",
        "B             1       0       1        0            -           -\n",
        "\nFailures:\n  B/z: crashed: signal\n  A/y: bad \"thing\"\n",
        "Skipped:\n  C/s: not there\n",
        "CONV_2D           0     3  too big\n",
        "delegate cpu took 2 of 5 nodes",
    };
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        cr_expect(strstr(text, parts[k]), "'%s' is not in\n%s", parts[k], text);
    static const char last[] = "\nverify: 1 passed, 2 failed, 1 skipped\n";
    cr_expect_str_eq(text + strlen(text) - strlen(last), last);
    free(text);
}

Test(verify, the_report_for_programs)
{
    char *text = report_text(true);
    tb_error err = TB_ERROR_NONE;
    cJSON *json;
    int64_t failed = 0;
    const cJSON *cases;
    cr_assert_eq(tb_json_parse(text, strlen(text), &err, &json), TB_OK, "%s", err.text);
    cr_assert_eq(tb_json_int(json, "failed", 0, 10, &err, &failed), TB_OK);
    cr_expect_eq(failed, 2);
    cr_assert_eq(tb_json_array(json, "cases", 10, &err, &cases), TB_OK);
    cr_expect_eq(cJSON_GetArraySize(cases), 4);
    cJSON_Delete(json);
    free(text);
}
