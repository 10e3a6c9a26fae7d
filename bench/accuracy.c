/* The table of tasks and what tasks share; see accuracy.h. */
#include "bench/accuracy.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/case_type.h"
#include "reports/stats.h"
#include "reports/stats_tests.h"
#include "runtime/base/size.h"

static const tb_task *const rows[] = {
#define X(name) &tb_task_##name,
#include "bench/tasks.def"
#undef X
};

const tb_task *const *tb_task_rows(int *count)
{
    *count = (int)TB_COUNT_OF(rows);
    return rows;
}

const tb_task *tb_task_find(const char *name)
{
    for (size_t k = 0; k < TB_COUNT_OF(rows); k++)
        if (strcmp(rows[k]->name, name) == 0)
            return rows[k];
    return NULL;
}

/* ---- options ----------------------------------------------------------------------------------- */

static tb_status read_number(const char *text, const char *value, tb_error *err, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(value, &end);
    if (end == value || *end || errno || !isfinite(*out))
        return tb_fail(err, TB_USAGE, "%s: '%s' is no number", text, value);
    return TB_OK;
}

static tb_status read_whole(const char *text, const char *value, int64_t least, tb_error *err,
                            int64_t *out)
{
    double number = 0;
    tb_status status = read_number(text, value, err, &number);
    if (status == TB_OK && (number != floor(number) || number < (double)least || number > 1e9))
        return tb_fail(err, TB_USAGE, "%s: goes a whole number from %lld to 1e9", text,
                       (long long)least);
    *out = (int64_t)number;
    return status;
}

/* One number, or one a channel, joined by +. */
static tb_status read_channels(const char *text, const char *value, bool positive, tb_error *err,
                               double *numbers, int *count)
{
    char copy[200];
    if (strlen(value) >= sizeof copy)
        return tb_fail(err, TB_USAGE, "%s: too long", text);
    memcpy(copy, value, strlen(value) + 1);
    *count = 0;
    for (char *rest = copy, *one; (one = strsep(&rest, "+"));) {
        if (*count == 4)
            return tb_fail(err, TB_USAGE, "%s: takes at most four numbers", text);
        tb_status status = read_number(text, one, err, &numbers[*count]);
        if (status != TB_OK)
            return status;
        if (positive && numbers[*count] <= 0)
            return tb_fail(err, TB_USAGE, "%s: must be above 0", text);
        ++*count;
    }
    return TB_OK;
}

static tb_status read_option(const char *text, const char **classes, tb_error *err,
                             tb_task_options *out)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    const char *value = equals ? equals + 1 : "";
    tb_preprocess *p = &out->preprocess;
#define IS(key) (length == sizeof(key) - 1 && memcmp(text, key, length) == 0)
    if (IS("mean"))
        return read_channels(text, value, false, err, p->mean, &p->mean_count);
    if (IS("std"))
        return read_channels(text, value, true, err, p->std, &p->std_count);
    if (IS("crop")) {
        tb_status status = read_number(text, value, err, &p->crop);
        return status == TB_OK && (p->crop <= 0 || p->crop > 1)
                   ? tb_fail(err, TB_USAGE, "%s: goes above 0 and up to 1", text)
                   : status;
    }
    if (IS("square-crop")) {
        p->square_crop = true;
        p->crop = p->crop > 0 ? p->crop : 1;
        return TB_OK;
    }
    if (IS("resize"))
        return tb_resize_parse(value, err, &p->resize);
    if (IS("label-offset"))
        return read_whole(text, value, -1000000000, err, &out->label_offset);
    if (IS("ignore-label"))
        return read_whole(text, value, -1, err, &out->ignored_label);
    if (IS("mask-scale"))
        return read_whole(text, value, 1, err, &out->mask_scale);
    if (IS("window"))
        return read_whole(text, value, 1, err, &out->window);
    if (IS("stride"))
        return read_whole(text, value, 1, err, &out->stride);
    if (IS("labels")) {
        out->labels = value;
        return TB_OK;
    }
    if (IS("class")) {
        classes[out->classes.count++] = value;
        return TB_OK;
    }
#undef IS
    return tb_fail(err, TB_USAGE, "'%s' is no option of a task", text);
}

tb_status tb_task_options_parse(tb_text_list texts, const char **classes, tb_error *err,
                                tb_task_options *out)
{
    *out = (tb_task_options){.ignored_label = 255, .mask_scale = 1, .classes = {classes, 0}};
    for (int k = 0; k < texts.count; k++) {
        tb_status status = read_option(texts.items[k], classes, err, out);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

/* ---- feeding and reading ----------------------------------------------------------------------- */

tb_status tb_evaluation_run(const tb_evaluation *evaluation, int k, tb_error *err)
{
    const tb_engine *engine = evaluation->engine;
    tb_io input;
    tb_status status = engine->input(evaluation->session, 0, err, &input);
    if (status != TB_OK)
        return status;
    tb_dataset_item item;
    status = tb_dataset_read(evaluation->dataset, k, input.type, err, &item);
    if (status == TB_OK)
        status =
            tb_preprocess_item(&evaluation->options->preprocess, &item, &input, err, input.data);
    tb_dataset_item_free(&item);
    return status == TB_OK ? engine->invoke(evaluation->session, err) : status;
}

double tb_evaluation_real(const tb_io *output, size_t k)
{
    tb_number number = tb_case_type_read(output->type, output->data, k);
    double value = tb_number_value(tb_case_type_of(output->type)->kind, &number);
    return output->scale != 0 ? (value - output->zero_point) * (double)output->scale : value;
}

size_t tb_evaluation_elements(const tb_io *output)
{
    return tb_case_type_numbers(output->type, output->bytes);
}

/* ---- figures ----------------------------------------------------------------------------------- */

void tb_task_add(tb_task_summary *summary, const char *metric, double value, double low,
                 double high, const char *unit, const char *reason)
{
    if (summary->count < TB_TASK_MAX_FIGURES)
        summary->figures[summary->count++] =
            (tb_task_figure){metric, value, low, high, unit, reason};
}

void tb_task_add_share(tb_task_summary *summary, const char *metric, size_t right, size_t all)
{
    if (!all) {
        tb_task_add(summary, metric, NAN, NAN, NAN, "share", "no item was evaluated");
        return;
    }
    tb_interval wilson = tb_wilson_interval(right, all, 0.95);
    tb_task_add(summary, metric, (double)right / (double)all, wilson.low, wilson.high, "share",
                NULL);
}

void tb_task_bootstrap(size_t count, int resamples, tb_task_figure_fn figure, void *context,
                       double *low, double *high)
{
    *low = *high = NAN;
    size_t *index = malloc((count + 1) * sizeof *index);
    double *values = malloc(((size_t)resamples + 1) * sizeof *values);
    size_t kept = 0;
    tb_random random;
    tb_random_seed(&random, 1);
    for (int r = 0; index && values && count >= 2 && r < resamples; r++) {
        for (size_t k = 0; k < count; k++)
            index[k] = (size_t)tb_random_below(&random, count);
        double value = figure(context, index, count);
        if (isfinite(value))
            values[kept++] = value;
    }
    if (kept * 2 > (size_t)resamples) {
        tb_sort_doubles(values, kept);
        *low = tb_quantile_sorted(values, kept, 0.025);
        *high = tb_quantile_sorted(values, kept, 0.975);
    }
    free(index);
    free(values);
}
