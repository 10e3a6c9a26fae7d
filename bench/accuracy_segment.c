/*
 * Which pixel belongs to what? The first output is [1, h, w, classes] with a value a class, or
 * [1, h, w] or [1, h, w, 1] with a class number (or, as floats, a share above one half for class 1).
 * The map of classes is brought to the size of the mask by taking the nearest pixel (floor of the
 * scaled coordinate). The figure is the mean over classes of intersection over union, both counted
 * over all items; a class that neither truth nor answers have does not count.
 */
#include <math.h>
#include <stdlib.h>

#include "bench/accuracy.h"
#include "bench/case_type.h"
#include "bench/json_get.h"

enum { RESAMPLES = 1000, CLASSES = 256 };

typedef struct answer {
    const tb_io *output;
    int height, width, classes; /* classes 1: class numbers, 0: shares */
} answer;

static tb_status understand(const tb_io *output, tb_error *err, answer *out)
{
    int rank = output->rank;
    bool has_channels = rank == 4;
    if ((rank != 4 && rank != 3) || output->dims[0] != 1 || output->dims[1] < 1 ||
        output->dims[2] < 1)
        return tb_fail(err, TB_MISMATCH,
                       "output '%s' is no map of classes: [1, height, width] or [1, height, width, "
                       "classes]",
                       output->name ? output->name : "");
    int channels = has_channels ? output->dims[3] : 1;
    if (channels < 1 || channels > CLASSES)
        return tb_fail(err, TB_MISMATCH, "output '%s' has %d classes, 1 to %d make sense",
                       output->name ? output->name : "", channels, CLASSES);
    bool whole = tb_case_type_of(output->type)->kind != TB_NUMBER_FLOAT && output->scale == 0;
    *out = (answer){output, output->dims[1], output->dims[2], channels > 1 ? channels : whole};
    return TB_OK;
}

static int class_at(const answer *a, int y, int x)
{
    size_t pixel = (size_t)y * (size_t)a->width + (size_t)x;
    if (a->classes <= 1) {
        double value = tb_evaluation_real(a->output, pixel);
        if (a->classes == 0)
            return value > 0.5;
        return value >= 0 && value < CLASSES ? (int)value : CLASSES - 1;
    }
    int best = 0;
    double highest = -INFINITY;
    for (int c = 0; c < a->classes; c++) {
        double value = tb_evaluation_real(a->output, pixel * (size_t)a->classes + (size_t)c);
        if (value > highest) {
            highest = value;
            best = c;
        }
    }
    return best;
}

static tb_status evaluate(const tb_evaluation *evaluation, int k, tb_json_writer *json,
                          tb_error *err)
{
    tb_io output;
    answer map = {0};
    uint8_t *mask = NULL;
    int width, height;
    tb_status status = tb_evaluation_run(evaluation, k, err);
    if (status == TB_OK)
        status = evaluation->engine->output(evaluation->session, 0, err, &output);
    if (status == TB_OK)
        status = understand(&output, err, &map);
    if (status == TB_OK)
        status = tb_dataset_mask(evaluation->dataset, k, err, &width, &height, &mask);
    if (status != TB_OK)
        return status;
    uint64_t both[CLASSES] = {0}, truth[CLASSES] = {0}, answered[CLASSES] = {0};
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int stored = mask[(size_t)y * (size_t)width + (size_t)x];
            if (stored == evaluation->options->ignored_label)
                continue;
            int wanted = stored / (int)evaluation->options->mask_scale;
            int got = class_at(&map, (int)((int64_t)y * map.height / height),
                               (int)((int64_t)x * map.width / width));
            truth[wanted]++;
            answered[got]++;
            both[wanted] += wanted == got;
        }
    free(mask);
    tb_json_put_array(json, "classes"); /* [class, shared, truth, answered] */
    for (int c = 0; c < CLASSES; c++) {
        if (!truth[c] && !answered[c])
            continue;
        tb_json_put_array(json, NULL);
        tb_json_put_int(json, NULL, c);
        tb_json_put_uint(json, NULL, both[c]);
        tb_json_put_uint(json, NULL, truth[c]);
        tb_json_put_uint(json, NULL, answered[c]);
        tb_json_end_array(json);
    }
    tb_json_end_array(json);
    return TB_OK;
}

