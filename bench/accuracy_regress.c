/* How much? The values of the first output against those of the list: mean absolute error, root of
   the mean square, and the share of variance explained. */
#include <math.h>
#include <stdlib.h>

#include "bench/accuracy.h"
#include "bench/json_get.h"

enum { RESAMPLES = 2000 };

static tb_status evaluate(const tb_evaluation *evaluation, int k, tb_json_writer *json,
                          tb_error *err)
{
    const tb_dataset_entry *entry = &evaluation->dataset->entries[k];
    tb_io output;
    tb_status status = tb_evaluation_run(evaluation, k, err);
    if (status == TB_OK)
        status = evaluation->engine->output(evaluation->session, 0, err, &output);
    if (status != TB_OK)
        return status;
    size_t count = tb_evaluation_elements(&output);
    if (count != (size_t)entry->value_count)
        return tb_fail(err, TB_MISMATCH, "%s: %d values are listed, the model gives %zu",
                       entry->name, entry->value_count, count);
    double absolute = 0, square = 0, sum = 0, sum_of_squares = 0;
    for (size_t i = 0; i < count; i++) {
        double error = tb_evaluation_real(&output, i) - entry->values[i];
        absolute += fabs(error);
        square += error * error;
        sum += entry->values[i];
        sum_of_squares += entry->values[i] * entry->values[i];
    }
    tb_json_put_uint(json, "values", count);
    tb_json_put_real(json, "absolute", absolute);
    tb_json_put_real(json, "square", square);
    tb_json_put_real(json, "truth", sum);
    tb_json_put_real(json, "truth_square", sum_of_squares);
    return TB_OK;
}

/* Sums over the values of one item. */
typedef struct sums {
    double values, absolute, square, truth, truth_square;
} sums;

static sums add(const sums *items, const size_t *index, size_t count)
{
    sums all = {0};
    for (size_t k = 0; k < count; k++) {
        const sums *one = &items[index ? index[k] : k];
        all.values += one->values;
        all.absolute += one->absolute;
        all.square += one->square;
        all.truth += one->truth;
        all.truth_square += one->truth_square;
    }
    return all;
}

static double mean_absolute(void *context, const size_t *index, size_t count)
{
    sums all = add(context, index, count);
    return all.absolute / all.values;
}

static double root_mean_square(void *context, const size_t *index, size_t count)
{
    sums all = add(context, index, count);
    return sqrt(all.square / all.values);
}

static double explained(void *context, const size_t *index, size_t count)
{
    sums all = add(context, index, count);
    return 1 - all.square / (all.truth_square - all.truth * all.truth / all.values);
}

static void add_figure(tb_task_summary *out, const char *metric, const char *unit,
                       tb_task_figure_fn figure, sums *items, size_t count)
{
    double low, high, value = figure(items, NULL, count);
    tb_task_bootstrap(count, RESAMPLES, figure, items, &low, &high);
    tb_task_add(out, metric, isfinite(value) ? value : NAN, low, high, unit,
                isfinite(value) ? NULL : "the listed values do not vary, or there are none");
}

static tb_status sum_up(const cJSON *const *items, size_t count, tb_error *err,
                        tb_task_summary *out)
{
    *out = (tb_task_summary){0};
    sums *all = calloc(count + 1, sizeof *all);
    if (!all)
        return tb_fail(err, TB_NO_MEMORY, "accuracy: out of memory");
    tb_status status = TB_OK;
    for (size_t k = 0; status == TB_OK && k < count; k++) {
        const struct {
            const char *name;
            double *to;
        } fields[] = {{"values", &all[k].values},
                      {"absolute", &all[k].absolute},
                      {"square", &all[k].square},
                      {"truth", &all[k].truth},
                      {"truth_square", &all[k].truth_square}};
        for (size_t f = 0; status == TB_OK && f < sizeof fields / sizeof *fields; f++)
            status = tb_json_number(items[k], fields[f].name, err, fields[f].to);
    }
    if (status == TB_OK) {
        add_figure(out, "mae", "value", mean_absolute, all, count);
        add_figure(out, "rmse", "value", root_mean_square, all, count);
        add_figure(out, "r2", "share", explained, all, count);
    }
    free(all);
    return status;
}

const tb_task tb_task_regress = {
    .name = "regress",
    .what = "how much: mean absolute error, root mean square error, R squared",
    .truth = TB_TRUTH_VALUES,
    .evaluate = evaluate,
    .sum_up = sum_up,
};
