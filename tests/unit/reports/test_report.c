/* The writers: what they say of good, failed, partial and hostile results. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/describe.h"
#include "reports/report.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/fixture.h"

TestSuite(report, .fini = fixture_remove);

static const fixture_process fast = {"mobilenet", "cpu",         NULL, NULL,    2,
                                     false,       TB_PROCESS_OK, 100,  4200000, 1000};
static const fixture_process slow = {"mobilenet", "reference",   NULL, NULL,     1,
                                     false,       TB_PROCESS_OK, 100,  42000000, 1000};
static const fixture_process absent = {
    "mobilenet", "gpu", NULL, NULL, 1, false, TB_PROCESS_UNAVAILABLE, 0, 0, 0};

/* The report of the last run; the caller frees. */
static char *write_report(tb_store *store, const char *format)
{
    tb_error err = TB_ERROR_NONE;
    tb_selection *selection;
    cr_assert_eq(tb_selection_open(store, "@", NULL, &err, &selection), TB_OK, "%s", err.text);
    const char *path = fixture_path("report.out");
    cr_assert_eq(tb_report_write(selection, format, path, NULL, &err), TB_OK, "%s", err.text);
    tb_selection_close(selection);
    return fixture_read(path);
}

static tb_store *one_model(void)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    int64_t run = fixture_run(store, "x");
    fixture_add(store, run, &fast);
    fixture_add(store, run, &slow);
    fixture_add(store, run, &absent);
    return store;
}

static void expect_has(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "lacks \"%s\"", part);
}

static void expect_lacks(const char *text, const char *part)
{
    cr_expect_null(strstr(text, part), "has \"%s\"", part);
}

/* The page's own script says "http://" and "(null)" of itself: what is made from the store ends
   before it. Whether a page fetches anything is seen in a browser. */
static void cut_script(char *page)
{
    char *script = strstr(page, "<script type=\"module\">");
    cr_assert(script);
    *script = '\0';
}

static void sentence_of(tb_store *store, char *text, size_t size)
{
    tb_error err = TB_ERROR_NONE;
    tb_selection *selection;
    tb_results results;
    cr_assert_eq(tb_selection_open(store, "@", NULL, &err, &selection), TB_OK);
    cr_assert_eq(tb_selection_results(selection, &err, &results), TB_OK);
    tb_report_sentence(&results, text, size);
    tb_results_free(&results);
    tb_selection_close(selection);
}

Test(report, the_sentence_says_who_is_fastest_and_who_failed)
{
    tb_store *store = one_model();
    char text[600];
    sentence_of(store, text, sizeof text);
    cr_expect_str_eq(text,
                     "cpu with 2 threads is fastest: 4.25 ms [4.24–4.26], 9.9× as fast as "
                     "the portable kernels; gpu with 1 thread is not available here: it broke.",
                     "%s", text);
    char cut[10];
    sentence_of(store, cut, sizeof cut);
    cr_expect_str_eq(cut, "cpu with ");

    int64_t run = fixture_run(store, "y");
    sentence_of(store, text, sizeof text);
    cr_expect_str_eq(text, "nothing has been measured yet.");
    fixture_add(store, run, &absent);
    sentence_of(store, text, sizeof text);
    cr_expect_str_eq(text,
                     "no configuration of mobilenet gave a result; gpu with 1 thread is not "
                     "available here: it broke.",
                     "%s", text);
    tb_store_close(store);
}

Test(report, equal_within_noise_is_said)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    int64_t run = fixture_run(store, "x");
    fixture_process near = fast;
    fixture_add(store, run, &near);
    near.threads = 4;
    near.first_ns += 3000;
    fixture_add(store, run, &near);
    char text[600];
    sentence_of(store, text, sizeof text);
    cr_expect(strstr(text, "cpu with 2 threads and cpu with 4 threads are equally fast"), "%s",
              text);
    tb_store_close(store);
}

Test(report, wrong_outputs_never_win)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    tb_error err = TB_ERROR_NONE;
    int64_t run = fixture_run(store, "x");
    fixture_add(store, run, &slow);
    fixture_process wrong = fast;
    wrong.status = TB_PROCESS_RUNNING;
    int64_t id = fixture_add(store, run, &wrong);
    const tb_outcome outcome = {.check_verdict = "wrong"};
    cr_assert_eq(tb_store_finish_process(store, id, TB_PROCESS_OK, &outcome, &err), TB_OK);
    char text[600];
    sentence_of(store, text, sizeof text);
    cr_expect(strstr(text, "reference with 1 thread is fastest"), "%s", text);
    cr_expect(strstr(text, "cpu with 2 threads gives wrong outputs"), "%s", text);
    static const char *const formats[] = {"table", "markdown", "html"};
    for (size_t i = 0; i < TB_COUNT_OF(formats); i++) {
        char *report = write_report(store, formats[i]);
        expect_has(report, "wrong outputs");
        free(report);
    }
    tb_store_close(store);
}

