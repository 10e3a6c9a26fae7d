/* Tasks on an engine of two functions, and their figures on items worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/accuracy.h"
#include "bench/accuracy_run.h"
#include "bench/json_get.h"

/* ---- an engine that always answers the same ---------------------------------------------------- */

struct tb_session {
    tb_io input, output;
};

static tb_status get_input(tb_session *session, int k, tb_error *err, tb_io *out)
{
    (void)k;
    (void)err;
    *out = session->input;
    return TB_OK;
}

static tb_status get_output(tb_session *session, int k, tb_error *err, tb_io *out)
{
    (void)k;
    (void)err;
    *out = session->output;
    return TB_OK;
}

static int one(const tb_session *session)
{
    (void)session;
    return 1;
}

static tb_status do_nothing(tb_session *session, tb_error *err)
{
    (void)session;
    (void)err;
    return TB_OK;
}

static const tb_engine engine = {
    .name = "fixed",
    .input_count = one,
    .output_count = one,
    .input = get_input,
    .output = get_output,
    .invoke = do_nothing,
};

static tb_io io(TfLiteType type, void *data, size_t bytes, int rank, const int *dims)
{
    tb_io made = {.name = "t", .type = type, .data = data, .bytes = bytes, .rank = rank};
    memcpy(made.dims, dims, (size_t)rank * sizeof *dims);
    return made;
}

/* What the task says of one item. */
static cJSON *evaluate(const tb_task *task, tb_session *session, tb_dataset *dataset,
                       const tb_task_options *options, tb_error *err)
{
    tb_evaluation evaluation = {&engine, session, dataset, options};
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_json_put_object(&json, NULL);
    tb_status status = task->evaluate(&evaluation, 0, &json, err);
    tb_json_end_object(&json);
    cJSON *item = NULL;
    if (status == TB_OK)
        cr_assert_eq(tb_json_parse(text.data, text.size, err, &item), TB_OK, "%s", err->text);
    tb_buf_free(&text);
    return item;
}

static double number(const cJSON *item, const char *name)
{
    double value = NAN;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_json_number(item, name, &err, &value), TB_OK, "%s", err.text);
    return value;
}

static const uint8_t one_byte[1] = {7};
static uint8_t fed[1];

static tb_dataset labelled(tb_dataset_entry *entry)
{
    return (tb_dataset){.entries = entry,
                        .count = 1,
                        .packed = {one_byte, 1},
                        .packed_type = kTfLiteUInt8,
                        .packed_rank = 1,
                        .packed_dims = {1},
                        .packed_bytes = 1};
}

Test(accuracy, ties_go_to_the_lowest_class)
{
    uint8_t scores[7] = {5, 9, 9, 1, 9, 9, 9};
    tb_session session = {io(kTfLiteUInt8, fed, 1, 1, (int[]){1}),
                          io(kTfLiteUInt8, scores, 7, 2, (int[]){1, 7})};
    tb_error err = TB_ERROR_NONE;
    tb_task_options options = {0};
    const struct {
        int64_t label;
        double rank;
    } cases[] = {{1, 0}, {2, 1}, {4, 2}, {6, 4}, {0, 5}, {3, 6}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        tb_dataset_entry entry = {.name = "x", .label = cases[k].label};
        tb_dataset dataset = labelled(&entry);
        cJSON *item = evaluate(&tb_task_classify, &session, &dataset, &options, &err);
        cr_assert_not_null(item, "%s", err.text);
        cr_expect_float_eq(number(item, "rank"), cases[k].rank, 0, "label %lld",
                           (long long)cases[k].label);
        cr_expect_float_eq(number(item, "predicted"), 1, 0);
        cJSON_Delete(item);
    }
    cr_expect_eq(fed[0], 7, "the item went in");
    tb_dataset_entry beyond = {.name = "x", .label = 7};
    tb_dataset dataset = labelled(&beyond);
    cr_expect_null(evaluate(&tb_task_classify, &session, &dataset, &options, &err));
    cr_expect_eq(err.status, TB_MISMATCH);
    options.label_offset = -7;
    cJSON *item = evaluate(&tb_task_classify, &session, &dataset, &options, &err);
    cr_assert_not_null(item);
    cr_expect_float_eq(number(item, "rank"), 5, 0);
    cJSON_Delete(item);
}

