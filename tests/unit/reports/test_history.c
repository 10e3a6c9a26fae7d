/* Histories of stored runs, and comparisons of them. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "reports/compare.h"
#include "reports/history.h"
#include "tests/unit/reports/fixture.h"

#define RUNS 24

/* The second half of the runs is a fifth slower. */
static void fill(const char *path)
{
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    for (int k = 0; k < RUNS; k++) {
        int64_t run_id = fixture_run(store, k < RUNS / 2 ? "old" : "new");
        fixture_process process = {.model = "mobilenet",
                                   .delegate = "cpu",
                                   .revision = k < RUNS / 2 ? "aaaa" : "bbbb",
                                   .threads = 1,
                                   .sample_count = 30,
                                   .first_ns = (uint64_t)(k < RUNS / 2 ? 1000000 : 1200000) +
                                               (uint64_t)(k * 7 % 5) * 1000,
                                   .step_ns = 100};
        fixture_add(store, run_id, &process);
    }
    tb_store_close(store);
}

Test(history, finds_the_run_that_changed, .fini = fixture_remove)
{
    const char *path = fixture_path("history.sqlite");
    fill(path);
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_READ);
    tb_history history;
    tb_change_rule rule = TB_CHANGE_RULE_DEFAULT;
    cr_assert_eq(tb_history_read(store, "median", NULL, NULL, &rule, &err, &history), TB_OK, "%s",
                 err.text);
    cr_assert_eq(history.count, 1);
    cr_assert_eq(history.items[0].count, RUNS);
    cr_assert_eq(history.items[0].change_count, 1);
    cr_expect_eq(history.items[0].changes[0].at, RUNS / 2);
    cr_expect_str_eq(history.items[0].points[RUNS / 2].revision, "bbbb");
    cr_expect(strstr(history.items[0].name, "mobilenet"));
    static const char *const formats[] = {"table", "markdown", "csv", "json"};
    for (size_t k = 0; k < 4; k++) {
        tb_buf out = {0};
        tb_report_options plain = {0};
        cr_expect_eq(tb_history_write(&history, formats[k], &plain, &out, &err), TB_OK);
        cr_expect(strstr(tb_buf_text(&out), "bbbb"), "%s", formats[k]);
        tb_buf_free(&out);
    }
    tb_history_free(&history);
    cr_expect_eq(tb_history_read(store, "median", "resnet*", NULL, &rule, &err, &history), TB_OK);
    cr_expect_eq(history.count, 0);
    tb_history_free(&history);
    cr_expect_eq(tb_history_read(store, "speed", NULL, NULL, &rule, &err, &history), TB_USAGE);
    tb_store_close(store);
}

Test(compare, runs_of_two_labels, .fini = fixture_remove)
{
    const char *path = fixture_path("compare.sqlite");
    fill(path);
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_READ);
    tb_selection *base, *head;
    tb_compared compared;
    cr_assert_eq(tb_selection_open(store, "label:case=old", NULL, &err, &base), TB_OK);
    cr_assert_eq(tb_selection_open(store, "label:case=new", NULL, &err, &head), TB_OK);
    cr_assert_eq(tb_compare(base, head, &err, &compared), TB_OK, "%s", err.text);
    cr_assert_eq(compared.count, 1);
    const tb_metric_change *median = &compared.items[0].metrics[TB_METRIC_MEDIAN];
    cr_expect(median->known);
    cr_expect_float_eq(median->ratio.ratio, 1.2, 0.005);
    cr_expect_eq(median->ratio.base_processes, RUNS / 2);
    cr_expect(median->ratio.interval.low > 1.19 && median->ratio.interval.high < 1.21);
    cr_expect_str_eq(tb_change_word(TB_METRIC_MEDIAN, median), "slower");
    cr_expect_not(compared.refused);
    cr_expect_eq(compared.mean_count, 1);
    /* p90 of 30 samples a process, but of 360 a side. */
    cr_expect(compared.items[0].metrics[TB_METRIC_P90].known);
    cr_expect_not(compared.items[0].metrics[TB_METRIC_P90].unreliable);
    cr_expect(compared.items[0].metrics[TB_METRIC_P99].unreliable);
    tb_compared_free(&compared);
    /* The same the other way round. */
    cr_assert_eq(tb_compare(head, base, &err, &compared), TB_OK);
    cr_expect_str_eq(tb_change_word(TB_METRIC_MEDIAN, &compared.items[0].metrics[TB_METRIC_MEDIAN]),
                     "faster");
    tb_compared_free(&compared);
    tb_selection_close(base);
    tb_selection_close(head);
    tb_store_close(store);
}

Test(compare, words_for_changes)
{
    char text[96];
    tb_ratio ratio = {.ratio = 1.0412, .interval = {1.036, 1.046, 0.95}};
    tb_format_change(&ratio, text);
    cr_expect_str_eq(text, "+4.1 % [3.6, 4.6]");
    ratio.interval.level = 0;
    tb_format_change(&ratio, text);
    cr_expect_str_eq(text, "+4.1 %");
    tb_metric_change change = {.known = true, .p = 0.001, .ratio = ratio};
    cr_expect_str_eq(tb_change_word(TB_METRIC_MEDIAN, &change), "unclear", "no interval");
    change.ratio.interval = (tb_interval){1.036, 1.046, 0.95};
    cr_expect_str_eq(tb_change_word(TB_METRIC_MEDIAN, &change), "slower");
    cr_expect_str_eq(tb_change_word(TB_METRIC_THROUGHPUT, &change), "faster");
    cr_expect_str_eq(tb_change_word(TB_METRIC_PEAK_RSS, &change), "larger");
    change.p = 0.2;
    cr_expect_str_eq(tb_change_word(TB_METRIC_MEDIAN, &change), "unclear", "many were tested");
    change = (tb_metric_change){
        .known = true, .p = 0.4, .ratio = {.ratio = 1.001, .interval = {0.995, 1.007, 0.95}}};
    cr_expect_str_eq(tb_change_word(TB_METRIC_MEDIAN, &change), "same");
    change.ratio.ratio = 1;
    cr_expect_str_eq(tb_change_word(TB_METRIC_ARENA, &change), "same");
    change.ratio.ratio = 1.0001;
    cr_expect_str_eq(tb_change_word(TB_METRIC_ARENA, &change), "larger");
    cr_expect_eq(tb_metric_find("peak_rss"), TB_METRIC_PEAK_RSS);
    cr_expect_eq(tb_metric_find("speed"), TB_METRIC_COUNT);
}