Test(report, csv_has_every_field_of_the_record)
{
    tb_store *store = one_model();
    char *report = write_report(store, "csv");
    tb_store_close(store);
    char header[4000] = "schema,version";
    for (size_t i = 0; i < tb_result_type.field_count; i++) {
        strcat(header, ",");
        strcat(header, tb_result_type.fields[i].name);
    }
    strcat(header, "\ntflbench.results,1,");
    cr_expect_eq(strncmp(report, header, strlen(header)), 0);
    /* Each line has as many fields as the header: no text here needs quotes. */
    size_t lines = 0, commas = 0;
    for (const char *at = report; *at; at++) {
        commas += *at == ',';
        if (*at == '\n') {
            cr_expect_eq(commas, tb_result_type.field_count + 1, "line %zu", lines);
            commas = 0;
            lines++;
        }
    }
    cr_expect_eq(lines, 4);
    expect_has(report, ",cpu,2,");
    expect_has(report, ",unavailable,it broke,");
    free(report);
}

Test(report, json_is_typed_and_unknown_is_null)
{
    tb_store *store = one_model();
    char *report = write_report(store, "json");
    tb_store_close(store);
    cJSON *document = cJSON_Parse(report);
    cr_assert(document);
    cr_expect_str_eq(cJSON_GetObjectItem(document, "schema")->valuestring, "tflbench.results");
    cr_expect_eq(cJSON_GetObjectItem(document, "version")->valueint, 1);
    const cJSON *results = cJSON_GetObjectItem(document, "results");
    cr_assert_eq(cJSON_GetArraySize(results), 3);
    const cJSON *cpu = cJSON_GetArrayItem(results, 0), *gpu = cJSON_GetArrayItem(results, 1);
    for (size_t i = 0; i < tb_result_type.field_count; i++)
        cr_expect(cJSON_GetObjectItem(cpu, tb_result_type.fields[i].name), "%s",
                  tb_result_type.fields[i].name);
    cr_expect_eq(cJSON_GetObjectItem(cpu, "median_ns")->valuedouble, 4249500);
    cr_expect_eq(cJSON_GetObjectItem(cpu, "samples")->valueint, 100);
    cr_expect(cJSON_IsNull(cJSON_GetObjectItem(cpu, "energy_uj")));
    cr_expect(cJSON_IsNull(cJSON_GetObjectItem(gpu, "median_ns")));
    cr_expect_str_eq(cJSON_GetObjectItem(gpu, "reason")->valuestring, "it broke");
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(cpu, "process")), 1);
    cJSON_Delete(document);
    free(report);
}

Test(report, table_fits_its_width)
{
    tb_store *store = one_model();
    tb_error err = TB_ERROR_NONE;
    tb_selection *selection;
    cr_assert_eq(tb_selection_open(store, "@", NULL, &err, &selection), TB_OK);
    static const int widths[] = {0, 200, 80, 64};
    for (size_t i = 0; i < TB_COUNT_OF(widths); i++) {
        const tb_report_options options = {.width = widths[i]};
        const char *path = fixture_path("t.txt");
        cr_assert_eq(tb_report_write(selection, "table", path, &options, &err), TB_OK);
        char *report = fixture_read(path);
        expect_has(report, "cpu");
        expect_has(report, "unavail");
        expect_has(report, "is fastest");
        expect_lacks(report, "\x1b");
        /* The table ends at the first empty line. */
        size_t columns = 0;
        for (const char *at = report; strncmp(at, "\n\n", 2) != 0; at++) {
            columns = *at == '\n' ? 0 : columns + (((unsigned char)*at & 0xc0) != 0x80);
            cr_assert(widths[i] == 0 || columns <= (size_t)widths[i], "width %d", widths[i]);
        }
        free(report);
    }
    tb_selection_close(selection);
    tb_store_close(store);
}

