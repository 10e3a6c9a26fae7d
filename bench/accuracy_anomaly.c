/*
 * Is it normal? The model reproduces windows of the item; the score of an item is the mean squared
 * error over all its windows, and the figure is the area under the ROC curve: the chance that an
 * anomaly (label 1) scores above a normal item, ties counting one half (Mann and Whitney). As MLPerf
 * Tiny's anomaly detection does it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/accuracy.h"
#include "bench/case_type.h"
#include "bench/json_get.h"

enum { RESAMPLES = 2000 };

typedef struct windows {
    size_t window, stride, count; /* in values */
} windows;

static tb_status plan_windows(const tb_evaluation *evaluation, const tb_dataset_entry *entry,
                              const tb_dataset_item *item, size_t inputs, tb_error *err,
                              windows *out)
{
    size_t values = tb_case_type_numbers(item->type, item->bytes);
    size_t element = values ? item->bytes / values : 1;
    const tb_task_options *options = evaluation->options;
    out->window = options->window       ? (size_t)options->window
                  : entry->window_bytes ? entry->window_bytes / element
                                        : inputs;
    out->stride = options->stride       ? (size_t)options->stride
                  : entry->stride_bytes ? entry->stride_bytes / element
                                        : out->window;
    if (out->window != inputs)
        return tb_fail(err, TB_MISMATCH, "%s: a window has %zu values, the model's input %zu",
                       entry->name, out->window, inputs);
    if (values < out->window || !out->stride)
        return tb_fail(err, TB_MISMATCH, "%s: %zu values, a window has %zu", entry->name, values,
                       out->window);
    out->count = (values - out->window) / out->stride + 1;
    return TB_OK;
}

static tb_status window_error(const tb_evaluation *evaluation, const double *reals, size_t count,
                              tb_error *err, double *out)
{
    tb_io input, output;
    const tb_engine *engine = evaluation->engine;
    tb_status status = engine->input(evaluation->session, 0, err, &input);
    if (status == TB_OK)
        status = tb_preprocess_reals(reals, count, &input, err, input.data);
    if (status == TB_OK)
        status = engine->invoke(evaluation->session, err);
    if (status == TB_OK)
        status = engine->output(evaluation->session, 0, err, &output);
    if (status != TB_OK)
        return status;
    if (tb_evaluation_elements(&output) != count)
        return tb_fail(err, TB_MISMATCH,
                       "the model gives %zu values for %zu: it does not reproduce its input",
                       tb_evaluation_elements(&output), count);
    double sum = 0;
    for (size_t k = 0; k < count; k++) {
        double difference = reals[k] - tb_evaluation_real(&output, k);
        sum += difference * difference;
    }
    *out = sum / (double)count;
    return TB_OK;
}

static tb_status score_item(const tb_evaluation *evaluation, const tb_dataset_entry *entry,
                            const tb_dataset_item *item, tb_error *err, double *score,
                            size_t *window_count)
{
    tb_io input;
    windows plan = {0};
    tb_status status = evaluation->engine->input(evaluation->session, 0, err, &input);
    if (status == TB_OK)
        status = plan_windows(evaluation, entry, item, tb_evaluation_elements(&input), err, &plan);
    if (status != TB_OK)
        return status;
    double *reals = malloc((plan.window + 1) * sizeof *reals), sum = 0;
    if (!reals)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for an item's values");
    const tb_case_type *type = tb_case_type_of(item->type);
    for (size_t w = 0; status == TB_OK && w < plan.count; w++) {
        for (size_t k = 0; k < plan.window; k++) {
            tb_number number = tb_case_type_read(item->type, item->data, w * plan.stride + k);
            reals[k] = tb_number_value(type->kind, &number);
        }
        double error = 0;
        status = window_error(evaluation, reals, plan.window, err, &error);
        sum += error;
    }
    free(reals);
    *score = sum / (double)plan.count;
    *window_count = plan.count;
    return status;
}

static tb_status evaluate(const tb_evaluation *evaluation, int k, tb_json_writer *json,
                          tb_error *err)
{
    tb_dataset_item item;
    const tb_dataset_entry *entry = &evaluation->dataset->entries[k];
    /* Raw files hold floats whatever the model's input is. */
    tb_status status = tb_dataset_read(evaluation->dataset, k, kTfLiteFloat32, err, &item);
    double score = 0;
    size_t window_count = 0;
    if (status == TB_OK)
        status = score_item(evaluation, entry, &item, err, &score, &window_count);
    tb_dataset_item_free(&item);
    if (status != TB_OK)
        return status;
    tb_json_put_int(json, "label", entry->label);
    tb_json_put_real(json, "score", score);
    tb_json_put_uint(json, "windows", window_count);
    return TB_OK;
}

/* ---- the figure -------------------------------------------------------------------------------- */

typedef struct scored {
    double score;
    bool anomaly;
} scored;

typedef struct scores {
    const scored *items;
    scored *picked; /* room for as many */
} scores;

static int by_score(const void *left, const void *right)
{
    double a = ((const scored *)left)->score, b = ((const scored *)right)->score;
    return (a > b) - (a < b);
}

/* NaN without both kinds. */
static double area_under_curve(void *context, const size_t *index, size_t count)
{
    scores *s = context;
    for (size_t k = 0; k < count; k++)
        s->picked[k] = s->items[index ? index[k] : k];
    qsort(s->picked, count, sizeof *s->picked, by_score);
    double wins = 0, normal = 0, anomalies = 0;
    for (size_t k = 0; k < count;) {
        double here_normal = 0, here_anomalies = 0;
        double score = s->picked[k].score;
        for (; k < count && s->picked[k].score == score; k++) {
            here_anomalies += s->picked[k].anomaly;
            here_normal += !s->picked[k].anomaly;
        }
        wins += here_anomalies * (normal + here_normal / 2);
        normal += here_normal;
        anomalies += here_anomalies;
    }
    return normal > 0 && anomalies > 0 ? wins / (normal * anomalies) : NAN;
}

static tb_status sum_up(const cJSON *const *items, size_t count, tb_error *err,
                        tb_task_summary *out)
{
    *out = (tb_task_summary){0};
    scored *all = calloc(count * 2 + 1, sizeof *all);
    if (!all)
        return tb_fail(err, TB_NO_MEMORY, "accuracy: out of memory");
    tb_status status = TB_OK;
    for (size_t k = 0; status == TB_OK && k < count; k++) {
        int64_t label = 0;
        status = tb_json_number(items[k], "score", err, &all[k].score);
        if (status == TB_OK)
            status = tb_json_int(items[k], "label", -1, INT32_MAX, err, &label);
        all[k].anomaly = label == 1;
    }
    if (status == TB_OK) {
        scores s = {all, all + count};
        double low, high, area = area_under_curve(&s, NULL, count);
        tb_task_bootstrap(count, RESAMPLES, area_under_curve, &s, &low, &high);
        tb_task_add(out, "auc", area, low, high, "share",
                    isnan(area) ? "it takes items of both kinds: labels 0 and 1" : NULL);
    }
    free(all);
    return status;
}

const tb_task tb_task_anomaly = {
    .name = "anomaly",
    .what = "normal or not, by how well the input is reproduced: area under the ROC curve",
    .truth = TB_TRUTH_CLASS,
    .evaluate = evaluate,
    .sum_up = sum_up,
};