Test(accuracy, windows_of_an_item_are_averaged)
{
    /* Windows of two values, a step of one, reproduced as zeros: (1+4)/2 and (4+9)/2. */
    float values[3] = {1, 2, 3}, in[2], out[2] = {0, 0};
    tb_dataset_entry entry = {.name = "x", .label = 1, .window_bytes = 8, .stride_bytes = 4};
    tb_dataset dataset = {.entries = &entry,
                          .count = 1,
                          .packed = {values, sizeof values},
                          .packed_type = kTfLiteFloat32,
                          .packed_rank = 1,
                          .packed_dims = {3},
                          .packed_bytes = sizeof values};
    tb_session session = {io(kTfLiteFloat32, in, sizeof in, 2, (int[]){1, 2}),
                          io(kTfLiteFloat32, out, sizeof out, 2, (int[]){1, 2})};
    tb_error err = TB_ERROR_NONE;
    tb_task_options options = {0};
    cJSON *item = evaluate(&tb_task_anomaly, &session, &dataset, &options, &err);
    cr_assert_not_null(item, "%s", err.text);
    cr_expect_float_eq(number(item, "score"), (2.5 + 6.5) / 2, 1e-12);
    cr_expect_float_eq(number(item, "windows"), 2, 0);
    cJSON_Delete(item);
    options.window = 3;
    cr_expect_null(evaluate(&tb_task_anomaly, &session, &dataset, &options, &err));
}

/* ---- figures ----------------------------------------------------------------------------------- */

static tb_task_summary sum_up(const tb_task *task, const char *const *texts, size_t count)
{
    cJSON *items[8];
    tb_error err = TB_ERROR_NONE;
    tb_task_summary summary;
    for (size_t k = 0; k < count; k++)
        cr_assert_eq(tb_json_parse(texts[k], strlen(texts[k]), &err, &items[k]), TB_OK);
    cr_assert_eq(task->sum_up((const cJSON *const *)items, count, &err, &summary), TB_OK, "%s",
                 err.text);
    for (size_t k = 0; k < count; k++)
        cJSON_Delete(items[k]);
    return summary;
}

Test(accuracy, a_share_has_wilsons_interval)
{
    const char *const items[] = {"{\"rank\":0,\"classes\":10}", "{\"rank\":4,\"classes\":10}",
                                 "{\"rank\":5,\"classes\":10}", "{\"rank\":0,\"classes\":10}"};
    tb_task_summary got = sum_up(&tb_task_classify, items, 4);
    cr_assert_eq(got.count, 2);
    cr_expect_str_eq(got.figures[0].metric, "top1");
    cr_expect_float_eq(got.figures[0].value, 0.5, 1e-12);
    /* (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.959964 */
    cr_expect_float_eq(got.figures[0].low, 0.150036, 1e-5);
    cr_expect_float_eq(got.figures[0].high, 0.849964, 1e-5);
    cr_expect_float_eq(got.figures[1].value, 0.75, 1e-12);
}

Test(accuracy, the_area_counts_ties_one_half)
{
    /* Pairs anomaly, normal: .9>.5 .9>.1 .5=.5 .5>.1, that is 3.5 of 4. */
    const char *const items[] = {"{\"label\":1,\"score\":0.9}", "{\"label\":0,\"score\":0.5}",
                                 "{\"label\":1,\"score\":0.5}", "{\"label\":0,\"score\":0.1}"};
    cr_expect_float_eq(sum_up(&tb_task_anomaly, items, 4).figures[0].value, 0.875, 1e-12);
    tb_task_summary one_kind = sum_up(&tb_task_anomaly, items, 1);
    cr_expect(isnan(one_kind.figures[0].value));
    cr_expect_not_null(one_kind.figures[0].reason);
}