/* A store whose every text tries to be markup, script, an escape sequence or broken UTF-8. */
static tb_store *hostile(const char *evil)
{
    tb_store *store = fixture_open(fixture_path("evil.sqlite"), TB_STORE_WRITE);
    tb_error err = TB_ERROR_NONE;
    int64_t run_id, id;
    const tb_run run = {.command = evil, .command_line = evil};
    const tb_device device = {.name = evil, .product = evil};
    const tb_build build = {.engine = evil, .engine_version = evil, .git_revision = evil};
    const tb_label labels[] = {{evil, evil}};
    cr_assert_eq(tb_store_begin_run(store, &run, &device, &build, labels, 1, &err, &run_id), TB_OK);
    const tb_environment environment = {.cpu_model = evil, .governor = evil};
    cr_assert_eq(tb_store_add_environment(store, run_id, "start", &environment, &err), TB_OK);
    const tb_model_info models[] = {{.name = evil, .sha256 = evil, .path = evil},
                                    {.name = "another", .sha256 = evil, .path = evil}};
    const tb_configuration configuration = {
        .engine = evil, .delegate = evil, .options = evil, .threads = tb_int(1)};
    for (size_t m = 0; m < 4; m++) {
        const tb_process process = {.arm = evil, .input = evil, .profiled = tb_int(m % 2)};
        cr_assert_eq(tb_store_add_process(store, run_id, &models[m / 2], &configuration, &build,
                                          &process, &err, &id),
                     TB_OK, "%s", err.text);
        const uint64_t latency_ns[] = {1000, 1100, 1200, 1050, 1010, 1020, 1030};
        cr_assert_eq(tb_store_add_samples(store, id, 0, latency_ns, NULL, 7, &err), TB_OK);
        const tb_figure figures[] = {
            {.phase = evil, .metric = evil, .owner = evil, .unit = evil, .value = tb_num(1)},
            {.phase = evil, .metric = evil, .owner = evil, .unit = evil, .reason = evil}};
        cr_assert_eq(tb_store_add_figures(store, run_id, id, figures, 2, &err), TB_OK);
        const tb_plan plan = {
            .delegate = evil, .text = evil, .nodes_total = tb_int(2), .nodes_delegated = tb_int(1)};
        const tb_op op = {.kind = evil,
                          .op = evil,
                          .tensor = evil,
                          .shape = evil,
                          .delegate = evil,
                          .kernel = evil,
                          .reason = evil};
        cr_assert_eq(tb_store_set_plan(store, id, &plan, &op, 1, &err, NULL), TB_OK);
        const tb_op_time time = {.calls = tb_int(7), .median_ns = tb_int(900)};
        cr_assert_eq(tb_store_add_op_times(store, id, &time, 1, &err), TB_OK);
        const tb_warning warning = {evil, evil, evil};
        cr_assert_eq(tb_store_add_warning(store, run_id, id, &warning, &err), TB_OK);
        const tb_outcome outcome = {.reason = evil, .check_verdict = evil, .check_detail = evil};
        cr_assert_eq(tb_store_finish_process(store, id, m == 3 ? TB_PROCESS_CRASHED : TB_PROCESS_OK,
                                             &outcome, &err),
                     TB_OK);
    }
    return store;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

Test(report, hostile_texts_stay_texts)
{
    const char *evil =
        "</script><script>evil()</script><img src=x onerror=\"evil()\" a='\x1b[31m\xff";
    tb_store *store = hostile(evil);
    char *report = write_report(store, "html");
    /* The three scripts are ours: the data, that of the profiles, and the page's own. */
    cr_expect_eq(count_of(report, "<script"), 3);
    cr_expect_eq(count_of(report, "</script"), 3);
    *strstr(report, "<script type=\"application/json\"") = '\0';
    expect_lacks(report, "<img");
    expect_lacks(report, "onerror=\"");
    expect_lacks(report, "a='");
    expect_lacks(report, "\x1b");
    expect_lacks(report, "\xff");
    expect_has(report, "&lt;script&gt;evil()");
    free(report);
    report = write_report(store, "table");
    expect_lacks(report, "\x1b");
    free(report);
    report = write_report(store, "markdown");
    expect_lacks(report, "<script");
    free(report);
    report = write_report(store, "json");
    cJSON *document = cJSON_Parse(report);
    cr_expect(document, "JSON stays well-formed");
    cJSON_Delete(document);
    free(report);
    tb_store_close(store);
}

Test(report, html_is_one_file_with_everything)
{
    tb_store *store = one_model();
    char *report = write_report(store, "html");
    tb_store_close(store);
    expect_has(report, "<!DOCTYPE html>");
    expect_has(report, "cpu with 2 threads is fastest");
    expect_has(report, "it broke");
    expect_has(report, "unavailable");
    expect_has(report, "prefers-color-scheme: dark");
    expect_has(report, "Content-Security-Policy");
    expect_has(report, "bench-host");
    /* Nothing is fetched, and nothing is left unfilled. */
    expect_lacks(report, " src=");
    expect_lacks(report, "@import");
    expect_lacks(report, "url(");
    expect_lacks(report, "{{");
    cut_script(report);
    expect_lacks(report, "http://");
    expect_lacks(report, "https://");
    expect_lacks(report, "nan");
    expect_lacks(report, "(null)");
    /* The data reads back. */
    const char *data = strstr(report, "id=\"tflbench-data\">") + strlen("id=\"tflbench-data\">");
    cJSON *document = cJSON_ParseWithLength(data, (size_t)(strstr(data, "</script>") - data));
    cr_assert(document);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(document, "results")), 3);
    cJSON_Delete(document);
    free(report);
}