/* ---- the figure -------------------------------------------------------------------------------- */

typedef struct counts {
    double both[CLASSES], truth[CLASSES], answered[CLASSES];
} counts;

static void add_up(const counts *items, const size_t *index, size_t count, counts *all)
{
    *all = (counts){0};
    for (size_t k = 0; k < count; k++) {
        const counts *one = &items[index ? index[k] : k];
        for (int c = 0; c < CLASSES; c++) {
            all->both[c] += one->both[c];
            all->truth[c] += one->truth[c];
            all->answered[c] += one->answered[c];
        }
    }
}

static double mean_overlap(void *context, const size_t *index, size_t count)
{
    counts all;
    add_up(context, index, count, &all);
    double sum = 0;
    int classes = 0;
    for (int c = 0; c < CLASSES; c++) {
        double either = all.truth[c] + all.answered[c] - all.both[c];
        if (either <= 0)
            continue;
        sum += all.both[c] / either;
        classes++;
    }
    return classes ? sum / classes : NAN;
}

static double pixel_share(void *context, const size_t *index, size_t count)
{
    counts all;
    add_up(context, index, count, &all);
    double right = 0, total = 0;
    for (int c = 0; c < CLASSES; c++) {
        right += all.both[c];
        total += all.truth[c];
    }
    return total > 0 ? right / total : NAN;
}

static tb_status read_counts(const cJSON *item, tb_error *err, counts *out)
{
    const cJSON *list, *row;
    tb_status status = tb_json_array(item, "classes", CLASSES, err, &list);
    if (status != TB_OK)
        return status;
    cJSON_ArrayForEach(row, list)
    {
        double numbers[4];
        for (int k = 0; k < 4; k++) {
            const cJSON *number = cJSON_GetArrayItem(row, k);
            if (!cJSON_IsNumber(number) || !(number->valuedouble >= 0))
                return tb_fail(err, TB_CORRUPT,
                               "\"classes\" goes [class, shared, truth, answered]");
            numbers[k] = number->valuedouble;
        }
        if (numbers[0] >= CLASSES)
            return tb_fail(err, TB_CORRUPT, "class %g is none", numbers[0]);
        int c = (int)numbers[0];
        out->both[c] = numbers[1];
        out->truth[c] = numbers[2];
        out->answered[c] = numbers[3];
    }
    return TB_OK;
}

static void add_figure(tb_task_summary *out, const char *metric, tb_task_figure_fn figure,
                       counts *items, size_t count)
{
    double low, high, value = figure(items, NULL, count);
    tb_task_bootstrap(count, RESAMPLES, figure, items, &low, &high);
    tb_task_add(out, metric, value, low, high, "share",
                isnan(value) ? "no pixel was evaluated" : NULL);
}

static tb_status sum_up(const cJSON *const *items, size_t count, tb_error *err,
                        tb_task_summary *out)
{
    *out = (tb_task_summary){0};
    counts *all = calloc(count + 1, sizeof *all);
    if (!all)
        return tb_fail(err, TB_NO_MEMORY, "accuracy: out of memory");
    tb_status status = TB_OK;
    for (size_t k = 0; status == TB_OK && k < count; k++)
        status = read_counts(items[k], err, &all[k]);
    if (status == TB_OK) {
        add_figure(out, "miou", mean_overlap, all, count);
        add_figure(out, "pixels", pixel_share, all, count);
    }
    free(all);
    return status;
}

const tb_task tb_task_segment = {
    .name = "segment",
    .what = "a class for each pixel: mean intersection over union",
    .truth = TB_TRUTH_MASK,
    .evaluate = evaluate,
    .sum_up = sum_up,
};