Test(accuracy, overlaps_are_counted_over_all_items_before_the_mean)
{
    /* Class 0: 30 of 40 + 30 - 30; class 1: 10 + 5 of (10 + 10) + (20 + 5) - 15. */
    const char *const items[] = {"{\"classes\":[[0,30,40,30],[1,10,10,20]]}",
                                 "{\"classes\":[[1,5,10,5]]}"};
    tb_task_summary got = sum_up(&tb_task_segment, items, 2);
    cr_expect_float_eq(got.figures[0].value, (30.0 / 40 + 15.0 / 30) / 2, 1e-12);
    cr_expect_float_eq(got.figures[1].value, 45.0 / 60, 1e-12);
}

Test(accuracy, errors_of_a_regression)
{
    /* Truth 1 and 3, answers 2 and 3. */
    const char *const items[] = {
        "{\"values\":1,\"absolute\":1,\"square\":1,\"truth\":1,\"truth_square\":1}",
        "{\"values\":1,\"absolute\":0,\"square\":0,\"truth\":3,\"truth_square\":9}"};
    tb_task_summary got = sum_up(&tb_task_regress, items, 2);
    cr_expect_float_eq(got.figures[0].value, 0.5, 1e-12);
    cr_expect_float_eq(got.figures[1].value, sqrt(0.5), 1e-12);
    cr_expect_float_eq(got.figures[2].value, 0.5, 1e-12);
}

Test(accuracy, an_item_of_another_shape_is_refused)
{
    const char *const text = "{\"classes\":[[300,1,1,1]]}";
    tb_error err = TB_ERROR_NONE;
    cJSON *item;
    tb_task_summary summary;
    cr_assert_eq(tb_json_parse(text, strlen(text), &err, &item), TB_OK);
    const cJSON *items[] = {item};
    cr_expect_eq(tb_task_segment.sum_up(items, 1, &err, &summary), TB_CORRUPT);
    cr_expect_eq(tb_task_detect.sum_up(items, 1, &err, &summary), TB_CORRUPT);
    cr_expect_eq(tb_task_classify.sum_up(items, 1, &err, &summary), TB_CORRUPT);
    cJSON_Delete(item);
}

Test(accuracy, pairs_are_matched_by_item)
{
    cJSON *right = cJSON_Parse("{\"rank\":0}"), *wrong = cJSON_Parse("{\"rank\":3}");
    cJSON *a[] = {right, right, wrong, right}, *b[] = {wrong, right, right};
    int64_t ia[] = {5, 1, 2, 9}, ib[] = {1, 2, 5};
    tb_accuracy_items first = {.results = a, .indices = ia, .count = 4};
    tb_accuracy_items second = {.results = b, .indices = ib, .count = 3};
    tb_accuracy_pairs pairs;
    cr_assert(tb_accuracy_compare(&tb_task_classify, &first, &second, &pairs));
    cr_expect_eq(pairs.pairs, 3);
    cr_expect_eq(pairs.only_first, 1);
    cr_expect_eq(pairs.only_second, 1);
    cr_expect_float_eq(pairs.p, 1, 1e-12);
    tb_buf list = {0};
    tb_accuracy_done_list(&first, &list);
    cr_expect_str_eq(tb_buf_text(&list), "1-2,5,9");
    tb_buf_free(&list);
    cJSON_Delete(right);
    cJSON_Delete(wrong);
}

Test(accuracy, options_that_make_no_sense_are_the_callers_mistake)
{
    const char *const bad[] = {"std=0",           "mean=1+2+3+4+5", "mean=x",       "crop=1.5",
                               "crop=0",          "resize=cubic",   "mask-scale=0", "window=1.5",
                               "ignore-label=-2", "colour=red"};
    const char *classes[1];
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        tb_error err = TB_ERROR_NONE;
        tb_task_options options;
        cr_expect_eq(tb_task_options_parse((tb_text_list){&bad[k], 1}, classes, &err, &options),
                     TB_USAGE, "%s", bad[k]);
    }
}