Test(report, html_of_nothing_and_of_failures_only)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    int64_t run = fixture_run(store, "x");
    char *report = write_report(store, "html");
    expect_has(report, "nothing has been measured yet");
    expect_has(report, "holds no measurements");
    free(report);
    fixture_process process = absent;
    fixture_add(store, run, &process);
    process.status = TB_PROCESS_OUT_OF_MEMORY;
    process.model = "resnet";
    fixture_add(store, run, &process);
    process.status = TB_PROCESS_RUNNING;
    process.model = "segmenter";
    fixture_add(store, run, &process);
    report = write_report(store, "html");
    expect_has(report, "none of 3 models gave a result");
    expect_has(report, ">out of memory<");
    expect_has(report, ">unfinished<");
    cut_script(report);
    expect_lacks(report, "nan");
    free(report);
    tb_store_close(store);
}

Test(report, figures_without_value_show_their_reason)
{
    tb_store *store = fixture_open(fixture_path("a.sqlite"), TB_STORE_WRITE);
    tb_error err = TB_ERROR_NONE;
    int64_t run = fixture_run(store, "x");
    int64_t id = fixture_add(store, run, &fast);
    const tb_figure figures[] = {
        {.phase = "steady", .metric = "energy_uj", .unit = "uj", .reason = "no RAPL here"},
        {.phase = "steady", .metric = "zero_bytes", .unit = "bytes", .value = tb_num(0)}};
    cr_assert_eq(tb_store_add_figures(store, run, id, figures, 2, &err), TB_OK);
    char *report = write_report(store, "html");
    expect_has(report, "no RAPL here");
    expect_has(report, "0 B");
    free(report);
    tb_store_close(store);
}

Test(report, runs_are_listed_in_every_format)
{
    tb_store *store = one_model();
    tb_error err = TB_ERROR_NONE;
    static const char *const formats[] = {"table", "csv", "json", "markdown"};
    for (size_t i = 0; i < TB_COUNT_OF(formats); i++) {
        const char *path = fixture_path("runs.out");
        FILE *stream = fopen(path, "w");
        cr_assert(stream);
        cr_expect_eq(tb_report_print_runs(store, formats[i], stream, NULL, &err), TB_OK, "%s",
                     err.text);
        fclose(stream);
        char *report = fixture_read(path);
        expect_has(report, "mobilenet");
        expect_has(report, "run");
        free(report);
    }
    cr_expect_eq(tb_report_print_runs(store, "html", stdout, NULL, &err), TB_USAGE);
    cr_expect_eq(tb_report_print_runs(store, "pdf", stdout, NULL, &err), TB_USAGE);
    cr_expect(strstr(err.text, "pdf") && strstr(err.text, "markdown"), "%s", err.text);
    tb_store_close(store);
}

Test(report, formats_are_found_by_their_file_ending)
{
    cr_expect_str_eq(tb_report_format_of_path("x/y.html"), "html");
    cr_expect_str_eq(tb_report_format_of_path("a.b.json"), "json");
    cr_expect_str_eq(tb_report_format_of_path("summary.md"), "markdown");
    cr_expect_null(tb_report_format_of_path(".html"));
    cr_expect_null(tb_report_format_of_path("html"));
    size_t count = 0;
    while (tb_report_format(count))
        count++;
    cr_expect_eq(count, 5);
}

Test(report, a_failed_write_leaves_what_was_there)
{
    tb_store *store = one_model();
    tb_error err = TB_ERROR_NONE;
    tb_selection *selection;
    cr_assert_eq(tb_selection_open(store, "@", NULL, &err, &selection), TB_OK);
    cr_expect_eq(tb_report_write(selection, "html", fixture_path("no/such/x.html"), NULL, &err),
                 TB_IO);
    cr_expect(strstr(err.text, "no/such/x.html"), "%s", err.text);
    cr_expect_eq(tb_report_write(selection, "html", "/dev/full", NULL, &err), TB_IO);
    cr_expect(strstr(err.text, "No space left"), "%s", err.text);
    const char *path = fixture_path("kept.html");
    cr_expect_eq(tb_report_write(selection, "csv", path, NULL, &err), TB_OK);
    cr_expect_eq(tb_report_write(selection, "pdf", path, NULL, &err), TB_USAGE);
    char *kept = fixture_read(path);
    expect_has(kept, "schema,version,run");
    free(kept);
    struct stat about;
    cr_expect_eq(stat(path, &about), 0);
    mode_t mask = umask(0);
    umask(mask);
    cr_expect_eq(about.st_mode & 0777, 0666 & ~mask);
    tb_selection_close(selection);
    tb_store_close(store);
}
